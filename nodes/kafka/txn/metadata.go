package txn

import (
	"cmp"
	"math"
	"slices"
	"time"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
)

// none is the pending state of an id that has no transition under way.
const none State = -1

// metadata is what the coordinator knows of a transactional id: TransactionMetadata in the original.
type metadata struct {
	id          string
	pid         int64
	lastPID     int64 // before the last change of producer id
	epoch       int16 // record.NoProducerEpoch until the first InitProducerId is done
	lastEpoch   int16 // what epoch was before the owner itself asked for another; record.NoProducerEpoch if another producer did
	timeout     int32 // ms
	state       State
	pending     State
	partitions  []log.TopicPartition // sorted; in Prepare those whose marker is not written yet
	start       int64                // of the transaction, in ms; -1 before the first
	update      int64                // ms
	failedFence bool                 // the epoch is one higher than anyone was told, for a fence whose append failed
}

// transit is what a metadata will be when its append is committed: TxnTransitMetadata.
type transit struct {
	state      State
	pid        int64
	lastPID    int64
	epoch      int16
	lastEpoch  int16
	timeout    int32
	partitions []log.TopicPartition
	start      int64
	update     int64
}

// exhausted tells that no producer may be given a higher epoch with this producer id: the last one is kept for fencing.
func exhausted(epoch int16) bool { return epoch >= math.MaxInt16-1 }

// lessPartition orders partitions by topic and number.
func lessPartition(a, b log.TopicPartition) int {
	return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
}

// next is the transit that changes nothing but the state.
func (m *metadata) next(s State) transit {
	return transit{
		state: s, pid: m.pid, lastPID: m.pid, epoch: m.epoch, lastEpoch: m.lastEpoch, timeout: m.timeout,
		partitions: slices.Clone(m.partitions), start: m.start, update: m.update,
	}
}

// begin marks the transition as under way.
func (m *metadata) begin(t transit) transit {
	m.pending = t.state
	return t
}

// bump gives the id its next epoch (KIP-360). expected is the epoch that the caller says it has, record.NoProducerEpoch if it is
// a new producer, which fences whoever had the id.
func (m *metadata) bump(expected int16, timeout int32, now int64) (transit, proto.Code) {
	t := m.next(Empty)
	t.timeout, t.partitions, t.start, t.update = timeout, nil, -1, now
	fresh := m.epoch == record.NoProducerEpoch
	switch {
	case expected == record.NoProducerEpoch:
		t.epoch, t.lastEpoch = m.epoch+1, record.NoProducerEpoch
	case fresh || expected == m.epoch:
		t.epoch, t.lastEpoch = m.epoch+1, m.epoch
	case expected == m.lastEpoch: // the answer to its last bump was lost: nobody else has been here since
		t.epoch, t.lastEpoch = m.epoch, m.lastEpoch
	default:
		return transit{}, proto.ProducerFenced
	}
	return m.begin(t), proto.None
}

// rotate gives the id another producer id, for its epochs are used up.
func (m *metadata) rotate(pid int64, keepLast bool, timeout int32, now int64) transit {
	t := m.next(Empty)
	t.pid, t.epoch, t.lastEpoch = pid, 0, record.NoProducerEpoch
	if keepLast {
		t.lastEpoch = m.epoch
	}
	t.timeout, t.partitions, t.start, t.update = timeout, nil, -1, now
	return m.begin(t)
}

// fence promises that the transaction will be aborted with an epoch that the producer does not have. The epoch is raised once, however
// often the abort has to be tried (KAFKA-9666).
func (m *metadata) fence(again bool) transit {
	t := m.next(PrepareEpochFence)
	if !m.failedFence || again {
		t.epoch++
	}
	t.lastEpoch = record.NoProducerEpoch
	return m.begin(t)
}

// add puts partitions into the transaction, and begins one if there is none.
func (m *metadata) add(ps []log.TopicPartition, now int64) transit {
	t := m.next(Ongoing)
	t.lastPID = m.lastPID
	if m.state != Ongoing {
		t.start, t.partitions = now, nil
	}
	t.partitions = slices.Compact(slices.SortedFunc(slices.Values(append(t.partitions, ps...)), lessPartition))
	t.update = now
	return m.begin(t)
}

// verdict ends the transaction one way or the other.
func (m *metadata) verdict(commit bool, now int64) transit {
	t := m.next(PrepareAbort)
	if commit {
		t.state = PrepareCommit
	}
	t.update = now
	return m.begin(t)
}

// complete is what follows when all partitions have their marker.
func (m *metadata) complete(now int64) transit {
	t := m.next(CompleteAbort)
	if m.state == PrepareCommit {
		t.state = CompleteCommit
	}
	t.partitions, t.update = nil, now
	m.failedFence = false
	return m.begin(t)
}

// has tells whether the partition is in the transaction.
func (m *metadata) has(tp log.TopicPartition) bool {
	_, ok := slices.BinarySearchFunc(m.partitions, tp, lessPartition)
	return ok
}

// remove takes a partition out: its marker is written, or it is gone.
func (m *metadata) remove(tp log.TopicPartition) {
	if i, ok := slices.BinarySearchFunc(m.partitions, tp, lessPartition); ok {
		m.partitions = slices.Delete(m.partitions, i, i+1)
	}
}

// become makes a transition true. It is false if the table has no such transition.
func (m *metadata) become(t transit) bool {
	legal := t.state.MayFollow(m.state) && (t.pid != m.pid || t.epoch >= m.epoch)
	m.state, m.pending = t.state, none
	m.pid, m.lastPID, m.epoch, m.lastEpoch = t.pid, t.lastPID, t.epoch, t.lastEpoch
	m.timeout, m.start, m.update = t.timeout, t.start, t.update
	m.partitions = slices.Clone(t.partitions)
	return legal
}

// overdue tells whether the transaction has been open for longer than it may. When it began the journal says by the clock of another
// broker, or of this one before a step: what lies in the future begins now, so a clock that is behind delays the end by no more than one
// more time-out.
func (m *metadata) overdue(now int64) bool {
	if m.pending != none || m.state != Ongoing {
		return false
	}
	m.start = min(m.start, now)
	return m.start+int64(m.timeout) < now
}

// expired tells whether nobody has used the id for so long that it is to be forgotten.
func (m *metadata) expired(now int64, expiry time.Duration) bool {
	idle := m.state == Empty || m.state == CompleteCommit || m.state == CompleteAbort
	return m.pending == none && idle && m.update+expiry.Milliseconds() <= now
}
