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

// ZooKeeperRecipes is an ensemble of three ZooKeeper servers, machines that use recipes on it (package nodes/zab/recipes), and a
// resource that they protect with them. The machines are paused, crash, and are cut off, as the servers are. Each seed draws one
// recipe or two; what must hold of each is judged by the committed log of the ensemble, and not by what the machines believe.
func ZooKeeperRecipes() *Scenario {
	return &Scenario{
		Name:  "zookeeper-recipes",
		About: "locks, elections, barriers, queues and other recipes on a ZooKeeper ensemble, each right and in its classic wrong forms",
		Ops:   48,
		Bugs:  recipeBugs(),
		build: buildRecipes,
	}
}

const (
	recipeServers = 3
	recipeHorizon = 12 * time.Second
	resourceID    = nodes.ID("store")
)

// recipeWorld is the scenario while it is built and run.
type recipeWorld struct {
	w       *trial.World
	servers []nodes.ID
	configs map[nodes.ID]*config.Config
	tick    time.Duration
	timeout time.Duration // of sessions

	store   *recipeStore
	parts   []recipePart
	seats   []*recipeSeat
	probe   *recipeSeat
	quota   int // of turns that a machine takes in each part
	stopped bool
	log     *recipeLog // what the ensemble has committed
	// paused tells that machines are paused in this universe: then nothing can be claimed of what two believe at one moment.
	paused bool
	// trouble is what alone happens to machines in this universe, or anyTrouble.
	trouble trouble
	long    bool // locks and terms are held for long
}

// recipePart is one recipe at work.
type recipePart interface {
	name() string
	// turn is one use of the recipe by a machine.
	turn(t *recipeTurn)
	// rest is what a machine does once it has taken all its turns, for a while.
	rest(t *recipeTurn)
	// probe is one use of it after the heal, by a machine that nothing has happened to. It returns "" if it has served, else why not.
	probe(t *recipeTurn) string
	// probed is asked then, until it returns "": whether those that were there before have come to terms.
	probed() string
	// judge says what does not hold, as of the committed log.
	judge(log *recipeLog) error
}

func buildRecipes(w *trial.World, s *Scenario) error {
	r := &recipeWorld{w: w, configs: map[nodes.ID]*config.Config{}, log: newRecipeLog(), trouble: anyTrouble}
	n := w.Options.Nodes
	if n == 0 {
		n = recipeServers
	}
	if n < 1 || n > 9 {
		return fmt.Errorf("%d servers: an ensemble here has from 1 to 9", n)
	}
	for i := range n {
		r.servers = append(r.servers, nodes.ID(fmt.Sprintf("z%d", i+1)))
	}
	r.drawWeather()
	if err := r.drawConfig(); err != nil {
		return err
	}
	for i, id := range r.servers {
		w.AddServer(id, func() nodes.Node {
			zoo := *r.configs[id]
			return zab.New(zab.Config{Zoo: &zoo, ID: int64(i + 1), Probe: r.watch})
		})
	}
	w.Timescale = 3 * r.tick
	w.Horizon = recipeHorizon
	w.Connections = true
	w.Leader = r.leader
	w.Converged = r.converged
	w.Workload = r
	w.Finally = r.finally
	if n == 1 {
		w.Tolerates = -1
	}
	w.Families = []string{"partition", "clog", "delay", "connection", "crash", "pause", "disk", "hunt"}
	r.store = newRecipeStore(w)
	w.AddClient(resourceID, func() nodes.Node { return r.store })
	r.long = w.Chance("held for long", 250_000)
	if w.Chance("trouble of one kind", 300_000) {
		r.trouble = trouble(w.Draw("kind of trouble", 3))
	}
	if err := r.drawParts(); err != nil {
		return err
	}
	r.drawSeats(s)
	r.drawTroubles()
	return nil
}

// drawWeather draws the network, the disks and the clocks.
func (r *recipeWorld) drawWeather() {
	w := r.w
	us, ms := time.Microsecond, time.Millisecond
	w.U.Tune(func(c *sim.Config) {
		c.Net.Delay = sim.Dist{Min: w.DrawDuration("net/min", 50*us, ms), Mean: w.DrawDuration("net/mean", 100*us, 3*ms)}
		if w.Chance("net/slow pairs", 200_000) {
			c.Net.SlowPairPPM, c.Net.SlowPairMax = 150_000, w.DrawDuration("net/slow pair max", 5*ms, 50*ms)
		}
		c.Disk.Sync = sim.Dist{Min: w.DrawDuration("disk/min", 20*us, 500*us), Mean: w.DrawDuration("disk/mean", 100*us, 5*ms)}
		c.Clocks = sim.ClockConfig{OffsetMax: 10 * time.Minute, DriftPPM: 200}
		c.LateTimer = sim.Dist{Mean: w.DrawDuration("late timers", 0, ms)}
		if w.Chance("slow stages", 300_000) {
			c.Stage = sim.Dist{Mean: w.DrawDuration("stages", 10*us, 4*ms)}
		}
	})
}

