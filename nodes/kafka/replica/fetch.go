package replica

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/replica/isr"
)

// brokerEpochTag is the tag of a fetch in which a follower tells its broker epoch. Kafka tells it from version 15 on, in a field of
// its own (KIP-903); a broker that does not know the tag skips it (KIP-482).
const brokerEpochTag = 903

// fetch is a Fetch on its way.
type fetch struct {
	call      uint64
	version   int16
	replica   int32 // a broker's id, or negative for a consumer
	epoch     int64 // the broker's epoch, isr.Unknown if it does not tell
	isolation log.Isolation
	minBytes  int
	maxBytes  int
	rack      string
	parts     []*asked
	session   *session // nil without
	full      bool     // everything is answered, not only what has changed
	throttled bool     // it does not wait, for want of memory

	n     uint64 // of the wait
	bytes int64
}

// asked is a partition of a fetch.
type asked struct {
	tp          log.TopicPartition
	leaderEpoch int32 // the sender's current one
	offset      int64
	lastFetched int32 // epoch
	start       int64 // the follower's log start
	maxBytes    int
	p           *partition // once it was found

	// What the session has told last.
	toldHW, toldStart int64
	told              bool
}

// outcome is what a partition is answered with.
type outcome struct {
	code      proto.Code
	read      log.Fetched
	diverging *isr.EpochEnd
	preferred int32
}

// handleFetch answers at once if there is enough, or something is wrong, or nobody wants to wait; else it waits.
func (m *Manager) handleFetch(env nodes.Env, call uint64, r *kmsg.FetchRequest) {
	f := &fetch{call: call, version: r.Version, replica: r.ReplicaID, epoch: brokerEpoch(r), rack: r.Rack,
		minBytes: int(r.MinBytes), maxBytes: int(m.cfg.FetchMaxBytes), isolation: log.ReadUncommitted}
	if r.Version >= 3 {
		f.maxBytes = max(min(int(r.MaxBytes), f.maxBytes), 0)
	}
	switch {
	case f.replica >= 0:
		f.isolation = log.LogEnd
	case r.IsolationLevel == 1:
		f.isolation = log.ReadCommitted
	}
	if code := m.openSession(env, f, r); code != proto.None {
		resp := r.ResponseKind().(*kmsg.FetchResponse)
		resp.ErrorCode = int16(code)
		m.done(call, resp)
		return
	}
	if f.replica >= 0 {
		for _, a := range f.parts {
			m.followerFetched(env, f, a)
		}
	}
	// A follower's fetch waits in any case: there are few of them, and one that is answered at once comes back at once.
	f.throttled = f.replica < 0 && m.Full()
	if m.tryFetch(env, f, r.MaxWaitMillis <= 0 || f.throttled) {
		return
	}
	f.bytes = 256 + 64*int64(len(f.parts))
	f.n = m.wait(env, f, f.bytes, time.Duration(r.MaxWaitMillis)*time.Millisecond)
	for _, a := range f.parts {
		if p := m.part(a); p != nil {
			p.fetches = append(p.fetches, f)
		}
	}
}

// brokerEpoch is the epoch that the fetching broker tells.
func brokerEpoch(r *kmsg.FetchRequest) int64 {
	epoch := int64(isr.Unknown)
	if r.Version >= 15 {
		return r.ReplicaState.Epoch
	}
	r.UnknownTags.Each(func(key uint32, v []byte) {
		if key == brokerEpochTag && len(v) == 8 {
			epoch = int64(binary.BigEndian.Uint64(v))
		}
	})
	return epoch
}

// part is the partition that is asked about, nil if this broker has no replica of it.
func (m *Manager) part(a *asked) *partition {
	if a.p == nil || a.p.gone {
		a.p = m.at(a.tp)
	}
	return a.p
}

