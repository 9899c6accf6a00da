package replica

import (
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
)

// The epochs of a fetch session that are not numbers (KIP-227).
const (
	sessionInitial = 0  // a full fetch that begins a session
	sessionFinal   = -1 // a full fetch without one, which ends the one that is named
)

// session is an incremental fetch session: what a client has asked for and was told last.
type session struct {
	id       int32
	epoch    int32 // that the next fetch must have
	follower bool
	used     time.Duration
	parts    []*asked // in the order in which they are read
	index    map[log.TopicPartition]*asked
}

// sessions are those that a broker keeps, at most so many.
type sessions struct {
	slots int
	age   time.Duration
	byID  map[int32]*session
	all   []*session // oldest first
}

func (s *sessions) init(c Config) {
	s.slots, s.age, s.byID = c.FetchSessions, c.SessionAge, map[int32]*session{}
}

func (s *sessions) remove(x *session) {
	delete(s.byID, x.id)
	s.all = slices.DeleteFunc(s.all, func(y *session) bool { return y == x })
}

// expire forgets the sessions that were not used for long.
func (s *sessions) expire(now time.Duration) {
	for _, x := range slices.Clone(s.all) {
		if now-x.used > s.age {
			s.remove(x)
		}
	}
}

// room makes room for one more session: a stale one goes, or for a follower's the oldest of a consumer.
func (s *sessions) room(now time.Duration, follower bool) bool {
	if len(s.all) < s.slots {
		return true
	}
	s.expire(now)
	if len(s.all) >= s.slots && follower {
		for _, x := range s.all {
			if !x.follower {
				s.remove(x)
				break
			}
		}
	}
	return len(s.all) < s.slots
}

// openSession finds out what a fetch asks for: all of it is in the request, or in the session and the request's changes to it.
func (m *Manager) openSession(env nodes.Env, f *fetch, r *kmsg.FetchRequest) proto.Code {
	id, epoch := r.SessionID, r.SessionEpoch
	if r.Version < 7 {
		id, epoch = 0, sessionFinal
	}
	if epoch == sessionInitial || epoch == sessionFinal {
		if old := m.sessions.byID[id]; old != nil {
			m.sessions.remove(old)
		}
		f.full = true
		f.parts = m.request(r)
		if epoch == sessionInitial && len(f.parts) > 0 {
			m.beginSession(env, f)
		}
		return proto.None
	}
	s := m.sessions.byID[id]
	switch {
	case s == nil:
		nodes.Reachable(env, "a fetch session is not found")
		return proto.FetchSessionIDNotFound
	case s.epoch != epoch:
		nodes.Reachable(env, "a fetch session's epoch is another")
		return proto.InvalidFetchSessionEpoch
	}
	s.epoch = nextSessionEpoch(epoch)
	s.used = env.Monotonic()
	s.update(m.request(r), m.cfg.Quirks)
	for i := range r.ForgottenTopics {
		t := &r.ForgottenTopics[i]
		for _, n := range t.Partitions {
			s.forget(log.TopicPartition{Topic: t.Topic, Partition: n})
		}
	}
	f.session, f.parts = s, slices.Clone(s.parts)
	nodes.Reachable(env, "a fetch is incremental")
	return proto.None
}

// nextSessionEpoch goes on with 1 after the largest.
func nextSessionEpoch(e int32) int32 {
	if e == 1<<31-1 {
		return 1
	}
	return e + 1
}

// beginSession keeps what a full fetch has asked for, if there is room.
func (m *Manager) beginSession(env nodes.Env, f *fetch) {
	s := &m.sessions
	if !s.room(env.Monotonic(), f.replica >= 0) {
		return
	}
	x := &session{epoch: 1, follower: f.replica >= 0, used: env.Monotonic(), parts: slices.Clone(f.parts), index: map[log.TopicPartition]*asked{}}
	for x.id == 0 || s.byID[x.id] != nil {
		x.id = env.Rand().Int32()
	}
	for _, a := range x.parts {
		x.index[a.tp] = a
		if m.cfg.Quirks.SessionForgetsEpoch {
			// The first fetch is fenced all the same: it has the epoch of its own.
			kept := *a
			kept.leaderEpoch = record.NoLeaderEpoch
			x.replace(&kept)
		}
	}
	s.byID[x.id] = x
	s.all = append(s.all, x)
	f.session = x
}

func (s *session) replace(a *asked) {
	for i, x := range s.parts {
		if x.tp == a.tp {
			s.parts[i] = a
		}
	}
	s.index[a.tp] = a
}

// update takes what a request adds to the session or changes in it.
func (s *session) update(parts []*asked, q Quirks) {
	for _, a := range parts {
		if q.SessionForgetsEpoch {
			a.leaderEpoch = record.NoLeaderEpoch
		}
		old := s.index[a.tp]
		if old == nil {
			s.parts = append(s.parts, a)
			s.index[a.tp] = a
			continue
		}
		// In another leader epoch, or after it has truncated, a follower has not taken what it was answered meanwhile: of a high watermark that
		// stands still it would never hear (Kafka leaves it at that until the next append).
		a.told = old.told && a.leaderEpoch == old.leaderEpoch && a.offset >= old.offset
		a.toldHW, a.toldStart = old.toldHW, old.toldStart
		// A fetch that waits still has the old one.
		s.replace(a)
	}
}

func (s *session) forget(tp log.TopicPartition) {
	if s.index[tp] != nil {
		delete(s.index, tp)
		s.parts = slices.DeleteFunc(s.parts, func(x *asked) bool { return x.tp == tp })
	}
}

// rotate moves the partitions that had records to the end, so that all have their turn.
func (s *session) rotate(parts []*asked, outs []outcome) {
	for i, a := range parts {
		if len(outs[i].read.Records) == 0 || s.index[a.tp] != a {
			continue
		}
		at := slices.Index(s.parts, a)
		s.parts = append(slices.Delete(s.parts, at, at+1), a)
	}
}

// request is the partitions that are in a request.
func (m *Manager) request(r *kmsg.FetchRequest) []*asked {
	n := 0
	for i := range r.Topics {
		n += len(r.Topics[i].Partitions)
	}
	all := make([]asked, n)
	out := make([]*asked, 0, n)
	for i := range r.Topics {
		t := &r.Topics[i]
		for j := range t.Partitions {
			p := &t.Partitions[j]
			a := &all[len(out)]
			*a = asked{tp: log.TopicPartition{Topic: t.Topic, Partition: p.Partition}, leaderEpoch: -1, offset: p.FetchOffset,
				lastFetched: -1, start: -1, maxBytes: max(int(p.PartitionMaxBytes), 0)}
			if r.Version >= 5 {
				a.start = p.LogStartOffset
			}
			if r.Version >= 9 {
				a.leaderEpoch = p.CurrentLeaderEpoch
			}
			if r.Version >= 12 {
				a.lastFetched = p.LastFetchedEpoch
			}
			out = append(out, a)
		}
	}
	return out
}
