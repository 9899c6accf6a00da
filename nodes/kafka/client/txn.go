package client

import (
	"errors"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/task"
)

// transaction is the state of a transactional producer.
type transaction struct {
	ready   bool  // InitTransactions has succeeded
	open    bool  // between Begin and its end
	touched bool  // the coordinator knows of it
	err     error // why it can only be aborted
	stray   bool  // an EndTxn may still be on its way to the coordinator
}

// lost says that a record of the transaction is not written, or that nobody knows.
func (x *transaction) lost(err error) {
	if x.open && x.err == nil {
		x.err = err
	}
}

// Offset is where a group is to read on in a partition.
type Offset struct {
	TopicPartition
	Offset      int64
	LeaderEpoch int32 // of the record before it, -1 if not known
	Metadata    string
}

// GroupMetadata is what a consumer says of itself, so that a transaction can fence a member of an earlier generation
// (KIP-447).
type GroupMetadata struct {
	Group      string
	Generation int32  // -1: not a member
	Member     string // "": not a member
	Instance   string // "": not static
}

// InitTransactions gets the producer its id, ends what an earlier instance of the name left open, and fences it. It
// comes before the first Begin.
func (p *Producer) InitTransactions(t *task.T) error {
	if p.config.TransactionalID == "" || p.txn.ready {
		return ErrState
	}
	err := p.cluster.retry(t, nil, func() error { return p.initID(t, true) })
	p.txn.ready = err == nil
	return err
}

// Begin begins a transaction.
func (p *Producer) Begin(t *task.T) error {
	switch {
	case p.fatal != nil:
		return p.fatal
	case !p.txn.ready || p.txn.open:
		return ErrState
	}
	if err := p.quieten(t); err != nil {
		return err
	}
	p.txn.open, p.txn.touched, p.txn.err = true, false, nil
	for _, q := range p.parts {
		q.listed = false
	}
	return nil
}

// quieten begins a new epoch where the last transaction left something that could disturb the next one: an EndTxn
// without an answer (KAFKA-17754), or numbers that nobody knows.
func (p *Producer) quieten(t *task.T) error {
	need := p.txn.stray && !p.cluster.config.Quirks.KeepEpochAfterLostEnd
	for _, q := range p.parts {
		need = need || q.renumber || q.unresolved
	}
	if !need {
		return nil
	}
	err := p.cluster.retry(t, nil, func() error { return p.initID(t, p.cluster.config.Told) })
	if isFence(err) {
		p.fatal = ErrFenced
		return p.fatal
	}
	if err != nil {
		return err
	}
	nodes.Reachable(t.Env(), "kafka/client: a transaction is kept from the last one's remains by a new epoch")
	note(t, "goes on as producer %d in epoch %d", p.id, p.epoch)
	p.txn.stray = false
	for _, q := range p.parts {
		p.restart(q)
	}
	return nil
}

// Stray tells whether an EndTxn of the present epoch had no answer, and may be on its way yet.
func (p *Producer) Stray() bool { return p.txn.stray }

// isFence tells that a coordinator says that the producer's time is over.
func isFence(err error) bool {
	switch CodeOf(err) {
	case proto.InvalidProducerEpoch, proto.ProducerFenced, proto.InvalidProducerIDMapping, proto.TransactionalIDAuthorizationFailed:
		return true
	}
	return false
}

// enlist tells the coordinator, once in a transaction, that a partition is in it.
func (p *Producer) enlist(t *task.T, tp TopicPartition) error {
	switch {
	case !p.txn.open:
		return ErrState
	case p.txn.err != nil:
		return p.txn.err
	}
	q := p.part(tp)
	if q.listed {
		return nil
	}
	r := kmsg.NewPtrAddPartitionsToTxnRequest()
	r.TransactionalID, r.ProducerID, r.ProducerEpoch = p.config.TransactionalID, p.id, p.epoch
	rt := kmsg.NewAddPartitionsToTxnRequestTopic()
	rt.Topic, rt.Partitions = tp.Topic, []int32{tp.Partition}
	r.Topics = append(r.Topics, rt)
	add := func(t *task.T) error {
		return p.step(t, r, func(resp kmsg.Response) int16 {
			a := resp.(*kmsg.AddPartitionsToTxnResponse)
			if len(a.Topics) == 0 || len(a.Topics[0].Partitions) == 0 {
				return int16(proto.UnknownServerError)
			}
			return a.Topics[0].Partitions[0].ErrorCode
		})
	}
	q.listed, p.txn.touched = true, true
	if p.cluster.config.Quirks.CommitBeforeAdding {
		spawn(t, "add", func(t *task.T) { _ = add(t) })
		return nil
	}
	err := add(t)
	q.listed = err == nil
	return err
}

// step asks something of the transaction's coordinator until it is done. What cannot be done ends the transaction, or the
// producer.
func (p *Producer) step(t *task.T, r kmsg.Request, code func(kmsg.Response) int16) error {
	err := p.cluster.retry(t, nil, func() error {
		_, err := p.cluster.coordinated(t, ofTransaction, p.config.TransactionalID, r, code)
		return err
	})
	switch {
	case err == nil:
	case isFence(err):
		p.fatal = ErrFenced
		p.stir(t)
		return ErrFenced
	default:
		p.txn.lost(err)
	}
	return err
}

