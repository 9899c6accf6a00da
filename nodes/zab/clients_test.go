package zab

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/zab/config"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
	"orrery/sim"
)

// lone is a server that stands alone, in a universe.
type lone struct {
	t *testing.T
	u *sim.Universe
	n int // clients so far
}

func newLone(t *testing.T, extra string) *lone {
	text := "tickTime=200\ndataDir=/data\nclientPort=2181\n" + extra
	if !strings.Contains(extra, "whitelist") {
		text += "4lw.commands.whitelist=*\n"
	}
	zoo, err := config.Parse("zoo.cfg", []byte(text))
	require.NoError(t, err)
	zoo.PreAllocSize = 0
	l := &lone{t: t, u: sim.New(sim.Config{Seed: 1, Net: sim.NetConfig{Delay: sim.Dist{Min: time.Millisecond, Mean: time.Millisecond}},
		Disk: sim.DiskConfig{Sync: sim.Dist{Min: time.Millisecond, Mean: time.Millisecond}}})}
	l.u.Add("z", func() nodes.Node { return New(Config{Zoo: zoo, Environment: []string{"host.name=z"}}) }).Start(0)
	require.True(t, l.u.RunUntil(func() bool { return l.server() != nil && l.server().pipe != nil }, time.Second))
	return l
}

func (l *lone) server() *Server {
	s, _ := l.u.Machine("z").Node().(*Server)
	return s
}

// teller says some bytes, all at once, and keeps what it is told.
type teller struct {
	to     nodes.ID // "" is the server that stands alone
	say    []byte
	heard  []byte
	closed bool
}

func (*teller) Codec() nodes.Codec                         { return nodes.JSONCodec() }
func (*teller) Deliver(nodes.Env, nodes.ID, nodes.Message) {}
func (*teller) Fire(nodes.Env, nodes.Tag)                  {}
func (*teller) Synced(nodes.Env, nodes.Tag, error)         {}
func (c *teller) Boot(env nodes.Env) error {
	_ = env.Write(env.Dial(nodes.Addr{ID: cmp.Or(c.to, "z"), Port: 2181}, nodes.Framing{Stream: true}), c.say)
	return nil
}
func (*teller) Opened(nodes.Env, nodes.Conn, string)           {}
func (c *teller) Received(_ nodes.Env, _ nodes.Conn, p []byte) { c.heard = append(c.heard, p...) }
func (c *teller) Closed(_ nodes.Env, _ nodes.Conn, err error)  { c.closed = true }

// tell lets a client say something, and runs for a while.
func (l *lone) tell(say []byte) *teller {
	c := &teller{say: say}
	l.n++
	id := nodes.ID("c" + string(rune('0'+l.n/10)) + string(rune('0'+l.n%10)))
	l.u.Add(id, func() nodes.Node { return c }).Start(0)
	l.u.Run(l.u.Now() + 50*time.Millisecond)
	return c
}

// framed is what a client says: its first frame, and requests behind it.
func framed(parts ...[]byte) []byte {
	var b []byte
	for _, p := range append([][]byte{connect()}, parts...) {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(p))), p...)
	}
	return b
}

// answers are the headers of what a client was told behind the answer to its first frame.
func (c *teller) answers(t *testing.T) []proto.ReplyHeader {
	var all []proto.ReplyHeader
	for b, first := c.heard, true; len(b) >= 4; first = false {
		n := int(binary.BigEndian.Uint32(b))
		if len(b) < 4+n {
			break // the rest is on its way
		}
		if !first {
			var h proto.ReplyHeader
			require.NoError(t, h.Decode(jute.NewDecoder(b[4:4+n])))
			all = append(all, h)
		}
		b = b[4+n:]
	}
	return all
}

func TestFourLetterWords(t *testing.T) {
	datadriven.RunTest(t, "testdata/words.txt", func(t *testing.T, d *datadriven.TestData) string {
		var extra strings.Builder
		for _, arg := range d.CmdArgs {
			extra.WriteString(arg.String() + "\n")
		}
		l := newLone(t, extra.String())
		l.tell(framed(
			ask(1, proto.OpCreate, &proto.CreateRequest{Path: "/a", Data: []byte("x"), ACL: open})(),
			ask(2, proto.OpCreate, &proto.CreateRequest{Path: "/a/e", ACL: open, Flags: proto.ModeEphemeral})(),
			ask(3, proto.OpGetData, &proto.GetDataRequest{Path: "/a", Watch: true})(),
			ask(4, proto.OpExists, &proto.ExistsRequest{Path: "/b", Watch: true})(),
		))
		c := l.tell([]byte(d.Cmd))
		require.True(t, c.closed, "the connection ends behind the answer")
		require.Len(t, l.server().clients.order, 1, "the client is still there")
		return string(c.heard)
	})
}

