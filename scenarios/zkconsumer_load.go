package scenarios

import (
	"fmt"
	"slices"
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/zkconsumer"
	"orrery/nodes/task"
	zoo "orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
	"orrery/sim"
	"orrery/sim/vdisk"
)

// draw is a draw of the n-th round of a machine.
func (k *zkcWorld) draw(id nodes.ID, what string, n int, below uint64) uint64 {
	return k.w.U.Draw("workload/"+string(id)+"/"+what, uint64(n), below)
}

func (k *zkcWorld) drawDuration(id nodes.ID, what string, n int, lo, hi time.Duration) time.Duration {
	return lo + time.Duration(k.draw(id, what, n, uint64(hi-lo)+1))
}

func (k *zkcWorld) cluster() *client.Cluster {
	ms := time.Millisecond
	c := client.Config{RequestTimeout: 900 * ms, DialTimeout: 400 * ms, RetryBackoff: 20 * ms, ReconnectBackoff: 10 * ms, ReconnectBackoffMax: 200 * ms,
		APITimeout: 3 * time.Second, MetadataMaxAge: 2 * time.Second}
	for _, id := range k.brokers {
		c.Bootstrap = append(c.Bootstrap, client.Addr(string(id), kafkaPort))
	}
	return client.New(c)
}

// ensemble is how a session is opened.
func (k *zkcWorld) ensemble() zoo.Config {
	return zoo.Config{Servers: k.addresses(k.servers), Timeout: k.timeout, Stream: true}
}

// produce makes the topic, and writes records.
func (k *zkcWorld) produce(t *task.T) {
	c := k.cluster()
	for !k.created {
		err := c.CreateTopic(t, client.NewTopic{Name: zkcTopic, Partitions: k.partitions, Replicas: 3})
		names, listed := c.Topics(t, false)
		k.created = err == nil || listed == nil && slices.Contains(names, zkcTopic)
		t.Sleep(50 * time.Millisecond)
	}
	p := client.NewProducer(c, client.ProducerConfig{DeliveryTimeout: 5 * time.Second})
	for {
		if k.sent >= k.want {
			k.finished = true
			t.Sleep(50 * time.Millisecond)
			continue
		}
		part := int32(k.sent) % k.partitions
		k.sent++
		r := p.SendTo(t, client.Record{Topic: zkcTopic, Partition: part, Value: fmt.Append(nil, k.sent)}).Wait(t)
		switch {
		case r.Outcome == client.Acknowledged && r.Offset >= 0:
			k.acked++
			k.ghost.wrote(part, r.Offset)
		case r.Outcome != client.Acknowledged: // it may have been fenced, or forgotten
			p = client.NewProducer(c, client.ProducerConfig{DeliveryTimeout: 5 * time.Second})
		}
		t.Sleep(k.drawDuration(zkcProducer, "think", k.sent, 10*time.Millisecond, 100*time.Millisecond))
	}
}

// live is a machine's life: a consumer runs on it, leaves in order, and comes again after a while.
func (k *zkcWorld) live(t *task.T, m *zkcMember) {
	t.Sleep(k.drawDuration(m.id, "comes", m.done, 0, time.Second))
	for {
		c := k.cluster()
		leaders := client.NewLeaders(c)
		cfg := k.group
		cfg.ID, cfg.ZooKeeper = string(m.id), k.ensemble()
		var x *zkconsumer.Consumer
		cfg.Handle = func(msg zkconsumer.Message) { k.ghost.handed(m, x, msg) }
		x = zkconsumer.New(cfg, leaders)
		m.consumer, m.up = x, true
		t.Go("consumer", x.Run)
		until := t.Monotonic() + k.drawDuration(m.id, "up", m.done, 500*time.Millisecond, 4*time.Second)
		for t.Monotonic() < until || m.stays && (m.done >= m.rounds || k.over) {
			t.Sleep(50 * time.Millisecond)
		}
		x.Close()
		for !x.Inspect().Closed {
			t.Sleep(20 * time.Millisecond)
		}
		m.up = false
		k.ghost.gather(m)
		leaders.Close(t)
		c.Close(t)
		m.done++
		for !m.stays && m.done >= m.rounds {
			t.Sleep(task.Forever)
		}
		t.Sleep(k.drawDuration(m.id, "down", m.done, 50*time.Millisecond, 2*time.Second))
	}
}

