package scenarios

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"orrery/checker"
	"orrery/checker/kafka"
	"orrery/nodes"
	"orrery/nodes/kafka/broker"
	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/task"
)

// kafkaLoad is the workload of a cluster: producers and consumers, and one more of each that come after the heal.
type kafkaLoad struct {
	k        *kafkaWorld
	clients  []*kafkaClient
	probe    *kafkaClient
	clock    int64
	history  []kafka.Op
	process  int64
	values   int64 // that were sent
	ok       int
	invoked  int
	attempts int64
	created  bool
	final    bool // everything was read in the end
	stopped  bool
	think    time.Duration
	burst    uint64
	// transacted are the operations of the history that are transactions, by when they were invoked.
	transacted []int64
}

func newKafkaLoad(k *kafkaWorld, s *Scenario) *kafkaLoad {
	w := k.w
	l := &kafkaLoad{k: k}
	ops, clients := w.Options.Ops, w.Options.Clients
	if ops == 0 {
		ops = s.Ops
	}
	if clients == 0 {
		clients = len(k.works)
	}
	l.think = []time.Duration{100 * time.Millisecond, 20 * time.Millisecond, 250 * time.Millisecond}[w.Draw("think", 3)]
	l.burst = []uint64{1, 3, 5}[w.Draw("records at once", 3)]
	for i := range clients {
		quota := ops / clients
		if i < ops%clients {
			quota++
		}
		l.add(fmt.Sprintf("c%d", i+1), quota, k.works[i%len(k.works)])
	}
	return l
}

func (l *kafkaLoad) add(name string, quota int, work kafkaWork) *kafkaClient {
	c := &kafkaClient{load: l, id: nodes.ID(name), quota: quota, stream: "workload/" + name}
	l.process++
	c.process = l.process
	l.clients = append(l.clients, c)
	l.k.w.AddClient(c.id, func() nodes.Node {
		return task.New(broker.Codec(), func(t *task.T) {
			cluster := client.New(c.config())
			work(c, t, cluster)
			cluster.Close(t)
			c.done = true
		})
	})
	return c
}

// config is how a client goes about it.
func (c *kafkaClient) config() client.Config {
	ms, k := time.Millisecond, c.load.k
	return client.Config{Rack: c.rack(), Bootstrap: k.bootstrap(), ClientID: string(c.id), RequestTimeout: k.patience(900 * ms), DialTimeout: 400 * ms, RetryBackoff: 20 * ms,
		ReconnectBackoff: 10 * ms, ReconnectBackoffMax: 200 * ms, APITimeout: 3 * time.Second, MetadataMaxAge: 2 * time.Second, Quirks: k.clients}
}

// Done implements trial.Workload.
func (l *kafkaLoad) Done() bool {
	for _, c := range l.clients {
		if c != l.probe && !c.done {
			return false
		}
	}
	return true
}

// Stop implements trial.Workload.
func (l *kafkaLoad) Stop() { l.stopped = true }

// Probe implements trial.Workload: a fresh client writes to every partition, and reads everything from the beginning.
func (l *kafkaLoad) Probe([]nodes.ID) { l.probe = l.add("probe", 0, l.k.shape.finish) }

// Probed implements trial.Workload.
func (l *kafkaLoad) Probed() (bool, string) {
	return l.probe.done, "a fresh client is still " + l.probe.doing
}

// Counted implements trial.Counter.
func (l *kafkaLoad) Counted() (ok, invoked int) { return l.ok, l.invoked }

func (l *kafkaLoad) tick() int64 { l.clock++; return l.clock }

// partitions are the partitions of the workload.
func (l *kafkaLoad) partitions() (all []client.TopicPartition) {
	for _, t := range l.k.topics {
		for p := range t.partitions {
			all = append(all, client.TopicPartition{Topic: t.name, Partition: p})
		}
	}
	return all
}

