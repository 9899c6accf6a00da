package scenarios

import (
	"fmt"
	"time"

	"orrery/nodes/kafka/client"
	"orrery/nodes/task"
)

// kafkaTruncations is what a consumer is promised whose topic may lose what it has read, by an unclean election or with its leader's power: what it
// reads next stands, in the log of the leader that has appended it, behind what it has read before; unless it was told meanwhile that something is
// gone. A consumer always learns of that which asks each new leader whether it has what was read, and whose fetches name the leader epoch in which it
// has asked (KIP-320). A leader that has deleted all before the consumer's position no longer knows of which epochs that was. It says that an older
// epoch ends where its log begins (LeaderEpochFileCache.endOffsetFor), and what was read counts as good: nobody is left who could tell.
const kafkaTruncations = "consumers-are-told-of-truncation"

// kafkaGiven is the last record of a partition that a consumer has returned.
type kafkaGiven struct {
	offset int64
	epoch  int32 // of the leader that appended it
}

// kafkaLast is that of each partition, since the consumer was last told of a truncation there.
type kafkaLast map[client.TopicPartition]kafkaGiven

// isTold has a consumer that begins say when records are gone that it has returned.
func (c *kafkaClient) isTold(config *client.ConsumerConfig) {
	last := kafkaLast{}
	c.last = last
	config.Truncated = func(_ *task.T, tp client.TopicPartition, _, _ int64) { delete(last, tp) }
}

// readsBehind looks at what the consumer at work has read.
func (c *kafkaClient) readsBehind(records []client.Record) {
	if c.last == nil {
		return
	}
	g := c.load.k.watch
	for i := range records {
		rec := &records[i]
		tp := client.TopicPartition{Topic: rec.Topic, Partition: rec.Partition}
		if before, ok := c.last[tp]; ok {
			p := g.named(tpName(tp))
			why, known := p.behind(kafkaGiven{rec.Offset, rec.LeaderEpoch}, before)
			if known {
				g.k.w.Asked(kafkaTruncations)
			}
			if why != "" {
				g.violate(kafkaTruncations, "%s %s; it was not told of any truncation", c.id, why)
			}
		}
		c.last[tp] = kafkaGiven{rec.Offset, rec.LeaderEpoch}
	}
}

// behind says why a record does not stand behind another one, "" if it does; known is false if that cannot be told. Up to a record all logs are one
// that have it, so nothing depends on when it was fetched, and from whom. What a leader has appended that led on in its epoch when it had lost
// something has the offset and the epoch of what it has lost, and no consumer can tell the two apart. Nor can a leader that has
// deleted what it had there instead; which was asked before it sent the record, so it is of the record's epoch or of a later one.
func (p *kafkaPart) behind(rec, before kafkaGiven) (why string, known bool) {
	if p.muddled || p.compacted {
		return "", false
	}
	if rec.offset <= before.offset && p.mayGoBack(before.offset+1) {
		return "", false
	}
	if rec.offset <= before.offset {
		return fmt.Sprintf("reads offset %d of %s, and was at %d", rec.offset, p.tp, before.offset+1), true
	}
	l := p.reigns[rec.epoch]
	if l == nil || l.unsure || before.offset < l.first || rec.offset >= l.end() {
		return "", false
	}
	if there := l.entries[before.offset-l.first]; there.epoch != before.epoch {
		if p.reigns.deleted(rec.epoch, before.offset) {
			return "", false
		}
		return fmt.Sprintf("reads %s at %d of %s, and has read a record of epoch %d at %d, where that log has %s",
			l.entries[rec.offset-l.first].says(), rec.offset, p.tp, before.epoch, before.offset, there.says()), true
	}
	return "", true
}

// dawdle reads on for as long as it works, and takes its time about what it has read: leaders come and go meanwhile.
func (c *kafkaClient) dawdle(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	r := c.consumer(cluster)
	c.next = map[client.TopicPartition]int64{}
	for c.working() {
		t.Sleep(time.Duration(c.draw(kafkaThink, uint64(8*c.load.think)+1)))
		c.poll(t, r)
	}
	r.Close(t)
}
