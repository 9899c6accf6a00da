package scenarios

import (
	"fmt"
	"slices"

	"orrery/nodes/kafka/zk"
	"orrery/nodes/zab"
)

// kafkaState is a partition's state as it is stored in ZooKeeper.
type kafkaState = zk.PartitionState

// stored looks at what the ensemble has committed, as a server has it that serves.
func (g *kafkaWatch) stored(s *zab.Server) {
	if z, ok := s.Znode("/controller_epoch"); ok && z.Stat.Mzxid != g.ctrlAt {
		g.controllerEpoch(z.Data, z.Stat.Mzxid)
	}
	for i := range g.k.brokers {
		g.registered(s, int32(i+1))
	}
	for _, p := range g.parts {
		reassigned := g.assigned(s, p)
		z, ok := s.Znode(p.path)
		switch {
		case !ok:
			p.known = false
			p.state.ISR = nil
		case z.Stat.Czxid != p.czxid:
			if p.czxid != 0 {
				p.begin()
			}
			p.czxid, p.known = z.Stat.Czxid, true
			g.state(s, p, z.Data, z.Stat.Mzxid, z.Stat.Version)
		case z.Stat.Mzxid != p.mzxid:
			g.state(s, p, z.Data, z.Stat.Mzxid, z.Stat.Version)
		case reassigned:
			g.within(p)
		}
		g.moves(p)
	}
}

// controllerEpoch: it rises.
func (g *kafkaWatch) controllerEpoch(data []byte, mzxid int64) {
	v, err := zk.Decode(zk.KindControllerEpoch, 0, data)
	if err != nil {
		g.violate(kafkaMonotonic, "/controller_epoch holds %q: %v", data, err)
		return
	}
	epoch := int32(v.(zk.ControllerEpoch))
	g.k.w.Asked(kafkaMonotonic)
	if epoch < g.ctrl {
		g.violate(kafkaMonotonic, "the controller epoch falls from %d to %d", g.ctrl, epoch)
	}
	g.ctrl, g.ctrlAt = epoch, mzxid
}

// registered looks at who is registered. A broker whose registration is a new one is not counted on for what it had before.
func (g *kafkaWatch) registered(s *zab.Server, n int32) {
	z, ok := s.Znode(g.ids[n-1])
	if !ok {
		delete(g.brokers, n)
		return
	}
	if z.Stat.Czxid < g.highest[n] {
		g.violate(kafkaMonotonic, "the epoch of broker %d falls from %d to %d", n, g.highest[n], z.Stat.Czxid)
	}
	if g.brokers[n] != z.Stat.Czxid {
		g.brokers[n], g.highest[n] = z.Stat.Czxid, z.Stat.Czxid
	}
}

// state takes a partition's new state.
func (g *kafkaWatch) state(s *zab.Server, p *kafkaPart, data []byte, mzxid int64, version int32) {
	v, err := zk.Decode(zk.KindPartition, 0, data)
	if err != nil {
		g.violate(kafkaMonotonic, "the state of %s is %q: %v", p.tp, data, err)
		return
	}
	was, now := p.state, v.(kafkaState)
	first := p.mzxid < p.czxid
	p.state, p.mzxid, p.version = now, mzxid, version
	w := g.k.w
	w.Asked(kafkaMonotonic)
	w.Asked(kafkaGuard)
	if !first && (now.LeaderEpoch < was.LeaderEpoch || now.ControllerEpoch < was.ControllerEpoch) {
		g.violate(kafkaMonotonic, "the state of %s goes from leader epoch %d, controller epoch %d to %d, %d", p.tp, was.LeaderEpoch, was.ControllerEpoch, now.LeaderEpoch, now.ControllerEpoch)
	}
	if !first && now.LeaderEpoch == was.LeaderEpoch && now.Leader != was.Leader {
		g.violate(kafkaOneLeader, "the leader of %s changes from %d to %d in leader epoch %d", p.tp, was.Leader, now.Leader, now.LeaderEpoch)
	}
	if (first || now.LeaderEpoch != was.LeaderEpoch) && mzxid > g.ctrlAt && now.ControllerEpoch != g.ctrl {
		g.violate(kafkaGuard, "controller epoch %d writes the state of %s when the stored epoch is %d", now.ControllerEpoch, p.tp, g.ctrl)
	}
	if !first && now.LeaderEpoch != was.LeaderEpoch {
		g.leaves(p, was)
	}
	if !first && now.LeaderEpoch == was.LeaderEpoch {
		g.admits(p, was)
	}
	g.within(p)
	if len(now.ISR) == 0 || now.Leader >= 0 && !slices.Contains(now.ISR, now.Leader) {
		g.violate(kafkaSubset, "%s is led by %d, and its ISR is %v", p.tp, now.Leader, now.ISR)
	}
	g.elected(p, was, first)
}

