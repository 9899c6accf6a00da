package scenarios

import (
	"fmt"
	"time"

	"orrery/checker"
	"orrery/checker/zookeeper"
	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/nodes/zab"
	"orrery/nodes/zab/client"
	"orrery/sim/vdisk"
)

// ZooKeeperRolling is an ensemble whose servers are restarted one after the other, as for an upgrade, while clients go on: no session is
// lost, and writes wait for elections alone. Some administrators do not wait until the last one serves again, and some servers
// lose power while they are brought up to date.
func ZooKeeperRolling() *Scenario {
	return &Scenario{
		Name:     "zookeeper-rolling",
		About:    "a ZooKeeper ensemble under rolling restarts, in order and not, while clients keep their sessions and write",
		Ops:      zkRollingOps,
		Marks:    zab.Marks(),
		Bugs:     zkBugsIn(zkRollingSeeds),
		Describe: describeZooKeeper,
		build:    buildZooKeeperRolling,
	}
}

const (
	zkRollingOps  = 120
	zkSessionKept = "sessions-live-through-restarts" // no session expires whose client has reached the ensemble in time
	zkWritesGoOn  = "writes-go-on"                   // but for the time that an election takes
)

// zkWriteGap is how long writes may wait while one server at a time is restarted, and nothing else is wrong. After 30,000 restarts of the correct
// server the longest was 4.0 s.
const zkWriteGap = 6 * time.Second

func buildZooKeeperRolling(w *trial.World, s *Scenario) error {
	z := &zkWorld{w: w, configs: map[nodes.ID]*zkConfig{}}
	voters := w.Options.Nodes
	if voters == 0 {
		voters = []int{3, 3, 5}[w.Draw("voters", 3)]
	}
	if voters < 3 || voters > 9 {
		return fmt.Errorf("%d servers: an ensemble that is restarted one by one has from 3 to 9 voters", voters)
	}
	if w.Options.Bug != "" {
		if err := z.quirk(w.Options.Bug); err != nil {
			return err
		}
	}
	r := &zkRoller{z: z, flawed: w.Chance("flawed", 500_000)}
	alone := w.Options.Nemesis == nil && w.Options.Plan == nil && w.Chance("nothing else is wrong", 600_000)
	spares := 0
	switch change := z.zkListChange(alone && !r.flawed); change {
	case zkListGrows:
		r.lists, spares = &zkLists{r: r, grows: true}, 1
	case zkListShrinks:
		r.lists, voters = &zkLists{r: r}, 4
	}
	z.place(voters, int(w.Draw("observers", 2)), spares)
	if r.lists != nil {
		r.flawed = false
		alone = w.Options.Nemesis == nil && w.Options.Plan == nil
		if spares > 0 {
			r.lists.comes, z.later = z.spares[0], z.spares[0]
		}
	}
	z.drawWeather()
	if err := z.drawConfig(); err != nil {
		return err
	}
	z.local = false // a session that one server alone knows ends with that
	z.each(func(c *zkConfig) { c.MaxSession, c.InitialZxid, c.LocalSessions = time.Minute, 0, false })
	if alone {
		w.Families = []string{}
	}
	z.assemble(s, z.server)
	r.zkLoad = z.load
	r.sessions, r.think, r.burst = w.DrawDuration("long session timeout", 8*time.Second, 16*time.Second), 60*time.Millisecond, 1
	w.Workload, w.Horizon = r, 60*time.Second
	if r.lists != nil {
		w.Quorum, w.Converged, w.Horizon = r.lists.quorum, r.lists.converged, 90*time.Second
	}
	r.canary = z.load.add("canary", 1<<20, z.all())
	r.canary.asks, r.canary.burst, r.canary.think, r.canary.ended = r.write, 1, 15*time.Millisecond, r.written
	r.strict, r.gaps = alone, alone && !r.flawed
	if r.strict {
		z.load.over = r.expired
	}
	r.plan()
	r.await()
	return nil
}

// zkRoller restarts servers, and asks of clients that they hardly notice.
type zkRoller struct {
	*zkLoad
	z      *zkWorld
	canary *zkClient // writes all the time
	flawed bool      // the administrator does not wait, and power fails
	strict bool      // nothing else is wrong: sessions must live
	gaps   bool      // and everything is done in order: writes must go on
	order  []nodes.ID
	lists  *zkLists // that the restarts give the servers; nil if they keep theirs
	n      uint64   // restarts so far
	since  time.Duration
	wrote  time.Duration // when the canary was answered last
	made   bool          // its znode is there
	done   bool          // all have been restarted
}

func (r *zkRoller) draw(what string, n uint64) uint64 { return r.z.w.U.Draw("rolling/"+what, r.n, n) }

func (r *zkRoller) between(what string, lo, hi time.Duration) time.Duration {
	return lo + time.Duration(r.draw(what, uint64(hi-lo)))
}

// plan draws the order in which all are restarted, once or twice; now and then the leader, whoever that is, comes last.
func (r *zkRoller) plan() {
	all := r.z.all()
	for round := range 1 + r.draw("rounds", 2) {
		from := len(r.order)
		r.order = append(r.order, all...)
		for i := len(all) - 1; i > 0; i-- {
			j := int(r.z.w.U.Draw("rolling/order", uint64(100*int(round)+i), uint64(i+1)))
			r.order[from+i], r.order[from+j] = r.order[from+j], r.order[from+i]
		}
	}
}

