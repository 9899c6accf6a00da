package scenarios

import (
	"fmt"
	"time"

	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/nodes/task"
	"orrery/nodes/zab"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/config"
	"orrery/nodes/zab/recipes"
	"orrery/sim"
	"orrery/sim/vdisk"
)

// Discovery is service discovery and a watched configuration on a ZooKeeper ensemble: servers that register as ephemeral nodes and go down in
// order, are killed, or are cut off; clients that believe what their watches tell them; and an administrator who changes the
// configuration. What is believed is compared with what the ensemble has committed, and with what is true.
func Discovery() *Scenario {
	return &Scenario{
		Name:  "discovery",
		About: "servers that come and go, and a configuration, as clients of ZooKeeper believe them to be",
		Ops:   16,
		Bugs:  discoveryBugs(),
		build: buildDiscovery,
	}
}

const (
	discoveryPath   = "/services"
	discoveryConfig = "/config"
	discoveryAdmin  = nodes.ID("admin")
)

// discoveryWorld is the scenario while it is built and run.
type discoveryWorld struct {
	*recipeWorld
	discovery recipes.DiscoveryQuirks
	settings  recipes.ConfigQuirks
	servers   []*discoveryServer
	clients   []*discoveryClient
	ghost     *discoveryGhost
	ops       int // changes of the configuration
	changed   int // of them that are done
	want      int // changes that the probe adds
	over      bool
}

// discoveryServer is a server that offers a service.
type discoveryServer struct {
	id     nodes.ID
	up     bool // it runs, and is registered as far as it knows
	rounds int  // times that it goes down
	done   int
}

// discoveryClient is a client's belief.
type discoveryClient struct {
	id        nodes.ID
	directory *recipes.Directory
	settings  *recipes.Settings
}

func buildDiscovery(w *trial.World, s *Scenario) error {
	r := &recipeWorld{w: w, servers: []nodes.ID{"z1", "z2", "z3"}, configs: map[nodes.ID]*config.Config{}, log: newRecipeLog()}
	r.drawWeather()
	if err := r.drawConfig(); err != nil {
		return err
	}
	d := &discoveryWorld{recipeWorld: r, ops: s.Ops}
	if w.Options.Ops > 0 {
		d.ops = w.Options.Ops
	}
	if w.Options.Bug != "" {
		d.plant(w.Options.Bug)
	}
	d.populate(3, 3, 3)
	if w.Families == nil {
		w.Families = []string{"partition", "clog", "delay", "connection", "crash", "pause", "disk", "hunt"}
	}
	return nil
}

// populate adds the ensemble, the servers of the service, each of which goes down a number of times, its clients, and the administrator.
func (d *discoveryWorld) populate(servers, clients, rounds int) {
	d.ghost = newDiscoveryGhost(d)
	for i, id := range d.recipeWorld.servers {
		d.w.AddServer(id, func() nodes.Node {
			zoo := *d.configs[id]
			return zab.New(zab.Config{Zoo: &zoo, ID: int64(i + 1), Probe: d.watch})
		})
	}
	for i := range servers {
		s := &discoveryServer{id: nodes.ID(fmt.Sprintf("svc%d", i+1)), rounds: rounds}
		d.servers = append(d.servers, s)
		d.w.AddClient(s.id, func() nodes.Node { return task.New(recipeCodec(), func(t *task.T) { d.serve(t, s) }) })
	}
	for i := range clients {
		c := &discoveryClient{id: nodes.ID(fmt.Sprintf("c%d", i+1))}
		d.clients = append(d.clients, c)
		d.w.AddClient(c.id, func() nodes.Node {
			return task.New(recipeCodec(), func(t *task.T) {
				c.directory = &recipes.Directory{Path: discoveryPath, Quirks: d.discovery}
				c.settings = &recipes.Settings{Path: discoveryConfig, Quirks: d.settings}
				t.Go("services", func(t *task.T) { d.follow(t, c) })
				t.Go("config", func(t *task.T) { d.obey(t, c) })
				t.Wait()
			})
		})
	}
	d.w.AddClient(discoveryAdmin, func() nodes.Node { return task.New(recipeCodec(), d.administer) })
	d.w.Timescale, d.w.Horizon, d.w.Connections = 3*d.tick, recipeHorizon, true
	d.w.Leader, d.w.Converged = d.leader, d.converged
	d.w.Workload, d.w.Finally = d, d.ghost.judge
	d.w.U.Observe(sim.Observer{After: d.ghost.after, Ended: d.ghost.ended})
}

// party opens a session.
func (d *discoveryWorld) party(t *task.T) recipes.Party {
	s := client.OpenSession(t, client.Config{Servers: d.addresses(d.recipeWorld.servers), Timeout: d.timeout, Stream: true})
	return recipes.Party{T: t, S: s, Name: string(t.Self())}
}

