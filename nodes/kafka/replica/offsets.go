package replica

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/replica/isr"
)

// The times of ListOffsets that are not times.
const (
	timeLatest   = -1
	timeEarliest = -2
	timeMax      = -3 // the record with the largest time (KIP-734)
)

// handleListOffsets finds offsets by time.
func (m *Manager) handleListOffsets(env nodes.Env, call uint64, r *kmsg.ListOffsetsRequest) {
	resp := r.ResponseKind().(*kmsg.ListOffsetsResponse)
	for i := range r.Topics {
		t := kmsg.NewListOffsetsResponseTopic()
		t.Topic = r.Topics[i].Topic
		for j := range r.Topics[i].Partitions {
			t.Partitions = append(t.Partitions, m.listOffset(env, r, t.Topic, &r.Topics[i].Partitions[j]))
		}
		resp.Topics = append(resp.Topics, t)
	}
	m.done(call, resp)
}

func (m *Manager) listOffset(env nodes.Env, r *kmsg.ListOffsetsRequest, topic string, in *kmsg.ListOffsetsRequestTopicPartition) kmsg.ListOffsetsResponseTopicPartition {
	out := kmsg.NewListOffsetsResponseTopicPartition()
	out.Partition, out.Offset, out.Timestamp, out.LeaderEpoch = in.Partition, -1, -1, -1
	p, code := m.serving(log.TopicPartition{Topic: topic, Partition: in.Partition})
	if code == proto.None && r.Version >= 4 && !m.cfg.Quirks.FetchUnfenced {
		code = fence(in.CurrentLeaderEpoch, p)
	}
	if out.ErrorCode = int16(code); code != proto.None {
		return out
	}
	iso := log.ReadUncommitted
	switch {
	case r.ReplicaID >= 0:
		iso = log.LogEnd
	case r.IsolationLevel == 1:
		iso = log.ReadCommitted
	}
	if r.Version == 0 {
		out.OldStyleOffsets = oldOffsets(p, in.Timestamp, int(in.MaxNumOffsets))
		return out
	}
	f, code := m.offsetFor(env, p, in.Timestamp, iso)
	if code == proto.OffsetNotAvailable && r.Version < 5 {
		code = proto.LeaderNotAvailable // what KIP-207 tells clients that do not know the code
	}
	if out.ErrorCode = int16(code); code == proto.None {
		out.Offset, out.Timestamp, out.LeaderEpoch = f.Offset, f.Time, f.Epoch
	}
	return out
}

// offsetFor finds one offset.
func (m *Manager) offsetFor(env nodes.Env, p *partition, ms int64, iso log.Isolation) (log.Found, proto.Code) {
	l := p.log
	switch ms {
	case timeEarliest:
		return log.Found{Offset: l.StartOffset(), Time: -1, Epoch: l.EpochAt(l.StartOffset())}, proto.None
	case timeLatest:
		end := l.EndOffset()
		switch iso {
		case log.ReadUncommitted:
			end = l.HighWatermark()
		case log.ReadCommitted:
			end = l.LastStableOffset()
		case log.LogEnd:
		}
		if iso != log.LogEnd && m.hwMayBeStale(env, p) {
			return log.Found{}, proto.OffsetNotAvailable
		}
		return log.Found{Offset: end, Time: -1, Epoch: l.LatestEpoch()}, proto.None
	}
	find := func() (log.Found, bool, error) { return l.OffsetForTime(env.Disk(), ms, iso) }
	if ms == timeMax {
		find = func() (log.Found, bool, error) { return l.MaxTimestamp(env.Disk(), iso) }
	}
	f, ok, err := find()
	switch {
	case err != nil:
		return log.Found{}, m.readFailed(env, p, err)
	case !ok:
		return log.Found{Offset: -1, Time: -1, Epoch: -1}, proto.None
	}
	return f, proto.None
}

// readFailed is the code for a read that failed; the disk's own errors halt.
func (m *Manager) readFailed(env nodes.Env, p *partition, err error) proto.Code {
	code := codeOf(err)
	if code == proto.KafkaStorageError {
		m.damage(env, p, err)
	}
	return code
}

// hwMayBeStale tells whether a new leader's high watermark may be behind what others have exposed before: until it has reached the start
// of the leader's epoch, nobody is told (KIP-207).
func (m *Manager) hwMayBeStale(env nodes.Env, p *partition) bool {
	stale := p.log.HighWatermark() < p.lead.EpochStart && !m.cfg.Quirks.StaleListOffsets
	nodes.Sometimes(env, stale, "a new leader does not tell its latest offset yet")
	return stale
}

// oldOffsets is version 0: up to so many segments' beginnings that are not younger than a time, latest first.
func oldOffsets(p *partition, ms int64, most int) []int64 {
	l := p.log
	out := []int64{}
	switch ms {
	case timeEarliest:
		out = append(out, l.StartOffset())
	case timeLatest:
		out = append(out, l.HighWatermark())
		fallthrough
	default:
		segs := l.Segments()
		for i := len(segs) - 1; i >= 0; i-- {
			s := segs[i]
			if (ms == timeLatest || s.MaxTime <= ms) && s.Base < l.HighWatermark() {
				out = append(out, max(s.Base, l.StartOffset()))
			}
		}
	}
	return out[:min(len(out), max(most, 0))]
}

// handleOffsetForLeaderEpoch tells where a leader epoch ends (KIP-101, KIP-279), to followers that truncate and to consumers that
// look whether their position still exists (KIP-320).
func (m *Manager) handleOffsetForLeaderEpoch(call uint64, r *kmsg.OffsetForLeaderEpochRequest) {
	resp := r.ResponseKind().(*kmsg.OffsetForLeaderEpochResponse)
	replica := int32(-2)
	if r.Version >= 3 {
		replica = r.ReplicaID
	}
	for i := range r.Topics {
		t := kmsg.NewOffsetForLeaderEpochResponseTopic()
		t.Topic = r.Topics[i].Topic
		for _, in := range r.Topics[i].Partitions {
			out := kmsg.NewOffsetForLeaderEpochResponseTopicPartition()
			out.Partition, out.LeaderEpoch, out.EndOffset = in.Partition, -1, -1
			p, code := m.serving(log.TopicPartition{Topic: t.Topic, Partition: in.Partition})
			if code == proto.None && r.Version >= 2 && !m.cfg.Quirks.TruncationUnfenced {
				code = fence(in.CurrentLeaderEpoch, p)
			}
			if code == proto.NotLeaderForPartition && m.cfg.Quirks.TruncationUnfenced && p != nil && p.log != nil {
				code = proto.None // before KIP-320 any broker that had the log answered
			}
			if code == proto.None && replica == isr.Unknown && p.log.HighWatermark() < p.lead.EpochStart {
				code = proto.OffsetNotAvailable
			}
			if out.ErrorCode = int16(code); code == proto.None {
				out.LeaderEpoch, out.EndOffset = p.log.EndOffsetFor(in.LeaderEpoch)
			}
			t.Partitions = append(t.Partitions, out)
		}
		resp.Topics = append(resp.Topics, t)
	}
	m.done(call, resp)
}
