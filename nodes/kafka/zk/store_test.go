package zk_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/zk"
	"orrery/nodes/zab"
	"orrery/nodes/zab/config"
	"orrery/nodes/zab/proto"
	"orrery/sim"
)

// world is a ZooKeeper server and users of it.
type world struct {
	t *testing.T
	u *sim.Universe
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{t: t, u: sim.New(sim.Config{Seed: seed, Net: sim.NetConfig{Delay: sim.Dist{Min: time.Millisecond}}})}
	w.u.Add("z", func() nodes.Node {
		c, err := config.Parse("zoo.cfg", []byte("tickTime=100\ndataDir=/data\nclientPort=2181\n"))
		require.NoError(t, err)
		c.PreAllocSize = 0
		return zab.New(zab.Config{Zoo: c, ID: 1})
	}).Start(0)
	return w
}

// user is a node with a Store.
type user struct {
	w      *world
	s      *zk.Store
	events []zk.Event
	script []func(nodes.Env)
}

func (w *world) user(id nodes.ID, q zk.Quirks) *user { return w.userAt(id, "z", q) }

// userAt is a user of the server that a machine is, or stands before.
func (w *world) userAt(id, server nodes.ID, q zk.Quirks) *user {
	x := &user{w: w, s: zk.New(zk.Config{Servers: []nodes.Addr{{ID: server, Port: 2181}}, Chroot: "/a/kafka", Timeout: 2 * time.Second, Quirks: q})}
	w.u.Add(id, func() nodes.Node { return x }).Start(0)
	w.until(func() bool { return len(x.events) > 0 })
	require.IsType(w.t, zk.Connected{}, x.events[0])
	return x
}

func (w *world) until(cond func() bool) {
	w.t.Helper()
	require.True(w.t, w.u.RunUntil(cond, w.u.Now()+time.Minute), "never: %v", w.u.Violation())
}

func (*user) Codec() nodes.Codec                         { return nodes.JSONCodec() }
func (*user) Synced(nodes.Env, nodes.Tag, error)         {}
func (*user) Deliver(nodes.Env, nodes.ID, nodes.Message) {}

func (x *user) Boot(env nodes.Env) error {
	env.SetTimer(nodes.Tag{Name: "script"}, time.Millisecond)
	x.s.Start(env)
	return nil
}

func (x *user) Fire(env nodes.Env, tag nodes.Tag) {
	if tag.Name == "script" {
		env.SetTimer(tag, time.Millisecond)
		list := x.script
		x.script = nil
		for _, f := range list {
			f(env)
		}
	} else if !x.s.Fire(env, tag) {
		panic("a timer that is nobody's")
	}
	x.take()
}

func (x *user) take() {
	for ev, ok := x.s.Take(); ok; ev, ok = x.s.Take() {
		x.events = append(x.events, ev)
	}
}

func (x *user) Opened(env nodes.Env, c nodes.Conn, _ string)   { x.s.Opened(env, c); x.take() }
func (x *user) Received(env nodes.Env, c nodes.Conn, p []byte) { x.s.Received(env, c, p); x.take() }
func (x *user) Closed(env nodes.Env, c nodes.Conn, _ error)    { x.s.Closed(env, c); x.take() }

// do carries out operations, and waits for their results.
func (x *user) do(guard int32, ops ...zk.Op) []zk.Result {
	x.w.t.Helper()
	var call uint64
	x.script = append(x.script, func(env nodes.Env) { call = x.s.Do(env, guard, ops...) })
	var done *zk.Done
	x.w.until(func() bool {
		for _, ev := range x.events {
			if d, ok := ev.(zk.Done); ok && call != 0 && d.Call == call {
				done = &d
			}
		}
		return done != nil
	})
	require.Len(x.w.t, done.Results, len(ops))
	return done.Results
}

// one is do for one operation.
func (x *user) one(op zk.Op) zk.Result {
	x.w.t.Helper()
	return x.do(zk.Unguarded, op)[0]
}

