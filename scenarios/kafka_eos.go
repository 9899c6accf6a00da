package scenarios

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"orrery/checker"
	"orrery/checker/kafka"
	"orrery/nodes/kafka/client"
	"orrery/nodes/task"
)

// KafkaExactlyOnce is a pipeline: what it consumes of one topic it writes to another, and its offsets with that in one transaction.
func KafkaExactlyOnce() *Scenario { return kafkaScenario(kafkaExactlyOnceShape()) }

func kafkaExactlyOnceShape() *kafkaShape {
	return &kafkaShape{
		name:    "kafka-eos",
		about:   "consume, transform, produce on Kafka: each record has one result, whoever fails (KIP-98, KIP-447)",
		parts:   []string{"txn", "log", "client", "broker"},
		topics:  (*kafkaWorld).drawPipeline,
		works:   []kafkaWork{(*kafkaClient).produceInput, (*kafkaClient).pipe, (*kafkaClient).pipe, (*kafkaClient).readResults},
		finish:  (*kafkaClient).drain,
		options: kafka.Options{},
		atEnd: func(l *kafkaLoad) error {
			if l.probe == nil || !l.probe.done {
				return nil
			}
			return l.k.watch.resultsComplete()
		},
	}
}

// pipelineID is the transactional id of a worker.
func (c *kafkaClient) pipelineID() string { return "pipe-" + string(c.id) }

const (
	kafkaPipeline = "pipeline"
	// kafkaAttempt is the distance of the numbers that results of one record have: each attempt has another one.
	kafkaAttempt = 1_000_000
)

func (k *kafkaWorld) drawPipeline() {
	w := k.w
	replicas := int16(min(3, len(k.brokers)))
	k.topics = []kafkaTopic{{name: "orders", partitions: 1 + int32(w.Draw("partitions", 3)), replicas: replicas, minISR: min(2, len(k.brokers))},
		{name: "bills", partitions: 1 + int32(w.Draw("partitions 1", 2)), replicas: replicas, minISR: min(2, len(k.brokers))}}
}

// produceInput writes what the pipeline consumes.
func (c *kafkaClient) produceInput(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	c.breakGround(t, cluster)
	p := client.NewProducer(cluster, client.ProducerConfig{DeliveryTimeout: 2500 * time.Millisecond, FirstSequence: c.load.k.written, Numbered: c.numbers(c.load.k.written)})
	for c.working() {
		c.rest(t)
		c.send(t, p, client.AcksAll, min(1+int(c.draw(kafkaMany, c.load.burst)), c.quota-c.begun))
	}
	p.Close(t)
}

// pipe consumes, transforms and produces. What goes wrong in a transaction aborts it, and the worker begins anew where the group has
// committed.
func (c *kafkaClient) pipe(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	for c.working() {
		_ = c.pipeline(t, cluster, c.working, nil)
		c.rest(t)
	}
}

// pipeline runs one incarnation of a worker until it fails, or until on is false.
func (c *kafkaClient) pipeline(t *task.T, cluster *client.Cluster, on func() bool, done func(*client.Consumer) bool) error {
	u, err := c.begins(t, cluster, c.pipelineID())
	defer u.p.Close(t)
	if err != nil {
		c.begun++
		return err
	}
	r := c.join(cluster, kafkaPipeline, true)
	defer r.Close(t)
	for on() {
		c.rest(t)
		records := c.pollGroup(t, r)
		if done != nil && done(r) {
			return nil
		}
		if len(records) == 0 {
			continue
		}
		if err := c.transform(t, u, r, records); err != nil {
			return err
		}
		if c.draw(kafkaAnew, 10) == 9 {
			return errKafkaOver
		}
	}
	return nil
}

// transform is one transaction.
func (c *kafkaClient) transform(t *task.T, u *kafkaUser, r *client.Consumer, records []client.Record) error {
	l := c.load
	x := l.k.w.U
	x.BeginOp()
	defer x.EndOp()
	l.invoked++
	o := kafka.Op{Process: c.process + 1_000_000, F: kafka.Work, Status: checker.Maybe, Invoke: l.tick(), Return: checker.Never}
	l.transacted = append(l.transacted, o.Invoke)
	if x.Recording() {
		x.NoteInvoke(c.id, "transform "+kafkaPolled(records))
	}
	status, err := c.transaction(t, u, r, records, &o)
	if x.Recording() {
		x.NoteReturn(c.id, fmt.Sprintf("transform: %s%s", status, because(err)))
	}
	if o.Status = status; status != checker.Maybe {
		o.Return = l.tick()
	}
	if status == checker.OK {
		l.ok++
	}
	if status != checker.OK {
		for i := range o.Mops {
			o.Mops[i].Offset = kafka.NoOffset
		}
	}
	l.history = append(l.history, o)
	c.open = nil
	return err
}

