package client

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"orrery/nodes"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
	"orrery/sim"
)

// A tree is what the toy servers of a test have in common: they are an ensemble that never disagrees.
type tree struct {
	u        *sim.Universe
	zxid     int64
	data     map[string][]byte
	changed  map[string]int64 // by path, its last change
	sessions map[int64]bool   // alive
	log      []string
	conns    []*toyConn
}

func (w *tree) note(format string, args ...any) {
	w.log = append(w.log, fmt.Sprintf("%7.3fs ", w.u.Now().Seconds())+fmt.Sprintf(format, args...))
}

// toyConn is a client's connection, on the server's side.
type toyConn struct {
	s        *toyServer
	conn     nodes.Conn
	session  int64
	watching []string
}

// A toyServer answers a client with the least that it can count on.
type toyServer struct {
	w     *tree
	conns []*toyConn
	mute  bool // hears and says nothing, until it does again
	later []func(nodes.Env)
	wrong bool // answers under wrong numbers
	queue []func(nodes.Env)
}

func (*toyServer) Codec() nodes.Codec                         { return nodes.JSONCodec() }
func (*toyServer) Synced(nodes.Env, nodes.Tag, error)         {}
func (*toyServer) Deliver(nodes.Env, nodes.ID, nodes.Message) {}

func (s *toyServer) Boot(env nodes.Env) error {
	env.SetTimer(nodes.Tag{Name: "events"}, time.Millisecond)
	return env.Listen(2181, nodes.Framing{})
}

// Fire tells what other servers' clients have changed.
func (s *toyServer) Fire(env nodes.Env, tag nodes.Tag) {
	env.SetTimer(tag, time.Millisecond)
	for _, f := range s.queue {
		f(env)
	}
	s.queue = nil
	if later := s.later; !s.mute {
		s.later = nil
		for _, f := range later {
			f(env)
		}
	}
}

func (s *toyServer) Opened(_ nodes.Env, c nodes.Conn, _ string) {
	s.conns = append(s.conns, &toyConn{s: s, conn: c})
}

func (s *toyServer) Closed(_ nodes.Env, c nodes.Conn, _ error) {
	s.conns = slices.DeleteFunc(s.conns, func(t *toyConn) bool { return t.conn == c })
	s.w.conns = slices.DeleteFunc(s.w.conns, func(t *toyConn) bool { return t.s == s && t.conn == c })
}

func (s *toyServer) Received(env nodes.Env, c nodes.Conn, p []byte) {
	if s.mute || len(s.later) > 0 {
		p = slices.Clone(p)
		s.later = append(s.later, func(env nodes.Env) { s.Received(env, c, p) })
		return
	}
	d := jute.NewDecoder(p)
	for _, t := range s.conns {
		if t.conn == c && t.session == 0 {
			s.welcome(env, t, d)
		} else if t.conn == c {
			s.answer(env, t, d)
		}
	}
}

func (s *toyServer) welcome(env nodes.Env, t *toyConn, d *jute.Decoder) {
	var r proto.ConnectRequest
	if err := r.Decode(d); err != nil {
		panic(err)
	}
	s.w.note("%s connect session=%x zxid=%x", env.Self(), r.SessionID, r.LastZxidSeen)
	answer := proto.ConnectResponse{TimeOut: r.TimeOut, SessionID: r.SessionID, Passwd: r.Passwd, HasReadOnly: true}
	if r.SessionID == 0 {
		answer.SessionID, answer.Passwd = int64(0x100+len(s.w.sessions)), []byte("0123456789abcdef")
		s.w.sessions[answer.SessionID] = true
	} else if !s.w.sessions[r.SessionID] || string(r.Passwd) != "0123456789abcdef" {
		answer = proto.ConnectResponse{Passwd: make([]byte, 16), HasReadOnly: true}
	}
	t.session = answer.SessionID
	s.w.conns = append(s.w.conns, t)
	_ = env.Write(t.conn, answer.Append(nil))
}