// SendOffsets makes a group's offsets part of the transaction: they count if it is committed. A *CodeError with
// ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID or FENCED_INSTANCE_ID says that the group has gone on without the member.
func (p *Producer) SendOffsets(t *task.T, offsets []Offset, group GroupMetadata) error {
	switch {
	case p.fatal != nil:
		return p.fatal
	case !p.txn.open:
		return ErrState
	case p.txn.err != nil:
		return p.txn.err
	case len(offsets) == 0:
		return nil
	}
	add := kmsg.NewPtrAddOffsetsToTxnRequest()
	add.TransactionalID, add.ProducerID, add.ProducerEpoch, add.Group = p.config.TransactionalID, p.id, p.epoch, group.Group
	p.txn.touched = true
	err := p.step(t, add, func(resp kmsg.Response) int16 { return resp.(*kmsg.AddOffsetsToTxnResponse).ErrorCode })
	if err != nil {
		return err
	}
	r := p.offsetCommit(offsets, group)
	err = p.cluster.retry(t, nil, func() error {
		_, err := p.cluster.coordinated(t, ofGroup, group.Group, r, func(resp kmsg.Response) int16 {
			return firstCode(resp.(*kmsg.TxnOffsetCommitResponse))
		})
		return err
	})
	if isFence(err) {
		p.fatal = ErrFenced
		return ErrFenced
	}
	if err != nil {
		p.txn.lost(err)
	}
	return err
}

// offsetCommit makes the request that stages offsets.
func (p *Producer) offsetCommit(offsets []Offset, group GroupMetadata) *kmsg.TxnOffsetCommitRequest {
	r := kmsg.NewPtrTxnOffsetCommitRequest()
	r.TransactionalID, r.Group, r.ProducerID, r.ProducerEpoch = p.config.TransactionalID, group.Group, p.id, p.epoch
	r.Generation, r.MemberID = group.Generation, group.Member
	if group.Instance != "" {
		r.InstanceID = kmsg.StringPtr(group.Instance)
	}
	offsets = slices.Clone(offsets)
	slices.SortStableFunc(offsets, func(a, b Offset) int { return a.compare(b.TopicPartition) })
	for _, o := range offsets {
		if n := len(r.Topics); n == 0 || r.Topics[n-1].Topic != o.Topic {
			rt := kmsg.NewTxnOffsetCommitRequestTopic()
			rt.Topic = o.Topic
			r.Topics = append(r.Topics, rt)
		}
		rp := kmsg.NewTxnOffsetCommitRequestTopicPartition()
		rp.Partition, rp.Offset, rp.LeaderEpoch, rp.Metadata = o.Partition, o.Offset, o.LeaderEpoch, kmsg.StringPtr(o.Metadata)
		rt := &r.Topics[len(r.Topics)-1]
		rt.Partitions = append(rt.Partitions, rp)
	}
	return r
}

// firstCode is the first refusal in a response, or 0.
func firstCode(resp *kmsg.TxnOffsetCommitResponse) int16 {
	for i := range resp.Topics {
		for j := range resp.Topics[i].Partitions {
			if c := resp.Topics[i].Partitions[j].ErrorCode; c != 0 {
				return c
			}
		}
	}
	return 0
}

// Commit waits for all records of the transaction and commits it. ErrAbort says that it must be aborted. Where the
// outcome is Indeterminate the producer is of no more use: the next one of the name learns what became of it.
func (p *Producer) Commit(t *task.T) (Outcome, error) {
	switch {
	case p.fatal != nil:
		return Failed, p.fatal
	case !p.txn.open:
		return Failed, ErrState
	}
	p.Flush(t)
	switch {
	case p.fatal != nil:
		return Failed, p.fatal
	case p.txn.err != nil:
		return Failed, errors.Join(ErrAbort, p.txn.err)
	}
	return p.endTxn(t, true)
}

// Abort aborts the transaction. What was not sent yet is not sent any more. The positions of a consumer whose records were
// being copied stay where they are: it must seek back to what is committed (KAFKA-17582).
func (p *Producer) Abort(t *task.T) error {
	switch {
	case p.fatal != nil:
		return p.fatal
	case !p.txn.open:
		return ErrState
	}
	p.txn.lost(ErrAbort)
	p.giveUp(t, ErrAbort)
	p.Flush(t) // what is on its way must be there before the marker is
	_, err := p.endTxn(t, false)
	return err
}

// endTxn tells the coordinator the verdict, until it says that it knows.
func (p *Producer) endTxn(t *task.T, commit bool) (Outcome, error) {
	if !p.txn.touched {
		p.txn.open = false
		return Acknowledged, nil
	}
	r := kmsg.NewPtrEndTxnRequest()
	r.TransactionalID, r.ProducerID, r.ProducerEpoch, r.Commit = p.config.TransactionalID, p.id, p.epoch, commit
	lost, journalled := false, false // by some attempt, whatever a later one is told
	err := p.cluster.retry(t, nil, func() error {
		_, err := p.cluster.coordinated(t, ofTransaction, p.config.TransactionalID, r, func(resp kmsg.Response) int16 {
			code := resp.(*kmsg.EndTxnResponse).ErrorCode
			journalled = journalled || undecided(proto.Code(code))
			return code
		})
		lost = lost || mayHaveArrived(err)
		return err
	})
	p.txn.stray = p.txn.stray || lost
	p.txn.open = false
	if err == nil {
		note(t, "has %s the transaction of %s in epoch %d", map[bool]string{true: "committed", false: "aborted"}[commit], p.config.TransactionalID, p.epoch)
		p.txn.err = nil
		return Acknowledged, nil
	}
	outcome := Failed
	if lost || journalled || appended(CodeOf(err)) {
		outcome = Indeterminate
	}
	if p.fatal = err; isFence(err) {
		p.fatal = ErrFenced
	}
	if p.cluster.config.Quirks.RetryAfterFence && p.initID(t, true) == nil {
		p.fatal = nil
	}
	p.stir(t)
	return outcome, p.fatalOr(err)
}

// fatalOr is why the producer is of no more use, or err.
func (p *Producer) fatalOr(err error) error {
	if p.fatal != nil {
		return p.fatal
	}
	return err
}
