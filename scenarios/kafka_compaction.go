package scenarios

import (
	"fmt"
	"strconv"
	"time"

	"orrery/checker"
	"orrery/checker/kafka"
	"orrery/nodes/kafka/client"
	"orrery/nodes/task"
)

// KafkaCompaction is a topic of which only the last record of each key is kept.
func KafkaCompaction() *Scenario { return kafkaScenario(kafkaCompactionShape()) }

func kafkaCompactionShape() *kafkaShape {
	return &kafkaShape{
		name:    "kafka-compaction",
		about:   "a compacted Kafka topic: the last record of each key stays, offsets and their order do, whoever fails",
		parts:   []string{"log"},
		topics:  (*kafkaWorld).drawCompacted,
		works:   []kafkaWork{(*kafkaClient).produceKeyed, (*kafkaClient).produceKeyed},
		finish:  (*kafkaClient).readLatest,
		options: kafka.Options{Uncommitted: true},
		text:    "log.cleaner.backoff.ms=100\n",
	}
}

// kafkaCompacted is the property that compaction keeps.
const kafkaCompacted = "compaction-keeps-the-last"

func (k *kafkaWorld) drawCompacted() {
	w := k.w
	k.topics = []kafkaTopic{{name: "orders", partitions: 1 + int32(w.Draw("partitions", 2)), replicas: int16(min(3, len(k.brokers))), minISR: min(2, len(k.brokers)),
		settings: []client.Setting{{Name: "cleanup.policy", Value: "compact"}, {Name: "segment.bytes", Value: strconv.Itoa(200 + int(w.Draw("segment.bytes", 400)))},
			{Name: "min.cleanable.dirty.ratio", Value: "0.01"}, {Name: "delete.retention.ms", Value: strconv.Itoa(int(w.Draw("delete.retention.ms", 3000)))}}}}
}

// produceKeyed writes records with one of few keys. Some are tombstones.
func (c *kafkaClient) produceKeyed(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	p := client.NewProducer(cluster, client.ProducerConfig{DeliveryTimeout: 2500 * time.Millisecond})
	l := c.load
	all := l.partitions()
	for c.working() {
		c.rest(t)
		part := all[c.draw(kafkaWhere, uint64(len(all)))]
		key := fmt.Sprintf("k%d", c.draw(kafkaHow, 4))
		tombstone := c.draw(kafkaWeak, 6) == 5
		u := l.k.w.U
		u.BeginOp()
		l.values++
		c.begun++
		l.invoked++
		value := strconv.AppendInt(nil, l.values, 10)
		if tombstone {
			value = nil
		}
		if u.Recording() {
			u.NoteInvoke(c.id, fmt.Sprintf("send %s=%s to %s", key, value, tpName(part)))
		}
		r := p.SendTo(t, client.Record{Topic: part.Topic, Partition: part.Partition, Key: []byte(key), Value: value}).Wait(t)
		if u.Recording() {
			u.NoteReturn(c.id, fmt.Sprintf("send %s=%s: %s at %d%s", key, value, r.Outcome, r.Offset, because(r.Err)))
		}
		if r.Outcome == client.Acknowledged {
			l.ok++
			if !tombstone {
				l.k.watch.acked(part, l.valueOf(value), r.Offset)
			}
		}
		u.EndOp()
	}
	p.Close(t)
}

// valueOf is the value of a record of the workload; -1 if it is none.
func (l *kafkaLoad) valueOf(p []byte) int64 {
	if v, err := strconv.ParseInt(string(p), 10, 64); err == nil {
		return v
	}
	return -1
}

// readLatest is the fresh client after the heal: of each key it must find the last committed record, unless that is a tombstone.
func (c *kafkaClient) readLatest(t *task.T, cluster *client.Cluster) {
	l := c.load
	p := client.NewProducer(cluster, client.ProducerConfig{DeliveryTimeout: 20 * time.Second})
	for _, part := range l.partitions() {
		for {
			c.doing = "writing to " + tpName(part)
			var r client.Result
			c.operation("write to "+tpName(part), func() error {
				r = p.SendTo(t, client.Record{Topic: part.Topic, Partition: part.Partition, Key: []byte("probe"), Value: []byte("0")}).Wait(t)
				return r.Err
			})
			if r.Outcome == client.Acknowledged {
				break
			}
		}
	}
	p.Close(t)
	all := l.partitions()
	ends := c.ends(t, cluster, all, false)
	r := client.NewConsumer(cluster, client.ConsumerConfig{MaxWait: 50 * time.Millisecond})
	_ = r.Assign(all...)
	got := map[client.TopicPartition]map[int64]bool{}
	for _, part := range all {
		got[part] = map[int64]bool{}
	}
	for _, part := range all {
		for {
			c.doing = "reading " + tpName(part)
			if at, ok := r.Position(part); ok && at >= ends[part] {
				break
			}
			records, _ := r.Poll(t, 200*time.Millisecond)
			for _, rec := range records {
				tp := client.TopicPartition{Topic: rec.Topic, Partition: rec.Partition}
				got[tp][rec.Offset] = true
				if rec.Value != nil {
					l.k.watch.read(c.id, tp, rec.Offset, l.valueOf(rec.Value))
				}
			}
		}
	}
	r.Close(t)
	for _, part := range all {
		if err := l.k.watch.latest(part, got[part]); err != nil {
			l.k.w.U.Violate(kafkaCompacted, err.Detail)
		}
	}
}

// latest: of each key the last committed record was read.
func (g *kafkaWatch) latest(tp client.TopicPartition, got map[int64]bool) *checker.InvariantError {
	p := g.named(tpName(tp))
	if p.lossy || p.muddled {
		return nil
	}
	g.k.w.Asked(kafkaCompacted)
	last := map[uint64]int{}
	for at, e := range p.committed {
		if e.present && !e.control && e.key != 0 {
			last[e.key] = at
		}
	}
	for at, e := range p.committed {
		if e.key != 0 && last[e.key] == at && e.value >= 0 && !e.txn && !got[int64(at)] { // what was written in a transaction may have been aborted
			return &checker.InvariantError{Property: kafkaCompacted, Detail: fmt.Sprintf("%d, at %d of %s, is the last record of its key, and was not read", e.value, at, p.tp)}
		}
	}
	return nil
}