// judge checks what the clients saw. Of a partition that was allowed to lose something a history says nothing.
func (l *kafkaLoad) judge() error {
	var h []kafka.Op
	for _, o := range append(l.history, l.unanswered()...) {
		kept := o
		kept.Mops = nil
		for _, m := range o.Mops {
			if p := l.k.watch.named(m.Partition); p == nil || !p.lossy && !p.trimmed {
				kept.Mops = append(kept.Mops, m)
			}
		}
		switch {
		case l.forgotten(kept):
			h = append(h, l.apart(kept)...)
		case o.F != kafka.Work || len(kept.Mops) > 0:
			h = append(h, kept)
		}
	}
	if l.k.shape.atEnd != nil {
		if err := l.k.shape.atEnd(l); err != nil {
			return err
		}
	}
	opt := l.k.shape.options
	opt.Final = l.final
	r := kafka.Check(h, opt)
	if r.Verdict != checker.Violated {
		return nil
	}
	for _, f := range r.Findings {
		if !f.Allowed {
			return &checker.InvariantError{Property: string(f.Anomaly), Detail: f.Sentence}
		}
	}
	return &checker.InvariantError{Property: "history", Detail: r.Reason}
}

// kafkaClient is a client's machine.
type kafkaClient struct {
	load    *kafkaLoad
	id      nodes.ID
	process int64 // of the history
	quota   int
	begun   int
	hasty   bool   // as a member it starts again and again
	passing bool   // as a member it is not static, though others are
	stream  string // of its draws
	done    bool
	doing   string
	reader  *client.Consumer                // of a member of a group
	given   []client.Record                 // that the application has not come back from yet
	moved   []string                        // partitions that a rebalance has moved
	next    map[client.TopicPartition]int64 // where the consumer at work reads on; nil if nobody looks at that
	ended   map[client.TopicPartition]int64 // where partitions end, as it was told
	open    []kafka.Op                      // what it has begun, and what has no answer yet
	last    kafkaLast                       // what the consumer at work has returned last; nil if nobody looks at that
}

func (c *kafkaClient) draw(what uint64, n uint64) uint64 {
	return c.load.k.w.U.Draw(c.stream, uint64(c.begun)<<8|what, n)
}

// The decisions of a client, for its draws.
const (
	kafkaThink = iota + 1
	kafkaWhere
	kafkaMany
	kafkaAnew
	kafkaHow
	kafkaWeak
	kafkaRack
	kafkaStays
)

func (c *kafkaClient) working() bool { return c.begun < c.quota && !c.load.stopped }

// rest is the pause before an operation.
func (c *kafkaClient) rest(t *task.T) {
	t.Sleep(time.Duration(c.draw(kafkaThink, uint64(2*c.load.think)+1)))
}

// ready waits until the topics are there. The first client makes them.
func (c *kafkaClient) ready(t *task.T, cluster *client.Cluster) bool {
	l := c.load
	if c == l.clients[0] {
		for _, topic := range l.k.topics {
			c.create(t, cluster, topic)
		}
		l.created = true
	}
	for !l.created && !l.stopped {
		t.Sleep(10 * time.Millisecond)
	}
	return l.created
}

func (c *kafkaClient) create(t *task.T, cluster *client.Cluster, topic kafkaTopic) {
	n := client.NewTopic{Name: topic.name, Partitions: topic.partitions, Replicas: topic.replicas, Configs: topic.settings}
	n.Configs = append(n.Configs, client.Setting{Name: "min.insync.replicas", Value: strconv.Itoa(topic.minISR)})
	if topic.unclean {
		n.Configs = append(n.Configs, client.Setting{Name: "unclean.leader.election.enable", Value: "true"})
	}
	for {
		err := cluster.CreateTopic(t, n)
		if err == nil || client.CodeOf(err) == proto.TopicAlreadyExists {
			return
		}
		t.Sleep(20 * time.Millisecond)
	}
}

