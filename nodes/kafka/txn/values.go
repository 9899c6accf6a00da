package txn

import (
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/record"
)

// encodeKey is the key of an id's records in __transaction_state.
func encodeKey(id string) []byte {
	k := kmsg.NewTxnMetadataKey()
	k.TransactionalID = id
	return k.AppendTo(nil)
}

// encodeValue is the value that says what t says, in version 0, which every release since 0.11 reads. It has no room for the last
// producer id and epoch: who retries InitProducerId over a change of coordinators is fenced, as with Kafka.
func encodeValue(t transit) []byte {
	v := kmsg.NewTxnMetadataValue()
	v.ProducerID, v.ProducerEpoch, v.TimeoutMillis = t.pid, t.epoch, t.timeout
	v.State = kmsg.TransactionState(t.state)
	v.LastUpdateTimestamp, v.StartTimestamp = t.update, t.start
	if t.state != Empty {
		for _, tp := range t.partitions {
			if n := len(v.Topics); n == 0 || v.Topics[n-1].Topic != tp.Topic {
				topic := kmsg.NewTxnMetadataValueTopic()
				topic.Topic = tp.Topic
				v.Topics = append(v.Topics, topic)
			}
			last := &v.Topics[len(v.Topics)-1]
			last.Partitions = append(last.Partitions, tp.Partition)
		}
	}
	return v.AppendTo(nil)
}

// decode reads a record of the journal. m is nil for a tombstone: the id is forgotten.
func decode(key, value []byte) (id string, m *metadata, err error) {
	var k kmsg.TxnMetadataKey
	if err := k.ReadFrom(key); err != nil {
		return "", nil, fmt.Errorf("txn: key of %d bytes: %w", len(key), err)
	}
	if k.Version != 0 {
		return "", nil, fmt.Errorf("txn: key of version %d, not 0", k.Version)
	}
	if value == nil {
		return k.TransactionalID, nil, nil
	}
	var v kmsg.TxnMetadataValue
	if err := v.ReadFrom(value); err != nil {
		return "", nil, fmt.Errorf("txn: value of %q: %w", k.TransactionalID, err)
	}
	if v.Version < 0 || v.Version > 1 {
		return "", nil, fmt.Errorf("txn: value of %q has version %d, not 0 or 1", k.TransactionalID, v.Version)
	}
	if !known(v.State) {
		return "", nil, fmt.Errorf("txn: value of %q has state %d", k.TransactionalID, v.State)
	}
	m = &metadata{
		id: k.TransactionalID, pid: v.ProducerID, lastPID: record.NoProducerID, epoch: v.ProducerEpoch, lastEpoch: record.NoProducerEpoch,
		timeout: v.TimeoutMillis, state: State(v.State), pending: none, start: v.StartTimestamp, update: v.LastUpdateTimestamp,
	}
	for _, t := range v.Topics {
		for _, p := range t.Partitions {
			m.partitions = append(m.partitions, log.TopicPartition{Topic: t.Topic, Partition: p})
		}
	}
	m.partitions = slices.Compact(slices.SortedFunc(slices.Values(m.partitions), lessPartition))
	return m.id, m, nil
}
