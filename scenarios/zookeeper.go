package scenarios

import (
	"fmt"
	"slices"
	"time"

	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/nodes/zab"
	"orrery/nodes/zab/config"
	"orrery/sim"
)

// ZooKeeper is an ensemble of ZooKeeper servers with clients that create, change, read and watch znodes. Everything about it that has
// a choice is drawn: its size, the network and the disks, ticks and limits, how often snapshots are taken and how much is kept
// for learners, local sessions, and what clients do.
func ZooKeeper() *Scenario {
	return &Scenario{
		Name:     "zookeeper",
		About:    "a ZooKeeper ensemble: ZAB, znodes, sessions and watches, as clients of the real one are promised",
		Ops:      zkOps,
		Marks:    zab.Marks(),
		Bugs:     zkBugs(),
		Describe: describeZooKeeper,
		build:    buildZooKeeper,
	}
}

const (
	zkOps     = 80
	zkClients = 3
)

// zkConfig is what a server's zoo.cfg says.
type zkConfig = config.Config

// zkWorld is the ensemble while it is built and run.
type zkWorld struct {
	w         *trial.World
	voters    []nodes.ID
	observers []nodes.ID
	spares    []nodes.ID // machines that are no members yet: zookeeper-reconfig has some
	later     nodes.ID   // one that is not even started yet: zookeeper-rolling has it now and then
	gone      nodes.ID   // one that is stopped for good
	configs   map[nodes.ID]*zkConfig
	quirks    zab.Quirks
	chunk     int
	watch     *zkWatch
	load      *zkLoad
	local     bool // sessions begin as local ones
	// reconfigures says that members come and go.
	reconfigures bool
	healed       time.Duration // when everything was made whole
	settled      bool          // and then the core has served
	bound        time.Duration // that this may take
	loss         *zkLoss       // of snapshots; nil if none happens
	readers      bool          // servers without a leader serve reads to who is content with that
	guests       bool          // clients of ACLs and of watches that last come
	mishaps      []func()      // that end what the scenario itself has broken
	aims         []*zkAim      // accidents that fall into a moment
	room         *zkNoRoom     // for a log that is to be cut; nil if there is always some
}

func buildZooKeeper(w *trial.World, s *Scenario) error { return buildPlanted(w, s, (*zkWorld).plant) }

// buildPlanted builds the ensemble; plant makes it one in which the defect that was asked for can show.
func buildPlanted(w *trial.World, s *Scenario, plant func(z *zkWorld, bug string) error) error {
	z := &zkWorld{w: w, configs: map[nodes.ID]*zkConfig{}}
	voters := w.Options.Nodes
	if voters == 0 {
		voters = []int{3, 3, 3, 5}[w.Draw("voters", 4)]
		if w.Options.Bug != "" {
			voters = 3 // what three servers cannot show, five cannot either, but for elections
		}
	}
	if voters < 1 || voters > 9 {
		return fmt.Errorf("%d servers: an ensemble here has from 1 to 9 voters", voters)
	}
	observers := 0
	if w.Chance("an observer", 300_000) {
		observers = 1
	}
	z.place(voters, observers, 0)
	z.drawWeather()
	if err := z.drawConfig(); err != nil {
		return err
	}
	if w.Options.Bug != "" {
		if err := plant(z, w.Options.Bug); err != nil {
			return err
		}
	}
	if w.Options.Bug == "" {
		if w.Chance("snapshots are lost", 40_000) {
			z.loseSnapshots()
		}
		if w.Chance("reads without a leader", 50_000) {
			z.readAlone()
		}
		z.drawAims()
	}
	z.assemble(s, z.server)
	return nil
}

// place names the machines: voters first, then observers, then those that are no members yet.
func (z *zkWorld) place(voters, observers, spares int) {
	for i := range voters + observers + spares {
		id := nodes.ID(fmt.Sprintf("z%d", i+1))
		switch {
		case i < voters:
			z.voters = append(z.voters, id)
		case i < voters+observers:
			z.observers = append(z.observers, id)
		default:
			z.spares = append(z.spares, id)
		}
	}
}

