package txn

import "slices"

// Unattended are the transactional ids of a partition of [StateTopic] whose transaction has its verdict, and of which nobody here writes the markers.
// There are none: a coordinator that has loaded the partition has a completion under way for each verdict (in the original they are
// TransactionMarkerChannelManager.transactionsWithPendingMarkers). The epoch is that in which this broker coordinates the partition; -1 if it does not, or
// has not loaded it.
func (c *Coordinator) Unattended(partition int32) (ids []string, leaderEpoch int32) {
	p := c.partitions[partition]
	if p == nil || p.loading {
		return nil, -1
	}
	for id, m := range p.ids { // lint:maporder sorted below
		if x := c.completing[id]; (m.state == PrepareCommit || m.state == PrepareAbort) && (x == nil || x.m != m) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, p.epoch
}
