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

// The versions that brokers speak among themselves.
const (
	fetchVersion = 12 // truncation on fetch
	epochVersion = 3  // OffsetForLeaderEpoch
	listVersion  = 5
)

// fetcher fetches all the partitions that one broker leads and this one follows: one fetch at a time, and beside it one
// question about where to cut.
type fetcher struct {
	leader   int32
	parts    []*partition // by topic and partition
	fetching bool         // a fetch is out
	asking   bool         // a question is out
	until    time.Duration
	session  fetchSession
}

// sent is what was asked about a partition.
type sent struct {
	p      *partition
	epoch  int32 // leader epoch
	offset int64
}

// errand is what an outgoing request is for.
type errand uint8

const (
	errandFetch errand = iota
	errandEpoch        // OffsetForLeaderEpoch
	errandEnd          // ListOffsets, latest
	errandStart        // ListOffsets, earliest
)

// outgoing is a request that has no answer yet.
type outgoing struct {
	errand errand
	leader int32
	parts  []sent
	end    int64 // of the leader's log, for errandStart
}

// readiness is the fetchers that are to take a step before the call ends.
type readiness struct{ leaders []int32 }

// wake lets a leader's fetcher take a step before the call ends.
func (m *Manager) wake(leader int32) {
	if leader >= 0 && !slices.Contains(m.ready.leaders, leader) {
		m.ready.leaders = append(m.ready.leaders, leader)
	}
}

func (m *Manager) stepReady(env nodes.Env) {
	for len(m.ready.leaders) > 0 {
		next := m.ready.leaders[0]
		m.ready.leaders = m.ready.leaders[1:]
		m.stepFetcher(env, m.findFetcher(next))
	}
}

func (m *Manager) findFetcher(leader int32) *fetcher {
	for _, f := range m.fetchers {
		if f.leader == leader {
			return f
		}
	}
	return nil
}

func (m *Manager) fetcherOf(leader int32) *fetcher {
	if f := m.findFetcher(leader); f != nil {
		return f
	}
	f := &fetcher{leader: leader, session: newFetchSession()}
	m.fetchers = append(m.fetchers, f)
	slices.SortFunc(m.fetchers, func(a, b *fetcher) int { return int(a.leader) - int(b.leader) })
	return f
}

func (f *fetcher) add(p *partition) {
	i, ok := slices.BinarySearchFunc(f.parts, p.tp, func(x *partition, tp log.TopicPartition) int { return compareTP(x.tp, tp) })
	if ok {
		f.parts[i] = p
		return
	}
	f.parts = slices.Insert(f.parts, i, p)
}

func (f *fetcher) remove(p *partition) {
	f.parts = slices.DeleteFunc(f.parts, func(x *partition) bool { return x == p })
}

// stopFetchers ends all fetching.
func (m *Manager) stopFetchers(env nodes.Env) {
	for _, f := range m.fetchers {
		f.parts = nil
		env.StopTimer(nodes.Tag{Name: tagFetcher, N: uint64(uint32(f.leader))})
	}
	m.ready.leaders = nil
}

// stepFetcher sends what can be sent now.
func (m *Manager) stepFetcher(env nodes.Env, f *fetcher) {
	if f == nil || m.stopping || !due(env, f.until) {
		return
	}
	if !f.asking {
		m.ask(env, f)
	}
	if !f.fetching {
		m.fetch(env, f)
	}
}

func (m *Manager) send(f *fetcher, o outgoing, purpose Purpose, r kmsg.Request) {
	o.leader = f.leader
	n := m.number()
	m.calls[n] = o
	m.tell(Send{To: f.leader, Call: n, Purpose: purpose, Request: r})
}

