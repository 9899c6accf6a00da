package scenarios

import (
	"fmt"
	"time"

	"orrery/nodes"
	"orrery/nodes/zab"
	"orrery/sim"
)

// zkBugs are the quirks of ZooKeeper, with the seeds in which each is found.
func zkBugs() []Bug {
	var list []Bug
	for _, b := range zab.Bugs() {
		if b.Reconfigures {
			continue
		}
		list = append(list, Bug{Name: b.Name, Source: b.Source, What: b.What, Breaks: b.Breaks, Seeds: zkSeeds[b.Name]})
	}
	return list
}

// zkBugsIn are those that another scenario finds in these seeds.
func zkBugsIn(seeds map[string]string) []Bug {
	var list []Bug
	for _, b := range zab.Bugs() {
		if s, finds := seeds[b.Name]; finds {
			list = append(list, Bug{Name: b.Name, Source: b.Source, What: b.What, Breaks: b.Breaks, Seeds: s})
		}
	}
	return list
}

// quirk plants a defect into the servers, and changes nothing else.
func (z *zkWorld) quirk(name string) error {
	b, ok := zab.BugNamed(name)
	if !ok {
		return fmt.Errorf("there is no bug %q", name)
	}
	z.quirks = b.Quirks()
	return nil
}

// plant plants a defect, and sees to it that the configuration is one in which it can show: without snapshots no snapshot
// can go wrong.
func (z *zkWorld) plant(name string) error {
	b, ok := zab.BugNamed(name)
	if !ok {
		return fmt.Errorf("there is no bug %q", name)
	}
	z.quirks = b.Quirks()
	q := &z.quirks
	z.aimAt(q)
	switch {
	case q.NoRolloverGuard:
		z.each(func(c *zkConfig) { c.InitialZxid = 1<<32 - 8 })
	case q.TruncLeavesHole, q.TxnLogSyncUncommitted:
		z.each(func(c *zkConfig) {
			c.CommitLogCount, c.SnapSizePPM, c.ForceSnapshotSync = 3, 330_000, false
		})
	case q.NewLeaderBeforeSnap, q.SnapAbortKeepDB, q.SnapSendUnderLock, q.Store.SnapNoFsync:
		z.each(func(c *zkConfig) { c.ForceSnapshotSync = true })
		z.chunk = 60
	case q.ReadOnlyCommittedLog:
		z.each(func(c *zkConfig) { c.ForceSnapshotSync = false })
		z.readAlone()
	case q.SyncLimitDuringSnap:
		z.each(func(c *zkConfig) { c.ForceSnapshotSync, c.InitLimit, c.SyncLimit = true, 30, 2 })
		z.chunk = 60
		z.slowDisks(60 * time.Millisecond)
	case q.AcksOutliveTrunc:
		z.each(func(c *zkConfig) { c.ForceSnapshotSync = false })
		z.slowDisksOf(300*time.Millisecond, z.voters[0], z.voters[len(z.voters)-1]) // so that the others' acknowledgements are of what is not committed
		z.w.Families = []string{"connection"}
	case q.TruncAbortKeepDB:
		z.each(func(c *zkConfig) { c.ForceSnapshotSync = false })
		z.slowDisksOf(400*time.Millisecond, z.voters[0], z.voters[len(z.voters)-1])
		z.slowDisksOf(100*time.Millisecond, z.voters[1])
		z.w.Families = []string{"connection"}
	case q.AckNewLeaderAsyncLog:
		z.slowDisks(15 * time.Millisecond)
		z.w.Families = []string{"partition", "connection", "crash", "pause"}
	case q.Store.FsyncErrorIgnored:
		z.w.Families = []string{"disk"}
	case q.Store.TrustEmptyDB:
		z.each(func(c *zkConfig) {
			c.SnapCount, c.SnapRetain, c.PurgeInterval, c.ForceSnapshotSync = 6, 1, 100*time.Millisecond, true
		})
		z.w.Families = []string{"crash", "partition"}
		z.loseSnapshots()
	case q.Store.PurgeOneTooMany:
		z.each(func(c *zkConfig) { c.SnapCount, c.SnapRetain, c.PurgeInterval = 8, 3, 300*time.Millisecond })
		z.w.Families = []string{"crash"}
	case q.Tree.WatchModeOverwrite, q.Tree.AddWatchNoACL, q.Tree.GetACLNoCheck:
		z.guests = true
		z.w.Families = []string{"delay", "pause"}
	case q.Tree.MultiZxidEarly, q.Tree.SessionAfterZxid:
		z.each(func(c *zkConfig) { c.SnapCount = 6 })
		z.chunk = 60
		if q.Tree.MultiZxidEarly {
			z.w.Families = []string{"crash", "connection", "partition"}
		}
	case q.Tree.ReplayPzxid, q.Tree.ReplayCversion, q.Tree.CloseSessionNoPaths, q.Tree.ACLCacheFuzzy:
		z.each(func(c *zkConfig) { c.SnapCount = 6 })
		z.chunk = 60
		z.w.Families = []string{"crash", "connection", "partition"}
	}
	return nil
}

// each changes what all servers' zoo.cfg says.
func (z *zkWorld) each(change func(*zkConfig)) {
	for _, id := range z.all() {
		change(z.configs[id])
	}
}

// slowDisks lets what waits for a disk wait longer.
func (z *zkWorld) slowDisks(mean time.Duration) {
	z.w.U.Tune(func(c *sim.Config) { c.Disk.Sync.Mean = mean })
}

// slowLinks lets what is sent be longer on its way.
func (z *zkWorld) slowLinks(mean time.Duration) {
	z.w.U.Tune(func(c *sim.Config) { c.Net.Delay.Mean = mean })
}

// slowDisksOf lets what waits for the disks of some servers wait longer.
func (z *zkWorld) slowDisksOf(mean time.Duration, ids ...nodes.ID) {
	z.disturbDisks(sim.DiskFault{SlowSync: sim.Dist{Mean: mean}}, ids...)
}

// disturbDisks has some disks be bad until the clients have done their work.
func (z *zkWorld) disturbDisks(f sim.DiskFault, ids ...nodes.ID) {
	u := z.w.U
	u.After(0, "bad disks", func() {
		bad := u.DisturbDisks("bad disks", ids, f)
		z.mishaps = append(z.mishaps, bad.End)
	})
}

// endMishaps makes whole what the scenario itself has broken.
func (z *zkWorld) endMishaps() {
	for _, end := range z.mishaps {
		end()
	}
	z.mishaps = nil
}
