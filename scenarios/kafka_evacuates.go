package scenarios

import (
	"fmt"
	"slices"
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/client"
	"orrery/nodes/task"
	"orrery/sim"
)

// Partitions that are moved away from a broker that is gone, when their leaders have just taken it back into the ISR.

const (
	kafkaGoneFor = 3 * time.Second        // so long at most a broker is gone before it is noticed by who moves partitions
	kafkaKnown   = 300 * time.Millisecond // after so long the controller knows of a broker that is gone or back
	kafkaDrips   = 100 * time.Millisecond // between a record and the next one
	kafkaAwaited = 4 * time.Second        // so long somebody waits for a broker to go, or to come back
	kafkaCutOff  = "cut off, and from ZooKeeper for longer"
)

// evacuates has partitions moved away from brokers that are gone. Leaders of the time did not ask whether who fetches is registered (KAFKA-14140): so one
// that ZooKeeper has lost may come into an ISR, and a high watermark waits for it.
func (k *kafkaWorld) evacuates() {
	k.works = append(k.works, (*kafkaClient).evacuate, (*kafkaClient).drip)
	k.copies(3)
	k.storage("clog", "delay")
	k.session = 1200 * time.Millisecond
	k.text += "replica.lag.time.max.ms=300\n"
	k.quirks.Replica.IneligibleJoins = !k.shape.bare
	k.excused = append(k.excused, kafkaJoins, kafkaLives, kafkaDue)
	k.cutsOff(1)
}

// cutsOff cuts a follower off from everybody, and a while later from ZooKeeper alone, again and again: it leaves the ISRs, for it lags, and then its
// session ends, which no leader epoch tells; and then it fetches again before it is registered.
func (k *kafkaWorld) cutsOff(n int) {
	w := k.w
	draw := func(what string, lo, hi time.Duration) time.Duration {
		return w.DrawDuration(fmt.Sprintf("%s/%d/%s", kafkaCutOff, n, what), lo, hi)
	}
	w.U.After(draw("begins", 200*time.Millisecond, time.Second), kafkaCutOff, func() {
		id, ok := k.followerAt(w.Draw(fmt.Sprintf("%s/%d/who", kafkaCutOff, n), 1<<16))
		if k.load.stopped {
			return
		}
		if !ok {
			k.cutsOff(n + 1)
			return
		}
		all := w.U.DisturbLinks(kafkaCutOff, between(id, k.brokers), sim.LinkFault{Cut: true})
		zoo := w.U.DisturbLinks(kafkaCutOff, between(id, k.ensemble), sim.LinkFault{Cut: true})
		back := k.session + draw("fetches", k.session/4, k.session)
		w.U.After(back, kafkaCutOff, all.End)
		w.U.After(back+draw("registers", time.Second, 3*time.Second), kafkaCutOff, func() {
			zoo.End()
			if !k.load.stopped {
				k.cutsOff(n + 1)
			}
		})
	})
}

// followerAt is a broker that follows in some partition, and is not the controller, when all are in sync.
func (k *kafkaWorld) followerAt(turn uint64) (nodes.ID, bool) {
	var all []nodes.ID
	for _, p := range k.watch.parts {
		if k.topic(p.tp) == nil {
			continue
		}
		if len(p.state.ISR) < len(k.brokers) || p.moving {
			return "", false
		}
		for _, b := range p.state.ISR {
			if id := k.brokerID(b); b != p.state.Leader && id != k.watch.active[k.watch.ctrl] {
				all = append(all, id)
			}
		}
	}
	if len(all) == 0 {
		return "", false
	}
	return all[turn%uint64(len(all))], true
}

// between are the links between a machine and others, in both directions.
func between(id nodes.ID, others []nodes.ID) (pairs [][2]nodes.ID) {
	for _, o := range others {
		if o != id {
			pairs = append(pairs, [2]nodes.ID{id, o}, [2]nodes.ID{o, id})
		}
	}
	return pairs
}

// evacuate waits until a broker is gone, moves partitions away from it, and back when all brokers are there. One time it does so after a while, another
// time because it sees who is gone in an ISR.
func (c *kafkaClient) evacuate(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	g := c.load.k.watch
	for c.working() {
		c.begun++
		c.until(t, func() bool { return len(g.brokers) < len(g.k.brokers) })
		t.Sleep(kafkaKnown)
		if c.draw(kafkaHow, 2) == 0 {
			c.until(t, func() bool { return slices.ContainsFunc(g.parts, g.hasGone) })
		} else {
			t.Sleep(time.Duration(c.draw(kafkaThink, uint64(kafkaGoneFor))))
		}
		for _, tp := range c.load.partitions() {
			var stay []int32
			for _, b := range g.named(tpName(tp)).replicas {
				if _, lives := g.brokers[b]; lives {
					stay = append(stay, b)
				}
			}
			c.moves(t, cluster, tp, stay)
		}
		c.until(t, func() bool { return len(g.brokers) == len(g.k.brokers) })
		t.Sleep(kafkaKnown)
		for _, tp := range c.load.partitions() {
			p := g.named(tpName(tp))
			c.moves(t, cluster, tp, append(slices.Clone(p.replicas), p.others()...))
		}
	}
}

// hasGone tells whether one is in a partition's ISR who is not registered.
func (g *kafkaWatch) hasGone(p *kafkaPart) bool {
	return g.k.topic(p.tp) != nil && slices.ContainsFunc(p.state.ISR, func(b int32) bool { return b != p.state.Leader && g.brokers[b] == 0 })
}

// moves asks for other replicas of a partition, if they are others, and enough to write to (min.insync.replicas).
func (c *kafkaClient) moves(t *task.T, cluster *client.Cluster, tp client.TopicPartition, to []int32) {
	if p := c.load.k.watch.named(tpName(tp)); len(to) > 1 && len(to) != len(p.replicas) {
		c.operation(fmt.Sprintf("move %s to %v", tpName(tp), to), func() error { return cluster.Reassign(t, tp, to) })
	}
}

// until waits until something is so, though not for ever.
func (c *kafkaClient) until(t *task.T, so func() bool) {
	for end := c.load.k.w.U.Now() + kafkaAwaited; !so() && !c.load.stopped && c.load.k.w.U.Now() < end; {
		t.Sleep(10 * time.Millisecond)
	}
}

// drip writes a record to each partition again and again, for as long as others are at work: who fetches nothing lags.
func (c *kafkaClient) drip(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	l, p := c.load, client.NewProducer(cluster, client.ProducerConfig{DeliveryTimeout: time.Second})
	for !l.stopped && slices.ContainsFunc(l.clients, func(o *kafkaClient) bool { return o != c && !o.done }) {
		t.Sleep(kafkaDrips)
		l.k.w.U.BeginOp()
		invoke := l.tick()
		var sent []kafkaSent
		for _, part := range l.partitions() {
			l.values++
			l.invoked++
			sent = append(sent, c.sends(t, p, kafkaSent{part: part, value: l.values}, invoke))
		}
		c.sent(t, sent, client.AcksAll, invoke)
		l.k.w.U.EndOp()
	}
	p.Close(t)
}