// draw is a draw of the n-th round of a machine.
func (d *discoveryWorld) draw(id nodes.ID, what string, n int, below uint64) uint64 {
	return d.w.U.Draw("workload/"+string(id)+"/"+what, uint64(n), below)
}

func (d *discoveryWorld) drawDuration(id nodes.ID, what string, n int, lo, hi time.Duration) time.Duration {
	return lo + time.Duration(d.draw(id, what, n, uint64(hi-lo)+1))
}

// serve is a server's life: it registers, is up for a while, and goes down: in order, or killed so that its session is left to expire.
func (d *discoveryWorld) serve(t *task.T, s *discoveryServer) {
	for {
		p := d.party(t)
		if _, err := p.Register(discoveryPath, []byte(s.id), d.discovery, d.timeout); err != nil {
			if !p.S.Client().State().Over() {
				p.S.Close()
			}
			t.Sleep(50 * time.Millisecond)
			continue
		}
		d.ghost.goes(s, true)
		until := t.Monotonic() + d.drawDuration(s.id, "up", s.done, 300*time.Millisecond, 2*time.Second)
		for (t.Monotonic() < until || s.done >= s.rounds || d.over) && !p.S.Client().State().Over() {
			p.S.Sleep(50 * time.Millisecond)
		}
		if p.S.Client().State().Over() { // the ensemble takes it for dead: it is there all the same, and registers again
			continue
		}
		down := d.drawDuration(s.id, "down", s.done, d.timeout/4, 2*d.timeout)
		kill := d.draw(s.id, "killed", s.done, 2) == 1
		s.done++
		d.ghost.goes(s, false)
		if kill {
			id := s.id
			d.w.U.After(0, "kill "+string(id), func() {
				d.w.U.Strike(fmt.Sprintf("kill(%s)", id), 1)
				d.w.U.Machine(id).Kill(vdisk.LoseNothing)
				d.w.U.Machine(id).Start(down)
			})
			t.Sleep(task.Forever)
		}
		p.S.Close()
		t.Sleep(down)
	}
}

// follow keeps a client's list of servers.
func (d *discoveryWorld) follow(t *task.T, c *discoveryClient) {
	for {
		c.directory.Party = d.party(t)
		for !c.directory.S.Client().State().Over() {
			_ = c.directory.Follow(25 * time.Millisecond)
			d.ghost.sees(c)
		}
	}
}

// obey keeps a client's configuration.
func (d *discoveryWorld) obey(t *task.T, c *discoveryClient) {
	for {
		c.settings.Begin(d.party(t))
		for !c.settings.S.Client().State().Over() {
			_ = c.settings.Follow(25 * time.Millisecond)
			d.ghost.obeys(c)
		}
	}
}

// administer changes the configuration: its text is how often it was changed. Now and then changes come in quick succession.
func (d *discoveryWorld) administer(t *task.T) {
	p := d.party(t)
	for {
		if p.S.Client().State().Over() {
			p = d.party(t)
		}
		if d.changed >= d.ops+d.want || d.over && d.want == 0 {
			p.S.Sleep(50 * time.Millisecond)
			continue
		}
		c := &recipes.Settings{Party: p, Path: discoveryConfig}
		version, err := c.Update(func(old []byte) []byte {
			n := 0
			_, _ = fmt.Sscan(string(old), &n)
			return fmt.Appendf(nil, "%d", n+1)
		}, d.timeout)
		if err == nil {
			d.changed++
			d.ghost.wrote(version)
		}
		if d.draw(discoveryAdmin, "soon again", d.changed, 3) > 0 {
			p.S.Sleep(d.drawDuration(discoveryAdmin, "pause", d.changed, 10*time.Millisecond, 600*time.Millisecond))
		}
	}
}

// Done implements trial.Workload.
func (d *discoveryWorld) Done() bool {
	for _, s := range d.servers {
		if s.done < s.rounds && !d.over || !s.up {
			return false
		}
	}
	return d.changed >= d.ops || d.over
}

// Stop implements trial.Workload: whoever is up stays so.
func (d *discoveryWorld) Stop() { d.over = true }

// Probe implements trial.Workload: the configuration is changed twice more.
func (d *discoveryWorld) Probe([]nodes.ID) {
	d.over = true
	d.want = max(2, d.changed+2-d.ops)
}

// Probed implements trial.Workload: whatever was missed meanwhile, every client believes what is true in the end.
func (d *discoveryWorld) Probed() (bool, string) {
	if d.changed < d.ops+d.want {
		return false, "the configuration cannot be changed"
	}
	return d.ghost.agree()
}

// Counted implements trial.Counter.
func (d *discoveryWorld) Counted() (ok, invoked int) {
	return len(d.ghost.beliefs), len(d.ghost.beliefs)
}