// breakAnswers has the connections of a machine break when the server answers: what it has asked for is carried out.
func (w *world) breakAnswers(to nodes.ID) {
	a := w.u.DisturbLinks("break", [][2]nodes.ID{{"z", to}}, sim.LinkFault{ResetPPM: 1_000_000})
	w.u.After(10*time.Millisecond, "heal", a.End)
}

var tp = log.TopicPartition{Topic: "orders", Partition: 0}

var state = zk.PartitionState{Leader: 1, LeaderEpoch: 3, ISR: []int32{1, 2, 3}, ControllerEpoch: 1}

// partition makes a topic with one partition.
func (x *user) partition() {
	value := zk.Topic{Partitions: []zk.Assignment{{Replicas: []int32{1, 2, 3}}}}
	require.NoError(x.w.t, x.one(zk.Op{Verb: zk.Create, Key: zk.TopicKey("orders"), Value: value}).Err)
	require.NoError(x.w.t, x.one(zk.Op{Verb: zk.Create, Key: zk.PartitionKey(tp), Value: state}).Err)
}

func TestTheFirstSessionMakesThePathsAndTheClusterID(t *testing.T) {
	w := newWorld(t, 1)
	a, b := w.user("b1", zk.Quirks{}), w.user("b2", zk.Quirks{})
	require.Len(t, string(a.s.Cluster()), 22)
	require.Equal(t, a.s.Cluster(), b.s.Cluster())
	require.Empty(t, a.one(zk.Op{Verb: zk.List, Key: zk.Key{Kind: zk.KindTopic}}).Names)
}

func TestRecordsAreCreatedReadWatchedAndDeleted(t *testing.T) {
	w := newWorld(t, 1)
	a, b := w.user("b1", zk.Quirks{}), w.user("b2", zk.Quirks{})
	key := zk.PartitionKey(tp)
	require.ErrorIs(t, b.one(zk.Op{Verb: zk.Get, Key: zk.TopicKey("orders"), Watch: true}).Err, zk.ErrNoNode)
	require.ErrorIs(t, a.one(zk.Op{Verb: zk.Create, Key: key, Value: state}).Err, zk.ErrNoNode, "there is no topic")
	a.partition()
	require.Contains(t, b.events, zk.Watched{Key: zk.TopicKey("orders")})
	r := b.one(zk.Op{Verb: zk.Get, Key: key, Watch: true})
	require.NoError(t, r.Err)
	require.Equal(t, state, r.Value)
	require.ErrorIs(t, a.one(zk.Op{Verb: zk.Set, Key: key, Value: state, Version: 7}).Err, zk.ErrBadVersion)
	require.Equal(t, int32(1), a.one(zk.Op{Verb: zk.Set, Key: key, Value: state, Version: 0}).Version)
	require.NoError(t, b.one(zk.Op{Verb: zk.List, Key: zk.Key{Kind: zk.KindTopic}, Watch: true}).Err)
	require.Contains(t, b.events, zk.Watched{Key: key})
	require.NoError(t, a.one(zk.Op{Verb: zk.Delete, Key: zk.TopicKey("orders"), Version: -1}).Err, "with all below it")
	w.until(func() bool {
		return b.events[len(b.events)-1] == zk.Watched{Key: zk.Key{Kind: zk.KindTopic}, List: true}
	})
	require.ErrorIs(t, b.one(zk.Op{Verb: zk.Get, Key: key}).Err, zk.ErrNoNode)
}

func TestAGuardedWriteNeedsTheControllerEpochsVersion(t *testing.T) {
	w := newWorld(t, 1)
	a := w.user("b1", zk.Quirks{})
	epoch := zk.Key{Kind: zk.KindControllerEpoch}
	require.NoError(t, a.one(zk.Op{Verb: zk.Create, Key: epoch, Value: zk.ControllerEpoch(1)}).Err)
	make := zk.Op{Verb: zk.Create, Key: zk.TopicKey("orders"), Value: zk.Topic{}}
	require.ErrorIs(t, a.do(1, make)[0].Err, zk.ErrFenced)
	require.NoError(t, a.do(0, make)[0].Err)
	require.ErrorIs(t, a.do(0, make)[0].Err, zk.ErrNodeExists)
	require.NoError(t, a.do(0, zk.Op{Verb: zk.Create, Key: zk.PartitionKey(tp), Value: state})[0].Err, "what is above is made too")
	require.ErrorIs(t, a.do(1, zk.Op{Verb: zk.Set, Key: zk.PartitionKey(tp), Value: state, Version: 0})[0].Err, zk.ErrFenced)
	require.ErrorIs(t, a.do(0, zk.Op{Verb: zk.Set, Key: zk.PartitionKey(tp), Value: state, Version: 5})[0].Err, zk.ErrBadVersion)
	require.NoError(t, a.do(0, zk.Op{Verb: zk.Delete, Key: zk.TopicKey("orders"), Version: -1})[0].Err)

	b := w.user("b2", zk.Quirks{NoControllerEpochGuard: true})
	require.NoError(t, b.do(99, make)[0].Err, "before KAFKA-6082")
}

