package scenarios

import (
	"fmt"
	"slices"
	"time"

	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/nodes/paxos"
	"orrery/sim"
	"orrery/trace"
)

// Paxos is a cluster of Multi-Paxos replicas that keep a key-value store, and clients that
// use it. Everything about it that has a choice is drawn: the network and the disks,
// the protocol's time-outs and windows, quorums, snapshots, leases, and what clients do.
func Paxos() *Scenario {
	return &Scenario{
		Name:     "paxos",
		About:    "five Multi-Paxos replicas with a key-value store, linearizable under all faults",
		Ops:      300,
		Marks:    paxos.Marks(),
		Bugs:     paxosBugs(),
		Describe: describePaxos,
		build:    buildPaxos,
	}
}

const (
	paxosServers  = 5
	paxosClients  = 4
	leaseDriftPPM = 10_000 // what leases take two clocks to differ by
)

// paxosWorld is the cluster while it is built and run.
type paxosWorld struct {
	w       *trial.World
	config  paxos.Config
	servers []nodes.ID // the first members
	spares  []nodes.ID // machines that may be made members
	load    *kvLoad
	history []paxos.Configuration // every membership that there was, by the slot from which it governs
	// reconfigures has the membership change in every universe.
	reconfigures bool
	// initialised are the machines whose disks have been: whoever starts a replica
	// remembers that elsewhere, because an empty disk is then a lost one.
	initialised map[nodes.ID]bool
}

func buildPaxos(w *trial.World, s *Scenario) error {
	p := &paxosWorld{w: w, initialised: map[nodes.ID]bool{}}
	n := w.Options.Nodes
	if n == 0 {
		n = paxosServers
		if w.Options.Bug == "lease-forgotten" {
			n = 3 // with more, several acceptors must forget at the same moment
		}
	}
	if n < 1 || n > paxos.MaxMembers {
		return fmt.Errorf("%d servers: a cluster has from 1 to %d", n, paxos.MaxMembers)
	}
	for i := range n {
		p.servers = append(p.servers, nodes.ID(fmt.Sprintf("n%d", i+1)))
	}
	p.drawWeather()
	p.drawConfig()
	if w.Options.Bug != "" {
		if err := p.plant(w.Options.Bug); err != nil {
			return err
		}
	}
	check := p.config
	check.Self = p.servers[0]
	if err := check.Validate(); err != nil {
		return err
	}
	for i := range p.spareCount() {
		p.spares = append(p.spares, nodes.ID(fmt.Sprintf("n%d", n+i+1)))
	}
	for _, id := range slices.Concat(p.servers, p.spares) {
		w.AddServer(id, func() nodes.Node { return p.replica(id) })
	}
	w.Timescale = p.config.ElectionMax
	w.Horizon = 30 * time.Second
	w.Leader = p.leader
	w.Converged = p.converged
	if p.config.Lease > 0 {
		w.DriftBoundPPM = leaseDriftPPM / 2 // each of two clocks may be off by that much
	}
	p.history = []paxos.Configuration{p.first()}
	w.Tolerates = p.tolerates()
	w.HealsWhole = len(p.spares) > 0 // a change under way can make another quorum of it
	w.Quorum = p.quorum
	w.AllowCorrupt, w.AllowWipe = true, true // a replica that finds out refuses to start
	w.MayRot = p.mayRot
	w.U.Observe(sim.Observer{After: p.remember})
	watchPaxos(p, slices.Concat(p.servers, p.spares))
	p.load = newKVLoad(w, s, slices.Concat(p.servers, p.spares))
	if len(p.spares) > 0 {
		w.AddClient("operator", func() nodes.Node { return newOperator(w, p.servers, p.spares) })
	}
	return nil
}

// drawWeather draws the network, the disks and the clocks.
func (p *paxosWorld) drawWeather() {
	w := p.w
	us, ms := time.Microsecond, time.Millisecond
	w.U.Tune(func(c *sim.Config) {
		c.Net.Delay = sim.Dist{Min: w.DrawDuration("net/min", 50*us, ms), Mean: w.DrawDuration("net/mean", 100*us, 4*ms)}
		if w.Chance("net/tail", 500_000) {
			c.Net.Delay.TailPPM, c.Net.Delay.TailMax = 2_000, w.DrawDuration("net/tail max", 50*ms, time.Second)
		}
		if w.Chance("net/slow pairs", 200_000) {
			c.Net.SlowPairPPM, c.Net.SlowPairMax = 150_000, w.DrawDuration("net/slow pair max", 5*ms, 200*ms)
		}
		if w.Chance("net/loss", 500_000) {
			c.Net.LossPPM = w.Draw("net/loss ppm", 20_000)
		}
		if w.Chance("net/duplicate", 500_000) {
			c.Net.DuplicatePPM = w.Draw("net/duplicate ppm", 50_000)
		}
		if w.Chance("net/capacity", 200_000) {
			c.Net.Capacity = 20 + int(w.Draw("net/capacity of links", 100))
		}
		c.Disk.Sync = sim.Dist{Min: w.DrawDuration("disk/min", 20*us, 500*us), Mean: w.DrawDuration("disk/mean", 100*us, 3*ms)}
		if w.Chance("disk/tail", 300_000) {
			c.Disk.Sync.TailPPM, c.Disk.Sync.TailMax = 5_000, 200*ms
		}
		c.Clocks = sim.ClockConfig{OffsetMax: 10 * time.Minute, DriftPPM: 200}
		c.LateTimer = sim.Dist{Mean: w.DrawDuration("late timers", 0, ms)}
	})
}

