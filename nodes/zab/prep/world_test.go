package prep_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"orrery/nodes/zab/config"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/prep"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/session"
	"orrery/nodes/zab/tree"
)

// world is a leader without an ensemble: what is judged is applied when the test says so. A session's
// connection has its number.
type world struct {
	tree     *tree.Tree
	treeCfg  tree.Config
	prep     *prep.Prep
	sessions *session.Leader
	ensemble ensemble
	auth     map[uint64][]proto.ID

	zxid    int64
	now     prep.Moment
	pending []judged
	log     []proto.Transaction // all that was ever proposed
}

// judged is a request with what came of it, before it is applied.
type judged struct {
	req *prep.Request
	prep.Prepared
}

// outcome is a request with what its client is told.
type outcome struct {
	judged
	code   proto.ErrCode
	res    tree.Result
	events []tree.Event
}

type ensemble struct {
	current, seen *config.Quorum
	unsynced      bool
}

func (e *ensemble) Current() *config.Quorum    { return e.current }
func (e *ensemble) LastSeen() *config.Quorum   { return e.seen }
func (e *ensemble) Synced(*config.Quorum) bool { return !e.unsynced }

const epoch = int64(1) << 32

func newWorld(treeCfg tree.Config, cfg prep.Config) *world {
	w := &world{auth: map[uint64][]proto.ID{}, zxid: epoch, now: prep.Moment{Wall: 1_000_000}, treeCfg: treeCfg}
	w.treeCfg.Auth = func(conn uint64) []proto.ID { return w.auth[conn] }
	w.tree = tree.New(w.treeCfg)
	w.sessions = session.NewLeader(session.Config{Tick: time.Second, NextID: 1, NoClosingFlag: treeCfg.Quirks.NoClosingFlag}, 1, false, nil, 0)
	members := make([]config.Member, 3)
	for i := range members {
		m, err := config.ParseMember(int64(i+1), fmt.Sprintf("host%d:2888:3888:participant;2181", i+1))
		if err != nil {
			panic(err)
		}
		members[i] = m
	}
	q, err := config.NewQuorum(epoch, members)
	if err != nil {
		panic(err)
	}
	w.ensemble = ensemble{current: q, seen: q}
	cfg.Ensemble, cfg.Quirks, cfg.ExtendedTypes = &w.ensemble, treeCfg.Quirks, treeCfg.ExtendedTypes
	w.prep = prep.New(w.tree, w.sessions, cfg)
	w.tree.SetConfig([]byte(q.String()), q.Version(), 1000)
	return w
}

// judge makes a transaction of a request.
func (w *world) judge(req *prep.Request) judged {
	w.now.Wall++
	j := judged{req, w.prep.Prepare(req, w.zxid+1, w.now)}
	if j.Txn != nil {
		w.zxid++
		w.log = append(w.log, *j.Txn)
		w.pending = append(w.pending, j)
	}
	return j
}

// apply applies the oldest transaction that is under way, step by step; between is called between the steps.
func (w *world) apply(between func()) outcome {
	j := w.pending[0]
	w.pending = w.pending[1:]
	body := onWire(j.Txn) // what is applied has always been read from somewhere
	a := w.tree.Begin(&body.Header, body.Body)
	for a.Step() {
		between()
	}
	w.prep.Applied(j.Txn.Header.Zxid)
	res := a.Result()
	if j.req.Type == proto.OpCloseSession && j.Txn.Header.Type != proto.OpError {
		w.sessions.Remove(j.req.Session)
		w.tree.RemoveConn(uint64(j.req.Session))
	}
	return outcome{j, j.Code, res, res.Events}
}

func onWire(t *proto.Transaction) *proto.Transaction {
	var read proto.Transaction
	if err := read.Decode(jute.NewDecoder(t.Append(nil))); err != nil {
		panic(err)
	}
	return &read
}

// do judges and applies a request.
func (w *world) do(req *prep.Request) outcome {
	j := w.judge(req)
	if j.Txn == nil {
		return outcome{judged: j, code: j.Code}
	}
	var last outcome
	for len(w.pending) > 0 {
		last = w.apply(func() {})
	}
	return last
}

// open creates a session.
func (w *world) open() int64 {
	id, _ := w.sessions.Create(10*time.Second, w.now.Mono)
	w.do(&prep.Request{Session: id, Type: proto.OpCreateSession, Owner: 1, Body: &proto.CreateSessionTxn{TimeOut: 10_000}})
	return id
}

// dump is all that can be known of a tree, as text: to compare two of them.
func dump(t *tree.Tree) string {
	var b strings.Builder
	fmt.Fprintf(&b, "zxid %#x digest %#x size %d\n", t.Zxid(), uint64(t.Digest()), t.DataSize())
	for _, s := range t.Sessions() {
		fmt.Fprintf(&b, "session %d %d\n", s.SessionID, s.TimeOut)
	}
	for _, id := range t.EphemeralOwners() {
		fmt.Fprintf(&b, "ephemerals %d %v\n", id, t.Ephemerals(id))
	}
	var nodes []string
	w := t.Walk()
	defer w.Close()
	for {
		path, e, ok := w.Next()
		if !ok {
			break
		}
		z, _ := t.Znode(path)
		nodes = append(nodes, fmt.Sprintf("%s %q %+v children %d acl %v\n", path, e.Data, e.Stat, z.Children, z.ACL))
	}
	slices.Sort(nodes)
	return b.String() + strings.Join(nodes, "")
}
