package replica_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
	"orrery/nodes/kafka/replica"
	"orrery/sim/vdisk"
)

// world is a little cluster: managers, their disks, what is on its way between them, and a stand-in for the controller and its
// storage. Nothing moves but by the test's hand.
type world struct {
	t       require.TestingT
	now     time.Duration
	brokers []*broker
	mail    []*letter
	last    uint64
	states  map[log.TopicPartition]*znode
	ctrl    int32 // controller epoch
	cfg     replica.Config
	topic   replica.TopicConfig
	cut     map[[2]int32]bool // links that lose everything
	held    map[[2]int32]bool // links whose letters wait
	story   []string
	racks   map[int32]string
}

// znode is a partition's state in the storage.
type znode struct {
	replica.State
	replicas []int32
}

// letter is something on its way.
type letter struct {
	from, to int32 // 0 is the storage, -1 a client
	call     uint64
	req      kmsg.Request // a request, or
	resp     kmsg.Response
	err      error
	alter    *replica.AlterISR
	read     *replica.ReadISR
	back     func(b *broker) // the storage's answer
	lost     func(b *broker) // what is learnt if that is lost
	inc      int             // of the broker that it is an answer to
}

type broker struct {
	w      *world
	id     int32
	m      *replica.Manager
	disk   *vdisk.Disk
	syncs  []syncing
	slow   bool // syncs end when the test says so
	timers map[nodes.Tag]time.Duration
	booted time.Duration
	up     bool
	inc    int
	epoch  int64
	halted error
	fail   error              // of the next write
	owner  map[uint64]*letter // whose request a call is
	dones  map[uint64]kmsg.Response
	failed int // produces with acks=0 of which the producer is to learn by its connection
	said   []replica.Event
	rng    *rand.Rand
}

type syncing struct {
	tag nodes.Tag
	c   vdisk.Capture
}

var start = time.UnixMilli(1_000_000).UTC()

var tp = log.TopicPartition{Topic: "t", Partition: 0}

func newWorld(t require.TestingT, n int, cfg replica.Config, topic replica.TopicConfig) *world {
	w := &world{t: t, states: map[log.TopicPartition]*znode{}, cfg: cfg, topic: topic, ctrl: 1,
		cut: map[[2]int32]bool{}, held: map[[2]int32]bool{}, racks: map[int32]string{}}
	for i := range n {
		b := &broker{w: w, id: int32(i + 1), disk: vdisk.New(vdisk.Config{})}
		w.brokers = append(w.brokers, b)
		b.boot()
	}
	return w
}

func (w *world) b(id int32) *broker { return w.brokers[id-1] }

// Alive, Rack and Epoch make the world a replica.Cluster.
func (w *world) Alive(id int32) bool  { return w.b(id).up }
func (w *world) Rack(id int32) string { return w.racks[id] }
func (w *world) Epoch(id int32) int64 {
	if int(id) > len(w.brokers) {
		return -1
	}
	return w.b(id).epoch
}

func (b *broker) boot() {
	cfg := b.w.cfg
	cfg.Broker, cfg.Cluster, cfg.Rack = b.id, b.w, b.w.racks[b.id]
	cfg.Topic = func(string) replica.TopicConfig { return b.w.topic }
	b.m = replica.New(cfg)
	b.inc++
	b.timers, b.owner, b.dones = map[nodes.Tag]time.Duration{}, map[uint64]*letter{}, map[uint64]kmsg.Response{}
	b.booted, b.up, b.halted = b.w.now, true, nil
	b.rng = rand.New(rand.NewPCG(uint64(b.id), uint64(b.inc)))
	b.epoch = int64(b.w.seq())
	require.NoError(b.w.t, b.m.Boot(b.env()))
	b.m.BrokerEpoch(b.epoch)
	b.drain()
}

func (w *world) seq() uint64 {
	w.last++
	return w.last
}

// crash ends the process; power takes from the disk what was not synced.
func (b *broker) crash(power bool) {
	b.up = false
	b.syncs = nil
	mode := vdisk.LoseNothing
	if power {
		mode = vdisk.LoseUnsynced
	}
	b.disk.Crash(mode, func(n uint64) uint64 { return n - 1 })
	kept := b.w.mail[:0]
	for _, l := range b.w.mail {
		switch {
		case l.from == b.id && l.to > 0 && (l.resp != nil || l.err != nil):
			kept = append(kept, &letter{from: b.id, to: l.to, call: l.call, err: errors.New("connection reset"), inc: l.inc})
		case l.from == b.id && l.alter == nil: // the connection breaks; what was written to the storage may still arrive
		case l.to == b.id && l.req != nil && l.from > 0:
			kept = append(kept, &letter{from: b.id, to: l.from, call: l.call, err: errors.New("connection reset"), inc: b.w.b(l.from).inc})
		case l.to == b.id:
		default:
			kept = append(kept, l)
		}
	}
	for _, o := range sortedLetters(b.owner) {
		if o.from > 0 {
			kept = append(kept, &letter{from: b.id, to: o.from, call: o.call, err: errors.New("connection reset"), inc: o.inc})
		}
	}
	b.w.mail = kept
}

