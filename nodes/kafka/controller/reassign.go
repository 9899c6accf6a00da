package controller

import (
	"errors"
	"slices"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/zk"
)

// onReassignment takes a reassignment as far as it goes (onPartitionReassignment). OAR are the replicas of before, RAR those of the target:
//
//	A  until all of RAR are in the ISR: the replicas are OAR + RAR, under a new leader epoch that all of them are told; the new ones start
//	B  then: one of RAR leads, the replicas are RAR alone, the others leave the ISR and are deleted
//
// What is asked for is held against the assignment of the moment at which it begins: another one may have ended since it was asked.
type onReassignment struct {
	tp      log.TopicPartition
	target  []int32 // RAR; nil takes the reassignment back
	goesOn  bool    // with the one that is under way, if any is; target says nothing
	listed  bool    // it is in /admin/reassign_partitions
	bad     *complaint
	phase   int
	was     zk.Assignment // before this began, or before B
	removed []int32
	giving  *giveUp
}

const (
	reassignBegin = iota
	reassignGivenUp
	reassignWrite
	reassignWrote
	reassignLook
	reassignLooked
	reassignStarted
	reassignLed
	reassignRemove
	reassignFinalWrite
	reassignFinalWrote
	reassignClear
	reassignEnd
)

func (r *onReassignment) step(c *Controller, t *thread, env nodes.Env) bool {
	results := t.results
	t.results = nil
	p := c.ctx.find(r.tp)
	switch {
	case anyFenced(results):
		return c.fenced(env)
	case p == nil || c.blocked(r.tp) && !r.goesOn && r.phase == reassignBegin:
		return true
	}
	switch r.phase {
	case reassignBegin:
		return r.begin(c, t, env, p)
	case reassignGivenUp:
		return r.gaveUp(c, t, env, p)
	case reassignWrite:
		r.phase = reassignWrote
		return t.ask(c, env, zk.Op{Verb: zk.Set, Key: zk.TopicKey(r.tp.Topic), Value: c.ctx.assignment(r.tp.Topic), Version: -1})
	case reassignWrote:
		switch err := results[0].Err; {
		case err == nil:
			r.phase, p.unwritten = reassignLook, nil
		case uncertain(err):
			r.phase = reassignWrite // it is not known what the record is now: it is written once more
		default:
			return true // the topic is gone
		}
		return t.call(&nothing{})
	case reassignLook:
		r.phase = reassignLooked
		return t.ask(c, env, zk.Op{Verb: zk.Get, Key: zk.PartitionKey(r.tp), Watch: true})
	case reassignLooked:
		return r.looked(c, t, env, p, results)
	case reassignLed:
		return r.led(t, p)
	case reassignRemove:
		r.phase = reassignFinalWrite
		return t.call(&dropReplicas{tp: r.tp, brokers: r.removed})
	case reassignFinalWrite, reassignFinalWrote, reassignClear, reassignEnd:
		return r.finish(c, t, env, p, results)
	}
	return true
}

// begin takes the new assignment as the one that counts. The replicas that an earlier target would have had leave the ISR first: so the
// record never names fewer replicas than the ISR (Kafka writes the record first).
func (r *onReassignment) begin(c *Controller, t *thread, env nodes.Env, p *partition) bool {
	to := p.assigned
	if !r.goesOn {
		if to, r.bad = c.reassignment(r.tp, r.target); r.bad != nil {
			return r.refuse(t)
		}
	} else if !p.reassigns {
		return true // it has ended, or was taken back
	}
	if equalAssignment(p.assigned, to) {
		p.reassigns = true
		r.phase = reassignLook
		return t.call(&nothing{})
	}
	r.removed = without(p.assigned.Replicas, to.Replicas)
	r.was, p.assigned = p.assigned, to
	p.unwritten = without(to.Replicas, r.was.Replicas)
	r.phase = reassignGivenUp
	nodes.Sometimes(env, len(r.removed) > 0, "controller: a reassignment is given another target, or cancelled")
	if r.giving = nil; len(r.removed) > 0 && p.known {
		r.giving = &giveUp{tp: r.tp, gone: r.removed, stay: to.Replicas}
		return t.call(r.giving)
	}
	return t.call(&nothing{})
}