// squat is a consumer that is stuck: its session lives on, and it gives up nothing that it holds, whoever comes.
func (k *zkcWorld) squat(t *task.T) {
	t.Sleep(k.drawDuration(zkcSquatter, "comes", 0, 0, 3*time.Second))
	s := zoo.OpenSession(t, k.ensemble())
	k.squatting = true
	until := t.Monotonic() + zkcHorizon
	path := fmt.Sprintf("%s/owners/%s/%d", zkcRoot, zkcTopic, 1+k.draw(zkcSquatter, "where", 0, uint64(k.partitions-1)))
	for t.Monotonic() < until && !k.over && !s.Client().State().Over() {
		d := s.Do(zoo.Create(path, []byte("stuck"), nil, proto.ModeEphemeral))
		if d.Err == proto.CodeOK {
			until = t.Monotonic() + k.drawDuration(zkcSquatter, "holds", 0, 3*k.timeout, 7*k.timeout)
			for t.Monotonic() < until && !k.over && !s.Client().State().Over() {
				s.Sleep(50 * time.Millisecond)
			}
			break
		}
		s.Sleep(time.Millisecond)
	}
	if !s.Client().State().Over() {
		s.Close()
	}
	k.squatting = false
	t.Sleep(task.Forever)
}

// drawTroubles draws what happens to consumers: they stand still, are killed and start again, and are cut off, from the ensemble alone
// or from everybody. All of it ends by itself.
func (k *zkcWorld) drawTroubles() {
	w, u := k.w, k.w.U
	for i := range int(w.Draw("how many troubles", 6)) {
		name := func(what string) string { return fmt.Sprintf("trouble %d/%s", i, what) }
		id := k.members[w.Draw(name("who"), uint64(len(k.members)))].id
		at := w.DrawDuration(name("at"), time.Second, zkcHorizon*2/3)
		d := w.DrawDuration(name("for"), k.timeout/3, 3*k.timeout)
		switch w.Draw(name("kind"), 4) {
		case 0:
			u.After(at, name("begins"), func() {
				a := u.DisturbProcesses(fmt.Sprintf("pause(%s)", id), []nodes.ID{id}, sim.ProcessFault{Pause: true})
				u.After(d, name("ends"), a.End)
			})
		case 1:
			u.After(at, name("begins"), func() {
				u.Strike(fmt.Sprintf("kill(%s)", id), 1)
				u.Machine(id).Kill(vdisk.LoseNothing)
				u.Machine(id).Start(d / 4)
			})
		case 2:
			k.cut(name, id, k.servers, at, d)
		default:
			k.cut(name, id, slices.Concat(k.servers, k.brokers), at, d)
		}
	}
	for i := range int(w.Draw("how many kills", 3)) {
		name := func(what string) string { return fmt.Sprintf("kill %d/%s", i, what) }
		victims := slices.Concat(k.brokers, k.servers)
		id := victims[w.Draw(name("who"), uint64(len(victims)))]
		down := w.DrawDuration(name("for"), 50*time.Millisecond, k.timeout)
		u.After(w.DrawDuration(name("at"), 2*time.Second, zkcHorizon*2/3), name("begins"), func() {
			u.Strike(fmt.Sprintf("kill(%s)", id), 1)
			u.Machine(id).Kill(vdisk.LoseNothing)
			u.Machine(id).Start(down)
		})
	}
}

// cut cuts a machine off from others, both ways.
func (k *zkcWorld) cut(name func(string) string, id nodes.ID, from []nodes.ID, at, d time.Duration) {
	u := k.w.U
	var links [][2]nodes.ID
	for _, other := range from {
		links = append(links, [2]nodes.ID{other, id}, [2]nodes.ID{id, other})
	}
	u.After(at, name("begins"), func() {
		a := u.DisturbLinks(fmt.Sprintf("cut(%s)", id), links, sim.LinkFault{Cut: true})
		u.After(d, name("ends"), a.End)
	})
}

// Done implements trial.Workload.
func (k *zkcWorld) Done() bool {
	return k.finished && !slices.ContainsFunc(k.members, func(m *zkcMember) bool { return !m.up || m.done < m.rounds && !k.over })
}

// Stop implements trial.Workload: whoever is there stays, and no more records are written.
func (k *zkcWorld) Stop() {
	k.over = true
	k.want = min(k.want, k.sent)
}

// Probe implements trial.Workload: two consumers come at nearly the same time, of which one leaves; and some more records are written.
func (k *zkcWorld) Probe([]nodes.ID) {
	k.over = true
	k.finished = false
	k.want = k.sent + 2*int(k.partitions)
	for i, stays := range []bool{true, false} {
		m := &zkcMember{id: nodes.ID(fmt.Sprintf("probe%d", i+1)), stays: stays}
		if !stays {
			m.rounds = 1
		}
		k.fresh = append(k.fresh, m)
		k.addMember(m)
	}
	k.ghost.healed = k.w.U.Now()
}

// Probed implements trial.Workload.
func (k *zkcWorld) Probed() (bool, string) {
	if !k.finished {
		return false, "the producer has not ended"
	}
	for _, m := range k.all() {
		if m.stays && !m.up || !m.stays && (m.up || m.done < m.rounds) {
			return false, fmt.Sprintf("%s has not come, or not left, yet", m.id)
		}
	}
	return k.ghost.whole()
}

// Counted implements trial.Counter: records that were acknowledged.
func (k *zkcWorld) Counted() (ok, invoked int) { return k.acked, k.sent }
