package replica

import (
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
	"orrery/nodes/kafka/replica/isr"
)

// followState is how far a follower is with its leader.
type followState uint8

const (
	fetching followState = iota // it fetches
	asking                      // it must ask where its latest epoch ends, before it fetches
	lost                        // its offset is out of the leader's range: it asks for that
	fenced                      // the leader knows a newer epoch: only LeaderAndISR helps
)

// String is the state's name.
func (s followState) String() string { return [...]string{"fetching", "asking", "lost", "fenced"}[s] }

// follow is a follower's side of a partition.
type follow struct {
	of    int32 // the leader whose fetcher has the partition, -1 for none
	state followState
	until time.Duration // monotonic; not before that
	later *int64        // KAFKA-14704: a truncation that is still to come
	stash *fetchedTail  // that is appended when the log has begun anew
}

// fetchedTail is what a leader has sent whose log starts within a batch.
type fetchedTail struct {
	batches   []byte
	hw, start int64
}

// followLeader begins to follow a leader in the partition's epoch. keep leaves the log as it is.
func (m *Manager) followLeader(env nodes.Env, p *partition, leader int32, keep bool) {
	p.follow = follow{of: leader, state: fetching}
	if leader < 0 {
		return
	}
	if !keep {
		switch isr.First(m.cfg.Quirks.Quirks, p.log, m.cfg.EpochRequests) {
		case isr.AskFirst:
			p.follow.state = asking
		case isr.CutToHW:
			m.cut(env, p, p.log.HighWatermark())
		case isr.FetchFirst, isr.CutNothing:
		}
	}
	m.fetcherOf(leader).add(p)
	m.wake(leader)
}

// unfollow takes the partition from its fetcher.
func (m *Manager) unfollow(env nodes.Env, p *partition) {
	if f := m.findFetcher(p.follow.of); f != nil && p.role == following {
		f.remove(p)
	}
	p.follow = follow{of: -1}
	env.StopTimer(nodes.Tag{Name: tagTruncate, N: p.n})
}

// cut truncates the log. While that waits for the disk, the partition is not fetched.
func (m *Manager) cut(env nodes.Env, p *partition, to int64) {
	end := p.log.EndOffset()
	if to < end {
		nodes.Reachable(env, "a follower truncates")
		nodes.Sometimes(env, to < p.log.HighWatermark(), "a follower truncates below its high watermark")
		m.note(env, func() string { return fmt.Sprintf("truncates %v from %d to %d", p.tp, end, to) })
	}
	_, err := p.log.TruncateTo(env.Disk(), to)
	m.must(env, "truncating "+p.tp.String(), err)
	m.touch(p)
}

// fireTruncate is the later half of KAFKA-14704.
func (m *Manager) fireTruncate(env nodes.Env, p *partition) {
	if p != nil && p.role == following && p.follow.later != nil {
		to := *p.follow.later
		p.follow.later = nil
		m.cut(env, p, to)
		m.wake(p.follow.of)
	}
}

// ready tells whether the partition can be asked about now.
func (p *partition) ready(env nodes.Env) bool {
	return p.role == following && !p.log.Busy() && p.follow.later == nil && p.follow.state != fenced && due(env, p.follow.until)
}

// fetched takes what a leader has answered for a partition, to a fetch from an offset in a leader epoch. What belongs to another
// time is ignored: the log has changed since.
func (m *Manager) fetched(env nodes.Env, p *partition, s sent, r *kmsg.FetchResponseTopicPartition) {
	sameEpoch := s.epoch == p.epoch || m.cfg.Quirks.FetchUnfenced
	if p.role != following || !sameEpoch || p.follow.state != fetching || p.log.Busy() || p.log.EndOffset() != s.offset {
		return
	}
	switch code := proto.Code(r.ErrorCode); code {
	case proto.None:
		if r.DivergingEpoch.EndOffset >= 0 || r.DivergingEpoch.Epoch >= 0 {
			m.diverged(env, p, r)
			return
		}
		m.appendFetched(env, p, r)
	case proto.OffsetOutOfRange:
		p.follow.state = lost
	default:
		m.refused(env, p, code)
	}
}