func (s *toyServer) answer(env nodes.Env, t *toyConn, d *jute.Decoder) {
	var h proto.RequestHeader
	if err := h.Decode(d); err != nil {
		panic(err)
	}
	s.w.note("%s %v xid=%d", env.Self(), h.Type, h.Xid)
	code, body := s.do(env, t, h, d)
	if s.wrong {
		h.Xid += 7
	}
	b := (&proto.ReplyHeader{Xid: h.Xid, Zxid: s.w.zxid, Err: code}).Append(nil)
	if body != nil {
		b = body.Append(b)
	}
	_ = env.Write(t.conn, b)
	if h.Type == proto.OpCloseSession {
		delete(s.w.sessions, t.session)
		env.Close(t.conn)
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func (s *toyServer) do(env nodes.Env, t *toyConn, h proto.RequestHeader, d *jute.Decoder) (proto.ErrCode, jute.Record) {
	w := s.w
	switch h.Type {
	case proto.OpCreate2:
		var r proto.CreateRequest
		must(r.Decode(d))
		if _, there := w.data[r.Path]; there {
			return proto.CodeNodeExists, nil
		}
		w.change(proto.EventNodeCreated, r.Path, r.Data)
		return proto.CodeOK, &proto.Create2Response{Path: r.Path}
	case proto.OpSetData:
		var r proto.SetDataRequest
		must(r.Decode(d))
		w.change(proto.EventNodeDataChanged, r.Path, r.Data)
		return proto.CodeOK, &proto.SetDataResponse{}
	case proto.OpGetData:
		var r proto.GetDataRequest
		must(r.Decode(d))
		data, there := w.data[r.Path]
		if !there {
			return proto.CodeNoNode, nil
		}
		if r.Watch {
			t.watching = append(t.watching, r.Path)
		}
		return proto.CodeOK, &proto.GetDataResponse{Data: data}
	case proto.OpExists:
		var r proto.ExistsRequest
		must(r.Decode(d))
		if r.Watch {
			t.watching = append(t.watching, r.Path)
		}
		if _, there := w.data[r.Path]; !there {
			return proto.CodeNoNode, nil
		}
		return proto.CodeOK, &proto.ExistsResponse{}
	case proto.OpSync:
		var r proto.SyncRequest
		must(r.Decode(d))
		return proto.CodeOK, &proto.SyncResponse{Path: r.Path}
	case proto.OpSetWatches:
		var r proto.SetWatches
		must(r.Decode(d))
		w.note("%s watches data=%v exist=%v child=%v behind %x", env.Self(), r.DataWatches, r.ExistWatches, r.ChildWatches, r.RelativeZxid)
		for _, p := range slices.Concat(r.DataWatches, r.ExistWatches) {
			if w.changed[p] > r.RelativeZxid {
				t.tell(env, proto.EventNodeDataChanged, p)
			} else {
				t.watching = append(t.watching, p)
			}
		}
	case proto.OpSetWatches2:
		var r proto.SetWatches2
		must(r.Decode(d))
		w.note("%s watches data=%v persistent=%v recursive=%v", env.Self(), r.DataWatches, r.PersistentWatches, r.PersistentRecursiveWatches)
	case proto.OpAuth:
		var r proto.AuthPacket
		must(r.Decode(d))
		if string(r.Auth) == "bad" {
			return proto.CodeAuthFailed, nil
		}
		w.note("%s auth %s:%s", env.Self(), r.Scheme, r.Auth)
	}
	return proto.CodeOK, nil
}

// change changes a node, and tells those who watch it.
func (w *tree) change(e proto.EventType, path string, data []byte) {
	w.zxid++
	w.data[path], w.changed[path] = data, w.zxid
	for _, t := range w.conns {
		if i := slices.Index(t.watching, path); i >= 0 {
			t.watching = slices.Delete(t.watching, i, i+1)
			t.s.queue = append(t.s.queue, func(env nodes.Env) { t.tell(env, e, path) })
		}
	}
}

func (t *toyConn) tell(env nodes.Env, e proto.EventType, path string) {
	b := (&proto.ReplyHeader{Xid: proto.XidNotification, Zxid: -1}).Append(nil)
	_ = env.Write(t.conn, (&proto.WatcherEvent{Type: e, State: proto.KeeperSyncConnected, Path: path}).Append(b))
}

// newTree makes a universe with toy servers s1, s2, …
func newTree(seed uint64, servers int) (*tree, Config) {
	w := &tree{u: sim.New(sim.Config{Seed: seed, Net: sim.NetConfig{Delay: sim.Dist{Min: time.Millisecond}}}),
		data: map[string][]byte{}, changed: map[string]int64{}, sessions: map[int64]bool{}}
	cfg := Config{Timeout: 6 * time.Second}
	for i := range servers {
		id := nodes.ID(fmt.Sprint("s", i+1))
		w.u.Add(id, func() nodes.Node { return &toyServer{w: w} }).Start(0)
		cfg.Servers = append(cfg.Servers, nodes.Addr{ID: id, Port: 2181})
	}
	return w, cfg
}

func (w *tree) server(id nodes.ID) *toyServer { return w.u.Machine(id).Node().(*toyServer) }

// count is how many lines of the log hold the text.
func (w *tree) count(text string) int {
	n := 0
	for _, l := range w.log {
		if strings.Contains(l, text) {
			n++
		}
	}
	return n
}