// produce writes records, several at once, until it has written its quota.
func (c *kafkaClient) produce(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	c.breakGround(t, cluster)
	acks := client.AcksAll
	p := c.producer(cluster, &acks)
	for c.working() {
		c.rest(t)
		if c.begun > 0 && c.draw(kafkaAnew, 10) == 9 {
			p.Close(t)
			p = c.producer(cluster, &acks)
		}
		c.send(t, p, acks, min(1+int(c.draw(kafkaMany, c.load.burst)), c.quota-c.begun))
	}
	p.Close(t)
}

// producer makes a producer: idempotent and with acks=all, as a rule.
func (c *kafkaClient) producer(cluster *client.Cluster, acks *client.Acks) *client.Producer {
	config := client.ProducerConfig{DeliveryTimeout: 2500 * time.Millisecond, FirstSequence: c.load.k.written, Numbered: c.numbers(c.load.k.written)}
	*acks = client.AcksAll
	switch c.draw(kafkaWeak, 10) {
	case 8:
		config.Weak, config.NoRetries, config.MaxInFlight, config.Acks = true, true, 1, client.AcksAll
	case 9:
		config.Weak, config.NoRetries, config.MaxInFlight, config.Acks = true, true, 1, client.AcksLeader
		*acks = client.AcksLeader
	}
	return client.NewProducer(cluster, config)
}

// targets are how many of the partitions a producer writes to: those of the first topic alone, where the others are a pipeline's.
func (c *kafkaClient) targets(all int) int {
	if c.load.k.shape.options.Uncommitted {
		return all
	}
	return int(c.load.k.topics[0].partitions)
}

// kafkaSent is a record on its way.
type kafkaSent struct {
	part  client.TopicPartition
	value int64
	sent  *client.Sent
}

// send writes some records to one of the partitions, and waits for what becomes of them.
func (c *kafkaClient) send(t *task.T, p *client.Producer, acks client.Acks, n int) {
	all := c.load.partitions()
	c.sendTo(t, p, all[c.draw(kafkaWhere, uint64(c.targets(len(all))))], acks, n)
}

// sendTo writes some records to a partition, and waits for what becomes of them.
func (c *kafkaClient) sendTo(t *task.T, p *client.Producer, part client.TopicPartition, acks client.Acks, n int) {
	l := c.load
	u := l.k.w.U
	u.BeginOp()
	invoke := l.tick()
	var sent []kafkaSent
	for range n {
		l.values++
		c.begun++
		l.invoked++
		s := kafkaSent{part: part, value: l.values}
		if u.Recording() {
			u.NoteInvoke(c.id, fmt.Sprintf("send %d to %s-%d", s.value, part.Topic, part.Partition))
		}
		sent = append(sent, c.sends(t, p, s, invoke))
	}
	c.sent(t, sent, acks, invoke)
	u.EndOp()
}

// sent waits for records, and puts them into the history: those that are acknowledged as one operation, others each as one that a
// process of its own has begun.
func (c *kafkaClient) sent(t *task.T, sent []kafkaSent, acks client.Acks, invoke int64) {
	l := c.load
	u := l.k.w.U
	done := kafka.Op{Process: c.process, F: kafka.Work, Status: checker.OK, Invoke: invoke}
	for _, s := range sent {
		r := s.sent.Wait(t)
		mop := kafka.Send(tpName(s.part), s.value, r.Offset)
		if u.Recording() {
			u.NoteReturn(c.id, fmt.Sprintf("send %d: %s at %d%s", s.value, r.Outcome, r.Offset, because(r.Err)))
		}
		switch {
		case r.Outcome == client.Acknowledged && acks == client.AcksAll:
			l.ok++
			done.Mops = append(done.Mops, mop)
			l.k.watch.acked(s.part, s.value, r.Offset)
			continue
		case r.Outcome == client.Acknowledged: // by the leader alone, who may lose it
			l.ok++
		}
		mop.Offset = kafka.NoOffset
		l.process++
		o := kafka.Op{Process: l.process, F: kafka.Work, Status: checker.Maybe, Mops: []kafka.Mop{mop}, Invoke: invoke, Return: checker.Never}
		if r.Outcome == client.Failed {
			o.Status, o.Return = checker.Fail, l.tick()
		}
		l.history = append(l.history, o)
		c.answered(s)
	}
	if len(done.Mops) > 0 {
		done.Return = l.tick()
		l.history = append(l.history, done)
	}
	c.open = c.open[:0]
}

