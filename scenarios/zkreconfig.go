package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"orrery/checker/zookeeper"
	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/nodes/zab"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/config"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/tree"
)

// ZooKeeperReconfig is an ensemble whose members come and go while clients write: by increments and by whole lists, observers become
// participants and the reverse, and the leader is removed, too.
func ZooKeeperReconfig() *Scenario {
	return &Scenario{
		Name:     "zookeeper-reconfig",
		About:    "a ZooKeeper ensemble whose members come and go: dynamic reconfiguration under load and faults",
		Ops:      zkReconfigOps,
		Marks:    zab.Marks(),
		Bugs:     zkBugsIn(zkReconfigSeeds),
		Describe: describeZooKeeper,
		build:    buildZooKeeperReconfig,
	}
}

const (
	zkReconfigOps = 100
	zkMachines    = 5 // of which any two configurations share a voter, so that whoever was away is found again
	zkFewest      = 3 // voters that the administrator leaves

	zkSuperDigest = "super:D/InIHSb7yEEbrWz8b9l71RjZJU=" // of super:test, as ZooKeeper's own tests have it
)

func buildZooKeeperReconfig(w *trial.World, s *Scenario) error {
	z := &zkWorld{w: w, configs: map[nodes.ID]*zkConfig{}, reconfigures: true}
	voters := w.Options.Nodes
	if voters == 0 {
		voters = 3 + int(w.Draw("voters", 2))
	}
	if voters < zkFewest || voters > zkMachines {
		return fmt.Errorf("%d servers: an ensemble here begins with from %d to %d voters", voters, zkFewest, zkMachines)
	}
	observers := int(w.Draw("observers", uint64(zkMachines-voters)+1))
	z.place(voters, observers, zkMachines-voters-observers)
	z.drawWeather()
	if err := z.drawConfig(); err != nil {
		return err
	}
	z.each(func(c *zkConfig) {
		c.Reconfig, c.SuperDigest, c.Standalone, c.InitialZxid = true, zkSuperDigest, false, 0
	})
	if w.Options.Bug != "" {
		if err := z.quirk(w.Options.Bug); err != nil {
			return err
		}
	}
	a := &zkAdmin{z: z}
	changes, pause := 3+int(w.Draw("changes", 6)), w.DrawDuration("time between changes", 50*time.Millisecond, 800*time.Millisecond)
	if q := z.quirks; q.ActivationLostInSync || q.ObserverAcksIgnored || q.NextOutlivesLog || q.OldQuorumStays || q.Election.AwaitsLostConfig { // a change must fall into a moment
		changes, pause = 30, 25*time.Millisecond
		w.Families = []string{"crash", "connection", "hunt"}
		if q.Election.AwaitsLostConfig { // and who proposed it live on alone
			w.Families = []string{"partition", "clog", "hunt"}
		}
		if q.ActivationLostInSync {
			z.each(func(c *zkConfig) { c.ForceSnapshotSync = true })
			z.chunk = 60
			z.slowDisks(8 * time.Millisecond)
		}
	}
	z.assemble(s, a.server)
	a.zkLoad = z.load
	w.Workload, w.Converged, w.Quorum, w.Tolerates = a, a.converged, a.quorum, 1
	a.client = z.load.add("admin", changes, z.all())
	a.client.auth = "super:test"
	a.client.asks, a.client.burst, a.client.think = a.change, 1, pause
	return nil
}

// zkAdmin is who changes the ensemble: an administrator's client, and hands that start servers.
type zkAdmin struct {
	*zkLoad
	z      *zkWorld
	client *zkClient
	lost   time.Duration // since when the core waits for one that nobody tells of its ensemble
}

// change draws the next change of the ensemble, from the one that was committed last.
func (a *zkAdmin) change(c *zkClient) zkAsk {
	a.mend()
	q := a.z.watch.inForce()
	n := uint64(c.begun)
	draw := func(what string, limit int) int { return int(a.z.w.U.Draw("reconfig/"+what, n, uint64(limit))) }
	next := a.next(q, draw)
	r := proto.ReconfigRequest{CurConfigID: -1}
	if draw("as it was", 4) == 0 {
		r.CurConfigID = q.Version()
	}
	if draw("whole", 3) == 0 {
		text := ""
		for _, m := range next {
			text += fmt.Sprintf("server.%d=%v,", m.ID, m)
		}
		r.NewMembers = &text
	} else {
		joining, leaving := zkDifference(q, next)
		r.JoiningServers, r.LeavingServers = &joining, &leaving
	}
	return zkAsk{client.Reconfig(r), zookeeper.Op{Kind: zookeeper.Sync, Path: tree.ConfigPath}}
}

// next draws who shall be in the ensemble.
func (a *zkAdmin) next(q *config.Quorum, draw func(string, int) int) []config.Member {
	members := slices.Clone(q.Members())
	role := func(id int64, r config.Role) {
		m := zkMember(a.z, id)
		m.Role = r
		members = append(slices.DeleteFunc(members, func(o config.Member) bool { return o.ID == id }), m)
	}
	leave := func(id int64) {
		members = slices.DeleteFunc(members, func(o config.Member) bool { return o.ID == id })
	}
	anybody := func(what string) int64 { return int64(draw(what, zkMachines)) + 1 }
	switch draw("change", 8) {
	case 0, 1: // somebody joins, or observes and votes from now on
		role(anybody("who joins"), config.Participant)
	case 2: // observes
		role(anybody("who observes"), config.Observer)
	case 3: // leaves
		leave(anybody("who leaves"))
	case 4: // the leader leaves
		if id, leads := a.z.leader(); leads {
			leave(a.z.number(id))
		}
	case 5: // the leader observes
		if id, leads := a.z.leader(); leads {
			role(a.z.number(id), config.Observer)
		}
	case 6: // one takes another's place
		leave(anybody("who goes"))
		role(anybody("who comes"), config.Participant)
	case 7: // all take others' places
		for id := range int64(zkMachines) {
			what := fmt.Sprintf("part of %d", id+1)
			switch draw(what, 4) {
			case 0:
				leave(id + 1)
			case 1:
				role(id+1, config.Observer)
			default:
				role(id+1, config.Participant)
			}
		}
	}
	for id := int64(1); zkVoters(members) < zkFewest; id++ {
		if !slices.ContainsFunc(members, func(m config.Member) bool { return m.ID == id && m.Role == config.Participant }) {
			role(id, config.Participant)
		}
	}
	slices.SortFunc(members, func(m, o config.Member) int { return int(m.ID - o.ID) })
	return members
}