// await looks every few milliseconds whether it is time for the next restart: when all serve, or when the administrator's patience
// is over.
func (r *zkRoller) await() {
	u := r.z.w.U
	u.After(5*time.Millisecond, "rolling", func() {
		patience := 20 * time.Second
		if r.flawed {
			patience = r.between("patience", 0, 15*r.z.tick())
		}
		r.writesGoOn()
		switch {
		case r.stopped:
		case !r.peace() && u.Now()-r.since < patience:
			r.await()
		case !r.more():
			r.done = true
			r.canary.quota = r.canary.begun
		default:
			u.After(r.between("rest", 0, 8*r.z.tick()), "restart", r.restart)
		}
	})
}

// more tells whether there are restarts left.
func (r *zkRoller) more() bool {
	if r.lists != nil {
		return !r.lists.away
	}
	return len(r.order) > 0
}

// peace: all serve.
func (r *zkRoller) peace() bool {
	for _, id := range r.z.running() {
		if s := r.z.of(id); s == nil || !s.Serves() || !s.Settled() {
			return false
		}
	}
	return true
}

// restart restarts the next server. Whoever restarts the leader last takes it when nobody else is left.
func (r *zkRoller) restart() {
	if r.stopped {
		return
	}
	if r.lists != nil {
		r.relist()
		return
	}
	if leader, leads := r.z.leader(); leads && r.order[0] == leader && len(r.order) > 1 && r.draw("leader last", 2) == 1 {
		r.order = append(r.order[1:], leader)
	}
	id := r.order[0]
	r.order = r.order[1:]
	r.n++
	u := r.z.w.U
	down := r.between("down", time.Millisecond, 12*r.z.tick())
	r.since = u.Now() + down
	if m := u.Machine(id); m.Up() { // and is not down for another reason
		how := vdisk.LoseNothing
		if r.flawed && r.draw("power fails", 3) == 0 {
			how = vdisk.LoseSubset
		}
		m.Kill(how)
		m.Start(down)
		if r.flawed && r.draw("again", 2) == 0 {
			u.After(down, "again", func() { r.again(id, u.Now()+20*r.z.tick()) })
		}
	}
	r.await()
}

// relist restarts the next server with the new list.
func (r *zkRoller) relist() {
	r.n++
	id, down, ok := r.lists.next()
	if m := r.z.w.U.Machine(id); ok {
		r.since = r.z.w.U.Now() + down
		m.Kill(vdisk.LoseNothing)
		m.Start(down)
	}
	r.await()
}

// again: the server loses power once more, while it is brought up to date or takes a snapshot, if that is before a certain time.
func (r *zkRoller) again(id nodes.ID, until time.Duration) {
	u := r.z.w.U
	s := r.z.of(id)
	switch {
	case r.stopped || u.Now() > until || s != nil && s.Serves():
	case s != nil && s.Zab() == zab.Synchronization && r.z.w.U.Draw("rolling/now", uint64(u.Now()), 4) == 0:
		m := u.Machine(id)
		m.Kill(vdisk.LoseSubset)
		m.Start(r.between("down again", time.Millisecond, 6*r.z.tick()))
	default:
		u.After(200*time.Microsecond, "again", func() { r.again(id, until) })
	}
}

// write is the canary's next request.
func (r *zkRoller) write(c *zkClient) zkAsk {
	if !r.made {
		return zkCreates("/canary", "", zkCreate)
	}
	data := fmt.Sprint(c.begun)
	return zkAsk{client.Set("/canary", []byte(data), -1), zookeeper.Op{Kind: zookeeper.SetData, Path: "/canary", Data: data, Version: -1}}
}

// written: the canary is answered.
func (r *zkRoller) written(o *zookeeper.Op) {
	if o.Status == checker.OK && (o.Code == zookeeper.OK || o.Code == zookeeper.NodeExists) {
		r.made, r.wrote = true, r.z.w.U.Now()
	}
}

// writesGoOn holds the time since the last write against what may be.
func (r *zkRoller) writesGoOn() {
	if !r.gaps || !r.made || r.stopped {
		return
	}
	r.z.w.Asked(zkWritesGoOn)
	if gap := r.z.w.U.Now() - r.wrote; gap > zkWriteGap {
		r.z.w.U.Violate(zkWritesGoOn, fmt.Sprintf("no write has come through for %v, while one server at a time is restarted (%d so far), and not for more than %v may it be so",
			gap, r.n, zkWriteGap))
	}
}

// expired: a client's session is over. If it has not closed it, it should have lived: unless the client had gone from one server that was
// just being restarted to the next for nearly its timeout, of which it gives each a part. That has been seen where the administrator waits
// for nobody.
func (r *zkRoller) expired(c *zkClient, state client.State) {
	r.z.w.Asked(zkSessionKept)
	silent := r.z.w.U.Now() - c.lively
	if state == client.Expired && !r.stopped && silent < r.sessions-r.sessions/8 {
		r.z.w.U.Violate(zkSessionKept, fmt.Sprintf("%s is told that its session of %v has expired, %v after it was answered last, and nothing but restarts has happened", c.id, r.sessions, silent))
	}
}

// Done implements trial.Workload.
func (r *zkRoller) Done() bool { return r.done && r.zkLoad.Done() }
