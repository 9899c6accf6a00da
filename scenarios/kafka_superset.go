package scenarios

import (
	"slices"

	"orrery/nodes/kafka/replica"
	"orrery/nodes/kafka/replica/isr"
)

// kafkaCounted is what an answer to "whom does the leader count on" depends on.
type kafkaCounted struct {
	mzxid   int64
	version int32
	pending int
}

// superset: a leader that has not been deposed counts on everybody who may lead next (S6, ReplicationQuorumSuperset of Vanlightly's model): who is in
// the stored ISR is in its own, or in the one that it has proposed; and where it has proposed none the two are one.
func (g *kafkaWatch) superset(p *kafkaPart, r *kafkaReplica, now replica.Glance) {
	if !now.Leading || p.state.Leader != r.broker || p.state.LeaderEpoch != now.Epoch || p.muddled {
		return
	}
	seen := kafkaCounted{p.mzxid, now.Version, len(now.Pending)}
	if r.counted == seen {
		return
	}
	r.counted = seen
	g.k.w.Asked(kafkaMaximal)
	counted := now.Lead.Maximal(isr.Quirks{})
	for _, b := range p.state.ISR {
		if !slices.Contains(counted, b) {
			g.violate(kafkaMaximal, "broker %d is in the ISR %v of %s, and its leader %s counts on %v", b, p.state.ISR, p.tp, r.id, counted)
			return
		}
	}
	if len(now.Pending) == 0 && len(counted) != len(p.state.ISR) {
		g.violate(kafkaMaximal, "%s leads %s with the ISR %v and proposes nothing, and %v is stored", r.id, p.tp, counted, p.state.ISR)
	}
}