func zkVoters(members []config.Member) int {
	n := 0
	for _, m := range members {
		if m.Role == config.Participant {
			n++
		}
	}
	return n
}

// zkMember is a machine as a member.
func zkMember(z *zkWorld, id int64) config.Member {
	m, err := config.ParseMember(id, fmt.Sprintf("%s:2888:3888:participant;%s:2181", z.watch.ids[id], z.watch.ids[id]))
	if err != nil {
		panic(err)
	}
	return m
}

// zkDifference is what must be asked for to come from one ensemble to another by an increment.
func zkDifference(q *config.Quorum, next []config.Member) (joining, leaving string) {
	for _, m := range next {
		if o, member := q.Member(m.ID); !member || !o.Equal(m) {
			joining += fmt.Sprintf("server.%d=%v,", m.ID, m)
		}
	}
	for _, m := range q.Members() {
		if !slices.ContainsFunc(next, func(o config.Member) bool { return o.ID == m.ID }) {
			leaving += fmt.Sprintf("%d,", m.ID)
		}
	}
	return joining, leaving
}

// server makes a server, which keeps its ensemble on its disk. To one that could not start, because it was removed, and that was taken in
// again, the administrator gives the configuration in force.
func (a *zkAdmin) server(id nodes.ID) nodes.Node {
	c := a.z.config(id)
	c.File = "zoo.cfg"
	if q := a.z.watch.inForce(); a.z.watch.seen[id].stranger {
		if _, member := q.Member(c.ID); member {
			c.Zoo.Quorum = q
		}
	}
	return zab.New(c)
}

// mend starts who could not start because it had been removed, and is a member again.
func (a *zkAdmin) mend() {
	for _, m := range a.z.watch.inForce().Members() {
		id := a.z.watch.ids[m.ID]
		if machine := a.z.w.U.Machine(id); a.z.watch.seen[id].stranger && !machine.Up() {
			machine.Start(0)
		}
	}
}

// quorum tells whether these servers alone can serve: in the ensemble in force, and in each that has been proposed since; and, if none of
// them knows that it is in force, in the one before, without those that know too much to start.
func (a *zkAdmin) quorum(healthy []nodes.ID) bool {
	g := a.z.watch
	starts := func(id nodes.ID) bool { return slices.Contains(healthy, id) && !g.seen[id].stranger }
	for _, q := range g.open() {
		has := func(id nodes.ID) bool { // who is in the one in force is started by the administrator
			_, member := g.inForce().Member(a.z.number(id))
			return starts(id) || member && slices.Contains(healthy, id)
		}
		if g.count(q, has) <= len(q.Voters())/2 {
			return false
		}
	}
	for i := len(g.configs) - 1; i > 0; i-- {
		q, before := g.configs[i], g.configs[i-1]
		if slices.ContainsFunc(healthy, func(id nodes.ID) bool { return a.knows(id, q) }) {
			return true
		}
		if g.count(before, starts) <= len(before.Voters())/2 {
			return false
		}
	}
	return true
}

// knows tells whether a member of an ensemble knows for good that it is in force.
func (a *zkAdmin) knows(id nodes.ID, q *config.Quorum) bool {
	if _, member := q.Member(a.z.number(id)); !member {
		return false
	}
	if s := a.z.of(id); s != nil {
		return s.Ensemble().Version() >= q.Version()
	}
	names, _ := readOnly{a.z.w.U.Machine(id).Disk()}.List("")
	for _, name := range names {
		digits, ok := strings.CutPrefix(name, "zoo.cfg.dynamic.")
		if version, err := strconv.ParseInt(digits, 16, 64); ok && err == nil && version >= q.Version() {
			return true
		}
	}
	return false
}

// Probe implements trial.Workload: a fresh client knows the members.
func (a *zkAdmin) Probe(core []nodes.ID) { a.zkLoad.Probe(a.members(core)) }

// members are those of some servers that are in the ensemble in force.
func (a *zkAdmin) members(of []nodes.ID) []nodes.ID {
	return slices.DeleteFunc(slices.Clone(of), func(id nodes.ID) bool {
		_, member := a.z.watch.inForce().Member(a.z.number(id))
		return !member
	})
}

// converged tells whether all members of the core serve, hold the same, and hold the same ensemble to be in force.
func (a *zkAdmin) converged(core []nodes.ID) (bool, string) {
	a.mend()
	members := a.members(core)
	q := a.z.watch.inForce()
	for _, id := range members {
		if s := a.z.of(id); s != nil && s.Serves() && s.Ensemble().Version() < q.Version() {
			return false, fmt.Sprintf("%s holds ensemble %x to be in force, and %x is", id, s.Ensemble().Version(), q.Version())
		}
	}
	return a.z.converged(members)
}