func (c *kafkaClient) transaction(t *task.T, u *kafkaUser, r *client.Consumer, records []client.Record, o *kafka.Op) (checker.Status, error) {
	l, p := c.load, u.p
	if err := u.begin(t); err != nil {
		return checker.Fail, err
	}
	bills := l.k.topics[1]
	var sent []kafkaSent
	open := kafka.Op{F: kafka.Work, Invoke: o.Invoke}
	for _, rec := range records {
		in, err := strconv.ParseInt(string(rec.Value), 10, 64)
		if err != nil {
			continue
		}
		l.attempts++
		s := kafkaSent{part: client.TopicPartition{Topic: bills.name, Partition: int32(in) % bills.partitions}, value: l.attempts*kafkaAttempt + in}
		open.Mops = append(open.Mops, kafka.Send(tpName(s.part), s.value, kafka.NoOffset))
		c.open = []kafka.Op{open}
		s.sent = p.SendTo(t, client.Record{Topic: bills.name, Partition: s.part.Partition, Value: strconv.AppendInt(nil, s.value, 10)})
		sent = append(sent, s)
	}
	for _, s := range sent {
		res := s.sent.Wait(t)
		mop := kafka.Send(tpName(s.part), s.value, kafka.NoOffset)
		if res.Outcome == client.Acknowledged {
			mop.Offset = res.Offset
		}
		o.Mops = append(o.Mops, mop)
	}
	at := r.Positions()
	if err := p.SendOffsets(t, at, r.GroupMetadata()); err != nil {
		return c.abort(t, p, err)
	}
	if c.draw(kafkaWeak, 8) == 7 {
		return c.abort(t, p, nil)
	}
	outcome, err := u.commit(t, c.pipelineID())
	switch {
	case outcome == client.Acknowledged:
		return checker.OK, nil
	case outcome == client.Failed && errors.Is(err, client.ErrAbort):
		return c.abort(t, p, err)
	case outcome == client.Failed:
		return checker.Fail, err
	}
	return checker.Maybe, err
}

// abort gives a transaction up. Whether it was aborted by this request or a later one, it is not committed any more.
func (c *kafkaClient) abort(t *task.T, p *client.Producer, why error) (checker.Status, error) {
	if err := p.Abort(t); err != nil {
		return checker.Fail, errors.Join(why, err)
	}
	return checker.Fail, errors.Join(why, errKafkaOver)
}

// readResults reads committed results, without a group.
func (c *kafkaClient) readResults(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	r := client.NewConsumer(cluster, client.ConsumerConfig{ReadCommitted: true, MaxWait: 50 * time.Millisecond, MaxRecords: 1 + int(c.draw(kafkaMany, 20))})
	bills := c.load.k.topics[1]
	var parts []client.TopicPartition
	o := kafka.Op{Process: c.process, F: kafka.Assign, Status: checker.OK, Invoke: c.load.tick()}
	for p := range bills.partitions {
		parts = append(parts, client.TopicPartition{Topic: bills.name, Partition: p})
		o.Keys = append(o.Keys, tpName(parts[p]))
	}
	_ = r.Assign(parts...)
	o.Return = c.load.tick()
	c.load.history = append(c.load.history, o)
	for c.working() {
		c.rest(t)
		c.poll(t, r)
	}
	r.Close(t)
}

// drain is the fresh client after the heal: it works off what is left of the input, and reads all that is committed.
func (c *kafkaClient) drain(t *task.T, cluster *client.Cluster) {
	l := c.load
	if l.k.watch.anyLossy() { // a transaction may be open for ever: see whole
		return
	}
	all := l.partitions()
	orders := all[:l.k.topics[0].partitions]
	ends := c.ends(t, cluster, orders, false)
	drained := func(r *client.Consumer) bool {
		c.doing = fmt.Sprintf("draining: it owns %v", r.Assignment())
		if len(r.Assignment()) < len(orders) {
			return false
		}
		at, err := r.Committed(t, orders...)
		if err != nil {
			return false
		}
		for i, p := range orders {
			if at[i].Offset < ends[p] && ends[p] > 0 {
				return false
			}
		}
		return true
	}
	for {
		c.doing = "getting a producer id"
		if l.k.watch.anyLossy() || c.pipeline(t, cluster, func() bool { return !l.k.watch.anyLossy() }, drained) == nil {
			break
		}
	}
	for l.k.watch.undecided() && !l.k.watch.anyLossy() { // who was told that a transaction is committed may be ahead of its markers
		t.Sleep(20 * time.Millisecond)
	}
	c.load.process++
	c.process = c.load.process
	c.readAll(t, cluster, all, c.ends(t, cluster, all, true))
}