// drawConfig draws how the replicas are configured.
func (p *paxosWorld) drawConfig() {
	w, ms := p.w, time.Millisecond
	n := len(p.servers)
	c := paxos.Config{Members: p.servers, Cluster: "simulated"}
	c.Heartbeat = w.DrawDuration("heartbeat", 40*ms, 100*ms)
	c.ElectionMin = w.DrawDuration("election min", 200*ms, 400*ms)
	c.ElectionMax = 2 * c.ElectionMin
	c.SnapshotEvery = []int{1000, 12, 40, 150}[w.Draw("snapshot every", 4)]
	c.KeepSlots = []int{128, -1, 8}[w.Draw("keep slots", 3)]
	c.Alpha = []int{64, 1, 4, 16}[w.Draw("alpha", 4)]
	c.ChunkBytes = []int{32 << 10, 200}[w.Draw("chunk", 2)]
	c.Thrifty = w.Chance("thrifty", 200_000)
	c.MaxBatch = []int{128, 1, 3}[w.Draw("batch", 3)]
	c.MaxBatchBytes = []int{64 << 10, 300}[w.Draw("batch bytes", 2)]
	c.MaxQueue = []int{4096, 4096, 4096, 1}[w.Draw("queue", 4)]
	if w.Chance("sessions expire", 250_000) {
		c.SessionTTL = p.roundTrip() + w.DrawDuration("session ttl", 100*ms, 2*time.Second)
	}
	if n >= 4 && w.Chance("flexible quorums", 150_000) {
		c.Q2 = 2 + int(w.Draw("q2", uint64(n/2-1)))
		c.Q1 = n + 1 - c.Q2
	}
	if w.Chance("lease", 150_000) {
		c.Lease = min(3*c.Heartbeat, c.ElectionMin-ms)
		if w.Chance("long lease", 300_000) { // one that outlasts the patience of those who granted it
			c.Lease = 2 * c.ElectionMax
		}
	}
	c.LeaseDrift = leaseDriftPPM
	p.config = c
}

// roundTrip is how long a request and its answer may take on a pair of slow links, for good. A session that may be idle for
// less has always expired when its next request comes, and nobody promises progress then.
func (p *paxosWorld) roundTrip() (d time.Duration) {
	p.w.U.Tune(func(c *sim.Config) { d = 2 * c.Net.SlowPairMax })
	return d
}

// replica makes a replica for one incarnation of a machine.
func (p *paxosWorld) replica(id nodes.ID) nodes.Node {
	c := p.config
	c.Self = id
	c.Rejoin = p.initialised[id]
	return paxos.New(c)
}

// remember keeps what somebody outside must know of the replicas: which disks are in use, and
// who the members were.
func (p *paxosWorld) remember(m *sim.Machine, _ trace.Kind) {
	r, ok := m.Node().(*paxos.Replica)
	if !ok || r.Role() == paxos.Booting {
		return
	}
	if !p.initialised[m.ID()] {
		p.initialised[m.ID()] = true
	}
	if len(p.spares) > 0 {
		p.learnConfigurations(r)
	}
}

// mayRot tells whether a replica could notice that a place of a file has rotted. It cannot for the
// last thing that it has written: that looks as if a crash had torn it.
func (p *paxosWorld) mayRot(id nodes.ID, file string, off int64) bool {
	r, up := p.w.U.Machine(id).Node().(*paxos.Replica)
	return up && r.Role() != paxos.Booting && r.NoticesRot(file, off)
}

// leader is the replica that leads the highest ballot.
func (p *paxosWorld) leader() (leader nodes.ID, ok bool) {
	var highest paxos.Ballot
	for _, id := range slices.Concat(p.servers, p.spares) {
		m := p.w.U.Machine(id)
		if r, up := m.Node().(*paxos.Replica); up {
			if b, leads := r.Leading(); leads && highest.Less(b) {
				leader, highest, ok = id, b, true
			}
		}
	}
	return leader, ok
}

// converged tells whether all replicas of the core are up, know one leader among them, and have
// applied the same slots.
func (p *paxosWorld) converged(core []nodes.ID) (bool, string) {
	var first paxos.Slot
	var firstID nodes.ID
	for i, id := range p.mustAgree(core) {
		m := p.w.U.Machine(id)
		r, up := m.Node().(*paxos.Replica)
		if !up {
			return false, fmt.Sprintf("%s is down (%v)", id, m.Exit())
		}
		applied, _ := r.Applied()
		if i == 0 {
			first, firstID = applied, id
		} else if applied != first {
			return false, fmt.Sprintf("%s has applied %d slots and %s %d", firstID, first, id, applied)
		}
	}
	if why := p.unfinished(core); why != "" {
		return false, why
	}
	p.sameState(core)
	// Who leads may be outside of the core, if it can: that part is not all broken.
	if _, ok := p.leader(); !ok {
		return false, "nobody leads"
	}
	return true, ""
}