// assemble puts the ensemble together, with who watches it and who works with it.
func (z *zkWorld) assemble(s *Scenario, server func(nodes.ID) nodes.Node) {
	w := z.w
	z.watch = watchZooKeeper(z)
	for _, id := range z.all() {
		build := func() nodes.Node { return server(id) }
		if id == z.later {
			w.Servers = append(w.Servers, id)
			w.U.Add(id, build)
			continue
		}
		w.AddServer(id, build)
	}
	w.Timescale = 3 * z.tick()
	w.Horizon = 20 * time.Second
	w.Connections = true
	w.Leader = z.leader
	w.Converged = z.converged
	w.Tolerates = (len(z.voters) - 1) / 2
	if w.Tolerates == 0 {
		w.Tolerates = -1
	}
	w.Quorum = z.quorum
	if w.Families == nil {
		w.Families = slices.Clone(zkFamilies)
	}
	z.load = newZKLoad(z, s)
	w.Workload = z.load
	w.Finally = z.load.judge
}

// zkFamilies are the faults that an ensemble lives with.
var zkFamilies = []string{"partition", "clog", "delay", "connection", "crash", "pause", "clock", "disk", "hunt"}

// tick is the ensemble's tickTime.
func (z *zkWorld) tick() time.Duration { return z.configs[z.voters[0]].TickTime }

func (z *zkWorld) all() []nodes.ID { return slices.Concat(z.voters, z.observers, z.spares) }

// drawWeather draws the network, the disks, the clocks, and how long what is posted to a stage waits.
func (z *zkWorld) drawWeather() {
	w := z.w
	us, ms := time.Microsecond, time.Millisecond
	w.U.Tune(func(c *sim.Config) {
		c.Net.Delay = sim.Dist{Min: w.DrawDuration("net/min", 50*us, ms), Mean: w.DrawDuration("net/mean", 100*us, 3*ms)}
		if w.Chance("net/tail", 300_000) {
			c.Net.Delay.TailPPM, c.Net.Delay.TailMax = 2_000, w.DrawDuration("net/tail max", 20*ms, 300*ms)
		}
		if w.Chance("net/slow pairs", 200_000) {
			c.Net.SlowPairPPM, c.Net.SlowPairMax = 150_000, w.DrawDuration("net/slow pair max", 5*ms, 50*ms)
		}
		c.Disk.Sync = sim.Dist{Min: w.DrawDuration("disk/min", 20*us, 500*us), Mean: w.DrawDuration("disk/mean", 100*us, 5*ms)}
		if w.Chance("disk/tail", 300_000) {
			c.Disk.Sync.TailPPM, c.Disk.Sync.TailMax = 20_000, 100*ms
		}
		c.Clocks = sim.ClockConfig{OffsetMax: 10 * time.Minute, DriftPPM: 200}
		c.LateTimer = sim.Dist{Mean: w.DrawDuration("late timers", 0, ms)}
		if w.Chance("slow stages", 600_000) { // so that what one thread of a server does can come long after another's
			c.Stage = sim.Dist{Mean: w.DrawDuration("stages", 10*us, 8*ms)}
		}
	})
}

// drawConfig draws what zoo.cfg says, the same for all servers.
func (z *zkWorld) drawConfig() error {
	w, ms := z.w, time.Millisecond
	tick := w.DrawDuration("tickTime", 60, 150) * ms
	text := fmt.Sprintf("tickTime=%d\ninitLimit=%d\nsyncLimit=%d\ndataDir=/data\nclientPort=2181\n", tick/ms, 8+w.Draw("initLimit", 8), 4+w.Draw("syncLimit", 4))
	for _, id := range slices.Concat(z.voters, z.observers) {
		text += z.line(id, slices.Contains(z.observers, id))
	}
	snapCount := []int{1000, 8, 20, 60}[w.Draw("snapCount", 4)]
	keep := []int{500, 3, 8, 30}[w.Draw("commitLogCount", 4)]
	ends := w.Chance("epochs end soon", 40_000)
	local, noLogSync, epochWait := w.Chance("local sessions", 150_000), w.Chance("no log sync", 300_000), w.Chance("short wait for epochs", 300_000)
	z.local = local
	force := w.Chance("force snapshot sync", 80_000)
	z.bound = 60 * time.Second
	z.chunk = []int{0, 200, 60}[w.Draw("snapshot chunk", 3)]
	for i, id := range z.all() {
		own := text
		if slices.Contains(z.spares, id) { // who wants to join believes in the members, and itself
			own += z.line(id, w.Chance("believes that it observes/"+string(id), 500_000))
		}
		c, err := config.Parse("zoo.cfg", []byte(own))
		if err != nil {
			return err
		}
		if err := c.Identify(int64(i + 1)); err != nil {
			return err
		}
		c.PreAllocSize, c.SnapCount, c.CommitLogCount = 0, snapCount, keep
		c.LocalSessions, c.LocalUpgrading = local, local
		c.NotificationMin, c.NotificationMax = tick, 8*tick
		c.ForceSnapshotSync = force
		if ends {
			c.InitialZxid = 1<<32 - 20
		}
		if noLogSync {
			c.SnapSizePPM = -1
		}
		if epochWait {
			c.MaxTimeForEpoch = 2 * tick
		}
		z.configs[id] = c
	}
	return nil
}