func sortedLetters(m map[uint64]*letter) (out []*letter) {
	for k := range m {
		out = append(out, m[k])
	}
	slices.SortFunc(out, func(a, b *letter) int { return int(a.call) - int(b.call) })
	return out
}

// do runs a handler and takes what it says.
func (b *broker) do(f func(e nodes.Env)) {
	if !b.up {
		return
	}
	defer func() {
		if r := recover(); r != nil {
			h, ok := r.(halt)
			if !ok {
				panic(r)
			}
			b.halted = h.err
			b.w.say("%d halts: %v", b.id, h.err)
			b.crash(false)
		}
	}()
	f(b.env())
	b.drain()
	for len(b.syncs) > 0 && !b.slow {
		b.endSync(0)
	}
}

func (b *broker) endSync(i int) {
	y := b.syncs[i]
	b.syncs = slices.Delete(b.syncs, i, i+1)
	b.disk.EndSync(y.c)
	b.m.Synced(b.env(), y.tag, nil)
	b.drain()
}

// drain sends what the manager wants to be sent.
func (b *broker) drain() {
	w := b.w
	for {
		e, ok := b.m.Take()
		if !ok {
			return
		}
		switch e := e.(type) {
		case replica.Send:
			w.post(&letter{from: b.id, to: e.To, call: e.Call, req: copyRequest(w.t, e.Request), inc: b.inc})
		case replica.AlterISR:
			w.post(&letter{from: b.id, alter: &e, inc: b.inc})
		case replica.ReadISR:
			w.post(&letter{from: b.id, read: &e, inc: b.inc})
		case replica.Done:
			if e.Failed {
				b.failed++
			}
			o := b.owner[e.Call]
			delete(b.owner, e.Call)
			if o == nil || o.from < 0 {
				b.dones[e.Call] = e.Response
				continue
			}
			w.post(&letter{from: b.id, to: o.from, call: o.call, resp: copyResponse(w.t, e.Response), inc: o.inc})
		default:
			b.said = append(b.said, e)
		}
	}
}

func (w *world) post(l *letter) { w.mail = append(w.mail, l) }

// deliver delivers a letter, or loses it where a link is cut.
func (w *world) deliver(i int) {
	l := w.mail[i]
	w.mail = slices.Delete(w.mail, i, i+1)
	if w.cut[[2]int32{l.from, l.to}] || w.cut[[2]int32{l.to, l.from}] {
		w.lose(l)
		return
	}
	switch {
	case l.alter != nil:
		w.alter(l)
	case l.read != nil:
		s, ok := w.states[l.read.Partition]
		var err error
		if !ok {
			err = replica.ErrNoState
			s = &znode{}
		}
		state, call := s.State, l.read.Call
		state.ISR = slices.Clone(state.ISR)
		w.answer(l, func(b *broker) { b.do(func(e nodes.Env) { b.m.ISRRead(e, call, state, err) }) })
	case l.back != nil && l.to < 1: // nobody waits for it any more
	case l.back != nil:
		if b := w.b(l.to); b.up && b.inc == l.inc {
			l.back(b)
		}
	case l.req != nil:
		if b := w.b(l.to); b.up {
			b.handle(l)
		} else {
			w.lose(l)
		}
	default:
		if l.to < 1 {
			return
		}
		if b := w.b(l.to); b.up && b.inc == l.inc {
			b.do(func(e nodes.Env) { b.m.Answered(e, l.call, l.resp, l.err) })
		}
	}
}

// lose loses a letter; who waits for an answer learns that there will be none.
func (w *world) lose(l *letter) {
	switch {
	case l.alter != nil && l.from > 0:
		if b := w.b(l.from); b.up && b.inc == l.inc {
			b.do(func(e nodes.Env) { b.m.ISRAltered(e, l.alter.Call, 0, replica.ErrUncertain) })
		}
	case l.read != nil && l.from > 0:
		if b := w.b(l.from); b.up && b.inc == l.inc {
			b.do(func(e nodes.Env) { b.m.ISRRead(e, l.read.Call, replica.State{}, replica.ErrUncertain) })
		}
	case l.lost != nil && l.to > 0:
		if b := w.b(l.to); b.up && b.inc == l.inc {
			l.lost(b)
		}
	case l.req != nil && l.from > 0:
		if b := w.b(l.from); b.up && b.inc == l.inc {
			b.do(func(e nodes.Env) { b.m.Answered(e, l.call, nil, errors.New("lost")) })
		}
	case l.to > 0 && (l.resp != nil || l.err != nil):
		if b := w.b(l.to); b.up && b.inc == l.inc {
			b.do(func(e nodes.Env) { b.m.Answered(e, l.call, nil, errors.New("lost")) })
		}
	}
}

