package zk

import (
	"cmp"
	"slices"
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
)

// Registration is a broker in one of its lives: Epoch is the Czxid of its record (KIP-380).
type Registration struct {
	Broker int32
	Epoch  int64
}

// alter is a change of an ISR by the partition's leader.
type alter struct {
	call    uint64
	tp      log.TopicPartition
	state   PartitionState
	version int32
	joins   []Registration
	checks  []client.Op // of those who join and were found to be what they were
	unsure  bool        // the answer to a write was lost: it may yet be carried out
}

const (
	alterSet = iota
	alterRead
	alterMember
)

func (w *alter) number() uint64 { return w.call }

func (w *alter) begin(s *Store, env nodes.Env) {
	w.checks = w.checks[:0]
	w.next(s, env)
}

// next looks at the next one who joins, or writes, on condition that they are all still registered.
func (w *alter) next(s *Store, env nodes.Env) {
	if n := len(w.checks); n < len(w.joins) {
		s.ask(env, w, alterMember, client.Exists(s.path(BrokerKey(w.joins[n].Broker).Path()), false))
		return
	}
	version := w.version
	if s.cfg.Quirks.NoISRCAS {
		version = -1
	}
	set := client.Set(s.path(PartitionKey(w.tp).Path()), w.state.Append(nil), version)
	if len(w.checks) > 0 {
		set = client.Multi(append(slices.Clone(w.checks), set)...)
	}
	s.ask(env, w, alterSet, set)
}

// member takes what is registered under the id of one who joins.
func (w *alter) member(s *Store, env nodes.Env, d client.Done) bool {
	join := w.joins[len(w.checks)]
	switch p, ok := d.Response.(*proto.ExistsResponse); {
	case d.Err == proto.CodeConnectionLoss:
		w.next(s, env)
		return false
	case d.Err == proto.CodeNoNode || ok && d.Err == proto.CodeOK && p.Stat.Czxid != join.Epoch:
		return w.ineligible(s, env)
	case d.Err != proto.CodeOK || !ok:
		return w.end(s, ISRAltered{Err: errorOf(d.Err)})
	default:
		w.checks = append(w.checks, client.Check(s.path(BrokerKey(join.Broker).Path()), p.Stat.Version))
		w.next(s, env)
		return false
	}
}

// ineligible ends a change: one who was to join is gone, or has started anew. If an earlier write may yet be carried out, that is not certain.
func (w *alter) ineligible(s *Store, env nodes.Env) bool {
	nodes.Reachable(env, "zk: who was to join an ISR is not what it was")
	if w.unsure {
		return w.end(s, ISRAltered{Err: ErrUncertain})
	}
	return w.end(s, ISRAltered{Err: ErrIneligible})
}

func (w *alter) look(s *Store, env nodes.Env) {
	s.c.Do(env, client.Sync(s.path("/brokers")))
	s.ask(env, w, alterRead, client.Get(s.path(PartitionKey(w.tp).Path()), false))
}

func (w *alter) answered(s *Store, env nodes.Env, slot int, d client.Done) bool {
	if slot == alterMember {
		return w.member(s, env, d)
	}
	code, failed, response := outcome(d)
	switch {
	case d.Err == proto.CodeConnectionLoss && slot == alterSet:
		w.unsure = true
		if s.cfg.Quirks.NoISRRecheck {
			w.begin(s, env)
		} else {
			w.look(s, env)
		}
		return false
	case d.Err == proto.CodeConnectionLoss:
		w.look(s, env)
		return false
	case code != proto.CodeOK && slot == alterSet && failed < len(w.checks):
		return w.ineligible(s, env)
	case code == proto.CodeBadVersion && w.unsure && !s.cfg.Quirks.NoISRRecheck:
		w.look(s, env)
		return false
	case code == proto.CodeNoNode:
		return w.end(s, ISRAltered{Err: ErrFenced})
	case code != proto.CodeOK:
		return w.end(s, ISRAltered{Err: errorOf(code)})
	}
	switch p := response.(type) {
	case *proto.SetDataResponse:
		s.noteISR(env, w.tp)
		return w.end(s, ISRAltered{Version: p.Stat.Version})
	case *proto.GetDataResponse:
		return w.compare(s, env, p)
	}
	return w.end(s, ISRAltered{Err: ErrRefused})
}