// refused deals with a leader's error.
func (m *Manager) refused(env nodes.Env, p *partition, code proto.Code) {
	nodes.Reachable(env, "a follower is refused by its leader")
	if code == proto.FencedLeaderEpoch {
		p.follow.state = fenced
		m.note(env, func() string { return fmt.Sprintf("is fenced in leader epoch %d of %v", p.epoch, p.tp) })
		return
	}
	m.backOff(env, p)
}

// backOff leaves the partition alone for a while.
func (m *Manager) backOff(env nodes.Env, p *partition) {
	p.follow.until = env.Monotonic() + m.cfg.FetchBackoff
	env.SetTimer(nodes.Tag{Name: tagFetcher, N: uint64(uint32(p.follow.of))}, m.cfg.FetchBackoff)
}

// diverged cuts the log to where it agrees with the leader's. The high watermark of the same answer must not be taken
// (KAFKA-14704): the log is not the leader's yet.
func (m *Manager) diverged(env nodes.Env, p *partition, r *kmsg.FetchResponseTopicPartition) {
	q := m.cfg.Quirks
	to := isr.AfterDivergence(q.Quirks, p.log, isr.EpochEnd{Epoch: r.DivergingEpoch.Epoch, End: r.DivergingEpoch.EndOffset})
	if q.HWBeforeTruncation {
		p.log.SetHighWatermark(isr.FollowerHW(r.HighWatermark, p.log.EndOffset()))
		p.follow.later = &to
		m.touch(p)
		env.SetTimer(nodes.Tag{Name: tagTruncate, N: p.n}, 0)
		return
	}
	if q.NeverTruncates {
		m.backOff(env, p)
		return
	}
	end, epoch := p.log.EndOffset(), p.log.LatestEpoch()
	m.cut(env, p, to)
	if !p.log.Busy() && p.log.EndOffset() == end && p.log.LatestEpoch() == epoch {
		m.backOff(env, p) // nothing could be cut: asking at once would only be told the same
	}
}

// appendFetched appends what a leader has sent, and takes its high watermark and log start as far as there is a log.
func (m *Manager) appendFetched(env nodes.Env, p *partition, r *kmsg.FetchResponseTopicPartition) {
	if batches := whole(r.RecordBatches); len(batches) > 0 {
		_, err := p.log.AppendAsFollower(env.Disk(), env.Now(), batches)
		if errors.Is(err, log.ErrBusy) || m.beginWithin(env, p, batches, r) {
			return
		}
		if err != nil {
			m.appendFailed(env, p, err)
			m.note(env, func() string { return fmt.Sprintf("cannot append to %v what its leader has sent: %v", p.tp, err) })
			m.backOff(env, p)
			return
		}
		m.touch(p)
	}
	m.followMarks(env, p, r.HighWatermark, r.LogStartOffset)
}

// beginWithin deals with a leader whose log starts within a batch, as DeleteRecords leaves it, when the follower's log is empty: the log
// begins with the batch, as the leader's files do.
func (m *Manager) beginWithin(env nodes.Env, p *partition, batches []byte, r *kmsg.FetchResponseTopicPartition) bool {
	b, _, err := record.Next(batches)
	end := p.log.EndOffset()
	if err != nil || p.log.StartOffset() != end || b.BaseOffset() >= end || b.LastOffset() < end {
		return false
	}
	nodes.Reachable(env, "a follower begins within a batch")
	p.follow.stash = &fetchedTail{append([]byte(nil), batches...), r.HighWatermark, r.LogStartOffset}
	done, err := p.log.TruncateFullyAndStartAt(env.Disk(), env.Now(), b.BaseOffset())
	m.must(env, "truncating "+p.tp.String(), err)
	if done {
		m.appendStash(env, p)
	}
	return true
}

