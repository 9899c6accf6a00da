package prep

import (
	"time"

	"orrery/nodes/zab/config"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/session"
	"orrery/nodes/zab/tree"
)

// Request is what a client, or the server itself, wants changed.
type Request struct {
	Session int64
	Xid     int32
	Type    proto.OpCode
	Body    jute.Record // of the type's own Go type; nil for closeSession
	Auth    []proto.ID
	Owner   session.Owner // by which way it came
	// Local says that the session is a local one: its createSession and closeSession are no transactions.
	Local bool
	// Refused is why an ephemeral znode is refused already, if it is: CodeEphemeralOnLocalSession, where local sessions
	// cannot be upgraded.
	Refused proto.ErrCode
}

// Moment is when a request is judged, by both clocks.
type Moment struct {
	Wall int64         // ms since 1970: what becomes ctime and mtime
	Mono time.Duration // since any origin: what sessions expire by
}

// Sessions is what must be known of sessions; *session.Leader knows it.
type Sessions interface {
	Check(id int64, owner session.Owner) proto.ErrCode
	CheckGlobal(id int64, owner session.Owner) proto.ErrCode
	Track(id int64, timeout, now time.Duration)
	SetOwner(id int64, owner session.Owner) proto.ErrCode
	SetClosing(id int64)
}

// Ensemble is what a reconfiguration must know of the servers.
type Ensemble interface {
	Current() *config.Quorum  // the one in force
	LastSeen() *config.Quorum // the one last proposed: another than Current while a reconfiguration is under way
	// Synced tells whether a quorum of q is connected and up to date.
	Synced(q *config.Quorum) bool
}

// Config says what is allowed.
type Config struct {
	Reconfig   bool     // reconfigEnabled
	Standalone bool     // standaloneEnabled: an ensemble must not shrink below two
	Ensemble   Ensemble // nil for a server that stands alone, and cannot be reconfigured
	NoDigest   bool     // leave TxnDigest out (zookeeper.digest.enabled=false)
	// ExtendedTypes allows znodes with a time to live; it must be what the tree has.
	ExtendedTypes bool
	Quirks        tree.Quirks
}

// Prep judges the requests of one leader, one after the other.
type Prep struct {
	cfg      Config
	tree     *tree.Tree
	sessions Sessions

	queue  []*record // the znodes that transactions under way change, in the order of their zxids
	byPath map[string]*record
	undo   []before // what a multi that is being judged has changed in byPath
	multi  bool
}

// Prepared is what came of a request.
type Prepared struct {
	// Txn is to be proposed; it has taken the zxid. nil if the request takes none: a read, or a matter of a local session.
	Txn *proto.Transaction
	// Code is why the request is refused, or CodeOK. For a multi it is that of the part that failed.
	Code proto.ErrCode
	// Quorum is what a reconfiguration proposes.
	Quorum *config.Quorum
}

// New returns a Prep that knows of no transaction under way. A leader makes one at the beginning of its epoch.
func New(t *tree.Tree, s Sessions, cfg Config) *Prep {
	return &Prep{cfg: cfg, tree: t, sessions: s, byPath: map[string]*record{}}
}

// Prepare judges a request. zxid is the next one that is free.
func (p *Prep) Prepare(req *Request, zxid int64, at Moment) Prepared {
	switch req.Type {
	case proto.OpCreateSession, proto.OpCloseSession:
		if req.Local {
			return Prepared{}
		}
	case proto.OpSync, proto.OpExists, proto.OpGetData, proto.OpGetACL, proto.OpGetChildren, proto.OpGetChildren2,
		proto.OpGetAllChildrenNumber, proto.OpPing, proto.OpSetWatches, proto.OpSetWatches2, proto.OpCheckWatches,
		proto.OpRemoveWatches, proto.OpGetEphemerals, proto.OpMultiRead, proto.OpAddWatch, proto.OpWhoAmI:
		return Prepared{Code: p.sessions.Check(req.Session, req.Owner)}
	case proto.OpCreate, proto.OpCreate2, proto.OpCreateTTL, proto.OpCreateContainer, proto.OpDelete, proto.OpDeleteContainer,
		proto.OpSetData, proto.OpSetACL, proto.OpCheck, proto.OpReconfig, proto.OpMulti:
	default:
		return Prepared{Code: proto.CodeUnimplemented}
	}
	j := judgement{p: p, req: req, zxid: zxid, at: at}
	if req.Type == proto.OpMulti {
		return j.multi()
	}
	body, code := j.judge(req.Type, req.Body)
	if code != proto.CodeOK {
		return Prepared{Txn: j.txn(proto.OpError, &proto.ErrorTxn{Err: code}, false), Code: code}
	}
	return Prepared{Txn: j.txn(req.Type, body, true), Quorum: j.quorum}
}