// Whatever is wrong with what a client says, it alone is cut off, and counted.
func TestWhoeverSpeaksGarbageIsCutOffAndCounted(t *testing.T) {
	frame := func(n uint32, b ...byte) []byte { return append(binary.BigEndian.AppendUint32(nil, n), b...) }
	for name, c := range map[string]struct {
		say    []byte
		answer proto.ErrCode // of the last answer, if there is one
	}{
		"a word that there is not":    {say: []byte("help")},
		"a negative length":           {say: frame(1<<32 - 1)},
		"a frame that is too long":    {say: append(framed(), frame(1<<20)...)},
		"no request for a session":    {say: frame(3, 1, 2, 3)},
		"half a header":               {say: framed([]byte{0, 0, 0, 1})},
		"an operation of servers":     {say: framed(ask(1, proto.OpDeleteContainer, &proto.DeleteContainerRequest{Path: "/a"})()), answer: proto.CodeUnimplemented},
		"a session within a session":  {say: framed(ask(1, proto.OpCreateSession, &proto.CreateSessionTxn{TimeOut: 1})()), answer: proto.CodeUnimplemented},
		"an operation that is none":   {say: framed(ask(1, 99, nil)()), answer: proto.CodeUnimplemented},
		"half an authentication":      {say: framed(ask(-4, proto.OpAuth, nil)())},
		"an authentication by nobody": {say: framed(ask(-4, proto.OpAuth, &proto.AuthPacket{Scheme: "world"})()), answer: proto.CodeAuthFailed},
	} {
		l := newLone(t, "")
		other := l.tell(framed())
		bad := l.tell(c.say)
		if !bad.closed && name == "half a header" || strings.HasPrefix(name, "a frame") {
			l.u.Run(l.u.Now() + time.Second)
		}
		require.True(t, bad.closed, name)
		if c.answer != proto.CodeOK {
			all := bad.answers(t)
			require.NotEmpty(t, all, name)
			require.Equal(t, c.answer, all[len(all)-1].Err, name)
		} else {
			require.Equal(t, 1, l.server().life.Refused, name)
		}
		require.False(t, other.closed, name)
		require.Len(t, l.server().clients.order, 1, name)
	}
}

// A request that cannot be read is answered, as the original does, and the client may go on.
func TestARequestThatCannotBeReadIsAnError(t *testing.T) {
	l := newLone(t, "")
	c := l.tell(framed(ask(1, proto.OpCreate, nil)(), ask(2, proto.OpGetData, nil)(), ask(3, proto.OpExists, &proto.ExistsRequest{Path: "/"})()))
	require.False(t, c.closed)
	var codes []proto.ErrCode
	for _, h := range c.answers(t) {
		codes = append(codes, h.Err)
	}
	require.Equal(t, []proto.ErrCode{proto.CodeMarshallingError, proto.CodeMarshallingError, proto.CodeOK}, codes)
}

func TestAHostHasSoManyConnectionsAndNoMore(t *testing.T) {
	l := newLone(t, "maxCnxns=3\nmaxClientCnxns=1\n")
	var all []*teller
	for range 5 { // each is a machine of its own
		all = append(all, l.tell(framed()))
	}
	for i, c := range all {
		require.Equal(t, i >= 3, c.closed, "client %d", i)
	}
	require.Equal(t, 2, l.server().life.Refused)
}

// Of a client that asks for more than the server may have under way, the rest waits until something is answered; all of it
// is answered, in order.
func TestAClientThatFloodsWaits(t *testing.T) {
	const limit, asked = 5, 200
	l := newLone(t, "globalOutstandingLimit=5\n")
	var requests [][]byte
	for i := range int32(asked) {
		requests = append(requests, ask(i+1, proto.OpSetData, &proto.SetDataRequest{Path: "/", Data: []byte("x"), Version: -1})())
	}
	c := &teller{say: framed(requests...)}
	l.u.Add("c", func() nodes.Node { return c }).Start(0)
	most := 0
	l.u.RunUntil(func() bool {
		most = max(most, l.server().clients.inProcess)
		return len(c.heard) > 0 && len(c.answers(t)) == asked
	}, time.Minute)
	all := c.answers(t)
	require.Len(t, all, asked)
	for i, h := range all {
		require.Equal(t, int32(i+1), h.Xid)
		require.Equal(t, proto.CodeOK, h.Err)
	}
	require.Equal(t, limit+1, most, "requests under way")
	require.Zero(t, l.server().clients.inProcess)
}

