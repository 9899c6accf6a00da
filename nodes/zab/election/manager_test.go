package election

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/zab/proto"
	"orrery/sim"
)

// An intruder connects to an election port and says what it was told to say.
type intruder struct {
	says [][]byte // a connection each; nil: nothing at all
	ends []time.Duration
	open int
}

func (*intruder) Codec() nodes.Codec                         { return nodes.JSONCodec() }
func (*intruder) Synced(nodes.Env, nodes.Tag, error)         {}
func (*intruder) Deliver(nodes.Env, nodes.ID, nodes.Message) {}
func (*intruder) Fire(nodes.Env, nodes.Tag)                  {}
func (*intruder) Received(nodes.Env, nodes.Conn, []byte)     {}

func (x *intruder) Boot(env nodes.Env) error {
	for _, p := range x.says {
		c := env.Dial(nodes.Addr{ID: "n1", Port: 3888}, nodes.Framing{Stream: true})
		if p != nil {
			_ = env.Write(c, p)
		}
	}
	return nil
}

func (x *intruder) Opened(nodes.Env, nodes.Conn, string) { x.open++ }

func (x *intruder) Closed(env nodes.Env, _ nodes.Conn, _ error) {
	x.ends = append(x.ends, env.Monotonic())
}

func intrude(t *testing.T, says ...[]byte) (*toyWorld, *intruder) {
	t.Helper()
	w := newToys(sim.Config{Seed: 1, Net: sim.NetConfig{Delay: lan.Delay}}, members(3, 0), nil)
	x := &intruder{says: says}
	for _, m := range w.u.Machines() {
		m.Start(0)
	}
	w.u.Add("x", func() nodes.Node { return x }).Start(10 * time.Millisecond)
	w.u.Run(7 * time.Second)
	require.True(t, w.settled(), "nobody else notices")
	return w, x
}

func TestGarbageEndsItsConnection(t *testing.T) {
	hello := func(protocol, sid int64, size int32) []byte {
		p := binary.BigEndian.AppendUint64(nil, uint64(protocol))
		return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(p, uint64(sid)), uint32(size))
	}
	frame := func(size int32) []byte {
		return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(nil, 9), uint32(size))
	}
	says := [][]byte{
		[]byte("GET / HTTP/1.1\r\n\r\n")[:8:8], // a server's number, and then silence: it may stay
		hello(-1, 2, 5),                        // an unknown protocol
		hello(proto.HelloV1, 2, proto.MaxHelloAddr+1),
		hello(proto.HelloV1, 2, -1),
		append(hello(proto.HelloV1, 2, 5), "host:"...),
		append(hello(proto.HelloV2, -7, 4), "h:12"...), // nobody has that number
		append(hello(proto.HelloV1, 1, 4), "h:12"...),  // its own
		frame(proto.MaxNotification + 1),
		frame(0),
		frame(-5),
		nil, // nothing: for ConnectTimeout
	}
	_, x := intrude(t, says...)
	require.Equal(t, len(says), x.open)
	require.Len(t, x.ends, len(says)-1)
	require.Less(t, x.ends[len(x.ends)-2], time.Second)
	require.InDelta(t, 5*time.Second, x.ends[len(x.ends)-1], float64(100*time.Millisecond))
}

func TestStrangersAreFew(t *testing.T) {
	var says [][]byte
	for sid := range 3 * maxStrangers {
		says = append(says, binary.BigEndian.AppendUint64(nil, uint64(100+sid)))
	}
	w, x := intrude(t, says...)
	require.Greater(t, x.open, maxStrangers)
	require.GreaterOrEqual(t, len(x.ends), 2*maxStrangers-2)
	require.LessOrEqual(t, len(w.toy(1).e.m.peers), maxStrangers+2)
}

// What waits for a server that cannot be reached is the newest message only.
func TestOnlyTheNewestMessageWaits(t *testing.T) {
	w := newToys(sim.Config{Seed: 1, Net: sim.NetConfig{Delay: lan.Delay, BreakAfter: time.Second}}, members(3, 0), nil, 2)
	cut := w.u.DisturbLinks("cut", pairs([]nodes.ID{"n1"}, []nodes.ID{"n2"}), sim.LinkFault{Cut: true})
	for _, m := range w.u.Machines()[:2] {
		m.Start(0)
	}
	w.u.Run(10 * time.Second)
	require.Empty(t, w.lines)
	p := w.toy(1).e.m.peer(2)
	require.NotNil(t, p.queue)
	w.toy(1).e.clock = 5 // as if rounds had gone by meanwhile
	w.toy(1).e.proposal.Round = 5
	cut.End()
	w.u.Run(40 * time.Second)
	require.NotEmpty(t, w.lines)
	for _, l := range w.lines[1:] {
		require.Contains(t, l, "round 5", "one old message at most was waiting")
	}
}

// A server whose receive queue is full forgets what came first.
func TestTheOldestNotificationsAreDropped(t *testing.T) {
	w := newToys(sim.Config{Seed: 1, Net: sim.NetConfig{Delay: lan.Delay}}, members(3, 0), nil)
	w.u.Machine("n1").Start(0)
	w.u.Run(time.Millisecond)
	m := &w.toy(1).e.m
	env := &postman{}
	for i := range receivePlace + 7 {
		m.receive(env, int64(i), []byte{1})
	}
	require.Len(t, m.inbox, receivePlace)
	require.Equal(t, int64(7), m.inbox[0].sid)
	require.Equal(t, receivePlace+7, env.posted)
}

// A postman counts what is posted, and can do nothing else.
type postman struct {
	nodes.Env
	posted int
}

func (p *postman) Post(nodes.Tag, nodes.Message) { p.posted++ }
