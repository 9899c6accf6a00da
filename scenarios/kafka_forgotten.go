package scenarios

import (
	"slices"

	"orrery/checker"
	"orrery/checker/kafka"
)

// What is known of transactions where their coordinators' journal was allowed to lose something.

// forgotten tells whether an operation is a transaction of which the journal may have lost what the cluster knew. The next producer of a name is then given an
// epoch that an earlier one has had; the numbers begin with 0 in each, so that a partition takes the first batches of the one for those that it has of the other,
// and says at which offset those are. Kafka tells them apart by nothing else (KIP-98).
func (l *kafkaLoad) forgotten(o kafka.Op) bool {
	journal := l.k.watch.parts[len(l.k.watch.parts)-1]
	_, ok := slices.BinarySearch(l.transacted, o.Invoke)
	return ok && (journal.lossy || journal.muddled)
}

// apart is what such an operation has sent, each by itself, and nobody knows what became of it.
func (l *kafkaLoad) apart(o kafka.Op) (ops []kafka.Op) {
	for _, m := range o.Mops {
		l.process++
		m.Offset = kafka.NoOffset
		ops = append(ops, kafka.Op{Process: l.process, F: o.F, Status: checker.Maybe, Mops: []kafka.Mop{m}, Invoke: o.Invoke, Return: checker.Never})
	}
	return ops
}
