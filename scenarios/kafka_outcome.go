package scenarios

import (
	"slices"

	"orrery/nodes/kafka/replica"
	"orrery/nodes/kafka/replica/isr"
)

// The rules of what is written into a partition's state, and of who is to know of it.
const (
	kafkaOutcome = "isr-changes-have-an-outcome"  // and the leader learns it (KAFKA-2729, KAFKA-12686, KAFKA-12751)
	kafkaLives   = "who-joins-is-who-has-fetched" // and not what has come back in its place (KIP-903)
	kafkaLeaving = "who-shuts-down-leads-no-more" // and is no candidate where it has led (KIP-841)
)

// kafkaProposal is a broker that a leader has proposed for the ISR, and does not know yet what became of it; with the broker's epoch at
// that time. ZooKeeper cannot write a state on condition that a broker is still the one that it was (what KIP-903 needs KRaft for), so
// a write that is late may yet take in who has lost its log since.
type kafkaProposal struct {
	broker int32
	epoch  int64
	life   int64 // broker epoch under which it fetched what it is proposed for; -1 if it told none
}

// outcome looks at a change of the ISR that a leader has proposed, in one leader epoch. While it is in flight there is someone who will say what
// became of it. If the leader gives it up it knows the version that is stored, or every later change fails too: who is to leave is asked for
// nothing that could have kept it from leaving but that version. (Who is to join may have gone.)
func (g *kafkaWatch) outcome(p *kafkaPart, r *kafkaReplica, now replica.Glance, was *kafkaNear) {
	switch {
	case slices.Contains(g.k.excused, kafkaOutcome):
	case len(now.Pending) > 0:
		g.k.w.Asked(kafkaOutcome)
		if !now.Awaited {
			g.violate(kafkaOutcome, "%s has proposed the ISR %v of %s at version %d, and waits for nobody's word of what became of it", r.id, now.Pending, p.tp, now.Version)
		}
	case len(was.pending) == 0 || now.Version != was.version || !p.known:
	case p.version > now.Version && !slices.ContainsFunc(was.pending, func(b int32) bool { return !slices.Contains(was.isr, b) }):
		g.violate(kafkaOutcome, "%s gives up the ISR %v of %s that it has proposed at version %d; the stored version is %d, and it has not looked", r.id, was.pending, p.tp, now.Version, p.version)
	}
}

// leaves looks at an election while the controller takes from a broker that shuts down in order what it leads: it does not stay in the ISR unless
// nobody else is in it, or it would be a candidate when it is gone; and it is not elected. (An election for another reason, of the preferred
// leader, leaves the ISR as it is: the broker asks to be let go until it leads nothing.)
func (g *kafkaWatch) leaves(p *kafkaPart, was kafkaState) {
	id, ok := g.active[p.state.ControllerEpoch]
	if !ok || p.state.Leader == was.Leader {
		return
	}
	b := g.k.of(id)
	if b == nil {
		return
	}
	c := b.Controller()
	if epoch, active := c.Active(); !active || epoch != p.state.ControllerEpoch {
		return
	}
	g.k.w.Asked(kafkaLeaving)
	switch {
	case c.LetsGo(was.Leader) && len(p.state.ISR) > 1 && slices.Contains(p.state.ISR, was.Leader):
		g.violate(kafkaLeaving, "%s, the controller, lets broker %d go, which has led %s, and writes the ISR %v", id, was.Leader, p.tp, p.state.ISR)
	case c.LetsGo(p.state.Leader):
		g.violate(kafkaLeaving, "%s, the controller, lets broker %d go and elects it to lead %s", id, p.state.Leader, p.tp)
	}
}

// admits looks at a state that a leader has written: whom it takes in is registered under the broker epoch under which it has fetched. ZooKeeper
// writes no state on that condition, but the registration is looked for once the change is proposed: so who had been gone before that is
// not taken in. Of several servers one may look at the past.
func (g *kafkaWatch) admits(p *kafkaPart, was kafkaState) {
	if p.state.Leader < 1 || len(g.k.ensemble) > 1 {
		return
	}
	r := p.order[p.state.Leader-1]
	for _, o := range r.proposed {
		if o.life < 0 || !slices.Contains(p.state.ISR, o.broker) || slices.Contains(was.ISR, o.broker) {
			continue
		}
		g.k.w.Asked(kafkaLives)
		if now := g.brokers[o.broker]; o.epoch != o.life && now != o.life {
			g.violate(kafkaLives, "%s takes broker %d into the ISR of %s for a fetch under broker epoch %d; when it proposed that, the broker was registered under %d, and is now under %d",
				r.id, o.broker, p.tp, o.life, o.epoch, now)
		}
	}
}

// proposes notes whom a leader is about to take into the ISR.
func (g *kafkaWatch) proposes(r *kafkaReplica, now replica.Glance) {
	r.proposed = slices.DeleteFunc(r.proposed, func(o kafkaProposal) bool { return !slices.Contains(now.Pending, o.broker) })
	for _, b := range now.Pending {
		if !slices.Contains(now.ISR, b) && !slices.ContainsFunc(r.proposed, func(o kafkaProposal) bool { return o.broker == b }) {
			life := int64(isr.Unknown)
			if m := now.Lead.Remote(b); m != nil {
				life = m.Epoch
			}
			r.proposed = append(r.proposed, kafkaProposal{b, g.brokers[b], life})
		}
	}
}

// proposed tells whether some leader has proposed a broker as it was under an epoch.
func (p *kafkaPart) proposed(broker int32, epoch int64) bool {
	return slices.ContainsFunc(p.order, func(r *kafkaReplica) bool {
		return slices.ContainsFunc(r.proposed, func(o kafkaProposal) bool { return o.broker == broker && o.epoch == epoch })
	})
}
