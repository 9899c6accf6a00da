// Package solution is the reference solution of lesson 21.
package solution

import (
	"orrery/lessons/21-high-watermark-loses"
	"orrery/lessons/partition"
)

// New makes what decides where a follower cuts its log.
func New() hwloses.Cutter { return cutter{} }

type cutter struct{}

// Cut cuts nothing before the leader was asked: if there is no leader to ask, all that is there stays, and may be what the next leader begins
// with. By the answer it keeps what both have of the epoch that the leader names.
func (cutter) Cut(log partition.Log, hw int64, leader *partition.EpochEnd) (to int64, ask bool) {
	if leader == nil {
		return 0, true
	}
	epoch, end := log.EndOffsetFor(leader.Epoch)
	if epoch != leader.Epoch {
		return end, leader.End >= 0 && end >= 0
	}
	return min(end, leader.End), false
}
