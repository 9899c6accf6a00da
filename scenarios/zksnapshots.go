package scenarios

import (
	"fmt"
	"strings"
	"time"

	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/nodes/zab"
	"orrery/sim"
	"orrery/sim/vdisk"
)

// ZooKeeperSnapshots is an ensemble with a large tree whose learners fall so far behind that only a snapshot helps. It takes long to send, to
// load and to save, clients write meanwhile, and both ends crash in the middle.
func ZooKeeperSnapshots() *Scenario {
	return &Scenario{
		Name:     "zookeeper-snapshots",
		About:    "a ZooKeeper ensemble with a large tree: snapshots sent under load, and crashes in the middle of them",
		Ops:      zkSnapshotsOps,
		Marks:    zab.Marks(),
		Bugs:     zkBugsIn(zkSnapshotsSeeds),
		Describe: describeZooKeeper,
		build:    buildZooKeeperSnapshots,
	}
}

const (
	zkSnapshotsOps = 120
	zkTaken        = "a-snapshot-is-what-was-sent" // who has taken one over holds what others held at its zxid
)

func buildZooKeeperSnapshots(w *trial.World, s *Scenario) error {
	z := &zkWorld{w: w, configs: map[nodes.ID]*zkConfig{}}
	voters := w.Options.Nodes
	if voters == 0 {
		voters = []int{3, 3, 3, 5}[w.Draw("voters", 4)]
	}
	if voters < 2 || voters > 9 {
		return fmt.Errorf("%d servers: snapshots are sent here among from 2 to 9 voters", voters)
	}
	z.place(voters, int(w.Draw("observers", 2)), 0)
	z.drawWeather()
	if err := z.drawConfig(); err != nil {
		return err
	}
	z.drawLarge()
	if w.Options.Bug != "" {
		if err := z.quirk(w.Options.Bug); err != nil {
			return err
		}
	}
	z.assemble(s, z.server)
	t := &zkTransfers{zkLoad: z.load, z: z}
	t.large = []uint64{0, 200, 3000}[w.Draw("large", 3)]
	t.grow(20 + w.Draw("znodes", 180))
	z.watch.onTaken = t.taken
	w.Workload, w.Horizon = t, 30*time.Second
	t.left = 2 + int(w.Draw("accidents", 6))
	t.await()
	return nil
}

// drawLarge makes snapshots frequent, and slow.
func (z *zkWorld) drawLarge() {
	w, ms := z.w, time.Millisecond
	force, keep := w.Chance("always by snapshot", 500_000), []int{3, 3, 10}[w.Draw("kept for learners", 3)]
	snapCount := []int{6, 20, 60}[w.Draw("transactions a snapshot", 3)]
	z.chunk = []int{256, 1024, 4096}[w.Draw("piece of a snapshot", 3)]
	z.each(func(c *zkConfig) {
		c.ForceSnapshotSync, c.CommitLogCount, c.SnapCount, c.InitialZxid = force, keep, snapCount, 0
		c.InitLimit = 40 // as whoever has a large tree sets it
	})
	w.U.Tune(func(c *sim.Config) {
		c.Stage = sim.Dist{Mean: w.DrawDuration("a piece takes", 100*time.Microsecond, 4*ms)}
		if w.Chance("slow disks", 500_000) {
			c.Disk.Sync.Mean = w.DrawDuration("slow disk", 2*ms, 20*ms)
		}
	})
}

// zkTransfers lets learners fall behind, and something break while they are sent a snapshot.
type zkTransfers struct {
	*zkLoad
	z    *zkWorld
	fill *zkClient
	left int    // accidents to come
	n    uint64 // accidents so far
	idle int    // looks in a row at which nothing was sent
}

// grow adds the client that makes the tree, before the others have done much.
func (t *zkTransfers) grow(znodes uint64) {
	t.fill = t.zkLoad.add("fill", int(znodes), t.z.all())
	t.fill.burst, t.fill.think = 8, 4*time.Millisecond
	t.fill.asks = func(c *zkClient) zkAsk {
		size := t.z.w.U.Draw(c.stream, uint64(c.begun), 50+2*t.large)
		return zkCreates(fmt.Sprintf("/large%d", c.begun), strings.Repeat("-", int(size)), zkCreate)
	}
}

