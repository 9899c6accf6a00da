package scenarios

import (
	"fmt"
	"slices"
	"time"

	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/nodes/zab"
	"orrery/nodes/zab/config"
	"orrery/nodes/zab/election"
	"orrery/sim"
	"orrery/sim/vdisk"
)

// Elections is the ensemble of ZooKeeper with its elections under the lens: links, disks and clocks are sound but for one accident at a
// time, and after each the time is taken until all serve again. What only delays an election, as most of its historical defects do,
// is lost in the noise of many faults, and shows here.
func Elections() *Scenario {
	return &Scenario{
		Name:     "elections",
		About:    "ZooKeeper's elections: one accident at a time, and a leader in time after each",
		Ops:      electionOps,
		Marks:    zab.Marks(),
		Bugs:     electionBugs(),
		Describe: describeZooKeeper,
		build:    buildElections,
	}
}

const electionOps = 24

// electionBugs are the quirks of elections, with the seeds in which each is found here.
func electionBugs() []Bug {
	var list []Bug
	for _, b := range election.Bugs() {
		if b.Reconfigures {
			continue
		}
		list = append(list, Bug{Name: b.Name, Source: b.Source, What: b.What, Breaks: b.Breaks, Seeds: electionSeeds[b.Name]})
	}
	return list
}

func buildElections(w *trial.World, s *Scenario) error {
	z := &zkWorld{w: w, configs: map[nodes.ID]*zkConfig{}, bound: 60 * time.Second}
	voters := w.Options.Nodes
	if voters == 0 {
		voters = []int{3, 5, 5, 4}[w.Draw("voters", 4)]
	}
	if voters < 2 || voters > 9 {
		return fmt.Errorf("%d servers: an election here has from 2 to 9 voters", voters)
	}
	for i := range voters {
		z.voters = append(z.voters, nodes.ID(fmt.Sprintf("z%d", i+1)))
	}
	us, ms := time.Microsecond, time.Millisecond
	w.U.Tune(func(c *sim.Config) {
		c.Net.Delay = sim.Dist{Min: 50 * us, Mean: w.DrawDuration("net/mean", 100*us, 4*ms)}
		c.Disk.Sync = sim.Dist{Min: 50 * us, Mean: 200 * us}
		c.Clocks = sim.ClockConfig{OffsetMax: time.Second}
		if w.Chance("slow stages", 300_000) {
			c.Stage = sim.Dist{Mean: w.DrawDuration("stages", 10*us, 4*ms)}
		}
	})
	w.Synchronous(10 * ms) // what is bounded in time here is the elections, and not what a schedule makes of them
	a := &accidents{z: z}
	if err := a.configure(); err != nil {
		return err
	}
	if w.Options.Bug != "" {
		b, ok := zab.BugNamed(w.Options.Bug)
		if !ok {
			return fmt.Errorf("there is no bug %q", w.Options.Bug)
		}
		z.quirks = b.Quirks()
	}
	z.watch = watchZooKeeper(z)
	for i, id := range z.voters {
		w.Servers = append(w.Servers, id)
		w.U.Add(id, func() nodes.Node { return z.server(id) }).Start(time.Duration(w.Draw(fmt.Sprintf("start/%d", i), uint64(time.Second))))
	}
	w.Timescale, w.Horizon, w.Connections = 3*electionTick, 120*time.Second, true
	w.Leader, w.Converged, w.Quorum = z.leader, z.converged, z.quorum
	w.Tolerates = -1
	w.Families = []string{} // the accidents are the scenario's own
	z.load = newZKLoad(z, s)
	a.zkLoad = z.load
	w.Workload = a
	w.Finally = z.load.judge
	a.left = 3 + int(w.Draw("accidents", 4))
	a.awaitPeace()
	return nil
}

const electionTick = 100 * time.Millisecond