func TestAWriteWhoseAnswerIsLostIsUncertainAndAReadIsAskedAgain(t *testing.T) {
	w := newWorld(t, 1)
	a := w.user("b1", zk.Quirks{})
	w.breakAnswers("b1")
	r := a.do(zk.Unguarded, zk.Op{Verb: zk.Create, Key: zk.TopicKey("orders"), Value: zk.Topic{}}, zk.Op{Verb: zk.Get, Key: zk.TopicKey("orders")})
	require.ErrorIs(t, r[0].Err, zk.ErrUncertain)
	require.NoError(t, r[1].Err, "it had been carried out")
}

func TestAnEphemeralRecordOfTheOwnSessionCountsAsCreated(t *testing.T) {
	w := newWorld(t, 1)
	a, b := w.user("b1", zk.Quirks{}), w.user("b2", zk.Quirks{})
	register := zk.Op{Verb: zk.Create, Key: zk.BrokerKey(1), Value: zk.Broker{ID: 1}, Ephemeral: true}
	w.breakAnswers("b1")
	r := a.one(register)
	require.NoError(t, r.Err)
	require.Equal(t, a.s.Session(), r.Owner)
	require.Positive(t, r.Czxid)
	other := b.one(register)
	require.ErrorIs(t, other.Err, zk.ErrNodeExists)
	require.Equal(t, a.s.Session(), other.Owner)
}

func TestASessionThatExpiresEndsEverythingAndBeginsAnew(t *testing.T) {
	w := newWorld(t, 1)
	a := w.user("b1", zk.Quirks{})
	was := a.s.Session()
	require.NoError(t, a.one(zk.Op{Verb: zk.Create, Key: zk.BrokerKey(1), Value: zk.Broker{ID: 1}, Ephemeral: true}).Err)
	cut := w.u.DisturbLinks("cut", [][2]nodes.ID{{"z", "b1"}, {"b1", "z"}}, sim.LinkFault{Cut: true})
	w.u.After(10*time.Second, "heal", cut.End)
	w.u.After(9900*time.Millisecond, "ask", func() {
		a.script = append(a.script, func(env nodes.Env) { a.s.AllocateProducerIDs(env, 1); a.s.AlterISR(env, tp, state, 0) })
	})
	w.until(func() bool {
		c, ok := a.events[len(a.events)-1].(zk.Connected)
		return ok && c.New && c.Session != was
	})
	require.Contains(t, a.events, zk.SessionExpired{})
	require.NotEqual(t, was, a.s.Session())
	require.ErrorIs(t, a.one(zk.Op{Verb: zk.Get, Key: zk.BrokerKey(1)}).Err, zk.ErrNoNode)
}

// gateway stands between a client and a server, and hands on what they say, but for one answer.
type gateway struct {
	w              *world
	client, server nodes.Conn
	answers        []byte
	lie            bool // the next answer says that the session has expired
}

func (*gateway) Codec() nodes.Codec                         { return nodes.JSONCodec() }
func (*gateway) Synced(nodes.Env, nodes.Tag, error)         {}
func (*gateway) Deliver(nodes.Env, nodes.ID, nodes.Message) {}
func (*gateway) Fire(nodes.Env, nodes.Tag)                  {}
func (g *gateway) Boot(env nodes.Env) error                 { return env.Listen(2181, nodes.Framing{Stream: true}) }

