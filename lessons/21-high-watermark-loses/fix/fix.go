// Package fix is where the learner begins. As it stands, it is wrong.
package fix

import (
	"orrery/lessons/21-high-watermark-loses"
	"orrery/lessons/partition"
)

// New makes what decides where a follower cuts its log.
func New() hwloses.Cutter { return cutter{} }

type cutter struct{}

// Cut returns the offset to which the log is cut, or says that the leader must be asked first.
func (cutter) Cut(log partition.Log, hw int64, leader *partition.EpochEnd) (to int64, ask bool) {
	// Your lines here: what is above hw may be committed or not. Who knows?
	return hw, false
}