func (w *world) answer(l *letter, f func(*broker)) {
	lost := func(b *broker) {
		if l.alter != nil {
			b.do(func(e nodes.Env) { b.m.ISRAltered(e, l.alter.Call, 0, replica.ErrUncertain) })
		} else {
			b.do(func(e nodes.Env) { b.m.ISRRead(e, l.read.Call, replica.State{}, replica.ErrUncertain) })
		}
	}
	w.post(&letter{to: l.from, back: f, lost: lost, inc: l.inc})
}

// alter writes an ISR on condition of its version, as ZooKeeper does.
func (w *world) alter(l *letter) {
	a := l.alter
	s := w.states[a.Partition]
	version, err := int32(0), error(nil)
	switch {
	case s == nil:
		err = replica.ErrNoState
	case a.Version != -1 && a.Version != s.Version:
		err = replica.ErrBadVersion
	case !w.eligible(a):
		err = replica.ErrIneligible
	default:
		s.ISR, s.Leader, s.LeaderEpoch, s.ControllerEpoch = slices.Clone(a.ISR), a.Leader, a.LeaderEpoch, a.ControllerEpoch
		s.Version++
		version = s.Version
	}
	w.answer(l, func(b *broker) { b.do(func(e nodes.Env) { b.m.ISRAltered(e, a.Call, version, err) }) })
}

// eligible tells whether those who join are alive, and the same that the leader has seen fetch (KIP-841, KIP-903). Who is in the ISR already
// was removed, and the version with it, if it has lost anything.
func (w *world) eligible(a *replica.AlterISR) bool {
	for i, id := range a.ISR {
		if slices.Contains(w.states[a.Partition].ISR, id) {
			continue
		}
		if e := a.Epochs[i]; !w.b(id).up || e != -1 && e != w.b(id).epoch {
			return false
		}
	}
	return true
}

func (b *broker) handle(l *letter) {
	call := b.w.seq()
	b.owner[call] = l
	b.do(func(e nodes.Env) {
		require.True(b.w.t, b.m.Handle(e, call, replica.Peer{ClientID: "c", Host: "h"}, l.req))
	})
}

// ask is a client's request; the answer is found by the number that it returns.
func (b *broker) ask(r kmsg.Request) uint64 {
	call := b.w.seq()
	b.owner[call] = &letter{from: -1, to: b.id}
	b.do(func(e nodes.Env) {
		require.True(b.w.t, b.m.Handle(e, call, replica.Peer{ClientID: "c", Host: "h"}, copyRequest(b.w.t, r)))
	})
	return call
}

// copyRequest sends a request through its bytes.
func copyRequest(t require.TestingT, r kmsg.Request) kmsg.Request {
	out := kmsg.RequestForKey(r.Key())
	out.SetVersion(r.GetVersion())
	require.NoError(t, out.ReadFrom(r.AppendTo(nil)))
	return out
}

func copyResponse(t require.TestingT, r kmsg.Response) kmsg.Response {
	out := kmsg.ResponseForKey(r.Key())
	out.SetVersion(r.GetVersion())
	require.NoError(t, out.ReadFrom(r.AppendTo(nil)))
	return out
}

// run delivers all that can be, in order, until nothing moves.
func (w *world) run() {
	for range 100_000 {
		i := slices.IndexFunc(w.mail, func(l *letter) bool { return !w.held[[2]int32{l.from, l.to}] })
		if i < 0 {
			return
		}
		w.deliver(i)
	}
	require.FailNow(w.t, "the mail never ends")
}

// pass lets time pass, with everything that happens in it.
func (w *world) pass(d time.Duration) {
	end := w.now + d
	w.run()
	for {
		b, tag, at := w.nextTimer()
		if b == nil || at > end {
			break
		}
		w.now = max(w.now, at)
		delete(b.timers, tag)
		b.do(func(e nodes.Env) { b.m.Fire(e, tag) })
		w.run()
	}
	w.now = end
}

func (w *world) nextTimer() (who *broker, tag nodes.Tag, at time.Duration) {
	for _, b := range w.brokers {
		if !b.up {
			continue
		}
		for k, d := range b.timers {
			if who == nil || d < at || d == at && who == b && (k.Name < tag.Name || k.Name == tag.Name && k.N < tag.N) {
				who, tag, at = b, k, d
			}
		}
	}
	return who, tag, at
}

