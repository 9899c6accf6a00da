package controller_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/controller"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/zk"
	"orrery/nodes/zab"
	"orrery/nodes/zab/config"
	"orrery/sim"
	"orrery/sim/vdisk"
	"orrery/trace"
)

// rig is a ZooKeeper server and brokers that are nothing but a controller, a session and a pretence of replication.
type rig struct {
	t       testing.TB
	u       *sim.Universe
	rec     trace.Recorder
	members map[nodes.ID]*member
	ids     []nodes.ID
	zks     []nodes.ID      // ZooKeeper's servers
	told    map[int32]int32 // by controller epoch: who was the first to be believed in it
	quirks  controller.Quirks
	zquirks zk.Quirks
	ledger  *ledger
	slow    bool // the replicas catch up only when told to
}

type led struct {
	tp    log.TopicPartition
	epoch int32
}

func newRig(t testing.TB, seed uint64, brokers int, racks ...string) *rig {
	return newRigOn(t, seed, 1, brokers, racks...)
}

// newRigOn has an ensemble of so many servers.
func newRigOn(t testing.TB, seed uint64, servers, brokers int, racks ...string) *rig {
	r := &rig{t: t, members: map[nodes.ID]*member{}, told: map[int32]int32{}}
	r.u = sim.New(sim.Config{Seed: seed, Recorder: &r.rec, Net: sim.NetConfig{Delay: sim.Dist{Min: time.Millisecond, Mean: time.Millisecond}}})
	r.ledger = newLedger(r.u)
	text := "tickTime=200\ninitLimit=10\nsyncLimit=5\ndataDir=/data\nclientPort=2181\nsnapCount=1000000\n"
	for i := range servers {
		r.zks = append(r.zks, []nodes.ID{"z", "z2", "z3"}[i])
		if servers > 1 {
			text += fmt.Sprintf("server.%d=%s:2888:3888\n", i+1, r.zks[i])
		}
	}
	for i, id := range r.zks {
		r.u.Add(id, func() nodes.Node {
			c, err := config.Parse("zoo.cfg", []byte(text))
			require.NoError(t, err)
			c.PreAllocSize = 0
			if servers > 1 {
				require.NoError(t, c.Identify(int64(i+1)))
			}
			return zab.New(zab.Config{Zoo: c, ID: int64(i + 1), Probe: func(_ *zab.Server, m zab.Milestone) {
				if m.Kind == zab.Committed || m.Kind == zab.Delivered {
					r.ledger.commit(m.Zxid, m.Txn)
				}
			}})
		}).Start(0)
	}
	for i := range int32(brokers) {
		id := nodes.ID(fmt.Sprintf("b%d", i+1))
		r.ids = append(r.ids, id)
		rack := ""
		if len(racks) > 0 {
			rack = racks[int(i)%len(racks)]
		}
		r.u.Add(id, func() nodes.Node {
			m := newMember(r, i+1, string(id), rack)
			r.members[id] = m
			return m
		}).Start(time.Duration(i) * 100 * time.Millisecond)
	}
	return r
}

func (r *rig) run(d time.Duration) { r.u.Run(r.u.Now() + d) }

// until runs until cond holds, and fails if it does not within a minute of virtual time.
func (r *rig) until(what string, cond func() bool) {
	r.t.Helper()
	require.True(r.t, r.u.RunUntil(cond, r.u.Now()+time.Minute), "%s: never (%v)", what, r.u.Violation())
}

// active is the broker that is the controller of the highest epoch, or nil.
func (r *rig) active() *member {
	var best *member
	for _, id := range r.ids {
		m := r.members[id]
		if m == nil || !r.u.Machine(id).Up() {
			continue
		}
		if e, ok := m.c.Active(); ok {
			if best == nil {
				best = m
			} else if b, _ := best.c.Active(); e > b {
				best = m
			}
		}
	}
	return best
}

func (r *rig) view() controller.View {
	if m := r.active(); m != nil {
		return m.c.Inspect().(controller.View)
	}
	return controller.View{Broker: -1}
}

// settled tells whether there is a controller that has nothing to do, and that sees brokers.
func (r *rig) settled(brokers int) bool {
	v := r.view()
	if v.Broker < 0 || v.Busy || len(v.Brokers) != brokers {
		return false
	}
	for _, q := range v.Queues {
		if q.Requests > 0 {
			return false
		}
	}
	return true
}

// ask has a request handled by the controller that there is, and returns the answer.
func (r *rig) ask(req kmsg.Request) kmsg.Response {
	r.t.Helper()
	r.until("a controller", func() bool { return r.active() != nil })
	return r.askAt(r.active(), req)
}