// ask asks where epochs end, or what the leader's logs hold, whichever is wanted first.
func (m *Manager) ask(env nodes.Env, f *fetcher) {
	if parts := f.want(env, asking); len(parts) > 0 {
		r := kmsg.NewPtrOffsetForLeaderEpochRequest()
		r.Version, r.ReplicaID = epochVersion, m.cfg.Broker
		for _, s := range parts {
			if n := len(r.Topics); n == 0 || r.Topics[n-1].Topic != s.p.tp.Topic {
				t := kmsg.NewOffsetForLeaderEpochRequestTopic()
				t.Topic = s.p.tp.Topic
				r.Topics = append(r.Topics, t)
			}
			in := kmsg.NewOffsetForLeaderEpochRequestTopicPartition()
			in.Partition, in.CurrentLeaderEpoch, in.LeaderEpoch = s.p.tp.Partition, s.epoch, s.p.log.LatestEpoch()
			t := &r.Topics[len(r.Topics)-1]
			t.Partitions = append(t.Partitions, in)
		}
		f.asking = true
		m.send(f, outgoing{errand: errandEpoch, parts: parts}, Asking, r)
		return
	}
	if parts := f.want(env, lost); len(parts) > 0 {
		f.asking = true
		m.send(f, outgoing{errand: errandEnd, parts: parts}, Asking, m.listRequest(parts, timeLatest))
	}
}

// want are the partitions that can be asked about now, in a state.
func (f *fetcher) want(env nodes.Env, state followState) (out []sent) {
	for _, p := range f.parts {
		if p.follow.state == state && p.ready(env) {
			out = append(out, sent{p, p.epoch, p.log.EndOffset()})
		}
	}
	return out
}

func (m *Manager) listRequest(parts []sent, ms int64) *kmsg.ListOffsetsRequest {
	r := kmsg.NewPtrListOffsetsRequest()
	r.Version, r.ReplicaID = listVersion, m.cfg.Broker
	for _, s := range parts {
		if n := len(r.Topics); n == 0 || r.Topics[n-1].Topic != s.p.tp.Topic {
			t := kmsg.NewListOffsetsRequestTopic()
			t.Topic = s.p.tp.Topic
			r.Topics = append(r.Topics, t)
		}
		in := kmsg.NewListOffsetsRequestTopicPartition()
		in.Partition, in.CurrentLeaderEpoch, in.Timestamp = s.p.tp.Partition, s.epoch, ms
		t := &r.Topics[len(r.Topics)-1]
		t.Partitions = append(t.Partitions, in)
	}
	return r
}

// fetch fetches what can be fetched.
func (m *Manager) fetch(env nodes.Env, f *fetcher) {
	parts := f.want(env, fetching)
	if len(parts) == 0 {
		return
	}
	r := kmsg.NewPtrFetchRequest()
	r.Version = fetchVersion
	r.ReplicaID, r.MaxWaitMillis, r.MinBytes = m.cfg.Broker, int32(m.cfg.FetchWaitMax.Milliseconds()), m.cfg.FetchMinBytes
	r.MaxBytes = m.cfg.FetchResponseBytes
	if m.brokerEpoch >= 0 {
		r.UnknownTags = m.epochTags()
	}
	// Who truncates in another way does not say what it has fetched: the leader is not to answer that it diverges.
	onFetch := !m.cfg.EpochRequests && !m.cfg.Quirks.TruncateToHW && !m.cfg.Quirks.EpochAnswerIgnored
	f.session.build(r, parts, m.cfg.ReplicaFetchBytes, onFetch)
	f.fetching = true
	m.send(f, outgoing{errand: errandFetch, parts: parts}, Fetching, r)
}

// epochTags tells under which broker epoch a fetch is sent. The tags are the same until there is another one, and nobody changes them.
func (m *Manager) epochTags() kmsg.Tags {
	if m.tagged.epoch != m.brokerEpoch || m.tagged.tags.Len() == 0 {
		m.tagged.epoch, m.tagged.tags = m.brokerEpoch, kmsg.Tags{}
		m.tagged.tags.Set(brokerEpochTag, binary.BigEndian.AppendUint64(nil, uint64(m.brokerEpoch)))
	}
	return m.tagged.tags
}