func (t *zkTransfers) draw(what string, n uint64) uint64 {
	return t.z.w.U.Draw("snapshots/"+what, t.n, n)
}

func (t *zkTransfers) between(what string, lo, hi time.Duration) time.Duration {
	return lo + time.Duration(t.draw(what, uint64(hi-lo)))
}

// await looks every two milliseconds whether a snapshot is on its way; if it is, something happens to it, and if none is
// for a while, somebody falls behind.
func (t *zkTransfers) await() {
	t.z.w.U.After(2*time.Millisecond, "snapshots", func() {
		if t.left == 0 || t.stopped {
			return
		}
		from, to, on := t.transfer()
		t.idle++
		switch {
		case on && t.z.w.U.Draw("snapshots/now", uint64(t.z.w.U.Now()), 12) == 0:
			t.strike(from, to)
		case t.fill.begun >= t.fill.quota/2 && t.idle > 150 && t.draw("who", 2) == 0:
			t.away(false)
		case t.idle > 150:
			t.away(true)
		}
		t.await()
	})
}

// transfer is a snapshot that is on its way: from whom, and to whom.
func (t *zkTransfers) transfer() (from, to nodes.ID, on bool) {
	for _, id := range t.z.all() {
		s := t.z.of(id)
		if s == nil {
			continue
		}
		if sends := s.Sends(); len(sends) > 0 {
			t.idle = 0
			return id, t.z.watch.ids[sends[0]], true
		}
		if s.Receives() {
			t.idle = 0
			if leader, leads := t.z.leader(); leads {
				return leader, id, true
			}
		}
	}
	return "", "", false
}

// strike breaks something in the middle of a transfer.
func (t *zkTransfers) strike(from, to nodes.ID) {
	t.left--
	t.n++
	u := t.z.w.U
	how := []vdisk.CrashMode{vdisk.LoseNothing, vdisk.LoseUnsynced, vdisk.LoseSubset}[t.draw("power", 3)]
	down := t.between("down", time.Millisecond, 10*t.z.tick())
	kill := func(id nodes.ID) {
		if m := u.Machine(id); m.Up() {
			m.Kill(how)
			m.Start(down)
		}
	}
	switch t.draw("strikes", 5) {
	case 0, 1:
		kill(to)
	case 2:
		kill(from)
	case 3:
		f := u.DisturbLinks("the transfer is cut", [][2]nodes.ID{{from, to}, {to, from}}, sim.LinkFault{ResetPPM: 1_000_000})
		u.After(down, "the link is whole", f.End)
	case 4:
		kill(from)
		kill(to)
	}
}

// away lets a server, or the leader, be down for so long that it falls behind.
func (t *zkTransfers) away(leads bool) {
	t.left--
	t.n++
	t.idle = 0
	all := t.z.all()
	id := all[t.draw("who is away", uint64(len(all)))]
	if leader, is := t.z.leader(); is && leads {
		id = leader
	}
	if m := t.z.w.U.Machine(id); m.Up() {
		m.Kill(vdisk.LoseNothing)
		m.Start(t.between("away", 2*t.z.tick(), 12*t.z.tick()))
	}
}

// taken: a server that has been brought up to date by a snapshot begins to serve. It holds what all others hold that have come to the
// same zxid: znodes, sessions, ACLs and all.
func (t *zkTransfers) taken(id nodes.ID, s *zab.Server) {
	for _, other := range t.z.all() {
		o := t.z.of(other)
		if other == id || o == nil || !o.Serves() || !o.Settled() || o.Zxid() != s.Zxid() {
			continue
		}
		t.z.w.Asked(zkTaken)
		if o.StateHash() != s.StateHash() {
			t.z.w.U.Violate(zkTaken, fmt.Sprintf("%s has been brought up to date to zxid %x, and holds something else than %s does there", id, s.Zxid(), other))
		}
		return
	}
}

// Done implements trial.Workload.
func (t *zkTransfers) Done() bool { return t.left == 0 && t.zkLoad.Done() }
