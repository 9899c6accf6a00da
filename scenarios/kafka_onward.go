package scenarios

import (
	"orrery/nodes/kafka/client"
)

// kafkaOnward is what a consumer without a group is promised that does not seek: it reads on where it was, or behind what has been deleted; whichever
// replica it reads from, each of which deletes by a clock of its own (KIP-392). What a leader has deleted the next one may have again: see mayGoBack.
const kafkaOnward = "consumers-read-on"

// readsOn looks at what the consumer at work has read.
func (c *kafkaClient) readsOn(records []client.Record) {
	if c.next == nil {
		return
	}
	g := c.load.k.watch
	for _, r := range records {
		tp := client.TopicPartition{Topic: r.Topic, Partition: r.Partition}
		if p := g.named(tpName(tp)); p.lossy || p.muddled {
			continue
		}
		g.k.w.Asked(kafkaOnward)
		if p := g.named(tpName(tp)); r.Offset < c.next[tp] && !p.mayGoBack(c.next[tp]) {
			g.violate(kafkaOnward, "%s reads offset %d of %s, and was at %d", c.id, r.Offset, tpName(tp), c.next[tp])
			return
		}
		c.next[tp] = r.Offset + 1
	}
}

// mayGoBack tells whether a consumer may be set back that was at an offset. A leader shows its log start before it is durable, and before its followers have
// it (Kafka's is in the log-start-offset-checkpoint within a minute, and goes to followers with what they fetch): who asks for what lies below is out of
// range, and asks where the log begins; and the leader may have started again meanwhile, or there may be another one, with an older log start.
func (p *kafkaPart) mayGoBack(from int64) bool { return from < p.shown }