func (g *gateway) Opened(env nodes.Env, c nodes.Conn, _ string) {
	if !c.Dialed {
		g.client, g.server = c, env.Dial(nodes.Addr{ID: "z", Port: 2181}, nodes.Framing{Stream: true})
		g.answers = nil
	}
}

func (g *gateway) Received(env nodes.Env, c nodes.Conn, p []byte) {
	if c == g.client {
		require.NoError(g.w.t, env.Write(g.server, p))
		return
	}
	for g.answers = append(g.answers, p...); len(g.answers) >= 4; {
		n := 4 + int(binary.BigEndian.Uint32(g.answers))
		if len(g.answers) < n {
			break
		}
		frame := slices.Clone(g.answers[:n])
		if g.answers = g.answers[n:]; g.lie && int32(binary.BigEndian.Uint32(frame[4:])) > 0 {
			g.lie = false
			answer := (&proto.ReplyHeader{Xid: int32(binary.BigEndian.Uint32(frame[4:])), Err: proto.CodeSessionExpired}).Append(nil)
			frame = append(binary.BigEndian.AppendUint32(nil, uint32(len(answer))), answer...)
		}
		require.NoError(g.w.t, env.Write(g.client, frame))
	}
}

func (g *gateway) Closed(env nodes.Env, c nodes.Conn, _ error) {
	if c == g.client {
		env.Close(g.server)
	} else {
		env.Close(g.client)
	}
}

// A leader says that a session has expired as soon as it has decided so. If it falls before that is committed, the session goes on: with
// all that was asked. A controller whose first reads were refused once did nothing ever after, and nobody else was elected.
func TestARefusedSessionThatLivesOnGoesOn(t *testing.T) {
	w := newWorld(t, 1)
	g := &gateway{w: w}
	w.u.Add("g", func() nodes.Node { return g }).Start(0)
	a := w.userAt("b1", "g", zk.Quirks{})
	was := a.s.Session()
	for _, op := range []zk.Op{
		{Verb: zk.Create, Key: zk.BrokerKey(1), Value: zk.Broker{ID: 1}, Ephemeral: true},
		{Verb: zk.Get, Key: zk.BrokerKey(1), Watch: true},
		{Verb: zk.List, Key: zk.Key{Kind: zk.KindBroker}, Watch: true},
	} {
		g.lie = true
		require.NoError(t, a.one(op).Err)
		require.False(t, g.lie)
	}
	g.lie = true
	r := a.one(zk.Op{Verb: zk.Create, Key: zk.TopicKey("orders"), Value: zk.Topic{}})
	require.ErrorIs(t, r.Err, zk.ErrUncertain)
	require.Equal(t, was, a.s.Session())
	require.NotContains(t, a.events, zk.SessionExpired{})
}

// alter changes the ISR, and returns what came of it.
func (x *user) alter(s zk.PartitionState, version int32, joins ...zk.Registration) zk.ISRAltered {
	x.w.t.Helper()
	n := len(x.events)
	x.script = append(x.script, func(env nodes.Env) { x.s.AlterISR(env, tp, s, version, joins...) })
	var ev zk.ISRAltered
	x.w.until(func() bool {
		for _, e := range x.events[n:] {
			if a, ok := e.(zk.ISRAltered); ok {
				ev = a
				return true
			}
		}
		return false
	})
	return ev
}

func TestAnISRIsChangedUnderItsVersion(t *testing.T) {
	w := newWorld(t, 1)
	a := w.user("b1", zk.Quirks{})
	a.partition()
	next := state
	next.ISR = []int32{1, 2}
	require.Equal(t, int32(1), a.alter(next, 0).Version)
	require.ErrorIs(t, a.alter(next, 0).Err, zk.ErrBadVersion)
	w.until(func() bool { return len(a.one(zk.Op{Verb: zk.List, Key: zk.Key{Kind: zk.KindISRChange}}).Names) == 1 })
	names := a.one(zk.Op{Verb: zk.List, Key: zk.Key{Kind: zk.KindISRChange}}).Names
	require.Equal(t, zk.Partitions{tp}, a.one(zk.Op{Verb: zk.Get, Key: zk.Key{Kind: zk.KindISRChange, Name: names[0]}}).Value)
}

