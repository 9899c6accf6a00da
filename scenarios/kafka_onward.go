package scenarios

import (
	"orrery/nodes/kafka/client"
)

// kafkaOnward is what a consumer without a group is promised that does not seek: it reads on where it was, or behind what has been deleted; whichever
// replica it reads from, each of which deletes by a clock of its own (KIP-392).
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
		if r.Offset < c.next[tp] {
			g.violate(kafkaOnward, "%s reads offset %d of %s, and was at %d", c.id, r.Offset, tpName(tp), c.next[tp])
			return
		}
		c.next[tp] = r.Offset + 1
	}
}