func (r *rig) askAt(m *member, req kmsg.Request) kmsg.Response {
	r.t.Helper()
	var resp kmsg.Response
	m.do(func(env nodes.Env) {
		call := m.next()
		m.answers[call] = func(_ nodes.Env, a kmsg.Response) { resp = a }
		require.True(r.t, m.c.Handle(env, call, req))
	})
	r.until("an answer", func() bool { return resp != nil })
	return resp
}

func (r *rig) partition(tp string) (controller.PartitionView, bool) {
	for _, p := range r.view().Partitions {
		if p.Partition == tp {
			return p, true
		}
	}
	return controller.PartitionView{}, false
}

// member is a broker.
type member struct {
	r       *rig
	id      int32
	store   *zk.Store
	c       *controller.Controller
	calls   uint64
	script  []func(nodes.Env)
	answers map[uint64]func(nodes.Env, kmsg.Response)
	out     map[int32]*link
	parts   map[log.TopicPartition]*part
	epoch   int32 // of the controller, the highest that was heard of
	own     int64 // broker epoch
	isr     map[uint64]asked
	configs []controller.ConfigChanged
	ready   *controller.ShutdownReady
	meta    map[log.TopicPartition]int32 // leader epochs, as UpdateMetadata told
	stopped []string
	stops   []*kmsg.StopReplicaRequest // as they came
}

// link is a connection to another broker.
type link struct {
	conn nodes.Conn
	call uint64 // under way
	req  kmsg.Request
}

// part is a replica that pretends to hold data.
type part struct {
	state    zk.PartitionState
	version  int32
	replicas []int32
	busy     bool
}

func newMember(r *rig, id int32, host, rack string) *member {
	m := &member{r: r, id: id, answers: map[uint64]func(nodes.Env, kmsg.Response){}, out: map[int32]*link{}, own: -1,
		parts: map[log.TopicPartition]*part{}, isr: map[uint64]asked{}, meta: map[log.TopicPartition]int32{}}
	var servers []nodes.Addr
	for _, z := range r.zks {
		servers = append(servers, nodes.Addr{ID: z, Port: 2181})
	}
	m.store = zk.New(zk.Config{Servers: servers, Timeout: 2 * time.Second, Chroot: "/kafka", Quirks: r.zquirks})
	m.c = controller.New(controller.Config{Broker: id, Rack: rack, Quirks: r.quirks, RebalanceInterval: 30 * time.Second,
		Endpoints: []zk.Endpoint{{Listener: "PLAINTEXT", Host: host, Port: 9092}}}, m.store)
	return m
}

func (*member) Codec() nodes.Codec                         { return nodes.JSONCodec() }
func (*member) Synced(nodes.Env, nodes.Tag, error)         {}
func (*member) Deliver(nodes.Env, nodes.ID, nodes.Message) {}
func (m *member) Inspect() any                             { return m.c.Inspect() }

func (m *member) next() uint64 { m.calls++; return m.calls }

func (m *member) do(f func(nodes.Env)) { m.script = append(m.script, f) }

func (m *member) Boot(env nodes.Env) error {
	env.SetTimer(nodes.Tag{Name: "script"}, 10*time.Millisecond)
	env.SetTimer(nodes.Tag{Name: "replicate"}, 300*time.Millisecond)
	if err := env.Listen(9092, nodes.Framing{}); err != nil {
		return err
	}
	m.store.Start(env)
	m.c.Start(env)
	m.drain(env)
	return nil
}

func (m *member) Fire(env nodes.Env, tag nodes.Tag) {
	switch tag.Name {
	case "script":
		env.SetTimer(tag, 10*time.Millisecond)
		list := m.script
		m.script = nil
		for _, f := range list {
			f(env)
		}
	case "replicate":
		env.SetTimer(tag, 300*time.Millisecond)
		if !m.r.slow {
			m.replicate(env)
		}
	default:
		if !m.store.Fire(env, tag) && !m.c.Fire(env, tag) {
			panic("a timer that is nobody's: " + tag.String())
		}
	}
	m.drain(env)
}

// replicate lets those be in sync that follow, and lets others go, as far as this leader can see.
func (m *member) replicate(env nodes.Env) {
	var list []log.TopicPartition
	for tp := range m.parts {
		list = append(list, tp)
	}
	slices.SortFunc(list, func(a, b log.TopicPartition) int { return strings.Compare(a.String(), b.String()) })
	for _, tp := range list {
		p := m.parts[tp]
		if p.state.Leader != m.id || p.busy {
			continue
		}
		var isr []int32
		for _, id := range p.replicas {
			o := m.r.members[nodes.ID(fmt.Sprintf("b%d", id))]
			follows := o != nil && m.r.u.Machine(nodes.ID(fmt.Sprintf("b%d", id))).Up() && o.parts[tp] != nil && o.parts[tp].state.LeaderEpoch == p.state.LeaderEpoch
			if id == m.id || follows {
				isr = append(isr, id)
			}
		}
		if slices.Equal(slices.Sorted(slices.Values(isr)), slices.Sorted(slices.Values(p.state.ISR))) {
			continue
		}
		m.alter(env, tp, isr)
	}
}

