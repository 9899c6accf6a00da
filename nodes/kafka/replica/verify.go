package replica

import (
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
)

// guarded is a partition of a Produce whose transaction was to be verified.
type guarded struct {
	tp    log.TopicPartition
	guard log.Guard
	code  proto.Code
}

func refuse(c proto.Code, format string, args ...any) error {
	return &record.Error{Code: c, Why: "replica: " + fmt.Sprintf(format, args...)}
}

// marker is what a transaction's coordinator wants to be written.
func marker(in *kmsg.WriteTxnMarkersRequestMarker) record.Marker {
	out := record.Marker{ProducerID: in.ProducerID, ProducerEpoch: in.ProducerEpoch, Type: record.Abort, CoordinatorEpoch: in.CoordinatorEpoch}
	if in.Committed {
		out.Type = record.Commit
	}
	return out
}

// verify asks the coordinator about the transactions that a Produce would begin in a partition (KIP-890), and parks it meanwhile.
// It returns false if there is nothing to ask.
func (m *Manager) verify(env nodes.Env, p *produce) bool {
	if p.r.TransactionID == nil || m.cfg.Quirks.Log.NoVerify {
		return false
	}
	v := Verify{TransactionalID: *p.r.TransactionID}
	for i := range p.r.Topics {
		t := &p.r.Topics[i]
		for j := range t.Partitions {
			tp := log.TopicPartition{Topic: t.Topic, Partition: t.Partitions[j].Partition}
			part, code := m.serving(tp)
			b, _, err := record.Next(t.Partitions[j].Records)
			if code != proto.None || err != nil || !b.Transactional() {
				continue // the append will say so
			}
			if g := part.log.Verify(env.Now(), b.ProducerID(), b.ProducerEpoch(), b.BaseSequence()); g != 0 {
				p.guards = append(p.guards, guarded{tp, g, proto.NotEnoughReplicas})
				v.ProducerID, v.Epoch = b.ProducerID(), b.ProducerEpoch()
				v.Partitions = append(v.Partitions, tp)
			}
		}
	}
	if len(p.guards) == 0 {
		return false
	}
	nodes.Reachable(env, "a transaction is verified with its coordinator")
	p.bytes = 256
	for i := range p.r.Topics {
		for j := range p.r.Topics[i].Partitions {
			in := &p.r.Topics[i].Partitions[j]
			in.Records = append([]byte(nil), in.Records...)
			p.bytes += int64(len(in.Records))
		}
	}
	timeout := time.Duration(p.r.TimeoutMillis) * time.Millisecond
	p.n = m.wait(env, p, p.bytes, or(timeout, m.cfg.RequestTimeout))
	v.Call = p.n
	m.tell(v)
	return true
}

// guardFor is the guard that a partition's append needs, or why it must not be made.
func (p *produce) guardFor(tp log.TopicPartition) (log.Guard, proto.Code) {
	for _, g := range p.guards {
		if g.tp == tp {
			return g.guard, g.code
		}
	}
	return 0, proto.None
}

// Verified takes the answer to a [Verify], a code for each partition. Of a partition that has none the coordinator could not be
// asked.
func (m *Manager) Verified(env nodes.Env, call uint64, codes []PartitionCode) {
	p, ok := m.waits[call].(*produce)
	if !ok {
		return
	}
	m.unwait(env, p.n, p.bytes)
	for _, c := range codes {
		for i := range p.guards {
			if p.guards[i].tp == c.Partition {
				p.guards[i].code = verdict(c.Code)
			}
		}
	}
	m.appendProduce(env, p)
	m.after(env)
}

// verdict is what a producer is told: what may pass comes as NOT_ENOUGH_REPLICAS, which the oldest clients know to try again after.
func verdict(c proto.Code) proto.Code {
	switch c {
	case proto.None, proto.InvalidTxnState, proto.InvalidProducerEpoch, proto.ProducerFenced, proto.TransactionAbortable:
		return c
	case proto.InvalidProducerIDMapping:
		return proto.InvalidTxnState
	}
	return proto.NotEnoughReplicas
}

// expire refuses what is not verified in time; the rest is appended.
func (p *produce) expire(m *Manager, env nodes.Env) {
	m.unwait(env, p.n, p.bytes)
	m.appendProduce(env, p)
}
