package scenarios

import (
	"slices"

	"orrery/nodes/kafka/replica"
)

// The rules of what is written into a partition's state, and of who is to know of it.
const (
	kafkaOutcome = "isr-changes-have-an-outcome"  // and the leader learns it (KAFKA-2729, KAFKA-12686, KAFKA-12751)
	kafkaLeaving = "who-shuts-down-leads-no-more" // and is no candidate where it has led (KIP-841)
)

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

// leaves looks at an election of a controller that lets brokers go which shut down in order: who has led and is let go does not stay in the ISR
// unless nobody else is in it, or it would be elected again when it is gone; and who is let go is not elected.
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
