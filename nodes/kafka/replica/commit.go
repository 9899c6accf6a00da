package replica

import (
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
)

// commit is an append with acks=all that waits in the purgatory until the high watermarks are behind it. What waits is one of
// the three requests; each of its partitions has its own end.
type commit struct {
	n     uint64
	call  uint64
	items []commitItem
	left  int
	bytes int64

	produce *kmsg.ProduceResponse
	markers *kmsg.WriteTxnMarkersResponse
	own     *Appended // of this broker's own
}

type commitItem struct {
	p      *partition
	need   int64  // the high watermark that commits it
	code   *int16 // where the answer has the partition's
	done   bool
	marker *MarkerWritten // that is told then
}

// commitRef names an item, from its partition.
type commitRef struct {
	c *commit
	i int
}

// add lets the commit wait for a partition. Until then the answer says that the time is over.
func (c *commit) add(p *partition, need int64, code *int16) *commitItem {
	*code = int16(proto.RequestTimedOut)
	c.items = append(c.items, commitItem{p: p, need: need, code: code})
	c.left++
	return &c.items[len(c.items)-1]
}

// await parks the commit, unless all of it is committed already. Its append may have moved the high watermark past earlier ones; they are
// answered first, for a coordinator takes what it has written in the order of the log.
func (m *Manager) await(env nodes.Env, c *commit, timeout time.Duration) {
	for i := range c.items {
		m.completeCommits(env, c.items[i].p)
		m.tryCommit(env, c, i)
	}
	if c.left == 0 {
		m.finish(env, c)
		return
	}
	for i := range c.items {
		if it := &c.items[i]; !it.done {
			it.p.commits = append(it.p.commits, commitRef{c, i})
		}
	}
	c.bytes = int64(len(c.items)) * 256
	c.n = m.wait(env, c, c.bytes, timeout)
}

// tryCommit decides an item if it can be decided now.
func (m *Manager) tryCommit(env nodes.Env, c *commit, i int) {
	it := &c.items[i]
	p := it.p
	code := proto.None
	switch {
	case p.role != leading:
		// The record is in the log and may survive: an answer that leaves it open (KAFKA-13574).
		code = proto.NotLeaderForPartition
		nodes.Reachable(env, "leadership is lost while a produce waits")
	case p.log.HighWatermark() < it.need:
		return
	case p.lead.UnderMin(m.rules(p)) && !m.cfg.Quirks.NoMinISRCheck:
		code = proto.NotEnoughReplicasAfterAppend
		nodes.Reachable(env, "the ISR is too small after the append")
	}
	if !it.done {
		it.done = true
		c.left--
		*it.code = int16(code)
		if it.marker != nil && code == proto.None {
			m.tell(*it.marker)
		}
	}
}

// completeCommits lets those go on that wait for a partition.
func (m *Manager) completeCommits(env nodes.Env, p *partition) {
	if len(p.commits) == 0 {
		return
	}
	kept := p.commits[:0]
	for _, r := range p.commits {
		if r.c.items[r.i].done {
			continue // it was given up
		}
		m.tryCommit(env, r.c, r.i)
		if !r.c.items[r.i].done {
			kept = append(kept, r)
		} else if r.c.left == 0 {
			m.finish(env, r.c)
		}
	}
	clear(p.commits[len(kept):])
	p.commits = kept
}

// finish answers.
func (m *Manager) finish(env nodes.Env, c *commit) {
	m.unwait(env, c.n, c.bytes)
	switch {
	case c.produce != nil:
		m.done(c.call, c.produce)
	case c.markers != nil:
		m.done(c.call, c.markers)
	case c.own != nil:
		c.own.Code = proto.Code(*c.items[0].code)
		m.tell(*c.own)
	}
}

// expire answers although not all is committed: nobody knows whether it will be.
func (c *commit) expire(m *Manager, env nodes.Env) {
	nodes.Reachable(env, "a produce times out")
	for i := range c.items {
		if it := &c.items[i]; !it.done {
			it.done = true
			it.p.commits = slices.DeleteFunc(it.p.commits, func(r commitRef) bool { return r.c == c })
		}
	}
	m.finish(env, c)
}