// compare decides by what is there: the own state (ReplicationUtils.checkLeaderAndIsrZkData), that of before, or somebody else's.
func (w *alter) compare(s *Store, env nodes.Env, p *proto.GetDataResponse) bool {
	v, err := Decode(KindPartition, 0, p.Data)
	there, ok := v.(PartitionState)
	switch {
	case err != nil || !ok:
		return w.end(s, ISRAltered{Err: ErrMalformed})
	case p.Stat.Version > w.version && there.equal(w.state):
		nodes.Reachable(env, "zk: an ISR write whose answer was lost had been carried out")
		s.noteISR(env, w.tp)
		return w.end(s, ISRAltered{Version: p.Stat.Version})
	case p.Stat.Version == w.version:
		w.begin(s, env)
		return false
	case there.LeaderEpoch > w.state.LeaderEpoch:
		return w.end(s, ISRAltered{Err: ErrFenced})
	}
	return w.end(s, ISRAltered{Err: ErrBadVersion})
}

func (p PartitionState) equal(o PartitionState) bool {
	return p.Leader == o.Leader && p.LeaderEpoch == o.LeaderEpoch && p.ControllerEpoch == o.ControllerEpoch && slices.Equal(p.ISR, o.ISR)
}

func (w *alter) end(s *Store, ev ISRAltered) bool {
	ev.Call, ev.Partition = w.call, w.tp
	s.tell(ev)
	return true
}

func (w *alter) expired(s *Store) { w.end(s, ISRAltered{Err: ErrExpired}) }

// How soon the controller is told of ISRs that have changed: every interval it is looked whether anything was changed, and
// nothing any more for the linger, or the last notification is long ago (ReplicaManager.maybePropagateIsrChanges).
const (
	isrInterval   = 2500 * time.Millisecond
	isrLinger     = 5 * time.Second
	isrMax        = 60 * time.Second
	tagISRChanges = "zk/isr-changes"
)

// isrChanges are the partitions whose ISR has changed, and of which the controller has not yet been told.
type isrChanges struct {
	set        []log.TopicPartition
	changed    time.Duration // when the last one was added, and
	propagated time.Duration // when the controller was told last
}

func compare(a, b log.TopicPartition) int {
	return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
}

func (s *Store) noteISR(env nodes.Env, tp log.TopicPartition) {
	if len(s.changed.set) == 0 {
		env.SetTimer(nodes.Tag{Name: tagISRChanges}, isrInterval)
	}
	if i, found := slices.BinarySearchFunc(s.changed.set, tp, compare); !found {
		s.changed.set = slices.Insert(s.changed.set, i, tp)
	}
	s.changed.changed = env.Monotonic()
}

// propagate tells the controller, if it is time to.
func (s *Store) propagate(env nodes.Env) {
	now := env.Monotonic()
	if len(s.changed.set) == 0 {
		return
	}
	if s.booted && (s.changed.changed+isrLinger < now || s.changed.propagated+isrMax < now) {
		key := Key{Kind: KindISRChange, Name: ISRChangePrefix}
		s.begin(env, &notify{call: s.next(), op: Op{Verb: Create, Key: key, Value: Partitions(slices.Clone(s.changed.set)), Sequential: true}})
		s.changed.set, s.changed.propagated = nil, now
		return
	}
	env.SetTimer(nodes.Tag{Name: tagISRChanges}, isrInterval)
}

// notify makes a sequential record: twice, rather than not at all.
type notify struct {
	call uint64
	op   Op
}

func (w *notify) number() uint64                { return w.call }
func (w *notify) begin(s *Store, env nodes.Env) { s.ask(env, w, 0, s.write(w.op)) }
func (w *notify) expired(*Store)                {}

func (w *notify) answered(s *Store, env nodes.Env, _ int, d client.Done) bool {
	if d.Err == proto.CodeConnectionLoss {
		w.begin(s, env)
		return false
	}
	return true
}