func (m *member) alter(env nodes.Env, tp log.TopicPartition, isr []int32) {
	p := m.parts[tp]
	p.busy = true
	next := p.state
	next.ISR = isr
	m.isr[m.store.AlterISR(env, tp, next, p.version)] = asked{tp, next}
}

func (m *member) Opened(env nodes.Env, c nodes.Conn, _ string) {
	m.store.Opened(env, c)
	m.drain(env)
}

func (m *member) Closed(env nodes.Env, c nodes.Conn, err error) {
	if !m.store.Closed(env, c) {
		for _, id := range m.peers() {
			if l := m.out[id]; l.conn == c {
				delete(m.out, id)
				m.c.Answered(env, l.call, nil, nodes.ErrReset)
			}
		}
	}
	m.drain(env)
}

func (m *member) peers() []int32 {
	var ids []int32
	for id := range m.out {
		ids = append(ids, id)
	}
	return slices.Sorted(slices.Values(ids))
}

func (m *member) Received(env nodes.Env, c nodes.Conn, p []byte) {
	if !m.store.Received(env, c, p) {
		if c.Dialed {
			m.answered(env, c, slices.Clone(p))
		} else {
			m.serve(env, c, slices.Clone(p))
		}
	}
	m.drain(env)
}

func (m *member) answered(env nodes.Env, c nodes.Conn, p []byte) {
	for _, id := range m.peers() {
		if l := m.out[id]; l.conn == c && l.call != 0 {
			_, resp, err := proto.ReadResponse(p, l.req)
			call := l.call
			l.call = 0
			m.c.Answered(env, call, resp, err)
		}
	}
}

func (m *member) serve(env nodes.Env, c nodes.Conn, p []byte) {
	h, req, err := proto.ReadRequest(p)
	require.NoError(m.r.t, err)
	reply := func(env nodes.Env, resp kmsg.Response) {
		if resp != nil {
			_ = env.Write(c, proto.AppendResponse(nil, h.Correlation, resp))
		}
	}
	switch req := req.(type) {
	case *kmsg.LeaderAndISRRequest, *kmsg.StopReplicaRequest, *kmsg.UpdateMetadataRequest:
		reply(env, m.obey(req))
	default:
		call := m.next()
		m.answers[call] = reply
		m.c.Handle(env, call, req)
	}
}

func (m *member) send(env nodes.Env, s controller.Send) {
	purpose := s.To
	if s.Request.Key() == kmsg.ControlledShutdown.Int16() {
		purpose += 1000 // a connection of its own
	}
	l := m.out[purpose]
	if l == nil {
		l = &link{conn: env.Dial(nodes.Addr{ID: nodes.ID(s.Endpoint.Host), Port: int(s.Endpoint.Port)}, nodes.Framing{})}
		m.out[purpose] = l
	}
	l.call, l.req = s.Call, s.Request
	_ = env.Write(l.conn, proto.AppendRequest(nil, proto.Header{Key: s.Request.Key(), Version: s.Request.GetVersion(), Correlation: int32(s.Call)}, s.Request))
}

func (m *member) drain(env nodes.Env) {
	for more := true; more; {
		more = false
		for ev, ok := m.store.Take(); ok; ev, ok = m.store.Take() {
			more = true
			switch ev := ev.(type) {
			case zk.ISRAltered:
				m.altered(ev)
			case zk.ProducerIDs:
			default:
				require.True(m.r.t, m.c.Stored(env, ev))
			}
		}
		for ev, ok := m.c.Take(); ok; ev, ok = m.c.Take() {
			more = true
			m.took(env, ev)
		}
	}
}

func (m *member) took(env nodes.Env, ev controller.Event) {
	switch ev := ev.(type) {
	case controller.Send:
		m.send(env, ev)
	case controller.Done:
		m.answers[ev.Call](env, ev.Response)
		delete(m.answers, ev.Call)
	case controller.Registered:
		m.own = ev.BrokerEpoch
	case controller.ConfigChanged:
		m.configs = append(m.configs, ev)
	case controller.ShutdownReady:
		m.ready = &ev
		m.store.Close(env)
	}
}

