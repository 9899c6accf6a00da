package scenarios

import (
	"fmt"
	"time"

	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/nodes/lock"
	"orrery/nodes/paxos"
	"orrery/sim"
)

// Lock is three clients, a lock, and the resource that it protects. The seed draws which lock: a row of a database, a key of
// one cache, Redlock on five, or a ledger on Paxos; whether the resource looks at fencing tokens; and whether the faults
// keep to the assumptions on which a lock without fencing rests. What is demanded is what this lock claims under these
// faults, and no more: see lockClaims.
func Lock() *Scenario {
	return &Scenario{
		Name:     "lock",
		About:    "locks on a row, a cache, Redlock and Paxos, with and without fencing: each held to what it claims",
		Ops:      24,
		Bugs:     lockBugs(),
		Marks:    []string{"a client gets the lock", "a lease runs out in a section", "the resource refuses a token", "a lock on Paxos is taken over"},
		Describe: describeLock,
		build:    buildLock,
	}
}

const lockClients = 3

// lockVariant is one of the locks.
type lockVariant struct {
	name  string
	kind  lock.Kind
	nodes []nodes.ID
	about string
}

var lockVariants = []lockVariant{
	{"row", lock.OnRow, []nodes.ID{"db"}, "a row of a database: owner, token, expiry in the database's time"},
	{"cache", lock.OnCaches, []nodes.ID{"cache"}, "one cache: SET NX PX, compare-and-delete"},
	{"redlock", lock.OnCaches, []nodes.ID{"r1", "r2", "r3", "r4", "r5"}, "Redlock on five caches"},
	{"paxos", lock.OnPaxos, []nodes.ID{"n1", "n2", "n3"}, "a ledger in Multi-Paxos, changed by compare-and-set"},
}

const lockStore nodes.ID = "store"

// lockSetup is everything about a universe but its faults.
type lockSetup struct {
	lockVariant
	fenced  bool
	silence bool // caches answer nothing after a start until lost keys have expired
	delay   time.Duration
	client  lock.ClientConfig
	clients int
	quirks  lock.Quirks
	// slowDisk makes syncs slow in every universe, and slowLinks the way between clients and the lock.
	slowDisk, slowLinks bool
}

// lockWorld is the scenario while it is built and run.
type lockWorld struct {
	w     *trial.World
	setup lockSetup
	claim lockClaims
	load  *lockLoad
}

func buildLock(w *trial.World, s *Scenario) error {
	setup := drawLock(w)
	if w.Options.Bug != "" {
		if err := plantLock(&setup, w.Options.Bug); err != nil {
			return err
		}
	}
	ops := s.Ops
	if w.Options.Ops > 0 {
		ops = w.Options.Ops
	}
	setup.client.Sections = (ops + setup.clients - 1) / setup.clients
	w.Horizon = 25 * setup.client.TTL
	claims := lockClaims{} // of a plan that is drawn later nothing is known
	if w.Options.Nemesis == nil {
		if w.Options.Plan == nil {
			plan := drawLockPlan(w, &setup)
			w.Options.Plan = &plan
		}
		a := assume(w.Options.Plan, &setup)
		if w.Options.Window > 0 { // any event may be late
			a.pauses, a.delays = false, false
		}
		claims = claimsOf(&setup, a)
	} else {
		claims = claimsOf(&setup, assumptions{})
	}
	lw, err := newLockWorld(w, setup, claims)
	if err != nil {
		return err
	}
	lw.watch()
	return nil
}

// drawLock draws the lock, the resource and the clients.
func drawLock(w *trial.World) lockSetup {
	ms := time.Millisecond
	s := lockSetup{lockVariant: lockVariants[w.Draw("variant", uint64(len(lockVariants)))]}
	s.fenced = w.Draw("fenced", 2) == 1
	s.silence = w.Draw("silence", 4) < 3
	ttl := w.DrawDuration("ttl", 200*ms, 400*ms)
	if w.Chance("lock-delay", 250_000) {
		s.delay = w.DrawDuration("lock-delay is", ttl/4, ttl)
	}
	s.clients = lockClients
	if w.Options.Clients > 0 {
		s.clients = w.Options.Clients
	}
	s.client = lock.ClientConfig{
		TTL: ttl, Guard: ttl / 3, DriftPPM: lockDriftPPM, Steps: 2 + w.Draw("steps", 5),
		Think: w.DrawDuration("think", ttl/50, ttl/3), Work: w.DrawDuration("work", ttl/100, ttl/10),
		Rest: w.DrawDuration("rest", ttl/20, ttl/3),
	}
	return s
}

