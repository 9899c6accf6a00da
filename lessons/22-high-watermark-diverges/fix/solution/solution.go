// Package solution is the reference solution of lesson 22.
package solution

import (
	"orrery/lessons/22-high-watermark-diverges"
	"orrery/lessons/partition"
)

// New makes what decides where a follower cuts its log.
func New() diverges.Cutter { return cutter{} }

type cutter struct{}

// Cut keeps no more of an epoch than both have of it. If the leader names an epoch that this log does not have, the largest below it is what
// both may share, and the leader must be asked for that one.
func (cutter) Cut(log partition.Log, leader partition.EpochEnd) (to int64, again bool) {
	epoch, end := log.EndOffsetFor(leader.Epoch)
	if epoch != leader.Epoch {
		return end, leader.End >= 0 && end >= 0
	}
	return min(end, leader.End), false
}