func because(err error) string {
	if err == nil {
		return ""
	}
	return ", " + err.Error()
}

func tpName(p client.TopicPartition) string {
	return log.TopicPartition{Topic: p.Topic, Partition: p.Partition}.String()
}

// consume reads some of the partitions. Now and then it begins anew, as another process.
func (c *kafkaClient) consume(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	r := c.consumer(cluster)
	c.next = map[client.TopicPartition]int64{}
	for c.working() {
		c.rest(t)
		if c.begun > 0 && c.draw(kafkaAnew, 8) == 7 {
			r.Close(t)
			c.load.process++
			c.process = c.load.process
			r = c.consumer(cluster)
			clear(c.next)
		}
		c.poll(t, r)
		if l := c.load; l.k.asks {
			c.ask(t, cluster)
		}
	}
	r.Close(t)
}

// consumer assigns a consumer some partitions, of which there is at least one.
func (c *kafkaClient) consumer(cluster *client.Cluster) *client.Consumer {
	config := client.ConsumerConfig{MaxWait: 50 * time.Millisecond, MaxRecords: 1 + int(c.draw(kafkaMany, 20))}
	if c.load.k.morsels {
		config.MaxBytes, config.MaxPartitionBytes = 1, 1
	}
	c.isTold(&config)
	r := client.NewConsumer(cluster, config)
	all := c.load.partitions()
	first := c.draw(kafkaWhere, uint64(len(all)))
	parts := all[first : first+1]
	if c.draw(kafkaHow, 2) == 0 {
		parts = all
	}
	_ = r.Assign(parts...)
	o := kafka.Op{Process: c.process, F: kafka.Assign, Status: checker.OK, Invoke: c.load.tick()}
	for _, p := range parts {
		o.Keys = append(o.Keys, tpName(p))
	}
	o.Return = c.load.tick()
	c.load.history = append(c.load.history, o)
	return r
}

// poll reads once.
func (c *kafkaClient) poll(t *task.T, r *client.Consumer) int {
	l := c.load
	u := l.k.w.U
	u.BeginOp()
	defer u.EndOp()
	if u.Recording() {
		u.NoteInvoke(c.id, "poll")
	}
	o := kafka.Op{Process: c.process, F: kafka.Work, Status: checker.OK, Invoke: l.tick()}
	records, err := r.Poll(t, 200*time.Millisecond)
	c.begun++
	l.invoked++
	if u.Recording() {
		u.NoteReturn(c.id, "poll: "+kafkaPolled(records)+because(err))
	}
	if err == nil || errors.Is(err, client.ErrTimeout) {
		l.ok++
	}
	c.readsOn(records)
	c.readsBehind(records)
	o.Mops = c.polled(records)
	o.Return = l.tick()
	if len(o.Mops) > 0 {
		l.history = append(l.history, o)
	}
	return len(records)
}

// polled makes the micro-operations of what a poll returned: one for each run of records of a partition.
func (c *kafkaClient) polled(records []client.Record) (mops []kafka.Mop) {
	l, id := c.load, c.id
	for _, rec := range records {
		v, err := strconv.ParseInt(string(rec.Value), 10, 64)
		if err != nil {
			v = -1
		}
		tp := client.TopicPartition{Topic: rec.Topic, Partition: rec.Partition}
		l.k.watch.read(id, tp, rec.Offset, v)
		c.knows(tp, rec.Offset+1)
		if string(rec.Value) == kafkaLate {
			continue
		}
		name := tpName(tp)
		if n := len(mops); n == 0 || mops[n-1].Partition != name {
			mops = append(mops, kafka.Poll(name))
		}
		m := &mops[len(mops)-1]
		m.Records = append(m.Records, kafka.Record{Offset: rec.Offset, Value: v})
	}
	return mops
}

