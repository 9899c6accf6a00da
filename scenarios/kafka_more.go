package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/group"
	"orrery/nodes/kafka/txn"
	"orrery/nodes/task"
)

// What some clients do besides reading and writing.

// operation does one thing that the history does not hold.
func (c *kafkaClient) operation(what string, do func() error) {
	l := c.load
	u := l.k.w.U
	c.begun++
	l.invoked++
	u.BeginOp()
	if u.Recording() {
		u.NoteInvoke(c.id, what)
	}
	err := do()
	if u.Recording() {
		u.NoteReturn(c.id, what+because(err))
	}
	if err == nil {
		l.ok++
	}
	u.EndOp()
}

// shuffle gives partitions another preferred leader, and has it elected.
func (c *kafkaClient) shuffle(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	for c.working() {
		c.rest(t)
		all := c.load.partitions()
		if c.load.k.internal {
			all = append(all, client.TopicPartition{Topic: group.OffsetsTopic}, client.TopicPartition{Topic: group.OffsetsTopic}, client.TopicPartition{Topic: txn.StateTopic})
		}
		c.reorder(t, cluster, all[c.draw(kafkaWhere, uint64(len(all)))])
	}
}

// reorder gives one partition another preferred leader, and has it elected.
func (c *kafkaClient) reorder(t *task.T, cluster *client.Cluster, tp client.TopicPartition) {
	to := slices.Clone(c.load.k.watch.named(tpName(tp)).replicas)
	if len(to) == 0 {
		c.begun++
		return
	}
	n := int(c.draw(kafkaMany, uint64(len(to))))
	to = append(to[n:], to[:n]...)
	c.operation(fmt.Sprintf("move %s to %v", tpName(tp), to), func() error { return cluster.Reassign(t, tp, to) })
	c.operation("elect the preferred leader of "+tpName(tp), func() error { return cluster.ElectLeader(t, tp, false) })
}

// unsettle has the coordinator of transactions elected anew, again and again: often it is the same one.
func (c *kafkaClient) unsettle(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	c.quota *= kafkaStrays
	for c.working() {
		c.rest(t)
		c.reorder(t, cluster, client.TopicPartition{Topic: txn.StateTopic})
	}
}

// trim deletes what is committed, again and again.
func (c *kafkaClient) trim(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	for c.working() {
		c.rest(t)
		all := c.load.partitions()
		tp := all[c.draw(kafkaWhere, uint64(len(all)))]
		c.load.k.watch.named(tpName(tp)).trimmed = true
		c.operation("delete the records of "+tpName(tp), func() error {
			_, err := cluster.DeleteRecords(t, tp, -1)
			return err
		})
	}
}

// kafkaTally is a group without members, which says its offsets itself.
const kafkaTally = "tally"

// tally commits one offset in a transaction, and a larger one beside it before that has ended: which counts the order of the two records
// says, not that of their ends.
func (c *kafkaClient) tally(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	r := client.NewConsumer(cluster, client.ConsumerConfig{Group: kafkaTally})
	c.inPairs(t, cluster, "commit %d in a transaction, and %d beside it", func(u *kafkaUser, o client.Offset) error { return c.tallied(t, u, r, o) })
	r.Close(t)
}

// inPairs counts on for as long as it works: what commits an offset and the one behind it, in a transaction or with one.
func (c *kafkaClient) inPairs(t *task.T, cluster *client.Cluster, says string, commit func(*kafkaUser, client.Offset) error) {
	id := kafkaTally + "-" + string(c.id)
	for at := int64(1); c.working(); {
		u, err := c.begins(t, cluster, id)
		for c.begun++; err == nil && c.working(); at += 2 {
			c.rest(t)
			o := client.Offset{TopicPartition: c.load.partitions()[0], Offset: at, LeaderEpoch: -1}
			c.operation(fmt.Sprintf(says, at, at+1), func() error { err = commit(u, o); return err })
		}
		u.p.Close(t)
	}
}

