package client

import (
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
	"orrery/nodes/task"
)

// produce is a request on its way, with the batches that are in it.
type produce struct {
	broker  int32
	call    *Call
	parts   []*part
	batches []*batch // one for each part
}

// run is the producer's task: Java's Sender.
func (p *Producer) run(t *task.T) {
	for {
		p.stirred = false
		p.reap(t)
		p.expire(t)
		if p.closed && p.idle() {
			return
		}
		p.work(t)
		if wait := p.pause(t); !p.stirred && !p.answered() {
			p.wake.Wait(t, wait)
		}
	}
}

// work sends what can be sent, or gives it up.
func (p *Producer) work(t *task.T) {
	switch {
	case p.fatal != nil:
		p.giveUp(t, p.fatal)
	case p.txn.open && p.txn.err != nil:
		p.giveUp(t, p.txn.err)
	case p.number(t) == nil: // else there is no producer id yet
		p.drain(t)
	}
}

func (p *Producer) idle() bool {
	for _, q := range p.parts {
		if q.filling != nil || len(q.queue) > 0 || q.onWire > 0 {
			return false
		}
	}
	return len(p.requests) == 0
}

// answered tells that a request is done.
func (p *Producer) answered() bool {
	return slices.ContainsFunc(p.requests, func(r *produce) bool { return r.call.done })
}

// pause is how long nothing happens by itself.
func (p *Producer) pause(t *task.T) time.Duration {
	then := task.Forever
	for _, r := range p.requests {
		then = min(then, r.call.expires)
	}
	for _, q := range p.parts {
		if q.filling != nil && len(q.queue) == 0 {
			then = min(then, q.filling.created+p.config.Linger)
		}
		for _, b := range q.queue {
			then = min(then, b.created+p.config.DeliveryTimeout)
		}
		if len(q.queue) > 0 && q.onWire < p.config.MaxInFlight {
			then = min(then, max(q.queue[0].after, t.Monotonic()+p.cluster.config.RetryBackoff))
		}
	}
	if then == task.Forever {
		return then
	}
	return max(until(t, then), time.Millisecond)
}

// drain sends what can be sent, one request a broker.
func (p *Producer) drain(t *task.T) {
	var requests []*produce // by broker, in the order of their first partitions
	for _, q := range p.parts {
		p.settle(q)
		if !p.sendable(t, q) {
			continue
		}
		broker, _, ok := p.cluster.leader(q.tp)
		if !ok {
			p.refresh(t)
			continue
		}
		if p.onWay(broker) >= p.config.MaxInFlight {
			continue
		}
		i := slices.IndexFunc(requests, func(r *produce) bool { return r.broker == broker })
		if i < 0 {
			i = len(requests)
			requests = append(requests, &produce{broker: broker})
		}
		b := q.queue[0]
		q.queue = slices.Delete(q.queue, 0, 1)
		p.assign(q, b)
		b.attempts++
		q.onWire++
		q.flight = append(q.flight, b)
		requests[i].parts = append(requests[i].parts, q)
		requests[i].batches = append(requests[i].batches, b)
	}
	for _, r := range requests {
		r.call = p.cluster.start(t, r.broker, p.sending, p.request(r), p.cluster.config.RequestTimeout, &p.wake)
		p.requests = append(p.requests, r)
	}
	if len(requests) > 0 {
		p.stirred = true // there may be more
	}
}

// onWay is how many requests are on their way to a broker.
func (p *Producer) onWay(broker int32) int {
	n := 0
	for _, r := range p.requests {
		if r.broker == broker {
			n++
		}
	}
	return n
}

// sendable tells that the first batch of a queue may be sent now. What lingered long enough is queued.
func (p *Producer) sendable(t *task.T, q *part) bool {
	now := t.Monotonic()
	if q.filling != nil && (p.flushing > 0 || p.closed || now >= q.filling.created+p.config.Linger) && len(q.queue) == 0 {
		q.close()
	}
	if len(q.queue) == 0 || q.onWire >= p.config.MaxInFlight || q.renumber {
		return false
	}
	b := q.queue[0]
	if b.numbered && q.onWire > 0 { // one at a time, until what failed has been made good
		return false
	}
	if !b.numbered && q.unresolved {
		return false
	}
	return now >= b.after
}

// request makes the request for some batches.
func (p *Producer) request(r *produce) *kmsg.ProduceRequest {
	req := kmsg.NewPtrProduceRequest()
	req.Acks = int16(p.config.Acks)
	req.TimeoutMillis = millis(p.cluster.config.RequestTimeout)
	if p.config.TransactionalID != "" {
		req.TransactionID = kmsg.StringPtr(p.config.TransactionalID)
	}
	var w record.Builder
	for i, q := range r.parts {
		if n := len(req.Topics); n == 0 || req.Topics[n-1].Topic != q.tp.Topic {
			rt := kmsg.NewProduceRequestTopic()
			rt.Topic = q.tp.Topic
			req.Topics = append(req.Topics, rt)
		}
		rp := kmsg.NewProduceRequestTopicPartition()
		rp.Partition = q.tp.Partition
		rp.Records = r.batches[i].bytes(&w, p.config.Compression, p.config.TransactionalID != "")
		topic := &req.Topics[len(req.Topics)-1]
		topic.Partitions = append(topic.Partitions, rp)
	}
	return req
}

