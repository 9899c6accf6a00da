package scenarios

import (
	"fmt"
	"time"

	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/nodes/commit"
	"orrery/sim"
)

// CommitScenario is a sharded bank under atomic commitment: transfers between shards, and audits of all accounts. The seed chooses the
// protocol, and the faults are those that it claims to survive: two-phase commit and Paxos Commit all of the network's and of the
// machines', three-phase commit crashes alone, because it counts on messages that arrive in time.
func CommitScenario() *Scenario {
	return &Scenario{
		Name:     "commit",
		About:    "a sharded bank under two-phase, three-phase and Paxos commit: atomic and serializable",
		Ops:      40,
		Marks:    commit.Marks(),
		Bugs:     commitBugs(),
		Describe: describeCommit,
		build:    buildCommit,
	}
}

const (
	commitShards       = 3
	commitCoordinators = 2
	commitAcceptors    = 3
	commitClients      = 4
	commitInitial      = 100
	commitHorizon      = 5 * time.Second // the faults lie in it, and so does most of the work
)

// commitWorld is the cluster while it is built and run.
type commitWorld struct {
	w      *trial.World
	config commit.Config
	watch  *commitWatch
	load   *commitLoad
	// unsteady says that messages may take longer than the time-outs, without any fault.
	unsteady bool
}

// The families of faults that a protocol claims to survive.
var (
	commitFaults = []string{"partition", "clog", "loss", "duplicate", "delay", "corrupt", "crash", "pause", "clock", "disk"}
	stopFaults   = []string{"crash"}
)

func buildCommit(w *trial.World, s *Scenario) error {
	protocols := commit.Protocols()
	return buildCommitOf(w, s, protocols[w.Draw("protocol", uint64(len(protocols)))])
}

// buildCommitOf builds the bank under one protocol.
func buildCommitOf(w *trial.World, s *Scenario, p commit.Protocol) error {
	c := &commitWorld{w: w}
	c.config.Protocol = p
	n := w.Options.Nodes
	if n == 0 {
		n = commitShards
	}
	if n < 1 || n > 9 {
		return fmt.Errorf("%d shards: a bank has from 1 to 9", n)
	}
	for i := range n {
		c.config.Shards = append(c.config.Shards, nodes.ID(fmt.Sprintf("s%d", i+1)))
	}
	for i := range commitCoordinators {
		c.config.Coordinators = append(c.config.Coordinators, nodes.ID(fmt.Sprintf("c%d", i+1)))
	}
	c.drawConfig()
	w.Families = commitFaults
	if err := c.plant(w.Options.Bug); err != nil {
		return err
	}
	if c.config.Protocol == commit.PaxosCommit {
		for i := range commitAcceptors {
			c.config.Acceptors = append(c.config.Acceptors, nodes.ID(fmt.Sprintf("a%d", i+1)))
		}
	}
	c.drawWeather()
	c.addServers()
	w.Timescale = 4 * c.config.Retry
	w.Horizon = commitHorizon
	w.HealsWhole = true // a participant may have to wait for his coordinator, whoever that is
	w.Converged = c.converged
	c.load = newCommitLoad(c, s)
	c.watch = watchCommit(c)
	w.Finally = c.finally
	return nil
}

// drawConfig draws the protocol's time-outs.
func (c *commitWorld) drawConfig() {
	w, f, ms := c.w, &c.config, time.Millisecond
	f.Initial = commitInitial
	f.Retry = w.DrawDuration("retry", 60*ms, 200*ms)
	f.VoteTimeout = 2 * f.Retry
	f.InquireAfter = 4 * f.Retry
	f.Attempts = 1 + w.Draw("attempts", 4)
	if f.Protocol == commit.TwoPhase && w.Chance("heuristics", 100_000) {
		f.HeuristicAfter = w.DrawDuration("heuristic after", time.Second, 3*time.Second)
	}
}

// synchronous tells whether the protocol counts on messages that arrive in time, and may.
func (c *commitWorld) synchronous() bool {
	return c.config.Protocol == commit.ThreePhase && !c.config.Quirks.TrustsTimeoutsAlways
}

// drawWeather draws the network, the disks and the clocks. Three-phase commit gets a network that keeps time.
func (c *commitWorld) drawWeather() {
	w := c.w
	us, ms := time.Microsecond, time.Millisecond
	synchronous := c.config.Protocol == commit.ThreePhase
	c.unsteady = w.Options.Window > 0
	if c.synchronous() {
		w.Synchronous(c.config.Retry / 8) // a step is a message and a sync, within Retry
		c.unsteady = false
		w.Families = stopFaults
		w.Tolerates = 1
		if c.config.Quirks.RecoveredTakesPart {
			w.Tolerates = len(c.servers()) - 1 // those who know better must be down when the one who does not comes back
		}
	}
	w.U.Tune(func(f *sim.Config) {
		f.Net.Delay = sim.Dist{Min: w.DrawDuration("net/min", 50*us, ms), Mean: w.DrawDuration("net/mean", 100*us, 2*ms)}
		f.Disk.Sync = sim.Dist{Min: w.DrawDuration("disk/min", 20*us, 500*us), Mean: w.DrawDuration("disk/mean", 100*us, 2*ms)}
		f.Clocks = sim.ClockConfig{OffsetMax: 10 * time.Minute, DriftPPM: 200}
		f.LateTimer = sim.Dist{Mean: w.DrawDuration("late timers", 0, ms)}
		if synchronous {
			return
		}
		if w.Chance("net/tail", 500_000) {
			f.Net.Delay.TailPPM, f.Net.Delay.TailMax = 5_000, w.DrawDuration("net/tail max", 50*ms, time.Second)
			c.unsteady = true
		}
		if w.Chance("net/loss", 500_000) {
			f.Net.LossPPM = w.Draw("net/loss ppm", 30_000)
		}
		if w.Chance("net/duplicate", 500_000) {
			f.Net.DuplicatePPM = w.Draw("net/duplicate ppm", 60_000)
		}
		if w.Chance("disk/tail", 300_000) {
			f.Disk.Sync.TailPPM, f.Disk.Sync.TailMax = 5_000, 200*ms
			c.unsteady = true
		}
	})
}

func (c *commitWorld) servers() []nodes.ID {
	var list []nodes.ID
	list = append(list, c.config.Shards...)
	list = append(list, c.config.Coordinators...)
	return append(list, c.config.Acceptors...)
}

func (c *commitWorld) addServers() {
	for _, id := range c.servers() {
		f := c.config
		f.Self = id
		c.w.AddServer(id, func() nodes.Node { return commit.New(f) })
	}
}

// converged tells whether everybody has decided everything: AC5.
func (c *commitWorld) converged([]nodes.ID) (bool, string) {
	for _, id := range c.servers() {
		m := c.w.U.Machine(id)
		n, up := m.Node().(*commit.Node)
		switch {
		case !up:
			return false, fmt.Sprintf("%s is down (%v)", id, m.Exit())
		case !n.Ready():
			return false, fmt.Sprintf("%s is not ready", id)
		case n.Open() > 0:
			return false, fmt.Sprintf("%s has %d transactions that have not ended: it is blocked", id, n.Open())
		}
	}
	c.watch.repaired = true
	return true, ""
}