// tallied is one transaction of tally.
func (c *kafkaClient) tallied(t *task.T, u *kafkaUser, r *client.Consumer, o client.Offset) error {
	if err := u.begin(t); err != nil {
		return err
	}
	if err := u.p.SendOffsets(t, []client.Offset{o}, client.GroupMetadata{Group: kafkaTally, Generation: -1}); err != nil {
		return errors.Join(err, u.p.Abort(t))
	}
	beside := o
	beside.Offset++
	if outcome, _ := r.Commit(t, beside); outcome == client.Acknowledged {
		c.load.k.watch.kept(c.id, kafkaTally, []client.Offset{beside})
	}
	_, err := u.commit(t, kafkaTally+"-"+string(c.id))
	return err
}

// kafkaEnds is the property of the ends of partitions that a client is told (KIP-207).
const kafkaEnds = "ends-never-go-back"

// ask asks where a partition ends. It never ends before what this client was told, or has read, earlier.
func (c *kafkaClient) ask(t *task.T, cluster *client.Cluster) {
	l := c.load
	all := l.partitions()
	tp := all[c.draw(kafkaWhere, uint64(len(all)))]
	if c.ended == nil {
		c.ended = map[client.TopicPartition]int64{}
	}
	var end int64
	c.operation("where does "+tpName(tp)+" end", func() (err error) {
		end, err = cluster.OffsetAt(t, tp, client.Latest, false)
		if err != nil {
			return err
		}
		p := l.k.watch.named(tpName(tp))
		if p.lossy || p.muddled {
			return nil
		}
		l.k.w.Asked(kafkaEnds)
		if end < c.ended[tp] {
			l.k.watch.violate(kafkaEnds, "%s is told that %s ends at %d, and knows that it has ended at %d", c.id, tpName(tp), end, c.ended[tp])
		}
		c.ended[tp] = end
		return nil
	})
}

// rack is where a client stands, if brokers stand in racks.
func (c *kafkaClient) rack() string {
	if !c.load.k.racks {
		return ""
	}
	return fmt.Sprintf("r%d", 1+c.draw(kafkaRack, uint64(len(c.load.k.brokers))))
}

// patience is how long clients wait that would wait for so long.
func (k *kafkaWorld) patience(d time.Duration) time.Duration {
	if k.impatient {
		return d / 6
	}
	return d
}

// lasts is the time-out that a client asks for its transactions. One takes about ten round trips of clients and replicas, one behind the other. On
// slow links that may be three seconds, and then the coordinator aborts each of them; so the fresh client after the heal, who is to be served, asks for more.
func (c *kafkaClient) lasts() time.Duration {
	if c.load.k.slowest > 0 && c == c.load.probe {
		return 10 * time.Second
	}
	return time.Second
}

// advance is a member that commits in transactions where it has got to. Now and then it leaves the group while that is under way.
func (c *kafkaClient) advance(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	id := "advance-" + string(c.id)
	for c.working() {
		u, err := c.begins(t, cluster, id)
		r, left := c.join(cluster, kafkaGroup, false), false
		for c.begun++; err == nil && !left && c.working(); {
			c.rest(t)
			c.pollGroup(t, r)
			if at := r.Positions(); len(at) > 0 {
				c.processed(kafkaGroup)
				left = c.draw(kafkaStays, 2) == 0
				c.operation(fmt.Sprintf("commit %v in a transaction, and leave meanwhile: %v", at, left), func() error { err = c.advanced(t, u, r, at, left); return err })
			}
		}
		u.p.Close(t)
		c.reader = nil
		r.Close(t)
	}
}

// advanced is one transaction of advance.
func (c *kafkaClient) advanced(t *task.T, u *kafkaUser, r *client.Consumer, at []client.Offset, leaves bool) error {
	if err := u.begin(t); err != nil {
		return err
	}
	u.member = r.GroupMetadata()
	if leaves {
		after := time.Duration(c.draw(kafkaHow, 100)) * time.Millisecond
		c.reader = nil
		t.Go("leave", func(t *task.T) {
			t.Sleep(after)
			r.Close(t)
		})
	}
	if err := u.p.SendOffsets(t, at, u.member); err != nil {
		return errors.Join(err, u.p.Abort(t))
	}
	_, err := u.commit(t, "advance-"+string(c.id))
	return err
}
