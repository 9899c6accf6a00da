package scenarios

import (
	"fmt"
	"slices"

	"orrery/nodes"
)

// converged tells whether the cluster is whole: one controller, all registered; every partition has a leader, all its replicas in sync and
// with one log; and all brokers tell clients so.
func (k *kafkaWorld) converged([]nodes.ID) (bool, string) {
	controllers := 0
	for _, id := range k.brokers {
		b := k.of(id)
		switch {
		case b == nil:
			return false, fmt.Sprintf("%s is down (%v)", id, k.w.U.Machine(id).Exit())
		case !b.Serves():
			return false, fmt.Sprintf("%s does not serve", id)
		case len(b.Lives()) < len(k.brokers):
			return false, fmt.Sprintf("%s knows of the brokers %v", id, b.Lives())
		}
		if _, ok := b.Controller().Active(); ok {
			controllers++
		}
	}
	if controllers != 1 {
		return false, fmt.Sprintf("there are %d controllers", controllers)
	}
	for _, p := range k.watch.parts {
		if p.known {
			if ok, why := k.whole(p); !ok {
				return false, why
			}
		}
	}
	return true, ""
}

// whole tells whether a partition is. A transaction whose marker was lost with what may be lost stays open, for its coordinator knows
// it as ended.
func (k *kafkaWorld) whole(p *kafkaPart) (bool, string) {
	if p.moving {
		return false, fmt.Sprintf("the reassignment of %s to %v is not over", p.tp, p.replicas)
	}
	if p.state.Leader < 1 || len(p.state.ISR) != len(p.replicas) {
		return false, fmt.Sprintf("%s is led by %d, and its ISR is %v of %v", p.tp, p.state.Leader, p.state.ISR, p.replicas)
	}
	first := p.order[p.state.Leader-1]
	if !first.leading || first.epoch != p.state.LeaderEpoch {
		return false, fmt.Sprintf("%s does not know that it leads %s in leader epoch %d", first.id, p.tp, p.state.LeaderEpoch)
	}
	for _, r := range p.order {
		if s, ok := k.of(r.id).Partition(p.tp.Topic, p.tp.Partition); !ok || s.Leader != p.state.Leader || s.LeaderEpoch != p.state.LeaderEpoch {
			return false, fmt.Sprintf("%s tells clients that %d leads %s in leader epoch %d, and not %d in %d", r.id, s.Leader, p.tp, s.LeaderEpoch, p.state.Leader, p.state.LeaderEpoch)
		}
		if !slices.Contains(p.replicas, r.broker) {
			continue
		}
		end := r.copy.end
		if r.log == nil || end != first.copy.end || r.hw != end || r.lso != end && !k.watch.anyLossy() || r.leading != (r == first) {
			return false, fmt.Sprintf("%s has high watermark %d, last stable offset %d and log end %d of %s, and its leader ends at %d", r.id, r.hw, r.lso, end, p.tp, first.copy.end)
		}
	}
	return true, ""
}