// drawConfig draws what zoo.cfg says. Sessions are granted from 2 to 20 ticks. They last more than twice as long as a follower serves
// its clients without its leader (syncLimit), for that is what an election needs to claim anything of two leaders.
func (r *recipeWorld) drawConfig() error {
	w, ms := r.w, time.Millisecond
	tick := w.DrawDuration("tickTime", 60, 150)
	r.tick = tick * ms
	r.timeout = w.DrawDuration("session time-out", 14, 20) * r.tick
	text := fmt.Sprintf("tickTime=%d\ninitLimit=%d\nsyncLimit=%d\ndataDir=/data\nclientPort=2181\n", tick, 8+w.Draw("initLimit", 8), 4+w.Draw("syncLimit", 3))
	for i, id := range r.servers {
		text += fmt.Sprintf("server.%d=%s:2888:3888\n", i+1, id)
	}
	for i, id := range r.servers {
		c, err := config.Parse("zoo.cfg", []byte(text))
		if err != nil {
			return err
		}
		if err := c.Identify(int64(i + 1)); err != nil {
			return err
		}
		c.PreAllocSize = 0
		c.NotificationMin, c.NotificationMax = r.tick, 8*r.tick
		r.configs[id] = c
	}
	return nil
}

// of is the server that runs on a machine; nil if none does, or it is still loading its disk.
func (r *recipeWorld) of(id nodes.ID) *zab.Server {
	if s, up := r.w.U.Machine(id).Node().(*zab.Server); up && s.Booted() {
		return s
	}
	return nil
}

// leader is the server that leads the highest epoch.
func (r *recipeWorld) leader() (leader nodes.ID, ok bool) {
	highest := int64(-1)
	for _, id := range r.servers {
		if s := r.of(id); s != nil {
			if epoch, leads := s.Leads(); leads && epoch > highest {
				leader, highest, ok = id, epoch, true
			}
		}
	}
	return leader, ok
}

// converged tells whether all servers of the core serve.
func (r *recipeWorld) converged(core []nodes.ID) (bool, string) {
	if _, ok := r.leader(); !ok {
		return false, "nobody leads"
	}
	for _, id := range core {
		switch s := r.of(id); {
		case s == nil:
			return false, fmt.Sprintf("%s is down (%v)", id, r.w.U.Machine(id).Exit())
		case !s.Serves():
			return false, fmt.Sprintf("%s is %s, and serves nobody", id, s.Zab())
		}
	}
	return true, ""
}

// finally judges each recipe by the log of the ensemble.
func (r *recipeWorld) finally() error {
	if err := r.store.judge(); err != nil {
		return err
	}
	for _, p := range r.parts {
		if err := p.judge(r.log); err != nil {
			return err
		}
	}
	return nil
}

// violation is an error of finally: a property that does not hold, by name.
func violation(property, format string, args ...any) error {
	return &sim.Violation{Property: property, Detail: fmt.Sprintf(format, args...)}
}

// addresses are where the servers' clients connect to.
func (r *recipeWorld) addresses(ids []nodes.ID) []nodes.Addr {
	var list []nodes.Addr
	for _, id := range ids {
		list = append(list, nodes.Addr{ID: id, Port: 2181})
	}
	return list
}

// Done implements trial.Workload.
func (r *recipeWorld) Done() bool {
	return !slices.ContainsFunc(r.seats, func(s *recipeSeat) bool { return !s.idle() })
}

// Stop implements trial.Workload.
func (r *recipeWorld) Stop() { r.stopped = true }

// Probe implements trial.Workload: a machine that nothing has happened to uses each recipe once.
func (r *recipeWorld) Probe(servers []nodes.ID) {
	r.probe = newRecipeSeat(r, "probe", servers)
	r.probe.probes = true
	r.w.AddClient(r.probe.id, r.probe.node)
}

// Probed implements trial.Workload.
func (r *recipeWorld) Probed() (bool, string) {
	for i, p := range r.parts {
		if why := r.probe.why[i]; why != "" {
			return false, p.name() + ": " + why
		}
		if why := p.probed(); why != "" {
			return false, p.name() + ": " + why
		}
	}
	return true, ""
}
