package scenarios

import (
	"slices"

	"orrery/nodes/kafka/zk"
)

// kafkaTargets is the property of reassignments: one is complete when all of its target was in sync (KAFKA-15665).
const kafkaTargets = "moves-end-with-their-target-in-sync"

// kafkaMove is the reassignment of a partition that is under way.
type kafkaMove struct {
	target []int32 // nil: none is
	synced bool    // all of the target were in the ISR at one time
	over   bool    // and the target is the assignment now
}

// asked takes an assignment as it is stored.
func (m *kafkaMove) asked(a zk.Assignment) {
	var target []int32
	for _, b := range a.Replicas {
		if !slices.Contains(a.Removing, b) {
			target = append(target, b)
		}
	}
	switch {
	case len(a.Adding)+len(a.Removing) == 0:
		m.over = m.target != nil && slices.Equal(slices.Sorted(slices.Values(m.target)), slices.Sorted(slices.Values(target)))
		if !m.over {
			*m = kafkaMove{}
		}
	case !slices.Equal(m.target, target):
		*m = kafkaMove{target: target}
	}
}

// moves looks at a reassignment, once the state of its partition is known.
func (g *kafkaWatch) moves(p *kafkaPart) {
	m := &p.move
	if m.target == nil {
		return
	}
	m.synced = m.synced || !slices.ContainsFunc(m.target, func(b int32) bool { return !slices.Contains(p.state.ISR, b) })
	if !m.over {
		return
	}
	g.k.w.Asked(kafkaTargets)
	if !m.synced {
		g.violate(kafkaTargets, "the reassignment of %s to %v is over, and its ISR is %v; at no time were all of them in it", p.tp, m.target, p.state.ISR)
	}
	*m = kafkaMove{}
}