// configure writes zoo.cfg. Servers repeat themselves soon, so that what is lost with a connection,
// which only the next thing to say sets up again, costs little.
func (a *accidents) configure() error {
	z := a.z
	text := fmt.Sprintf("tickTime=%d\ninitLimit=10\nsyncLimit=5\ndataDir=/data\nclientPort=2181\n", electionTick/time.Millisecond)
	for i, id := range z.voters {
		text += fmt.Sprintf("server.%d=%s:2888:3888\n", i+1, id)
	}
	for i, id := range z.voters {
		c, err := config.Parse("zoo.cfg", []byte(text))
		if err != nil {
			return err
		}
		if err := c.Identify(int64(i + 1)); err != nil {
			return err
		}
		c.PreAllocSize = 0
		c.NotificationMin, c.NotificationMax = 2*electionTick, 16*electionTick
		z.configs[id] = c
	}
	return nil
}

// accidents is the workload: few requests, and one accident after another.
type accidents struct {
	*zkLoad
	z        *zkWorld
	left     int           // accidents to come
	n        uint64        // accidents so far
	overcome int           // of them
	what     string        // the last one
	mended   time.Duration // when what it broke was whole again
}

// Done implements trial.Workload.
func (a *accidents) Done() bool { return a.left == 0 && a.zkLoad.Done() }

// Counted implements trial.Counter: an accident that was overcome is what this scenario is about, whether or not a client that began before
// there was a leader had any luck.
func (a *accidents) Counted() (ok, invoked int) {
	ok, invoked = a.zkLoad.Counted()
	return ok + a.overcome, invoked + int(a.n)
}

func (a *accidents) draw(what string, n uint64) uint64 {
	return a.z.w.U.Draw("elections/"+what, a.n, n)
}

func (a *accidents) between(what string, lo, hi time.Duration) time.Duration {
	return lo + time.Duration(a.draw(what, uint64(hi-lo)))
}

// awaitPeace looks every few milliseconds whether all serve, and then lets the next accident happen.
func (a *accidents) awaitPeace() {
	u := a.z.w.U
	u.After(5*time.Millisecond, "are all in peace", func() {
		if !a.peace() {
			a.awaitPeace()
			return
		}
		a.inTime(u.Now() - a.mended)
		a.overcome = int(a.n)
		if a.left == 0 {
			return
		}
		u.After(a.between("rest", 0, 5*electionTick), "accident", a.happen)
	})
}

// peace: all are up and serve under one leader.
func (a *accidents) peace() bool {
	for _, id := range a.z.voters {
		if s := a.z.of(id); s == nil || !s.Serves() || !s.Settled() {
			return false
		}
	}
	return true
}

// inTime holds the time that it took against what may be.
func (a *accidents) inTime(took time.Duration) {
	a.z.w.Asked(zkInTime)
	if took > electionLimit {
		a.z.w.U.Violate(zkInTime, fmt.Sprintf("after accident %d (%s) it took %v until all served, and not at most %v", a.n, a.what, took, electionLimit))
	}
}

// happen lets an accident happen, and mends it after a while.
func (a *accidents) happen() {
	a.left--
	a.n++
	kinds := []func() time.Duration{a.leaderDies, a.leaderDies, a.followerDies, a.linksReset, a.leaderCutOff, a.oneIsDead}
	lasts := kinds[a.draw("kind", uint64(len(kinds)))]()
	u := a.z.w.U
	a.mended = u.Now() + lasts
	u.After(lasts, "mended", a.awaitPeace)
}

// someone is the leader, or else anybody; and a voter that is not it.
func (a *accidents) someone() (leader, other nodes.ID) {
	leader, ok := a.z.leader()
	if !ok {
		leader = a.z.voters[a.draw("who leads", uint64(len(a.z.voters)))]
	}
	rest := slices.DeleteFunc(slices.Clone(a.z.voters), func(id nodes.ID) bool { return id == leader })
	return leader, rest[a.draw("who", uint64(len(rest)))]
}

func (a *accidents) kill(id nodes.ID, down time.Duration) {
	m := a.z.w.U.Machine(id)
	m.Kill(vdisk.LoseNothing)
	m.Start(down)
}

func (a *accidents) leaderDies() time.Duration {
	leader, _ := a.someone()
	down := a.between("down", time.Millisecond, 15*electionTick)
	a.what = fmt.Sprintf("%s, the leader, is killed for %v", leader, down)
	a.kill(leader, down)
	return down
}

