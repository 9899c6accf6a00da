package scenarios

import (
	"math"

	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/record"
)

// kafkaNumbers is S14 where the numbers come from. Brokers refuse what breaks it, until the record that they refuse is too old and is given up.
const kafkaNumbers = "producers-number-without-gaps" // from 0 in each epoch (KIP-98), also where the producer was idle when that was bumped (KIP-360)

// kafkaNumbered is what a producer's batches for a partition were numbered last.
type kafkaNumbered struct {
	any   bool
	id    int64
	epoch int16
	next  int32
}

// numbers holds the numbers of one producer, which begins with first, against the rule.
func (c *kafkaClient) numbers(first int32) func(client.TopicPartition, int64, int16, int32, int32) {
	g := c.load.k.watch
	last := map[client.TopicPartition]kafkaNumbered{}
	return func(tp client.TopicPartition, id int64, epoch int16, sequence, records int32) {
		was, want := last[tp], int32(0)
		switch {
		case !was.any:
			want = first
		case was.id == id && was.epoch == epoch:
			want = was.next
		}
		g.k.w.Asked(kafkaNumbers)
		if sequence != want {
			g.violate(kafkaNumbers, "%s gives a batch of producer %d (epoch %d) for %s number %d, and %d is due", c.id, id, epoch, tpName(tp), sequence, want)
		}
		last[tp] = kafkaNumbered{true, id, epoch, record.AddSequence(sequence, records)}
	}
}

// drawWritten draws how much producers have written already, as it were: nearly all that there are numbers for.
func (k *kafkaWorld) drawWritten() {
	k.written = math.MaxInt32 - int32(k.w.Draw("numbers to the largest", 6))
}