const lockDriftPPM = 10_000 // by which clients take two clocks to differ

// newLockWorld makes the machines.
func newLockWorld(w *trial.World, setup lockSetup, claims lockClaims) (*lockWorld, error) {
	if setup.clients < 1 {
		return nil, fmt.Errorf("%d clients: want at least one", setup.clients)
	}
	lw := &lockWorld{w: w, setup: setup, claim: claims}
	ms := time.Millisecond
	w.U.Tune(func(c *sim.Config) {
		c.Net.Delay = sim.Dist{Min: 100 * time.Microsecond, Mean: w.DrawDuration("net/mean", ms/5, 2*ms)}
		c.Disk.Sync = sim.Dist{Min: 50 * time.Microsecond, Mean: w.DrawDuration("disk/mean", ms/10, 2*ms)}
		if w.Chance("disk/slow", 250_000) || setup.slowDisk {
			c.Disk.Sync.Mean = w.DrawDuration("disk/slow mean", 3*ms, 15*ms)
		}
		c.Clocks = sim.ClockConfig{OffsetMax: time.Minute, DriftPPM: 200}
	})
	for _, id := range setup.nodes {
		w.AddServer(id, func() nodes.Node { return setup.node(id) })
	}
	w.AddServer(lockStore, func() nodes.Node {
		return lock.NewStore(lock.StoreConfig{Fenced: setup.fenced, Quirks: setup.quirks})
	})
	lw.load = &lockLoad{clients: make([]*lock.Client, setup.clients)}
	cfg := setup.client
	cfg.Kind, cfg.Nodes, cfg.Store, cfg.LockDelay, cfg.Quirks = setup.kind, setup.nodes, lockStore, setup.delay, setup.quirks
	for i := range setup.clients {
		w.AddClient(nodes.ID(fmt.Sprintf("c%d", i+1)), func() nodes.Node {
			mine := cfg
			if before := lw.load.clients[i]; before != nil { // it was killed, and must not repeat itself
				mine.First, _, _ = before.Lease()
			}
			lw.load.clients[i] = lock.NewClient(mine)
			return lw.load.clients[i]
		})
	}
	w.Workload = lw.load
	w.Timescale = setup.client.TTL
	// Nothing here claims to serve while anything is broken; all of it must when all is healed.
	w.Quorum, w.HealsWhole = func([]nodes.ID) bool { return true }, true
	w.Families = []string{"partition", "clog", "loss", "duplicate", "delay", "crash", "pause", "clock", "disk"}
	return lw, nil
}

// node makes a node that keeps the lock.
func (s *lockSetup) node(id nodes.ID) nodes.Node {
	switch s.kind {
	case lock.OnRow:
		return lock.NewRow(lock.RowConfig{LockDelay: s.delay, Quirks: s.quirks})
	case lock.OnCaches:
		c := lock.CacheConfig{Counts: s.fenced, Quirks: s.quirks}
		if s.silence {
			c.Silence = s.client.TTL + s.client.TTL/50
		}
		return lock.NewCache(c)
	}
	return paxos.New(paxos.Config{Self: id, Members: s.nodes, Cluster: "simulated", Heartbeat: s.client.TTL / 8,
		ElectionMin: s.client.TTL / 2, ElectionMax: s.client.TTL})
}

// lockLoad is what the clients do: sections.
type lockLoad struct {
	clients []*lock.Client
	done    int // sections before the liveness phase
}

// Done implements trial.Workload.
func (l *lockLoad) Done() bool {
	for _, c := range l.clients {
		if c == nil || !c.Idle() {
			return false
		}
	}
	return true
}

// Stop implements trial.Workload.
func (l *lockLoad) Stop() { l.again(0) }

// Probe implements trial.Workload.
func (l *lockLoad) Probe([]nodes.ID) { l.again(2) }

func (l *lockLoad) again(sections int) {
	for _, c := range l.clients {
		if c != nil {
			c.Again(sections)
		}
	}
}

// Probed implements trial.Workload.
func (l *lockLoad) Probed() (bool, string) {
	for i, c := range l.clients {
		if !c.Idle() {
			done, lost := c.Sections()
			return false, fmt.Sprintf("c%d wants the lock and does not get it, or its writes are refused: it has completed %d sections and lost %d", i+1, done, lost)
		}
	}
	return true, ""
}

// Counted implements trial.Counter.
func (l *lockLoad) Counted() (ok, invoked int) {
	for _, c := range l.clients {
		if c != nil {
			done, lost := c.Sections()
			ok, invoked = ok+done, invoked+done+lost
		}
	}
	return ok, invoked
}