// create makes the partition.
func (w *world) create(replicas ...int32) {
	w.states[tp] = &znode{State: replica.State{Leader: replicas[0], LeaderEpoch: 1, ControllerEpoch: w.ctrl, ISR: slices.Clone(replicas)}, replicas: replicas}
	w.tell(replicas...)
}

// elect writes a new state, and tells nobody.
func (w *world) elect(leader int32, isr ...int32) {
	s := w.states[tp]
	s.Leader, s.ISR, s.ControllerEpoch = leader, slices.Clone(isr), w.ctrl
	s.LeaderEpoch++
	s.Version++
}

// tell sends LeaderAndISR to some brokers.
func (w *world) tell(to ...int32) {
	for _, id := range to {
		w.post(&letter{from: -1, to: id, req: w.leaderAndISR(id)})
	}
}

func (w *world) leaderAndISR(to int32) *kmsg.LeaderAndISRRequest {
	s := w.states[tp]
	r := kmsg.NewPtrLeaderAndISRRequest()
	r.Version, r.ControllerEpoch, r.BrokerEpoch = 4, w.ctrl, w.b(to).epoch
	p := kmsg.NewLeaderAndISRRequestTopicPartition()
	p.Partition, p.Leader, p.LeaderEpoch, p.ControllerEpoch = tp.Partition, s.Leader, s.LeaderEpoch, s.ControllerEpoch
	p.ISR, p.ZKVersion, p.Replicas = slices.Clone(s.ISR), s.Version, s.replicas
	r.TopicStates = []kmsg.LeaderAndISRRequestTopicState{{Topic: tp.Topic, PartitionStates: []kmsg.LeaderAndISRRequestTopicPartition{p}}}
	return r
}

func (w *world) say(format string, args ...any) {
	w.story = append(w.story, fmt.Sprintf(format, args...))
}

// produce is a producer's request of one batch.
func produce(acks int16, version int16, batch []byte) *kmsg.ProduceRequest {
	r := kmsg.NewPtrProduceRequest()
	r.Version, r.Acks, r.TimeoutMillis = version, acks, 1000
	r.Topics = []kmsg.ProduceRequestTopic{{Topic: tp.Topic, Partitions: []kmsg.ProduceRequestTopicPartition{{Partition: tp.Partition, Records: batch}}}}
	return r
}

// batch makes a batch of records whose values are given.
func batch(f record.Fields, values ...string) []byte {
	var w record.Builder
	w.Reset(f)
	for _, v := range values {
		w.Add(start.UnixMilli(), []byte("k"), []byte(v))
	}
	return w.Batch()
}

func (b *broker) produce(acks int16, values ...string) uint64 {
	return b.ask(produce(acks, 8, batch(record.Fields{}, values...)))
}

// produced is what a produce was answered with: "" if it was not yet.
func (b *broker) produced(call uint64) string {
	r, ok := b.dones[call]
	if !ok {
		return ""
	}
	if r == nil {
		return "silence"
	}
	p := r.(*kmsg.ProduceResponse).Topics[0].Partitions[0]
	if p.ErrorCode != 0 {
		return proto.Code(p.ErrorCode).String()
	}
	return fmt.Sprintf("offset %d", p.BaseOffset)
}

// dump says what is in a replica's log: "offset:value@epoch".
func (b *broker) dump(t require.TestingT, upTo int64) string {
	l := b.m.Log(tp)
	if l == nil {
		return "none"
	}
	var out []string
	for offset := l.StartOffset(); offset < min(l.EndOffset(), upTo); {
		f, err := l.Read(b.machine(), nil, offset, 1<<20, true, log.LogEnd)
		require.NoError(t, err)
		require.NotEmpty(t, f.Records)
		for p := f.Records; len(p) > 0; {
			var x record.Batch
			x, p, err = record.Next(p)
			require.NoError(t, err)
			for _, s := range values(t, x) {
				out = append(out, fmt.Sprintf("%s@%d", s, x.LeaderEpoch()))
			}
			offset = x.NextOffset()
		}
	}
	return strings.Join(out, " ")
}

func values(t require.TestingT, x record.Batch) (out []string) {
	var r record.Reader
	if x.Control() {
		m, err := r.Control(x)
		require.NoError(t, err)
		return []string{fmt.Sprintf("%d!%v", x.BaseOffset(), m.Type)}
	}
	require.NoError(t, r.Reset(x))
	var rec record.Record
	for r.Next(&rec) {
		out = append(out, fmt.Sprintf("%d:%s", rec.Offset, rec.Value))
	}
	return out
}

const all = int64(1) << 60
