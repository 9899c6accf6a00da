package txn

import (
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
)

// waiting is the queue of markers whose partition has no leader, or whose leader has not taken them.
const waiting = int32(-1)

// marker is what is to be written to the partitions of one transaction that one broker leads.
type marker struct {
	x          *completion
	partitions []log.TopicPartition
}

// sending is a WriteTxnMarkers whose answer has not come.
type sending struct {
	call    uint64
	markers []*marker
}

// place puts markers into the queues of those who lead the partitions now. A partition that the cluster does not have
// was deleted, and needs none.
func (c *Coordinator) place(env nodes.Env, x *completion, ps []log.TopicPartition) {
	for _, tp := range ps {
		broker, ok := c.cfg.Cluster.Leader(tp.Topic, tp.Partition)
		switch {
		case !ok && !c.known(log.TopicPartition{Topic: StateTopic, Partition: x.p}):
			c.queue(waiting, x, tp) // nobody has told this broker of the cluster yet
		case !ok && tp.Topic == OffsetsTopic:
			c.queue(waiting, x, tp) // it is never deleted: it is new, and AddOffsetsToTxn does not look for it
		case !ok:
			nodes.Reachable(env, "kafka/txn: a partition of a transaction was deleted")
			x.m.remove(tp)
		case broker < 0:
			c.queue(waiting, x, tp)
		default:
			c.queue(broker, x, tp)
		}
	}
}

// queue puts one partition into a queue; a queue has one marker for each transaction.
func (c *Coordinator) queue(broker int32, x *completion, tp log.TopicPartition) {
	q := c.queues[broker]
	i := slices.IndexFunc(q, func(m *marker) bool { return m.x == x })
	if i < 0 {
		i = len(q)
		c.queues[broker] = append(q, &marker{x: x})
	}
	m := c.queues[broker][i]
	if !slices.Contains(m.partitions, tp) {
		m.partitions = append(m.partitions, tp)
	}
}

// send sends each broker what waits for it, unless a request to it is under way.
func (c *Coordinator) send(env nodes.Env) {
	for _, broker := range slices.Sorted(maps.Keys(c.queues)) {
		c.queues[broker] = slices.DeleteFunc(c.queues[broker], func(m *marker) bool { return c.completing[m.x.m.id] != m.x })
		if len(c.queues[broker]) == 0 {
			delete(c.queues, broker)
			continue
		}
		if broker == waiting {
			c.tick(env)
			continue
		}
		if c.sent[broker] != nil {
			continue
		}
		s := &sending{call: c.newCall(), markers: c.queues[broker]}
		delete(c.queues, broker)
		c.sent[broker] = s
		nodes.Sometimes(env, len(s.markers) > 1, "kafka/txn: one request carries markers of several transactions")
		c.emit(Send{broker, s.call, request(s.markers)})
	}
}

// request is the WriteTxnMarkers for some markers.
func request(ms []*marker) *kmsg.WriteTxnMarkersRequest {
	q := kmsg.NewPtrWriteTxnMarkersRequest()
	q.Version = max(0, proto.Max(q.Key(), true))
	for _, m := range ms {
		w := kmsg.NewWriteTxnMarkersRequestMarker()
		w.ProducerID, w.ProducerEpoch, w.Committed, w.CoordinatorEpoch = m.x.pid, m.x.epoch, m.x.commit, m.x.coordinator
		for _, tp := range slices.SortedFunc(slices.Values(m.partitions), lessPartition) {
			if n := len(w.Topics); n == 0 || w.Topics[n-1].Topic != tp.Topic {
				t := kmsg.NewWriteTxnMarkersRequestMarkerTopic()
				t.Topic = tp.Topic
				w.Topics = append(w.Topics, t)
			}
			t := &w.Topics[len(w.Topics)-1]
			t.Partitions = append(t.Partitions, tp.Partition)
		}
		q.Markers = append(q.Markers, w)
	}
	return q
}

// tick sets the timer for what waits.
func (c *Coordinator) tick(env nodes.Env) {
	if !c.ticking {
		c.ticking = true
		env.SetTimer(nodes.Tag{Name: tagWaiting}, c.cfg.RetryBackoff)
	}
}

// MetadataChanged tells that Cluster has: markers that wait for a leader may find one. Without it they look
// every Config.RetryBackoff.
func (c *Coordinator) MetadataChanged(env nodes.Env) {
	if len(c.queues[waiting]) > 0 {
		c.retryWaiting(env)
	}
}

// retryWaiting places what waits anew, and appends once more the completions that could not be.
func (c *Coordinator) retryWaiting(env nodes.Env) {
	ms := c.queues[waiting]
	delete(c.queues, waiting)
	for _, m := range ms {
		c.place(env, m.x, m.partitions)
		c.maybeComplete(env, m.x)
	}
	for _, id := range slices.Sorted(maps.Keys(c.completing)) {
		if x := c.completing[id]; x.retry {
			x.retry = false
			c.writeCompletion(env, x)
		}
	}
	c.send(env)
}

// Answered tells the answer to a Send, or why there is none. It ignores a call that is not this package's.
func (c *Coordinator) Answered(env nodes.Env, call uint64, resp kmsg.Response, err error) {
	for _, broker := range slices.Sorted(maps.Keys(c.sent)) {
		s := c.sent[broker]
		if s.call != call {
			continue
		}
		delete(c.sent, broker)
		w, _ := resp.(*kmsg.WriteTxnMarkersResponse)
		if err != nil {
			w = nil
		}
		for _, m := range s.markers {
			c.answered(env, m, w)
		}
		c.send(env)
		return
	}
}

// answered takes what a broker says of one transaction's markers; w is nil if it said nothing: then nobody knows whether they were
// written, and writing them again is no harm.
func (c *Coordinator) answered(env nodes.Env, m *marker, w *kmsg.WriteTxnMarkersResponse) {
	x := m.x
	if !c.valid(x) {
		nodes.Reachable(env, "kafka/txn: the answer to a marker finds another coordinator")
		c.giveUp(x)
		return
	}
	if c.completing[x.m.id] != x { // only after Quirks.CompletionDropsAnother
		return
	}
	for _, tp := range m.partitions {
		switch code := codeOf(w, x.pid, tp); code {
		case proto.None:
			x.m.remove(tp)
		case proto.InvalidProducerEpoch, proto.TransactionCoordinatorFenced:
			// Another coordinator is at work: this one has been deposed, and word of that is on its way.
			c.note(env, "stops writing markers of %s: %s", x.m.id, code)
			nodes.Reachable(env, "kafka/txn: a coordinator is fenced")
			c.giveUp(x)
			return
		case proto.UnsupportedForMessageFormat, proto.UnsupportedVersion:
			x.m.remove(tp) // such a log has no transactions
		default:
			nodes.Sometimes(env, code == proto.NotLeaderForPartition, "kafka/txn: a marker goes to a broker that no longer leads")
			c.queue(waiting, x, tp)
		}
	}
	c.maybeCompleteAfterAnswer(env, x)
}

// codeOf is what the answer says of one partition; REQUEST_TIMED_OUT if it says nothing.
func codeOf(w *kmsg.WriteTxnMarkersResponse, pid int64, tp log.TopicPartition) proto.Code {
	if w == nil {
		return proto.RequestTimedOut
	}
	for _, m := range w.Markers {
		if m.ProducerID != pid {
			continue
		}
		for _, t := range m.Topics {
			if t.Topic != tp.Topic {
				continue
			}
			for _, p := range t.Partitions {
				if p.Partition == tp.Partition {
					return proto.Code(p.ErrorCode)
				}
			}
		}
	}
	return proto.RequestTimedOut
}