// within: who is in the ISR is a replica, while a reassignment is under way and when it has ended, and whatever it was told meanwhile.
func (g *kafkaWatch) within(p *kafkaPart) {
	g.k.w.Asked(kafkaSubset)
	for _, b := range p.state.ISR {
		if !slices.Contains(p.replicas, b) {
			g.violate(kafkaSubset, "the ISR %v of %s has %d, and its replicas are %v", p.state.ISR, p.tp, b, p.replicas)
		}
	}
}

// assigned reads a partition's replicas, and tells whether they may have changed.
func (g *kafkaWatch) assigned(s *zab.Server, p *kafkaPart) bool {
	z, ok := s.Znode(p.topicPath)
	if !ok || z.Stat.Mzxid == p.assignedAt {
		return false
	}
	p.assignedAt = z.Stat.Mzxid
	v, err := zk.Decode(zk.KindTopic, 0, z.Data)
	if err != nil {
		return false
	}
	for _, a := range v.(zk.Topic).Partitions {
		if a.Partition == p.tp.Partition {
			p.move.asked(a)
			p.replicas, p.moving = a.Replicas, len(a.Adding)+len(a.Removing) > 0
		}
	}
	return true
}

// elected: who leads, and who may lead, has what was committed; unless the election was an unclean one, or of a replica that has
// lost what it had not flushed while the cluster counted on it. Until it leads, who was elected in an unclean election does what it was told
// before: it may cut its log for another leader, or remove it with a StopReplica of an earlier leader epoch that it has not worked off yet. What is
// lost is what it lacks when it begins to lead.
func (g *kafkaWatch) elected(p *kafkaPart, was kafkaState, first bool) {
	for _, r := range p.order {
		in, before := slices.Contains(p.state.ISR, r.broker), slices.Contains(was.ISR, r.broker)
		epoch, registered := g.brokers[r.broker]
		switch late := p.proposed(r.broker, r.since); {
		case !r.tainted || late:
		case !in && (!registered || epoch != r.since):
			r.tainted, r.dropped = false, true // the cluster knows; it must not come back without what it lacks
		case in && !before && registered && epoch != r.since:
			r.tainted = false
		}
	}
	if !first && p.state.Leader > 0 && p.state.LeaderEpoch != was.LeaderEpoch {
		r := p.order[p.state.Leader-1]
		t := g.k.topic(p.tp)
		unclean := !slices.Contains(was.ISR, p.state.Leader) && t != nil && t.unclean
		if p.compare(r); unclean || r.tainted && r.match < int64(len(p.committed)) {
			g.forgive(p, r)
		}
		for _, o := range p.order {
			if o != r {
				o.unclean = 0
			} else if unclean {
				o.unclean = p.state.LeaderEpoch
			}
		}
	}
	for _, r := range p.order {
		if r.log != nil {
			p.compare(r)
		}
		g.inISR(p, r)
	}
}

// forgive takes a loss that is allowed: what is gone was never committed, from now on.
func (g *kafkaWatch) forgive(p *kafkaPart, leader *kafkaReplica) {
	g.k.w.Asked(kafkaLoses)
	p.lossy = true
	if g.k.w.U.Recording() {
		g.k.w.U.Note(leader.id, fmt.Sprintf("may lead %s from offset %d on: %d committed records are lost", p.tp, leader.match, int64(len(p.committed))-leader.match))
	}
	p.committed = p.committed[:leader.match]
	p.deleted = min(p.deleted, leader.match)
	for _, r := range p.order {
		r.match, r.need = min(r.match, leader.match), min(r.need, leader.match)
		p.compare(r)
	}
}