// writesAndSyncs is what a client says that does not wait for answers, which are eight: a sync is behind each write.
func writesAndSyncs() []byte {
	sync := &proto.SyncRequest{Path: "/a"}
	return framed(ask(1, proto.OpCreate, &proto.CreateRequest{Path: "/a", ACL: open})(), ask(2, proto.OpSync, sync)(), ask(3, proto.OpExists, &proto.ExistsRequest{Path: "/a"})(),
		ask(4, proto.OpSync, sync)(), ask(5, proto.OpSync, sync)(), ask(6, proto.OpSetData, &proto.SetDataRequest{Path: "/a", Version: -1})(), ask(7, proto.OpSync, sync)(),
		ask(8, proto.OpExists, &proto.ExistsRequest{Path: "/a"})())
}

// inOrder holds what came of writesAndSyncs against what it must be.
func (c *teller) inOrder(t *testing.T, s *Server) {
	all := c.answers(t)
	require.Len(t, all, 8)
	for i, h := range all {
		require.Equal(t, int32(i+1), h.Xid)
		require.Equal(t, proto.CodeOK, h.Err)
	}
	require.Empty(t, s.pipe.commits.waiting)
	require.Empty(t, s.pipe.commits.syncs)
}

// A server that stands alone has nobody to wait for with a sync, and is done with it before a write that was asked first is on its disk.
func TestASyncBehindAWriteIsAnsweredBehindIt(t *testing.T) {
	l := newLone(t, "")
	l.tell(writesAndSyncs()).inOrder(t, l.server())
}

// A leader hears of a learner's sync while a write that was asked first waits for its turn to be prepared, and nothing else may be under way.
func TestASyncBehindAWriteOfALearnerIsAnsweredBehindIt(t *testing.T) {
	for _, id := range []nodes.ID{"z1", "z2", "z3", "z4"} {
		ms := sim.Dist{Min: time.Millisecond, Mean: 2 * time.Millisecond}
		r := newRigIn(t, sim.Config{Seed: 1, Net: sim.NetConfig{Delay: ms}, Disk: sim.DiskConfig{Sync: ms}, Stage: ms}, 3, 1, Quirks{})
		require.True(t, r.u.RunUntil(r.serving, 30*time.Second))
		c := &teller{to: id, say: writesAndSyncs()}
		r.u.Add("c", func() nodes.Node { return c }).Start(0)
		r.u.Run(r.u.Now() + time.Second)
		c.inOrder(t, r.server(id))
	}
}

// What a failed multi is answered is told by its parts: the header says that it was done.
func TestAMultiThatFailsTellsOfEachOfItsParts(t *testing.T) {
	l := newLone(t, "")
	c := l.tell(framed(ask(1, proto.OpMulti, &proto.MultiRequest{Ops: []proto.MultiOp{
		{Type: proto.OpCreate, Request: &proto.CreateRequest{Path: "/a", ACL: open}},
		{Type: proto.OpDelete, Request: &proto.DeleteRequest{Path: "/none", Version: -1}},
		{Type: proto.OpCreate, Request: &proto.CreateRequest{Path: "/b", ACL: open}},
	}})()))
	all := c.answers(t)
	require.Len(t, all, 1)
	require.Equal(t, proto.CodeOK, all[0].Err)
	i := bytes.LastIndex(c.heard, (&all[0]).Append(nil))
	d := jute.NewDecoder(c.heard[i+16:])
	var m proto.MultiResponse
	require.NoError(t, m.Decode(d))
	var codes []proto.ErrCode
	for _, r := range m.Results {
		codes = append(codes, r.Err)
	}
	require.Equal(t, []proto.ErrCode{proto.CodeOK, proto.CodeNoNode, proto.CodeRuntimeInconsistency}, codes)
}

// That a session has moved is no answer: the connection ends, whether it is said of a single write or of the parts of a multi. A client that
// is told so would go on to ask a server whom the leader does not believe.
func TestASessionThatHasMovedEndsTheConnection(t *testing.T) {
	create := &proto.CreateRequest{Path: "/a", ACL: open}
	for op, body := range map[proto.OpCode]jute.Record{
		proto.OpCreate: create,
		proto.OpMulti:  &proto.MultiRequest{Ops: []proto.MultiOp{{Type: proto.OpCreate, Request: create}, {Type: proto.OpCreate, Request: create}}},
	} {
		l := newLone(t, "")
		c := &raw{to: nodes.Addr{ID: "z", Port: 2181}, say: []func() []byte{connect, func() []byte {
			for _, id := range l.server().pipe.leaderSessions.Sessions() {
				require.Equal(t, proto.CodeOK, l.server().pipe.leaderSessions.SetOwner(id, 77))
			}
			return ask(1, op, body)()
		}}}
		l.u.Add("c", func() nodes.Node { return c }).Start(0)
		l.u.Run(l.u.Now() + time.Second)
		require.True(t, c.gone, "%v", op)
		require.Len(t, c.replies, 1, "%v: the session, and nothing else", op)
	}
}