// gaveUp goes on behind a giveUp that a new target has called for.
func (r *onReassignment) gaveUp(c *Controller, t *thread, env nodes.Env, p *partition) bool {
	if r.giving != nil && r.giving.refused {
		p.assigned, p.unwritten = r.was, nil
		r.bad = &complaint{proto.InvalidReplicaAssignment, "of the replicas that would stay none is in sync and available"}
		return r.refuse(t)
	}
	if nodes.Noting(env) {
		nodes.Note(env, "reassigns "+r.tp.String()+": "+describeAssignment(p.assigned))
	}
	p.reassigns = true
	r.phase = reassignWrite
	return t.call(&dropReplicas{tp: r.tp, brokers: r.removed})
}

// refuse ends what cannot be done, and takes it from the list of those that are asked to move.
func (r *onReassignment) refuse(t *thread) bool {
	if !r.listed {
		return true
	}
	r.phase = reassignClear
	return t.call(&readReassignments{})
}

// readReassignments reads the list of those that are asked to move, for whoever has called.
type readReassignments struct{ asked bool }

func (r *readReassignments) step(c *Controller, t *thread, env nodes.Env) bool {
	if r.asked {
		return true
	}
	r.asked = true
	return t.ask(c, env, zk.Op{Verb: zk.Get, Key: zk.Key{Kind: zk.KindReassign}})
}

// looked decides by the ISR how far the reassignment has come.
func (r *onReassignment) looked(c *Controller, t *thread, env nodes.Env, p *partition, results []zk.Result) bool {
	s, ok := results[0].Value.(zk.PartitionState)
	if results[0].Err != nil || !ok {
		return true
	}
	p.state, p.version, p.known = s, results[0].Version, true
	want := target(p.assigned)
	if c.cfg.Quirks.CompletesBeforeISR {
		want = only(p.assigned.Adding, want)
	}
	if subset(want, s.ISR) {
		for _, b := range target(p.assigned) {
			p.enter(b, OnlineReplica)
		}
		return r.complete(c, t, p, want)
	}
	nodes.Sometimes(env, len(c.ctx.live(p, true)) < len(p.assigned.Replicas), "controller: a reassignment waits for a broker that is down")
	r.phase = reassignStarted
	var fresh []placed
	for _, b := range p.assigned.Adding {
		if rep := p.replica(b); rep == nil || rep.phase == NonExistentReplica {
			fresh = append(fresh, placed{r.tp, b})
		}
	}
	t.call(&replicaChange{to: NewReplica, replicas: fresh})
	return t.call(&raiseEpoch{tp: r.tp, to: slices.Clone(p.assigned.Replicas), online: c.ctx.live(p, true)})
}

// complete has one of the target lead, without those who are no longer replicas in the ISR; in any case under a new leader epoch, so that
// these are told apart.
func (r *onReassignment) complete(c *Controller, t *thread, p *partition, want []int32) bool {
	r.was, r.removed, r.giving = p.assigned, slices.Clone(p.assigned.Removing), nil
	p.assigned = zk.Assignment{Partition: r.tp.Partition, Replicas: target(p.assigned)}
	r.phase = reassignLed
	if len(r.removed) == 0 && c.ctx.online(p, p.state.Leader, false) {
		return t.call(&raiseEpoch{tp: r.tp, to: slices.Clone(p.assigned.Replicas), online: c.ctx.live(p, true)})
	}
	gone := r.removed
	if c.cfg.Quirks.RemovedStaysInISR {
		gone = slices.DeleteFunc(slices.Clone(gone), func(b int32) bool { return c.ctx.broker(b) == nil })
		r.removed = gone
	}
	r.giving = &giveUp{tp: r.tp, gone: gone, stay: p.assigned.Replicas, need: want}
	return t.call(r.giving)
}

