package scenarios

import (
	"errors"
	"fmt"
	"time"

	"orrery/checker"
	"orrery/checker/kafka"
	"orrery/nodes/kafka/client"
	"orrery/nodes/task"
)

// KafkaGroups is a group whose members come and go while brokers do.
func KafkaGroups() *Scenario { return kafkaScenario(kafkaGroupsShape()) }

func kafkaGroupsShape() *kafkaShape {
	return &kafkaShape{
		name:    "kafka-groups",
		about:   "a Kafka consumer group with churn: its members share the partitions, and what they have committed stays",
		parts:   []string{"group", "client", "broker"},
		topics:  (*kafkaWorld).drawShared,
		works:   []kafkaWork{(*kafkaClient).produce, (*kafkaClient).member, (*kafkaClient).member, (*kafkaClient).member},
		finish:  (*kafkaClient).takeOver,
		options: kafka.Options{Uncommitted: true},
	}
}

const (
	kafkaGroup = "readers"
	// kafkaPollInterval is max.poll.interval.ms of the members: a rebalance waits for so long.
	kafkaPollInterval = 2 * time.Second
)

// drawShared draws topics that a group shares.
func (k *kafkaWorld) drawShared() {
	w := k.w
	k.topics = []kafkaTopic{{name: "orders", partitions: 2 + int32(w.Draw("partitions", 3)), replicas: int16(min(3, len(k.brokers))), minISR: 1 + int(w.Draw("min.insync.replicas", 2))}}
	if w.Chance("two topics", 300_000) {
		k.topics = append(k.topics, kafkaTopic{name: "bills", partitions: 1 + int32(w.Draw("partitions 1", 2)), replicas: int16(min(2, len(k.brokers))), minISR: 1})
	}
	k.topics[0].minISR = min(k.topics[0].minISR, len(k.brokers))
}

// assignors are those of the group: the same for all of its members.
func (k *kafkaWorld) assignors() []client.Assignor {
	all := [][]client.Assignor{{client.RangeAssignor}, {client.RoundRobinAssignor}, {client.StickyAssignor}, {client.CooperativeAssignor}}
	if k.sticky {
		all = all[2:]
	}
	return all[k.w.Draw("assignor", uint64(len(all)))]
}

// member reads as a member of the group, and commits what it has read. Now and then it leaves, or is gone without a word, and another
// one comes in its place.
func (c *kafkaClient) member(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	for r := c.join(cluster, kafkaGroup, false); ; r = c.join(cluster, kafkaGroup, false) {
		for c.working() {
			c.rest(t)
			c.pollGroup(t, r)
			if c.draw(kafkaHow, 3) > 0 {
				c.commit(t, r)
			}
			if c.draw(kafkaAnew, 12) == 11 || c.hasty && c.draw(kafkaStays, 2) == 0 {
				break
			}
		}
		c.processed(kafkaGroup)
		c.reader = nil
		r.Close(t)
		if !c.working() {
			return
		}
	}
}

// join makes a member.
func (c *kafkaClient) join(cluster *client.Cluster, name string, committed bool) *client.Consumer {
	ms := time.Millisecond
	config := client.ConsumerConfig{Group: name, ReadCommitted: committed, Assignors: c.load.k.assignors(), SessionTimeout: c.load.k.session, Heartbeat: c.load.k.session / 4,
		PollInterval: kafkaPollInterval, MaxWait: 50 * ms, MaxRecords: 1 + int(c.draw(kafkaMany, 10))}
	if c.load.k.auto {
		config.AutoCommit = 100 * ms
	}
	if c.static() {
		config.Instance = string(c.id)
	}
	moved := func(_ *task.T, parts []client.TopicPartition) {
		for _, p := range parts {
			c.moved = append(c.moved, tpName(p))
		}
	}
	config.Assigned, config.Revoked, config.Lost = moved, moved, moved
	config.GivenUp = c.load.k.watch.groups.late.givesUp
	r := client.NewConsumer(cluster, config)
	c.load.process++
	c.process = c.load.process
	var names []string
	o := kafka.Op{Process: c.process, F: kafka.Subscribe, Status: checker.OK, Invoke: c.load.tick()}
	for _, topic := range c.load.k.topics {
		if name == kafkaGroup || topic.name == "orders" {
			names = append(names, topic.name)
			for p := range topic.partitions {
				o.Keys = append(o.Keys, tpName(client.TopicPartition{Topic: topic.name, Partition: p}))
			}
		}
	}
	_ = r.Subscribe(names...)
	c.reader, c.given = r, nil
	o.Return = c.load.tick()
	c.load.history = append(c.load.history, o)
	return r
}