// Append appends a batch of this broker's own (a coordinator's), with acks=all; [Appended] with the call that is returned
// tells what came of it. The bytes are changed. A timeout of 0 is request.timeout.ms.
func (m *Manager) Append(env nodes.Env, tp log.TopicPartition, batch []byte, timeout time.Duration) (call uint64) {
	call = m.number()
	own := &Appended{Call: call, Partition: tp, Offset: -1}
	p, code := m.serving(tp)
	if code == proto.None {
		a, err := m.appendAsLeader(env, p, batch, log.Coordinator, 0, true)
		if code = codeOf(err); code == proto.None {
			own.Offset = a.First
			c := &commit{call: call, own: own}
			c.add(p, a.Last+1, new(int16))
			m.await(env, c, or(timeout, m.cfg.RequestTimeout))
			m.after(env)
			return call
		}
	}
	own.Code = code
	m.tell(*own)
	m.after(env)
	return call
}

// Read reads up to the high watermark of a partition that this broker leads, as a coordinator does that loads. The error is a
// *record.Error (NOT_LEADER_OR_FOLLOWER, OFFSET_OUT_OF_RANGE), or the log's.
func (m *Manager) Read(env nodes.Env, tp log.TopicPartition, offset int64, maxBytes int) (log.Fetched, error) {
	p, code := m.serving(tp)
	if code != proto.None {
		return log.Fetched{}, refuse(code, "%v is not led here", tp)
	}
	return p.log.Read(env.Disk(), nil, offset, maxBytes, true, log.ReadUncommitted)
}

// handleWriteTxnMarkers appends the ends of transactions, on behalf of their coordinator, and answers when they are committed.
func (m *Manager) handleWriteTxnMarkers(env nodes.Env, call uint64, r *kmsg.WriteTxnMarkersRequest) {
	resp := r.ResponseKind().(*kmsg.WriteTxnMarkersResponse)
	resp.Markers = make([]kmsg.WriteTxnMarkersResponseMarker, len(r.Markers))
	c := &commit{call: call, markers: resp}
	for i := range r.Markers {
		in, out := &r.Markers[i], &resp.Markers[i]
		out.Default()
		out.ProducerID = in.ProducerID
		out.Topics = make([]kmsg.WriteTxnMarkersResponseMarkerTopic, len(in.Topics))
		for j := range in.Topics {
			t := &out.Topics[j]
			t.Default()
			t.Topic = in.Topics[j].Topic
			t.Partitions = make([]kmsg.WriteTxnMarkersResponseMarkerTopicPartition, len(in.Topics[j].Partitions))
			for k, n := range in.Topics[j].Partitions {
				t.Partitions[k].Default()
				t.Partitions[k].Partition = n
				m.writeMarker(env, c, in, log.TopicPartition{Topic: t.Topic, Partition: n}, &t.Partitions[k].ErrorCode)
			}
		}
	}
	if len(c.items) == 0 {
		m.done(call, resp)
		return
	}
	m.await(env, c, m.cfg.RequestTimeout)
}

// writeMarker appends one marker.
func (m *Manager) writeMarker(env nodes.Env, c *commit, in *kmsg.WriteTxnMarkersRequestMarker, tp log.TopicPartition, code *int16) {
	p, why := m.serving(tp)
	if why != proto.None {
		*code = int16(why)
		return
	}
	mark := marker(in)
	a, err := m.appendAsLeader(env, p, mark.Append(nil, env.Now().UnixMilli()), log.Coordinator, 0, true)
	if err != nil {
		*code = int16(codeOf(err))
		return
	}
	it := c.add(p, a.Last+1, code)
	if tp.Topic == offsetsTopic {
		it.marker = &MarkerWritten{Partition: tp, ProducerID: in.ProducerID, ProducerEpoch: in.ProducerEpoch, Commit: in.Committed}
	}
}