// led goes on when one of the target leads. If none could, the reassignment is still under way: the next change of the state, or of
// who lives, takes it up.
func (r *onReassignment) led(t *thread, p *partition) bool {
	if r.giving != nil && r.giving.refused {
		p.assigned = r.was
		return true
	}
	r.phase = reassignRemove
	return t.call(&nothing{})
}

// finish writes the target as the assignment, takes the partition from the list of those that are asked to move, and tells everybody.
func (r *onReassignment) finish(c *Controller, t *thread, env nodes.Env, p *partition, results []zk.Result) bool {
	list := zk.Key{Kind: zk.KindReassign}
	switch r.phase {
	case reassignFinalWrite:
		r.phase = reassignFinalWrote
		return t.ask(c, env, zk.Op{Verb: zk.Set, Key: zk.TopicKey(r.tp.Topic), Value: c.ctx.assignment(r.tp.Topic), Version: -1})
	case reassignFinalWrote:
		if uncertain(results[0].Err) {
			r.phase = reassignFinalWrite
			return t.call(&nothing{})
		}
		p.reassigns = false
		r.phase = reassignClear
		return t.call(&readReassignments{})
	case reassignClear:
		r.phase = reassignEnd
		asked, ok := results[0].Value.(zk.Reassignments)
		left := slices.DeleteFunc(slices.Clone(asked), func(a zk.Reassignment) bool { return a.Partition == r.tp })
		switch {
		case !ok || len(left) == len(asked):
			return t.call(&nothing{})
		case len(left) == 0:
			return t.ask(c, env, zk.Op{Verb: zk.Delete, Key: list, Version: results[0].Version})
		}
		return t.ask(c, env, zk.Op{Verb: zk.Set, Key: list, Value: left, Version: results[0].Version})
	}
	if len(results) == 1 && uncertain(results[0].Err) && !errors.Is(results[0].Err, zk.ErrNoNode) {
		r.phase = reassignClear
		return t.call(&readReassignments{})
	}
	if r.bad != nil {
		return true
	}
	if nodes.Noting(env) {
		nodes.Note(env, "has reassigned "+r.tp.String()+": "+describeAssignment(p.assigned))
	}
	nodes.Reachable(env, "controller: a reassignment is complete")
	c.tellBrokers(c.ctx.ids(), []log.TopicPartition{r.tp})
	c.sendBatch(env)
	if c.blocked(r.tp) {
		c.resumeDeletionOn(p.assigned.Replicas)
		t.enqueue(&resumeDeletions{})
	}
	return true
}

// dropReplicas takes replicas of a partition away for good: out of the ISR, stopped, deleted, forgotten.
type dropReplicas struct {
	tp      log.TopicPartition
	brokers []int32
	phase   int
}

func (d *dropReplicas) step(c *Controller, t *thread, _ nodes.Env) bool {
	var list []placed
	for _, b := range d.brokers {
		list = append(list, placed{d.tp, b})
	}
	phases := []ReplicaPhase{OfflineReplica, DeletionStarted, DeletionSuccessful, NonExistentReplica}
	if d.phase == len(phases) || len(list) == 0 {
		return true
	}
	d.phase++
	return t.call(&replicaChange{to: phases[d.phase-1], replicas: list})
}

// raiseEpoch raises a partition's leader epoch with everything else as it is (updateLeaderEpochAndSendRequest), and tells its replicas.
type raiseEpoch struct {
	tp     log.TopicPartition
	to     []int32 // the replicas
	online []int32
	asked  *zk.PartitionState
	read   bool
}

func (r *raiseEpoch) step(c *Controller, t *thread, env nodes.Env) bool {
	results := t.results
	t.results = nil
	switch {
	case anyFenced(results):
		return c.fenced(env)
	case r.asked != nil && results[0].Err == nil:
		r.raised(c, env, *r.asked, results[0].Version)
		c.sendBatch(env)
		return true
	case r.asked != nil && !uncertain(results[0].Err):
		return true
	case r.read && r.asked == nil:
		s, ok := results[0].Value.(zk.PartitionState)
		if !ok || results[0].Err != nil || s.ControllerEpoch > c.epoch {
			return true
		}
		s.LeaderEpoch, s.ControllerEpoch = s.LeaderEpoch+1, c.epoch
		r.asked = &s
		return t.ask(c, env, zk.Op{Verb: zk.Set, Key: zk.PartitionKey(r.tp), Value: s, Version: results[0].Version})
	}
	r.asked, r.read = nil, true
	return t.ask(c, env, zk.Op{Verb: zk.Get, Key: zk.PartitionKey(r.tp)})
}