// tryFetch answers if there is enough to answer with, or if it must be now. It returns false if the fetch is to wait.
func (m *Manager) tryFetch(env nodes.Env, f *fetch, now bool) bool {
	left, got := f.maxBytes, 0
	outs := slices.Grow(m.outs[:0], len(f.parts))[:len(f.parts)]
	m.outs = outs
	defer clear(outs)
	for i, a := range f.parts {
		outs[i] = m.readFor(env, f, a, min(left, a.maxBytes), got == 0)
		o := &outs[i]
		n := len(o.read.Records)
		got += n
		left = max(left-n, 0)
		if o.code != proto.None || o.diverging != nil || o.preferred >= 0 {
			now = true
		}
	}
	if !now && got < f.minBytes && len(f.parts) > 0 {
		return false
	}
	m.answerFetch(env, f, outs)
	return true
}

// completeFetches lets the fetches go on that wait for a partition in which something has changed.
func (m *Manager) completeFetches(env nodes.Env, p *partition) {
	if len(p.fetches) == 0 {
		return
	}
	waiting := p.fetches
	p.fetches = nil
	for i, f := range waiting {
		if f.n == 0 {
			continue // answered already
		}
		if m.concerns(p, f) && m.tryFetch(env, f, false) {
			m.dropFetch(env, f)
			continue
		}
		p.fetches = append(p.fetches, waiting[i])
	}
}

// concerns tells cheaply whether what a partition has now may end a fetch.
func (m *Manager) concerns(p *partition, f *fetch) bool {
	for _, a := range f.parts {
		if x := m.part(a); x != p && (x != nil || a.tp != p.tp) {
			continue
		}
		if _, code := m.mayServe(f, a); code != proto.None {
			return true
		}
		bound := p.log.EndOffset()
		if a.offset > bound {
			return true
		}
		switch f.isolation {
		case log.ReadUncommitted:
			bound = p.log.HighWatermark()
		case log.ReadCommitted:
			bound = p.log.LastStableOffset()
		case log.LogEnd:
		}
		return a.offset < bound
	}
	return false
}

// dropFetch forgets a fetch that has been answered.
func (m *Manager) dropFetch(env nodes.Env, f *fetch) {
	m.unwait(env, f.n, f.bytes)
	f.n = 0
	for _, a := range f.parts {
		if p := m.part(a); p != nil && len(p.fetches) > 0 {
			p.fetches = slices.DeleteFunc(p.fetches, func(x *fetch) bool { return x == f })
		}
	}
}

// expire answers with what there is.
func (f *fetch) expire(m *Manager, env nodes.Env) {
	m.dropFetch(env, f)
	m.tryFetch(env, f, true)
}

// mayServe returns the partition that a fetch is for, if this replica may answer it: the leader, or for a consumer of version 11 or
// later a follower too (KIP-392).
func (m *Manager) mayServe(f *fetch, a *asked) (*partition, proto.Code) {
	p := m.part(a)
	switch {
	case p == nil:
		return nil, m.missing(a.tp)
	case p.log == nil || p.role == idle:
		return p, proto.NotLeaderForPartition
	case p.role != leading && (f.replica >= 0 || f.version < 11):
		return p, proto.NotLeaderForPartition
	}
	if code := fence(a.leaderEpoch, p); code != proto.None && !m.cfg.Quirks.FetchUnfenced {
		return p, code
	}
	return p, proto.None
}