// fetcherAnswered takes an answer, or that there is none.
func (m *Manager) fetcherAnswered(env nodes.Env, o outgoing, resp kmsg.Response, err error) {
	f := m.findFetcher(o.leader)
	if f == nil || m.stopping {
		return
	}
	if o.errand == errandFetch {
		f.fetching = false
	} else {
		f.asking = false
	}
	ok := err == nil
	switch r := resp.(type) {
	case *kmsg.FetchResponse:
		ok = ok && o.errand == errandFetch && m.fetchAnswered(env, f, o, r)
	case *kmsg.OffsetForLeaderEpochResponse:
		if ok = ok && o.errand == errandEpoch; ok {
			m.epochsAnswered(env, o, r)
		}
	case *kmsg.ListOffsetsResponse:
		if ok = ok && (o.errand == errandEnd || o.errand == errandStart); ok {
			m.offsetsAnswered(env, f, o, r)
		}
	default:
		ok = false
	}
	if !ok {
		nodes.Reachable(env, "a fetcher backs off")
		if o.errand == errandFetch {
			f.session.reset()
		}
		f.until = env.Monotonic() + m.cfg.FetchBackoff
		env.SetTimer(nodes.Tag{Name: tagFetcher, N: uint64(uint32(f.leader))}, m.cfg.FetchBackoff)
		return
	}
	m.wake(f.leader)
}

// fetchAnswered takes the answer to a fetch; false if the fetcher should wait before the next.
func (m *Manager) fetchAnswered(env nodes.Env, f *fetcher, o outgoing, r *kmsg.FetchResponse) bool {
	if !f.session.answered(r) {
		// A session that is not known is begun anew at once.
		code := proto.Code(r.ErrorCode)
		return code == proto.FetchSessionIDNotFound || code == proto.InvalidFetchSessionEpoch
	}
	for i := range r.Topics {
		t := &r.Topics[i]
		for j := range t.Partitions {
			tp := log.TopicPartition{Topic: t.Topic, Partition: t.Partitions[j].Partition}
			if k, ok := findSent(o.parts, tp); ok {
				m.fetched(env, o.parts[k].p, o.parts[k], &t.Partitions[j])
			}
		}
	}
	return true
}

// findSent finds a partition in what was asked for, which is sorted.
func findSent(parts []sent, tp log.TopicPartition) (int, bool) {
	return slices.BinarySearchFunc(parts, tp, func(s sent, tp log.TopicPartition) int { return compareTP(s.p.tp, tp) })
}

func (m *Manager) epochsAnswered(env nodes.Env, o outgoing, r *kmsg.OffsetForLeaderEpochResponse) {
	for i := range r.Topics {
		t := &r.Topics[i]
		for j := range t.Partitions {
			if k, ok := findSent(o.parts, log.TopicPartition{Topic: t.Topic, Partition: t.Partitions[j].Partition}); ok {
				m.epochAnswered(env, o.parts[k].p, o.parts[k], &t.Partitions[j])
			}
		}
	}
}

// offsetsAnswered takes one end of the leader's logs and asks for the other.
func (m *Manager) offsetsAnswered(env nodes.Env, f *fetcher, o outgoing, r *kmsg.ListOffsetsResponse) {
	var rest []sent
	for i := range r.Topics {
		t := &r.Topics[i]
		for j := range t.Partitions {
			in := &t.Partitions[j]
			k, ok := findSent(o.parts, log.TopicPartition{Topic: t.Topic, Partition: in.Partition})
			if !ok {
				continue
			}
			s := o.parts[k]
			code := proto.Code(in.ErrorCode)
			switch {
			case code != proto.None || o.errand == errandEnd && in.Offset < s.offset:
				m.rangeAnswered(env, s.p, s, isr.Unknown, in.Offset, code)
			case o.errand == errandEnd:
				rest = append(rest, s)
			default:
				m.rangeAnswered(env, s.p, s, in.Offset, max(s.offset, in.Offset), code)
			}
		}
	}
	if len(rest) > 0 {
		slices.SortFunc(rest, func(a, b sent) int { return compareTP(a.p.tp, b.p.tp) })
		f.asking = true
		m.send(f, outgoing{errand: errandStart, parts: rest}, Asking, m.listRequest(rest, timeEarliest))
	}
}