// line is the line of a member.
func (z *zkWorld) line(id nodes.ID, observes bool) string {
	role := ""
	if observes {
		role = ":observer"
	}
	return fmt.Sprintf("server.%d=%s:2888:3888%s\n", z.number(id), id, role)
}

// number is a machine's myid.
func (z *zkWorld) number(id nodes.ID) int64 { return int64(slices.Index(z.all(), id) + 1) }

// server makes a server for one incarnation of a machine.
func (z *zkWorld) server(id nodes.ID) nodes.Node { return zab.New(z.config(id)) }

// config is what such a server is told.
func (z *zkWorld) config(id nodes.ID) zab.Config {
	zoo := *z.configs[id]
	return zab.Config{Zoo: &zoo, ID: z.number(id), SnapshotChunk: z.chunk, Probe: z.watch.probe, Quirks: z.quirks}
}

// of is the server that runs on a machine; nil if none does, or it is still loading its disk.
func (z *zkWorld) of(id nodes.ID) *zab.Server {
	if s, up := z.w.U.Machine(id).Node().(*zab.Server); up && s.Booted() {
		return s
	}
	return nil
}

// leader is the server that leads the highest epoch.
func (z *zkWorld) leader() (leader nodes.ID, ok bool) {
	highest := int64(-1)
	for _, id := range z.all() {
		if s := z.of(id); s != nil {
			if epoch, leads := s.Leads(); leads && epoch > highest {
				leader, highest, ok = id, epoch, true
			}
		}
	}
	return leader, ok
}

// quorum tells whether these servers alone can serve.
func (z *zkWorld) quorum(healthy []nodes.ID) bool {
	n := 0
	for _, id := range healthy {
		if slices.Contains(z.voters, id) {
			n++
		}
	}
	return n > len(z.voters)/2
}

// converged tells whether all servers of the core serve, and hold the same.
func (z *zkWorld) converged(core []nodes.ID) (bool, string) {
	w := z.w
	if z.healed == 0 {
		z.healed = w.U.Now()
	}
	if _, ok := z.leader(); !ok {
		return false, "nobody leads"
	}
	var first *zab.Server
	for _, id := range core {
		s := z.of(id)
		switch {
		case s == nil:
			return false, fmt.Sprintf("%s is down (%v)", id, z.w.U.Machine(id).Exit())
		case !s.Serves() || !s.Settled():
			return false, fmt.Sprintf("%s is %s, and serves nobody", id, s.Zab())
		case first != nil && !sameMoment(first, s, z.watch):
			return false, fmt.Sprintf("%s has come to zxid %x, and %s to %x", core[0], first.Zxid(), id, s.Zxid())
		case first == nil:
			first = s
		}
	}
	if first == nil {
		return false, "there is no core"
	}
	z.inTime(w.U.Now() - z.healed)
	z.watch.equal(core)
	return true, ""
}

// inTime: an ensemble whose links, disks and clocks are sound finds a leader, and follows it, within a bound that the
// backing off of notifications and the limits in ticks give.
func (z *zkWorld) inTime(took time.Duration) {
	if z.settled {
		return
	}
	z.settled = true
	z.w.Asked(zkInTime)
	if took > z.bound {
		z.w.U.Violate(zkInTime, fmt.Sprintf("it took %v after the heal until all of the core served, and not at most %v", took, z.bound))
	}
}

// sameMoment tells whether two servers have applied the same: of an epoch that has just begun the leader alone has the number.
func sameMoment(a, b *zab.Server, g *zkWatch) bool {
	return g.position(a.Zxid()) == g.position(b.Zxid())
}
