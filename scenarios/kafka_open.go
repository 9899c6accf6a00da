package scenarios

import (
	"slices"
	"strconv"

	"orrery/checker"
	"orrery/checker/kafka"
	"orrery/nodes/kafka/client"
	"orrery/nodes/task"
)

// What a client has begun, and what has no answer when its universe ends, others may have read already: it is of the history, too.

// sends has a record of the workload on its way.
func (c *kafkaClient) sends(t *task.T, p *client.Producer, s kafkaSent, invoke int64) kafkaSent {
	c.open = append(c.open, kafka.Op{F: kafka.Work, Mops: []kafka.Mop{kafka.Send(tpName(s.part), s.value, kafka.NoOffset)}, Invoke: invoke})
	s.sent = p.SendTo(t, client.Record{Topic: s.part.Topic, Partition: s.part.Partition, Value: strconv.AppendInt(nil, s.value, 10)})
	return s
}

// answered notes that a record of sends is in the history.
func (c *kafkaClient) answered(s kafkaSent) {
	c.open = slices.DeleteFunc(c.open, func(o kafka.Op) bool { return o.Mops[0].Partition == tpName(s.part) && o.Mops[0].Value == s.value })
}

// unanswered are the operations that have no answer, each as one of a process of its own.
func (l *kafkaLoad) unanswered() (ops []kafka.Op) {
	for _, c := range l.clients {
		for _, o := range c.open {
			l.process++
			o.Process, o.Status, o.Return = l.process, checker.Maybe, checker.Never
			ops = append(ops, o)
		}
	}
	return ops
}
