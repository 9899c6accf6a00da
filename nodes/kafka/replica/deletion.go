package replica

import (
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/replica/isr"
)

// deletion is a DeleteRecords that waits in the purgatory until the low watermarks are where it wants them: every live replica
// has moved its log start.
type deletion struct {
	n     uint64
	call  uint64
	resp  *kmsg.DeleteRecordsResponse
	items []deletionItem
	left  int
	bytes int64
}

type deletionItem struct {
	p    *partition
	want int64
	out  *kmsg.DeleteRecordsResponseTopicPartition
	done bool
}

// handleDeleteRecords moves the log start offsets of partitions that this broker leads.
func (m *Manager) handleDeleteRecords(env nodes.Env, call uint64, r *kmsg.DeleteRecordsRequest) {
	w := &deletion{call: call, resp: r.ResponseKind().(*kmsg.DeleteRecordsResponse)}
	w.resp.Topics = make([]kmsg.DeleteRecordsResponseTopic, len(r.Topics))
	for i := range r.Topics {
		t := &w.resp.Topics[i]
		t.Default()
		t.Topic = r.Topics[i].Topic
		t.Partitions = make([]kmsg.DeleteRecordsResponseTopicPartition, len(r.Topics[i].Partitions))
		for j, in := range r.Topics[i].Partitions {
			out := &t.Partitions[j]
			out.Default()
			out.Partition, out.LowWatermark = in.Partition, -1
			p, start, code := m.deleteRecords(env, log.TopicPartition{Topic: t.Topic, Partition: in.Partition}, in.Offset)
			if out.ErrorCode = int16(code); code == proto.None {
				out.ErrorCode = int16(proto.RequestTimedOut)
				w.items = append(w.items, deletionItem{p: p, want: start, out: out})
				w.left++
			}
		}
	}
	for i := range w.items {
		m.tryDeletion(&w.items[i], w)
	}
	if w.left == 0 {
		m.done(call, w.resp)
		return
	}
	for i := range w.items {
		if it := &w.items[i]; !it.done {
			it.p.deletes = append(it.p.deletes, w)
		}
	}
	w.bytes = int64(len(w.items)) * 128
	w.n = m.wait(env, w, w.bytes, time.Duration(r.TimeoutMillis)*time.Millisecond)
}

func (m *Manager) deleteRecords(env nodes.Env, tp log.TopicPartition, offset int64) (*partition, int64, proto.Code) {
	p, code := m.serving(tp)
	switch {
	case code != proto.None:
		return nil, 0, code
	case p.log.Config().Compact && !p.log.Config().Delete:
		return nil, 0, proto.PolicyViolation
	}
	start, err := p.log.DeleteRecords(env.Disk(), env.Now(), offset)
	if err != nil {
		if code := codeOf(err); code != proto.KafkaStorageError {
			return nil, 0, code
		}
		m.must(env, "deleting records of "+tp.String(), err)
	}
	m.touch(p)
	return p, start, proto.None
}

// lowWatermark is the smallest log start of the leader and its live followers.
func (m *Manager) lowWatermark(p *partition) int64 {
	low := p.log.StartOffset()
	for i := range p.lead.Remotes {
		r := &p.lead.Remotes[i]
		if m.cfg.Cluster.Alive(r.Broker) {
			low = min(low, max(r.Start, isr.Unknown))
		}
	}
	return low
}

func (m *Manager) tryDeletion(it *deletionItem, w *deletion) {
	if it.done {
		return
	}
	if it.p.role != leading {
		it.out.ErrorCode = int16(proto.NotLeaderForPartition)
	} else {
		low := m.lowWatermark(it.p)
		if low < it.want {
			return
		}
		it.out.ErrorCode, it.out.LowWatermark = int16(proto.None), low
	}
	it.done = true
	w.left--
}

// completeDeletes lets those go on that wait for a partition's low watermark.
func (m *Manager) completeDeletes(env nodes.Env, p *partition) {
	for _, w := range slices.Clone(p.deletes) {
		before := w.left
		for i := range w.items {
			if w.items[i].p == p {
				m.tryDeletion(&w.items[i], w)
			}
		}
		if w.left < before {
			p.deletes = slices.DeleteFunc(p.deletes, func(x *deletion) bool { return x == w })
		}
		if w.left == 0 && w.left < before {
			m.unwait(env, w.n, w.bytes)
			m.done(w.call, w.resp)
		}
	}
}

// expire answers although some followers have not moved.
func (w *deletion) expire(m *Manager, env nodes.Env) {
	m.unwait(env, w.n, w.bytes)
	for i := range w.items {
		p := w.items[i].p
		p.deletes = slices.DeleteFunc(p.deletes, func(x *deletion) bool { return x == w })
	}
	m.done(w.call, w.resp)
}