func (r *raiseEpoch) raised(c *Controller, env nodes.Env, s zk.PartitionState, version int32) {
	p := c.ctx.find(r.tp)
	was := p.state
	p.state, p.version = s, version
	c.note(env, r.tp, s)
	if c.cfg.Quirks.StaleEpochInContext {
		p.state = was // and so UpdateMetadata tells the old one
		c.tellLead(only(r.to, r.online), r.tp, false, &s)
		return
	}
	c.tellLead(only(r.to, r.online), r.tp, false, nil)
}

// reassignedISRChange looks how far a reassignment is, when the partition's state has changed.
type reassignedISRChange struct{ tp log.TopicPartition }

func (r *reassignedISRChange) step(c *Controller, t *thread, _ nodes.Env) bool {
	if p := c.ctx.find(r.tp); p != nil && p.reassigns {
		t.enqueue(&progress{tp: r.tp})
	}
	return true
}

// progress completes a reassignment whose target is in sync; else it leaves another watch.
type progress struct {
	tp    log.TopicPartition
	asked bool
}

func (r *progress) step(c *Controller, t *thread, env nodes.Env) bool {
	p := c.ctx.find(r.tp)
	switch {
	case p == nil || !p.reassigns:
		return true
	case !r.asked:
		r.asked = true
		return t.ask(c, env, zk.Op{Verb: zk.Get, Key: zk.PartitionKey(r.tp), Watch: true})
	}
	s, ok := t.results[0].Value.(zk.PartitionState)
	want := target(p.assigned)
	if c.cfg.Quirks.CompletesBeforeISR {
		want = only(p.assigned.Adding, want)
	}
	if ok && t.results[0].Err == nil && subset(want, s.ISR) {
		t.enqueue(&onReassignment{tp: r.tp, goesOn: true})
	}
	return true
}

// zkReassignment takes up what is asked for in /admin/reassign_partitions.
type zkReassignment struct {
	phase int
	bad   []log.TopicPartition
}

func (z *zkReassignment) step(c *Controller, t *thread, env nodes.Env) bool {
	z.phase++
	list := zk.Key{Kind: zk.KindReassign}
	switch z.phase {
	case 1:
		return t.ask(c, env, zk.Op{Verb: zk.Get, Key: list, Watch: true})
	case 2:
		asked, ok := t.results[0].Value.(zk.Reassignments)
		if !ok || t.results[0].Err != nil {
			return true
		}
		var left zk.Reassignments
		for _, a := range asked {
			p := c.ctx.find(a.Partition)
			if p == nil || c.blocked(a.Partition) || validReplicas(a.Replicas) != nil ||
				slices.Equal(target(p.assigned), a.Replicas) && !p.reassigns || !subset(without(a.Replicas, p.assigned.Replicas), c.ctx.ids()) {
				continue
			}
			left = append(left, a)
			if to := reassign(p.assigned, a.Replicas); !equalAssignment(to, p.assigned) || !p.reassigns {
				t.enqueue(&onReassignment{tp: a.Partition, target: slices.Clone(a.Replicas), listed: true})
			}
		}
		switch {
		case len(left) == len(asked) && len(asked) > 0:
			return true
		case len(left) == 0:
			return t.ask(c, env, zk.Op{Verb: zk.Delete, Key: list, Version: t.results[0].Version})
		}
		return t.ask(c, env, zk.Op{Verb: zk.Set, Key: list, Value: left, Version: t.results[0].Version})
	}
	return anyFenced(t.results) && c.fenced(env) || true
}