// reap takes the answers that have come.
func (p *Producer) reap(t *task.T) {
	for _, r := range p.requests {
		r.call.expire(t)
	}
	for _, r := range slices.Clone(p.requests) {
		if !r.call.done {
			continue
		}
		p.requests = slices.DeleteFunc(p.requests, func(o *produce) bool { return o == r })
		for i, q := range r.parts {
			b := r.batches[i]
			q.onWire--
			q.flight = slices.DeleteFunc(q.flight, func(o *batch) bool { return o == b })
			p.take(t, q, b, r.call)
		}
	}
}

// answer is what a response says of one partition.
type answer struct {
	code     proto.Code
	offset   int64
	logStart int64
}

// take deals with the answer to one batch.
func (p *Producer) take(t *task.T, q *part, b *batch, call *Call) {
	if call.err != nil {
		if mayHaveArrived(call.err) {
			b.maybe = true
		}
		p.refresh(t)
		p.retry(t, q, b, call.err)
		return
	}
	if call.silent { // acks=0: nobody will say
		b.end(t, Result{Outcome: Indeterminate, Partition: q.tp.Partition}, -1)
		return
	}
	a := find(call.resp.(*kmsg.ProduceResponse), q.tp)
	switch {
	case a.code == proto.None:
		p.acknowledge(t, q, b, a.offset)
	case a.code == proto.DuplicateSequenceNumber:
		p.acknowledge(t, q, b, -1) // the broker has it, and no longer knows where
	default:
		p.refused(t, q, b, a)
	}
}

// find is what a response says of a partition.
func find(resp *kmsg.ProduceResponse, tp TopicPartition) answer {
	for i := range resp.Topics {
		if resp.Topics[i].Topic != tp.Topic {
			continue
		}
		for j := range resp.Topics[i].Partitions {
			if r := &resp.Topics[i].Partitions[j]; r.Partition == tp.Partition {
				return answer{proto.Code(r.ErrorCode), r.BaseOffset, r.LogStartOffset}
			}
		}
	}
	return answer{code: proto.UnknownServerError, offset: -1, logStart: -1}
}

// acknowledge ends a batch that is in the log.
func (p *Producer) acknowledge(t *task.T, q *part, b *batch, offset int64) {
	if b.numbered && b.id == q.id && b.epoch == q.epoch {
		q.acked = record.AddSequence(b.sequence, int32(len(b.records))-1)
	}
	b.end(t, Result{Outcome: Acknowledged, Partition: q.tp.Partition}, offset)
}

// refused deals with a code.
func (p *Producer) refused(t *task.T, q *part, b *batch, a answer) {
	err := &CodeError{Code: a.code}
	if appended(a.code) {
		b.maybe = true
	}
	switch {
	case b.numbered && p.outOfSequence(t, q, b, a):
		p.retry(t, q, b, err)
	case a.code == proto.InvalidProducerEpoch || a.code == proto.ProducerFenced:
		p.fenced(t, q, b)
	case a.code.Retriable():
		p.refresh(t)
		p.retry(t, q, b, err)
	default:
		p.lose(t, q, b, err)
	}
}

// retry sends a batch again, unless its time is over.
func (p *Producer) retry(t *task.T, q *part, b *batch, err error) {
	now := t.Monotonic()
	if p.config.NoRetries || now >= b.created+p.config.DeliveryTimeout || p.fatal != nil {
		p.lose(t, q, b, err)
		return
	}
	b.after = now + p.cluster.config.RetryBackoff
	if p.cluster.config.Quirks.NewSequenceOnRetry && b.numbered {
		b.numbered = false
		q.queue = slices.Insert(q.queue, 0, b)
		return
	}
	q.again(b)
}

// lose gives a batch up.
func (p *Producer) lose(t *task.T, q *part, b *batch, err error) {
	outcome := Failed
	if b.maybe && !p.cluster.config.Quirks.LostIsFailed {
		outcome = Indeterminate
	}
	b.end(t, Result{Outcome: outcome, Partition: q.tp.Partition, Err: err}, -1)
	p.txn.lost(err)
	switch {
	case !b.numbered:
	case b.maybe:
		q.unresolved = true
	default:
		q.renumber = true // a number is missing, so that what follows would be out of order
	}
}

// expire gives up what waits for too long, were it for a producer id.
func (p *Producer) expire(t *task.T) {
	for _, q := range p.parts {
		if q.filling != nil && t.Monotonic() >= q.filling.created+p.config.DeliveryTimeout {
			q.close()
		}
		q.queue = slices.DeleteFunc(q.queue, func(b *batch) bool {
			over := t.Monotonic() >= b.created+p.config.DeliveryTimeout
			if over {
				p.lose(t, q, b, ErrTimeout)
			}
			return over
		})
	}
}

// giveUp fails all that is not on its way.
func (p *Producer) giveUp(t *task.T, err error) {
	for _, q := range p.parts {
		q.close()
		queue := q.queue
		q.queue = nil
		for _, b := range queue {
			p.lose(t, q, b, err)
		}
	}
}

// refresh asks for the leaders anew, beside the sender.
func (p *Producer) refresh(t *task.T) {
	if p.refreshing {
		return
	}
	p.refreshing = true
	var topics []string
	for _, q := range p.parts {
		if len(topics) == 0 || topics[len(topics)-1] != q.tp.Topic {
			topics = append(topics, q.tp.Topic)
		}
	}
	spawn(t, "metadata", func(t *task.T) {
		_ = p.cluster.Refresh(t, topics...) // a failure shows as a leader that is not known
		t.Sleep(p.cluster.config.RetryBackoff)
		p.refreshing = false
		p.stir(t)
	})
}