// knows notes that a partition has ended no earlier.
func (c *kafkaClient) knows(tp client.TopicPartition, end int64) {
	if c.ended != nil {
		c.ended[tp] = max(c.ended[tp], end)
	}
}

// finish is what the fresh client does after the heal.
func (c *kafkaClient) finish(t *task.T, cluster *client.Cluster) {
	l := c.load
	all := l.partitions()
	p := client.NewProducer(cluster, client.ProducerConfig{DeliveryTimeout: 20 * time.Second})
	for _, part := range all {
		for {
			c.doing = "writing to " + tpName(part)
			invoke := l.tick()
			l.values++
			l.invoked++
			s := c.sends(t, p, kafkaSent{part: part, value: l.values}, invoke)
			before := l.ok
			if c.sent(t, []kafkaSent{s}, client.AcksAll, invoke); l.ok > before {
				break
			}
		}
	}
	p.Close(t)
	c.readAll(t, cluster, all, c.ends(t, cluster, all, false))
}

// readAll reads everything from the beginning.
func (c *kafkaClient) readAll(t *task.T, cluster *client.Cluster, all []client.TopicPartition, ends map[client.TopicPartition]int64) {
	r := client.NewConsumer(cluster, client.ConsumerConfig{MaxWait: 50 * time.Millisecond, ReadCommitted: !c.load.k.shape.options.Uncommitted})
	_ = r.Assign(all...)
	for _, part := range all {
		for {
			c.doing = "reading " + tpName(part)
			if at, ok := r.Position(part); ok && at >= ends[part] {
				break
			}
			c.poll(t, r)
		}
	}
	r.Close(t)
	c.load.final = true
}

// acked: what was acknowledged with acks=all is committed.
func (g *kafkaWatch) acked(tp client.TopicPartition, value, offset int64) {
	p := g.byTP[log.TopicPartition{Topic: tp.Topic, Partition: tp.Partition}]
	if p.lossy {
		return
	}
	g.k.w.Asked(kafkaAcked)
	if offset < 0 || offset >= int64(len(p.committed)) || p.committed[offset].value != value {
		g.violate(kafkaAcked, "%d is acknowledged at %d of %s, where %s", value, offset, p.tp, p.says(offset))
	}
}

// says is what was committed at an offset.
func (p *kafkaPart) says(offset int64) string {
	if offset < 0 || offset >= int64(len(p.committed)) {
		return fmt.Sprintf("nothing was committed: that ends at %d", len(p.committed))
	}
	return p.committed[offset].says() + " was committed"
}

// read: what a consumer reads is committed.
func (g *kafkaWatch) read(id nodes.ID, tp client.TopicPartition, offset, value int64) {
	p := g.byTP[log.TopicPartition{Topic: tp.Topic, Partition: tp.Partition}]
	if p.lossy {
		return
	}
	g.k.w.Asked(kafkaRead)
	if offset >= int64(len(p.committed)) || p.committed[offset].value != value {
		g.violate(kafkaRead, "%s reads %d at %d of %s, where %s", id, value, offset, p.tp, p.says(offset))
	}
}

// named is the partition of a name in the history.
func (g *kafkaWatch) named(name string) *kafkaPart {
	for _, p := range g.parts {
		if p.tp.String() == name {
			return p
		}
	}
	return nil
}

// kafkaPolled is what a poll returned, in words.
func kafkaPolled(records []client.Record) string {
	if len(records) == 0 {
		return "nothing"
	}
	text := ""
	for i, r := range records {
		if i == 6 {
			return fmt.Sprintf("%s and %d more", text, len(records)-i)
		}
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%s at %s-%d:%d", r.Value, r.Topic, r.Partition, r.Offset)
	}
	return text
}
