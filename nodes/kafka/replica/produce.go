package replica

import (
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
)

// The topics that only brokers write to, and the one client id that may do so too.
const (
	offsetsTopic = "__consumer_offsets"
	txnTopic     = "__transaction_state"
	adminClient  = "__admin_client"
)

// handleProduce appends what a producer sends. With acks=all it is answered when the high watermark is behind it, with acks=1 at
// once, with acks=0 never.
func (m *Manager) handleProduce(env nodes.Env, call uint64, from Peer, r *kmsg.ProduceRequest) {
	resp := produceResponse(r)
	switch {
	case r.Acks < -1 || r.Acks > 1:
		m.refuseProduce(call, r, resp, proto.InvalidRequiredAcks)
		return
	case m.Full():
		nodes.Reachable(env, "a produce is refused for want of memory")
		m.refuseProduce(call, r, resp, proto.RequestTimedOut) // nothing was appended; a producer tries again
		return
	}
	p := &produce{call: call, from: from, r: r, resp: resp}
	if m.verify(env, p) {
		return
	}
	m.appendProduce(env, p)
}

// produce is a Produce on its way.
type produce struct {
	call   uint64
	from   Peer
	r      *kmsg.ProduceRequest
	resp   *kmsg.ProduceResponse
	guards []guarded // of what was verified, or could not be (KIP-890)
	n      uint64    // of the wait
	bytes  int64
}

// produceResponse is the answer with a place for each partition, in the order of the request.
func produceResponse(r *kmsg.ProduceRequest) *kmsg.ProduceResponse {
	resp := r.ResponseKind().(*kmsg.ProduceResponse)
	resp.Topics = make([]kmsg.ProduceResponseTopic, len(r.Topics))
	for i := range r.Topics {
		t := &resp.Topics[i]
		t.Default()
		t.Topic = r.Topics[i].Topic
		t.Partitions = make([]kmsg.ProduceResponseTopicPartition, len(r.Topics[i].Partitions))
		for j := range t.Partitions {
			t.Partitions[j].Default()
			t.Partitions[j].Partition = r.Topics[i].Partitions[j].Partition
			t.Partitions[j].BaseOffset, t.Partitions[j].LogStartOffset, t.Partitions[j].LogAppendTime = -1, -1, -1
		}
	}
	return resp
}

func (m *Manager) refuseProduce(call uint64, r *kmsg.ProduceRequest, resp *kmsg.ProduceResponse, c proto.Code) {
	for i := range resp.Topics {
		for j := range resp.Topics[i].Partitions {
			resp.Topics[i].Partitions[j].ErrorCode = int16(c)
		}
	}
	m.produced(call, r.Acks, resp)
}

// produced answers, unless nobody wants to hear.
func (m *Manager) produced(call uint64, acks int16, resp *kmsg.ProduceResponse) {
	if acks == 0 {
		m.tell(Done{Call: call, Failed: failed(resp)})
		return
	}
	m.done(call, resp)
}

func failed(resp *kmsg.ProduceResponse) bool {
	for i := range resp.Topics {
		for j := range resp.Topics[i].Partitions {
			if resp.Topics[i].Partitions[j].ErrorCode != 0 {
				return true
			}
		}
	}
	return false
}

// appendProduce appends partition by partition, and waits for what acks asks for.
func (m *Manager) appendProduce(env nodes.Env, p *produce) {
	q := m.cfg.Quirks
	var c *commit
	for i := range p.r.Topics {
		t := &p.r.Topics[i]
		for j := range t.Partitions {
			out := &p.resp.Topics[i].Partitions[j]
			tp := log.TopicPartition{Topic: t.Topic, Partition: t.Partitions[j].Partition}
			part, a, code, why := m.produceOne(env, p, tp, t.Partitions[j].Records)
			out.ErrorCode = int16(code)
			if code != proto.None {
				if why != nil && p.r.Version >= 8 {
					text := why.Error()
					out.ErrorMessage = &text
				}
				continue
			}
			out.BaseOffset, out.LogAppendTime, out.LogStartOffset = a.First, a.AppendTime, part.log.StartOffset()
			if a.Duplicate && q.SpuriousOffset {
				out.BaseOffset = 0
			}
			if p.r.Acks != -1 || q.AckBeforeReplicated || a.Duplicate && q.DuplicateAckedEarly {
				continue
			}
			if c == nil {
				c = &commit{call: p.call, produce: p.resp}
			}
			c.add(part, a.Last+1, &out.ErrorCode)
		}
	}
	if c == nil {
		m.produced(p.call, p.r.Acks, p.resp)
		return
	}
	m.await(env, c, time.Duration(p.r.TimeoutMillis)*time.Millisecond)
}