// Malformed is what comes of a request that cannot be read.
func (p *Prep) Malformed(req *Request, zxid int64, at Moment) Prepared {
	j := judgement{p: p, req: req, zxid: zxid, at: at}
	code := proto.CodeMarshallingError
	return Prepared{Txn: j.txn(proto.OpError, &proto.ErrorTxn{Err: code}, false), Code: code}
}

// Applied says that the transactions up to the zxid are in the tree.
func (p *Prep) Applied(zxid int64) {
	n := 0
	for ; n < len(p.queue) && p.queue[n].zxid <= zxid; n++ {
		if r := p.queue[n]; p.byPath[r.path] == r {
			delete(p.byPath, r.path)
		}
		p.queue[n] = nil
	}
	p.queue = p.queue[n:]
}

// Outstanding is the number of changes that are under way.
func (p *Prep) Outstanding() int { return len(p.queue) }

// judgement is one request that is being judged.
type judgement struct {
	p      *Prep
	req    *Request
	zxid   int64
	at     Moment
	quorum *config.Quorum
}

// txn makes the transaction.
func (j *judgement) txn(t proto.OpCode, body jute.Record, digest bool) *proto.Transaction {
	txn := &proto.Transaction{
		Header: proto.TxnHeader{ClientID: j.req.Session, Cxid: j.req.Xid, Zxid: j.zxid, Time: j.at.Wall, Type: t}, Body: body}
	if digest && !j.p.cfg.NoDigest {
		txn.Digest = &proto.TxnDigest{Version: proto.DigestVersion, TreeDigest: j.p.digest()}
	}
	return txn
}

// judge makes the body of the transaction, and notes how it will leave the tree.
func (j *judgement) judge(t proto.OpCode, body jute.Record) (jute.Record, proto.ErrCode) {
	switch q := body.(type) {
	case *proto.CreateRequest:
		return j.create(t, newNode{path: q.Path, data: q.Data, acl: q.ACL, mode: q.Flags, ttl: -1})
	case *proto.CreateTTLRequest:
		return j.create(t, newNode{path: q.Path, data: q.Data, acl: q.ACL, mode: q.Flags, ttl: q.TTL})
	case *proto.DeleteRequest:
		return j.delete(q)
	case *proto.DeleteContainerRequest:
		return j.deleteContainer(q)
	case *proto.SetDataRequest:
		return j.setData(q)
	case *proto.SetACLRequest:
		return j.setACL(q)
	case *proto.CheckVersionRequest:
		return j.check(q)
	case *proto.ReconfigRequest:
		return j.reconfig(q)
	case *proto.CreateSessionTxn:
		return j.createSession(q)
	case nil:
		if t == proto.OpCloseSession {
			return j.closeSession()
		}
	}
	return nil, proto.CodeMarshallingError
}

// multi judges the parts one by one, each by what those before it will leave. The first that is refused takes back what
// those before it would have done.
func (j *judgement) multi() Prepared {
	q, ok := j.req.Body.(*proto.MultiRequest)
	if !ok {
		return j.p.Malformed(j.req, j.zxid, j.at)
	}
	txn := &proto.MultiTxn{Txns: make([]proto.Txn, 0, len(q.Ops))}
	failed := proto.CodeOK
	j.p.begin()
	for _, op := range q.Ops {
		t, code := partType(op), proto.CodeRuntimeInconsistency
		var body jute.Record
		if failed == proto.CodeOK {
			if body, code = j.judge(t, op.Request); code != proto.CodeOK {
				failed = code
				j.p.rollback(j.zxid)
			}
		}
		if code != proto.CodeOK {
			t, body = proto.OpError, &proto.ErrorTxn{Err: code}
		}
		txn.Txns = append(txn.Txns, proto.Txn{Type: t, Data: body.Append([]byte{})})
	}
	j.p.end()
	return Prepared{Txn: j.txn(proto.OpMulti, txn, true), Code: failed}
}

// partType is the operation that a part of a multi asks for: the flags of a create decide whether it is a container.
func partType(op proto.MultiOp) proto.OpCode {
	if q, ok := op.Request.(*proto.CreateRequest); ok && q.Flags == proto.ModeContainer {
		return proto.OpCreateContainer
	}
	return op.Type
}