// appendStash goes on when the log has begun anew.
func (m *Manager) appendStash(env nodes.Env, p *partition) {
	s := p.follow.stash
	p.follow.stash = nil
	if _, err := p.log.AppendAsFollower(env.Disk(), env.Now(), s.batches); err != nil {
		m.appendFailed(env, p, err)
		m.backOff(env, p)
		return
	}
	m.touch(p)
	m.followMarks(env, p, s.hw, s.start)
}

// followMarks takes a leader's high watermark and log start, as far as there is a log.
func (m *Manager) followMarks(env nodes.Env, p *partition, leaderHW, leaderStart int64) {
	hw := isr.FollowerHW(leaderHW, p.log.EndOffset())
	if before := p.log.HighWatermark(); hw != before {
		nodes.Sometimes(env, hw < before, "a follower's high watermark goes down with a new leader")
		p.log.SetHighWatermark(hw)
		p.kept = -1
		m.touch(p)
	}
	if leaderStart > p.log.StartOffset() {
		err := p.log.FollowStart(env.Disk(), env.Now(), leaderStart)
		m.must(env, "moving the log start of "+p.tp.String(), err)
		m.touch(p)
	}
}

// whole is the batches of an answer that are not cut off at its end.
func whole(b []byte) []byte {
	n := 0
	for n < len(b) {
		size, err := record.SizeAt(b[n:])
		if err != nil || n+size > len(b) {
			break
		}
		n += size
	}
	if n == 0 {
		return b // the log says what is wrong with it
	}
	return b[:n]
}

// epochAnswered takes a leader's answer to where an epoch ends (OffsetForLeaderEpoch).
func (m *Manager) epochAnswered(env nodes.Env, p *partition, s sent, r *kmsg.OffsetForLeaderEpochResponseTopicPartition) {
	if p.role != following || s.epoch != p.epoch && !m.cfg.Quirks.TruncationUnfenced || p.follow.state != asking || p.log.Busy() {
		return
	}
	if code := proto.Code(r.ErrorCode); code != proto.None {
		m.refused(env, p, code)
		return
	}
	to, again := isr.AfterAnswer(m.cfg.Quirks.Quirks, p.log, p.log.HighWatermark(), isr.EpochEnd{Epoch: r.LeaderEpoch, End: r.EndOffset})
	m.cut(env, p, to)
	if !again {
		p.follow.state = fetching
	}
}

// rangeAnswered takes what a leader's log holds. A follower that is ahead is cut back; one that is behind begins anew.
func (m *Manager) rangeAnswered(env nodes.Env, p *partition, s sent, start, end int64, code proto.Code) {
	if p.role != following || s.epoch != p.epoch || p.follow.state != lost || p.log.Busy() {
		return
	}
	if code != proto.None {
		m.refused(env, p, code)
		return
	}
	own := p.log.EndOffset()
	p.follow.state = fetching
	switch {
	case own > end:
		if m.cfg.Quirks.HaltOnUnclean && !p.cfg.Unclean {
			env.Halt(fmt.Errorf("replica: %v ends at %d and its leader's log at %d: log truncation is not allowed", p.tp, own, end))
		}
		m.cut(env, p, end)
	case own < start:
		nodes.Reachable(env, "a follower begins anew behind its log")
		m.note(env, func() string {
			return fmt.Sprintf("throws its log of %v away, which ends at %d, and begins at %d", p.tp, own, start)
		})
		kept := p.log.HighWatermark()
		_, err := p.log.TruncateFullyAndStartAt(env.Disk(), env.Now(), start)
		m.must(env, "truncating "+p.tp.String(), err)
		if m.cfg.Quirks.FullTruncationKeepsHW {
			p.kept = kept
		}
		m.touch(p)
	default:
		m.backOff(env, p) // the leader's range has changed meanwhile
	}
}