func (a *accidents) followerDies() time.Duration {
	_, other := a.someone()
	down := a.between("down", time.Millisecond, 15*electionTick)
	a.what = fmt.Sprintf("%s is killed for %v", other, down)
	a.kill(other, down)
	return down
}

// linksReset breaks all connections on which something is said, for some time of an election.
func (a *accidents) linksReset() time.Duration {
	leader, _ := a.someone()
	u := a.z.w.U
	down, wait := a.between("down", time.Millisecond, 5*electionTick), a.between("wait", 0, 4*electionTick)
	lasts := a.between("lasts", time.Millisecond, 3*electionTick)
	a.what = fmt.Sprintf("%s, the leader, is killed for %v, and %v later all connections break for %v", leader, down, wait, lasts)
	a.kill(leader, down)
	u.After(wait, "resets", func() {
		f := u.DisturbLinks("resets", a.links(), sim.LinkFault{ResetPPM: 1_000_000})
		u.After(lasts, "no more resets", f.End)
	})
	return max(down, wait+lasts)
}

func (a *accidents) leaderCutOff() time.Duration {
	leader, _ := a.someone()
	u := a.z.w.U
	lasts := a.between("lasts", electionTick, 20*electionTick)
	a.what = fmt.Sprintf("%s, the leader, is cut off for %v", leader, lasts)
	var links [][2]nodes.ID
	for _, l := range a.links() {
		if l[0] == leader || l[1] == leader {
			links = append(links, l)
		}
	}
	f := u.DisturbLinks("cut off", links, sim.LinkFault{Cut: true})
	u.After(lasts, "no more cut off", f.End)
	return lasts
}

// oneIsDead: a voter has no power, so that whoever dials it waits; and the leader dies. With three voters the others are a
// quorum only when the leader is back.
func (a *accidents) oneIsDead() time.Duration {
	leader, other := a.someone()
	u := a.z.w.U
	down, lasts := a.between("down", time.Millisecond, 5*electionTick), 60*electionTick
	a.what = fmt.Sprintf("%s has no power for %v, and %s, the leader, is killed for %v", other, lasts, leader, down)
	u.Machine(other).Kill(vdisk.LoseNothing)
	u.Machine(other).Start(lasts)
	var links [][2]nodes.ID
	for _, l := range a.links() {
		if l[1] == other {
			links = append(links, l)
		}
	}
	f := u.DisturbLinks("no power", links, sim.LinkFault{HangDials: true})
	u.After(lasts, "power", f.End)
	a.kill(leader, down)
	begun := u.Now()
	u.After(down, "the rest", func() { a.restServes(other, begun+down) })
	return lasts
}

// restServes: those who have power need not wait for the one that has none.
func (a *accidents) restServes(dead nodes.ID, since time.Duration) {
	u := a.z.w.U
	for _, id := range a.z.voters {
		if s := a.z.of(id); id != dead && (s == nil || !s.Serves()) {
			if u.Now() < a.mended {
				u.After(5*time.Millisecond, "the rest", func() { a.restServes(dead, since) })
			}
			return
		}
	}
	a.inTime(u.Now() - since)
}

// links are all links between voters, in both directions.
func (a *accidents) links() [][2]nodes.ID {
	var list [][2]nodes.ID
	for _, p := range a.z.voters {
		for _, q := range a.z.voters {
			if p != q {
				list = append(list, [2]nodes.ID{p, q})
			}
		}
	}
	return list
}

// electionLimit is how long it may take after an accident until all serve again. After 21,336 accidents of the correct protocol the longest
// was 3.0 s.
const electionLimit = 4 * time.Second

// electionSeeds is in which seeds each defect is found, with room to spare. The other, fle-whole-votes, needs what only zookeeper has, many
// faults at a time.
var electionSeeds = map[string]string{
	"fle-blocking-connect":    "1-20",
	"fle-pred-1419":           "1-60",
	"no-update-election-vote": "1-20",
	"fle-no-resend":           "1-20",
	"fle-ignores-round":       "1-60",
	"fle-no-looking-report":   "1-40",
	"check-leader-wrong-map":  "1-40",
}