// readFor reads what one partition of a fetch is answered with.
func (m *Manager) readFor(env nodes.Env, f *fetch, a *asked, maxBytes int, minOne bool) outcome {
	p, code := m.mayServe(f, a)
	out := outcome{code: code, preferred: -1, read: log.Fetched{HighWatermark: -1, LastStable: -1, Start: -1}}
	if code != proto.None {
		return out
	}
	if f.replica >= 0 {
		r := p.lead.Remote(f.replica)
		if r == nil || !m.sameIncarnation(f) {
			out.code = proto.NotLeaderForPartition
			return out
		}
	}
	hw := p.log.HighWatermark()
	if p.kept >= 0 {
		hw = p.kept
	}
	if id := m.preferred(env, p, f, a); id >= 0 {
		out.preferred = id
		p.sends = Sending{p.sends.N + 1, id}
		out.read.HighWatermark, out.read.LastStable, out.read.Start = hw, p.log.LastStableOffset(), p.log.StartOffset()
		return out
	}
	if f.replica < 0 {
		switch {
		case p.role == following && a.offset > hw:
			out.code = proto.OffsetNotAvailable // the leader may have it
			return out
		case p.kept >= 0 && a.offset > p.kept:
			out.code = proto.OffsetOutOfRange
			return out
		}
	}
	if a.offset >= p.log.StartOffset() {
		d, diverges, known := isr.Diverging(p.log, a.lastFetched, a.offset)
		switch {
		case !known:
			out.code = proto.OffsetOutOfRange
			return out
		case diverges:
			out.diverging = &d
			out.read.HighWatermark, out.read.LastStable, out.read.Start = hw, p.log.LastStableOffset(), p.log.StartOffset()
			nodes.Reachable(env, "a fetch diverges")
			return out
		}
	}
	read, err := p.log.Read(env.Disk(), nil, a.offset, maxBytes, minOne && f.version >= 3, f.isolation)
	if err != nil {
		if out.code = codeOf(err); out.code == proto.KafkaStorageError {
			m.damage(env, p, err)
		}
		return out
	}
	out.read = read
	if f.replica < 0 {
		out.read.HighWatermark = hw
	}
	return out
}

// sameIncarnation tells whether a follower's fetch is not from before a restart that is known of (KIP-903).
func (m *Manager) sameIncarnation(f *fetch) bool {
	known := m.cfg.Cluster.Epoch(f.replica)
	return m.cfg.Quirks.NoBrokerEpochCheck || f.epoch == isr.Unknown || known == isr.Unknown || f.epoch >= known
}

// followerFetched notes how far a follower is, which may move the high watermark and let it join the ISR. A fetch that diverges
// or is out of range says nothing of that.
func (m *Manager) followerFetched(env nodes.Env, f *fetch, a *asked) {
	p := m.part(a)
	if p == nil || p.role != leading || p.log.Busy() {
		return
	}
	if !m.sameIncarnation(f) || a.offset < p.log.StartOffset() || a.offset > p.log.EndOffset() {
		return
	}
	if _, diverges, known := isr.Diverging(p.log, a.lastFetched, a.offset); diverges || !known {
		return
	}
	if !p.lead.Fetched(m.rules(p), isr.Fetch{Broker: f.replica, Offset: a.offset, Start: a.start, BrokerEpoch: f.epoch, LeaderEpoch: a.leaderEpoch},
		p.log.EndOffset(), env.Monotonic()) {
		return
	}
	m.maybeExpand(env, p, f.replica)
	m.raise(env, p)
	if len(p.deletes) > 0 {
		m.touch(p)
	}
}

// preferred is the replica that a consumer should fetch from rather than from this leader: the one in its rack that has the most, is in the
// ISR (KAFKA-14372), alive (KAFKA-15390), and has the offset (KIP-392). -1 is none.
func (m *Manager) preferred(env nodes.Env, p *partition, f *fetch, a *asked) int32 {
	if !m.cfg.RackAware || f.replica >= 0 || f.rack == "" || p.role != leading || f.rack == m.cfg.Rack {
		return -1
	}
	best, end := int32(-1), int64(-1)
	for i := range p.lead.Remotes {
		r := &p.lead.Remotes[i]
		switch {
		case m.cfg.Cluster.Rack(r.Broker) != f.rack || r.End <= end:
		case !slices.Contains(p.lead.ISR, r.Broker) && !m.cfg.Quirks.PreferredOutOfISR:
		case !m.cfg.Cluster.Alive(r.Broker) && !m.cfg.Quirks.PreferredFenced:
		case a.offset < r.Start || a.offset > r.End:
		default:
			best, end = r.Broker, r.End
		}
	}
	nodes.Sometimes(env, best >= 0, "a consumer is sent to a follower in its rack")
	return best
}