// KIP-903: a broker that has restarted since it fetched, or is gone, does not join.
func TestWhoJoinsAnISRIsWhatItWas(t *testing.T) {
	w := newWorld(t, 1)
	a := w.user("b1", zk.Quirks{})
	a.partition()
	next := state
	next.ISR = []int32{1, 2}
	require.ErrorIs(t, a.alter(next, 0, zk.Registration{Broker: 2, Epoch: 5}).Err, zk.ErrIneligible, "it is not there")
	require.NoError(t, a.one(zk.Op{Verb: zk.Create, Key: zk.BrokerKey(2), Value: zk.Broker{ID: 2}, Ephemeral: true}).Err)
	epoch := a.one(zk.Op{Verb: zk.Get, Key: zk.BrokerKey(2)}).Czxid
	require.ErrorIs(t, a.alter(next, 0, zk.Registration{Broker: 2, Epoch: epoch - 1}).Err, zk.ErrIneligible, "that was before its restart")
	require.Equal(t, int32(1), a.alter(next, 0, zk.Registration{Broker: 2, Epoch: epoch}).Version)
	require.ErrorIs(t, a.alter(next, 0, zk.Registration{Broker: 2, Epoch: epoch}).Err, zk.ErrBadVersion)
}

func TestAnISRWriteWhoseAnswerIsLostIsLookedFor(t *testing.T) {
	next := state
	next.ISR = []int32{1, 2}
	for _, q := range []zk.Quirks{{}, {NoISRRecheck: true}} {
		w := newWorld(t, 1)
		a := w.user("b1", q)
		a.partition()
		w.breakAnswers("b1")
		ev := a.alter(next, 0)
		if q.NoISRRecheck {
			require.ErrorIs(t, ev.Err, zk.ErrBadVersion, "it fails by its own success")
			continue
		}
		require.NoError(t, ev.Err)
		require.Equal(t, int32(1), ev.Version)
	}
}

func TestADeposedLeadersISRIsRefused(t *testing.T) {
	for _, q := range []zk.Quirks{{}, {NoISRCAS: true}} {
		w := newWorld(t, 1)
		old, controller := w.user("b1", q), w.user("b2", zk.Quirks{})
		controller.partition()
		newer := zk.PartitionState{Leader: 2, LeaderEpoch: 4, ISR: []int32{2, 3}, ControllerEpoch: 1}
		require.NoError(t, controller.one(zk.Op{Verb: zk.Set, Key: zk.PartitionKey(tp), Value: newer, Version: 0}).Err)
		mine := state
		mine.ISR = []int32{1}
		ev := old.alter(mine, 0)
		there := controller.one(zk.Op{Verb: zk.Get, Key: zk.PartitionKey(tp)}).Value
		if q.NoISRCAS {
			require.Equal(t, mine, there, "it has written over its successor")
			continue
		}
		require.ErrorIs(t, ev.Err, zk.ErrBadVersion)
		require.Equal(t, newer, there)
	}
}

func TestProducerIDsAreGivenOnceWhateverIsLost(t *testing.T) {
	w := newWorld(t, 1)
	users := []*user{w.user("b1", zk.Quirks{}), w.user("b2", zk.Quirks{})}
	for i := range 10 {
		for n, x := range users {
			x.script = append(x.script, func(env nodes.Env) { x.s.AllocateProducerIDs(env, int32(n)) })
		}
		if i%3 == 2 {
			w.breakAnswers("b1")
		}
		w.u.Run(w.u.Now() + 3*time.Second)
	}
	firsts := map[int64]bool{}
	for _, x := range users {
		for _, ev := range x.events {
			if p, ok := ev.(zk.ProducerIDs); ok {
				require.NoError(t, p.Err)
				require.Equal(t, int64(1000), p.Count)
				require.Zero(t, p.First%1000)
				require.False(t, firsts[p.First], fmt.Sprint(p.First, " twice"))
				firsts[p.First] = true
			}
		}
	}
	require.Len(t, firsts, 20)
}