// produceOne appends what a request has for one partition. The error says more than the code, if it is not nil.
func (m *Manager) produceOne(env nodes.Env, p *produce, tp log.TopicPartition, records []byte) (*partition, log.Appended, proto.Code, error) {
	if (tp.Topic == offsetsTopic || tp.Topic == txnTopic) && p.from.ClientID != adminClient {
		return nil, log.Appended{}, proto.InvalidTopicException, nil
	}
	part, code := m.serving(tp)
	if code != proto.None {
		return part, log.Appended{}, code, nil
	}
	if err := oneBatch(p.r.Version, records); err != nil {
		return part, log.Appended{}, record.CodeOf(err), err
	}
	g, code := p.guardFor(tp)
	if code != proto.None {
		return part, log.Appended{}, code, nil
	}
	a, err := m.appendAsLeader(env, part, records, log.Client, g, p.r.Acks == -1)
	return part, a, codeOf(err), err
}

// errNotEnough is why an append with acks=all is refused before it is made.
var errNotEnough error = &record.Error{Code: proto.NotEnoughReplicas, Why: "replica: the ISR is smaller than min.insync.replicas"}

// appendAsLeader appends to a partition that this broker leads.
func (m *Manager) appendAsLeader(env nodes.Env, p *partition, batches []byte, who log.Origin, g log.Guard, all bool) (log.Appended, error) {
	q := m.cfg.Quirks
	if all && p.lead.UnderMin(m.rules(p)) && !q.NoMinISRCheck {
		nodes.Reachable(env, "a produce finds the ISR too small")
		return log.Appended{}, errNotEnough
	}
	a, err := p.log.AppendAsLeader(env.Disk(), env.Now(), batches, p.epoch, who, g)
	if err != nil {
		m.appendFailed(env, p, err)
		return a, err
	}
	if !a.Duplicate {
		m.touch(p)
		m.raise(env, p)
	}
	return a, nil
}

// appendFailed halts if the disk has failed: what the file ends with is not known. The two defects of the log that show only after such
// an error need the broker to go on.
func (m *Manager) appendFailed(env nodes.Env, p *partition, err error) {
	var refused *record.Error
	if !errors.As(err, &refused) && !m.cfg.Quirks.Log.AppendsAfterError && !m.cfg.Quirks.Log.StateBeforeAppend {
		m.must(env, "appending to "+p.tp.String(), err)
	}
}

// codeOf is the protocol's code for what a log says. What is not refused in Kafka's words is the disk's.
func codeOf(err error) proto.Code {
	var refused *record.Error
	switch {
	case err == nil:
		return proto.None
	case errors.As(err, &refused):
		return refused.Code
	}
	return proto.KafkaStorageError
}

// oneBatch holds the records of one partition against what the version of the request allows: one batch (KIP-98), and zstd from
// version 7 on (KIP-110).
func oneBatch(version int16, records []byte) error {
	b, rest, err := record.Next(records)
	switch {
	case errors.Is(err, record.ErrShort):
		return &record.Error{Code: proto.CorruptMessage, Why: err.Error()}
	case err != nil:
		return err
	case len(rest) > 0:
		return &record.Error{Code: proto.InvalidRecord, Why: "replica: more than one batch for a partition"}
	case b.Codec() == record.Zstd && version < 7:
		return &record.Error{Code: proto.UnsupportedCompressionType, Why: "replica: zstd needs a newer version of the request"}
	}
	return nil
}
