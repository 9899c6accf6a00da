package scenarios

import (
	"math"
	"time"

	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/record"
	"orrery/nodes/task"
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

// kafkaProducer is what the committed log of a partition says of a producer.
type kafkaProducer struct {
	epoch int16
	first int32 // sequence that has come in this epoch, and the last one; -1 if none has
	seq   int32
}

// sequences is S14 in a log: of each producer and epoch the numbers have no gaps, and nothing comes twice.
//
// They begin with 0, with one exception, which is Kafka's: of a producer that is new to a log a leader takes any number (KIP-360), for it may have
// forgotten it. So a batch that is sent second comes first where the leader has changed in between, and the first one was refused by a broker that leads no
// more; ahead of it nothing is verified that would hold it back (KAFKA-14920). From then on the first one is out of order, until it is given up. KAFKA-14312 and
// KAFKA-19880 tell of that; KAFKA-15591 (4.5) rules it out in a log that has never held a record, and KAFKA-18202 (4.2) where each transaction
// has an epoch of its own, which clients must take part in. What is promised besides: nobody is told that the first one was written, which is
// for other rules to see, and a transaction that it belongs to is not committed.
func (g *kafkaWatch) sequences(p *kafkaPart, at int64, e kafkaEntry) {
	was, known := p.producers[e.pid]
	now := was
	if !known || was.epoch != e.pepoch {
		now = kafkaProducer{e.pepoch, -1, -1}
	}
	switch {
	case !e.control && e.seq >= 0:
		g.k.w.Asked(kafkaSequence)
		if !now.takes(e.seq, !known && at > 0) {
			g.violate(kafkaSequence, "at %d of %s comes sequence %d of producer %d (epoch %d) behind %d", at, p.tp, e.seq, e.pid, e.pepoch, now.seq)
		}
		if now.seq = e.seq; now.first < 0 {
			now.first = e.seq
		}
	case e.commit && now.first > 0 && !p.remade && g.k.written == 0:
		g.violate(kafkaSequence, "at %d of %s a transaction of producer %d (epoch %d) is committed, whose sequences begin with %d", at, p.tp, e.pid, e.pepoch, now.first)
	}
	p.producers[e.pid] = now
}

// takes tells whether a number may come next; any may if it is the first of a producer that may have been forgotten.
func (c kafkaProducer) takes(seq int32, forgotten bool) bool {
	if c.seq < 0 {
		return seq == 0 || forgotten
	}
	return seq == record.AddSequence(c.seq, 1)
}

// drawWritten draws how much producers have written already, as it were: nearly all that there are numbers for.
func (k *kafkaWorld) drawWritten() {
	k.written = math.MaxInt32 - int32(k.w.Draw("numbers to the largest", 6))
}

// breakGround writes a record to each partition where producers have written much already, as it were: a log that has never held one takes no first
// number but 0 (KAFKA-15591).
func (c *kafkaClient) breakGround(t *task.T, cluster *client.Cluster) {
	if c.load.k.written == 0 {
		return
	}
	p := client.NewProducer(cluster, client.ProducerConfig{DeliveryTimeout: 2500 * time.Millisecond, Numbered: c.numbers(0)})
	all := c.load.partitions()
	for _, part := range all[:c.targets(len(all))] {
		c.sendTo(t, p, part, client.AcksAll, 1)
	}
	p.Close(t)
}
