package txn

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
)

// invalidRegularExpression is the code of a pattern in ListTransactions that is none (KIP-1152).
const invalidRegularExpression proto.Code = 128

// describe answers DescribeTransactions (KIP-664).
func (c *Coordinator) describe(q *kmsg.DescribeTransactionsRequest) *kmsg.DescribeTransactionsResponse {
	resp := q.ResponseKind().(*kmsg.DescribeTransactionsResponse)
	for _, id := range q.TransactionalIDs {
		t := kmsg.NewDescribeTransactionsResponseTransactionState()
		t.TransactionalID = id
		_, m, code := c.find(id)
		switch {
		case id == "":
			code = proto.InvalidRequest
		case code == proto.None && m == nil:
			code = proto.TransactionalIDNotFound
		}
		t.ErrorCode = int16(code)
		if code == proto.None {
			t.State, t.TimeoutMillis, t.StartTimestamp = m.state.String(), m.timeout, m.start
			t.ProducerID, t.ProducerEpoch = m.pid, m.epoch
			for _, tp := range m.partitions {
				if n := len(t.Topics); n == 0 || t.Topics[n-1].Topic != tp.Topic {
					topic := kmsg.NewDescribeTransactionsResponseTransactionStateTopic()
					topic.Topic = tp.Topic
					t.Topics = append(t.Topics, topic)
				}
				last := &t.Topics[len(t.Topics)-1]
				last.Partitions = append(last.Partitions, tp.Partition)
			}
		}
		resp.TransactionStates = append(resp.TransactionStates, t)
	}
	return resp
}

// list answers ListTransactions (KIP-664; KIP-994 added the duration, KIP-1152 the pattern).
func (c *Coordinator) list(env nodes.Env, q *kmsg.ListTransactionsRequest) *kmsg.ListTransactionsResponse {
	resp := q.ResponseKind().(*kmsg.ListTransactionsResponse)
	var states []State
	for _, name := range q.StateFilters {
		if s, ok := StateNamed(name); ok {
			states = append(states, s)
		} else {
			resp.UnknownStateFilters = append(resp.UnknownStateFilters, name)
		}
	}
	var pattern *regexp.Regexp
	if q.Version >= 2 && q.TransactionalIDPattern != nil && *q.TransactionalIDPattern != "" {
		var err error
		if pattern, err = regexp.Compile("^(?:" + *q.TransactionalIDPattern + ")$"); err != nil {
			resp.ErrorCode = int16(invalidRegularExpression)
			return resp
		}
	}
	t := now(env)
	for _, n := range c.leading() {
		p := c.partitions[n]
		if p.loading {
			resp.ErrorCode, resp.TransactionStates = int16(proto.CoordinatorLoadInProgress), nil
			return resp
		}
		for _, id := range p.sortedIDs() {
			m := p.ids[id]
			switch {
			case len(q.StateFilters) > 0 && !slices.Contains(states, m.state),
				len(q.ProducerIDFilters) > 0 && !slices.Contains(q.ProducerIDFilters, m.pid),
				q.Version >= 1 && q.DurationFilterMillis >= 0 && (m.start < 0 || t-m.start <= q.DurationFilterMillis),
				pattern != nil && !pattern.MatchString(id):
				continue
			}
			s := kmsg.NewListTransactionsResponseTransactionState()
			s.TransactionalID, s.ProducerID, s.TransactionState = id, m.pid, m.state.String()
			resp.TransactionStates = append(resp.TransactionStates, s)
		}
	}
	return resp
}

// View is the state of a coordinator, for people and checkers.
type View struct {
	Partitions []PartitionView
	Queues     []QueueView
	NextID     int64 // of the producer ids in store
	IDsLeft    int64
}

// PartitionView is a partition of __transaction_state.
type PartitionView struct {
	Partition   int32
	LeaderEpoch int32
	Loading     bool
	Loaded      int64 // offset up to which the journal was read
	IDs         []IDView
}

// IDView is what is known of a transactional id.
type IDView struct {
	TransactionalID string
	ProducerID      int64
	ProducerEpoch   int16
	State           string
	Pending         string               `json:",omitempty"` // the state that is being written
	Partitions      []log.TopicPartition // in Prepare those whose marker is not written yet
	Timeout         time.Duration
}

// QueueView is how many markers wait for a broker (-1: for want of a leader), and whether a request to it is under way.
type QueueView struct {
	Broker   int32
	Markers  int
	InFlight bool
}

// Inspect returns a View.
func (c *Coordinator) Inspect() any {
	v := View{NextID: c.ids.next, IDsLeft: c.ids.end - c.ids.next + c.ids.nextN}
	for _, n := range c.leading() {
		p := c.partitions[n]
		pv := PartitionView{Partition: n, LeaderEpoch: p.epoch, Loading: p.loading, Loaded: p.next}
		for _, id := range p.sortedIDs() {
			m := p.ids[id]
			iv := IDView{
				TransactionalID: id, ProducerID: m.pid, ProducerEpoch: m.epoch, State: m.state.String(),
				Partitions: slices.Clone(m.partitions), Timeout: time.Duration(m.timeout) * time.Millisecond,
			}
			if m.pending != none {
				iv.Pending = m.pending.String()
			}
			pv.IDs = append(pv.IDs, iv)
		}
		v.Partitions = append(v.Partitions, pv)
	}
	brokers := slices.Concat(slices.Sorted(maps.Keys(c.queues)), slices.Sorted(maps.Keys(c.sent)))
	slices.Sort(brokers)
	for _, b := range slices.Compact(brokers) {
		v.Queues = append(v.Queues, QueueView{Broker: b, Markers: len(c.queues[b]), InFlight: c.sent[b] != nil})
	}
	return v
}

// String is the id, its producer and its state, in one line.
func (v IDView) String() string {
	s := fmt.Sprintf("%s: producer %d epoch %d, %s", v.TransactionalID, v.ProducerID, v.ProducerEpoch, v.State)
	if v.Pending != "" {
		s += " -> " + v.Pending
	}
	return s
}

// Coordinates tells whether this broker holds itself for the coordinator of the transactional ids of a partition of [StateTopic].
func (c *Coordinator) Coordinates(partition int32) bool { return c.partitions[partition] != nil }