func (m *member) altered(ev zk.ISRAltered) {
	a := m.isr[ev.Call]
	delete(m.isr, ev.Call)
	p := m.parts[a.tp]
	if p == nil {
		return
	}
	p.busy = false
	if ev.Err == nil && p.state.LeaderEpoch == a.state.LeaderEpoch && p.version < ev.Version {
		p.version, p.state = ev.Version, a.state
	}
}

// asked is an ISR that is being changed.
type asked struct {
	tp    log.TopicPartition
	state zk.PartitionState
}

// obey does what a controller says, if it is the newest that was heard of and means this incarnation.
func (m *member) obey(req kmsg.Request) kmsg.Response {
	switch req := req.(type) {
	case *kmsg.LeaderAndISRRequest:
		if code := m.refuses(req.ControllerID, req.ControllerEpoch, req.BrokerEpoch); code != proto.None {
			return proto.Refusal(req, code)
		}
		return m.lead(req)
	case *kmsg.StopReplicaRequest:
		if code := m.refuses(req.ControllerID, req.ControllerEpoch, req.BrokerEpoch); code != proto.None {
			return proto.Refusal(req, code)
		}
		m.stops = append(m.stops, req)
		return m.stop(req)
	case *kmsg.UpdateMetadataRequest:
		if code := m.refuses(req.ControllerID, req.ControllerEpoch, req.BrokerEpoch); code != proto.None {
			return proto.Refusal(req, code)
		}
		for _, t := range req.TopicStates {
			for _, p := range t.PartitionStates {
				m.meta[log.TopicPartition{Topic: t.Topic, Partition: p.Partition}] = p.LeaderEpoch
			}
		}
		return req.ResponseKind()
	}
	panic("unreachable")
}

func (m *member) refuses(from, epoch int32, own int64) proto.Code {
	switch {
	case epoch < m.epoch:
		return proto.StaleControllerEpoch
	case controller.StaleBrokerEpoch(m.own, own, m.r.quirks):
		return proto.StaleBrokerEpoch
	}
	m.epoch = epoch
	if was, ok := m.r.told[epoch]; ok && was != from {
		m.r.u.Violate("one controller an epoch", fmt.Sprintf("epoch %d: %d and %d", epoch, was, from))
	}
	m.r.told[epoch] = from
	return proto.None
}

func (m *member) lead(req *kmsg.LeaderAndISRRequest) kmsg.Response {
	resp := req.ResponseKind().(*kmsg.LeaderAndISRResponse)
	for _, t := range req.TopicStates {
		for _, p := range t.PartitionStates {
			tp := log.TopicPartition{Topic: t.Topic, Partition: p.Partition}
			o := kmsg.NewLeaderAndISRResponseTopicPartition()
			o.Topic, o.Partition = tp.Topic, tp.Partition
			resp.Partitions = append(resp.Partitions, o)
			if was := m.parts[tp]; was != nil && was.state.LeaderEpoch >= p.LeaderEpoch {
				continue
			}
			if who, ok := m.r.ledger.led[led{tp, p.LeaderEpoch}]; ok && who != p.Leader {
				m.r.u.Violate("one leader an epoch", fmt.Sprintf("%s: %d and %d in leader epoch %d", tp, who, p.Leader, p.LeaderEpoch))
			}
			m.r.ledger.led[led{tp, p.LeaderEpoch}] = p.Leader
			m.parts[tp] = &part{version: p.ZKVersion, replicas: p.Replicas,
				state: zk.PartitionState{Leader: p.Leader, LeaderEpoch: p.LeaderEpoch, ISR: p.ISR, ControllerEpoch: p.ControllerEpoch}}
		}
	}
	return resp
}

func (m *member) stop(req *kmsg.StopReplicaRequest) kmsg.Response {
	resp := req.ResponseKind().(*kmsg.StopReplicaResponse)
	for _, t := range req.Topics {
		for _, p := range t.PartitionStates {
			tp := log.TopicPartition{Topic: t.Topic, Partition: p.Partition}
			o := kmsg.NewStopReplicaResponsePartition()
			o.Topic, o.Partition = tp.Topic, tp.Partition
			if was := m.parts[tp]; was != nil && p.LeaderEpoch >= 0 && p.LeaderEpoch < was.state.LeaderEpoch {
				o.ErrorCode = int16(proto.FencedLeaderEpoch)
			} else {
				delete(m.parts, tp)
				if p.Delete {
					m.stopped = append(m.stopped, tp.String())
				}
			}
			resp.Partitions = append(resp.Partitions, o)
		}
	}
	return resp
}

// kill ends a broker's process.
func (r *rig) kill(id nodes.ID) { r.u.Machine(id).Kill(vdisk.LoseNothing) }