// static tells that the client is a static member.
func (c *kafkaClient) static() bool { return c.load.k.static && !c.passing }

// pollGroup reads once as a member.
func (c *kafkaClient) pollGroup(t *task.T, r *client.Consumer) []client.Record {
	l := c.load
	u := l.k.w.U
	u.BeginOp()
	defer u.EndOp()
	c.moved = nil
	c.processed(r.GroupMetadata().Group)
	o := kafka.Op{Process: c.process, F: kafka.Work, Status: checker.OK, Invoke: l.tick()}
	records, err := r.Poll(t, 200*time.Millisecond)
	c.given = append(c.given, records...)
	c.begun++
	l.invoked++
	meta := r.GroupMetadata()
	if u.Recording() {
		u.NoteInvoke(c.id, "poll as a member")
		u.NoteReturn(c.id, fmt.Sprintf("poll: %s, of %v in generation %d%s", kafkaPolled(records), r.Assignment(), meta.Generation, because(err)))
	}
	if err == nil {
		l.ok++
	}
	if err == nil && meta.Member != "" {
		member := string(c.id) + " as " + meta.Member
		if c.static() { // who comes back under the same name takes what he had
			member = string(c.id)
		}
		l.k.watch.owns(member, meta, r.Assignment())
		c.apart(r)
	}
	o.Mops, o.Rebalanced, o.Return = c.polled(records), c.moved, l.tick()
	if len(o.Mops) > 0 {
		l.history = append(l.history, o)
	}
	return records
}

// commit commits where a member has got to.
func (c *kafkaClient) commit(t *task.T, r *client.Consumer) bool {
	l := c.load
	u := l.k.w.U
	at := r.Positions()
	if len(at) == 0 {
		return false
	}
	u.BeginOp()
	defer u.EndOp()
	l.invoked++
	if u.Recording() {
		u.NoteInvoke(c.id, fmt.Sprintf("commit %v", at))
	}
	c.processed(r.GroupMetadata().Group)
	stranger := c.stranger(r.GroupMetadata())
	outcome, err := r.Commit(t, at...)
	if u.Recording() {
		u.NoteReturn(c.id, fmt.Sprintf("commit: %s%s", outcome, because(err)))
	}
	if outcome == client.Acknowledged {
		l.ok++
		l.k.watch.kept(c.id, r.GroupMetadata().Group, at)
		l.k.w.Asked(kafkaMembers)
		if _, reign := l.k.coordinator(kafkaGroup); stranger != "" && reign == stranger {
			l.k.watch.violate(kafkaMembers, "%s commits %v, and its coordinator knew before that it was no member any more", c.id, at)
		}
		return true
	}
	return false
}

// takeOver is the fresh client after the heal: it becomes the only member, reads to the end and commits; then it reads all once more. It need not begin
// where offsets of a transaction hang that nobody will end.
func (c *kafkaClient) takeOver(t *task.T, cluster *client.Cluster) {
	l := c.load
	all := l.partitions()
	ends := c.ends(t, cluster, all, false)
	r := c.join(cluster, kafkaGroup, false)
	for {
		c.doing = fmt.Sprintf("taking the group over: it owns %v of %v", r.Assignment(), all)
		c.pollGroup(t, r)
		if len(r.Assignment()) < len(all) {
			continue
		}
		if l.k.watch.hangs() {
			break
		}
		there := true
		for _, p := range all {
			at, ok := r.Position(p)
			there = there && ok && at >= ends[p]
		}
		if there && c.commit(t, r) {
			break
		}
	}
	r.Close(t)
	c.load.process++
	c.process = c.load.process
	c.finish(t, cluster)
}

// ends are the ends of partitions, asked for until they are told.
func (c *kafkaClient) ends(t *task.T, cluster *client.Cluster, all []client.TopicPartition, committed bool) map[client.TopicPartition]int64 {
	c.doing = "looking for the ends of the partitions"
	ends := map[client.TopicPartition]int64{}
	for _, part := range all {
		for {
			end, err := cluster.OffsetAt(t, part, client.Latest, committed)
			if err == nil {
				ends[part] = end
				break
			}
			t.Sleep(20 * time.Millisecond)
		}
	}
	return ends
}

var errKafkaOver = errors.New("the workload is over")
