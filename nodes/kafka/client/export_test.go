package client

import (
	"orrery/nodes/task"
)

// AssignWith is Assign by a client with defects.
func AssignWith(a Assignor, members []Member, counts Counts, quirks Quirks) [][]TopicPartition {
	return a.assign(members, counts, quirks)
}

// SkipSequences makes the next batch of a partition begin with this number.
func SkipSequences(p *Producer, tp TopicPartition, next int32) {
	p.part(tp).next, p.part(tp).acked = next, next-1
}

// GroupCoordinator is coordinatorOf.
func (c *Cluster) GroupCoordinator(t *task.T, group string) (int32, error) {
	return c.coordinatorOf(t, ofGroup, group)
}

// ForgetCoordinator is forget.
func (c *Cluster) ForgetCoordinator(group string) { c.forget(ofGroup, group) }
