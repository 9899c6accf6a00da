package storm

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"orrery/nodes"
	"orrery/nodes/task"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/recipes"
)

// nimbus assigns tasks to workers while it leads, and stands for the leadership while it does not. It may die at any time: all it
// decides is in ZooKeeper. Only the code of topologies is its own; without all of it it declines to lead.
type nimbus struct {
	cfg    Config
	t      *task.T
	blobs  []string // whose code is here, sorted
	leads  bool
	left   bool // it takes no part in elections any more
	seen   map[string]seenBeat
	asked  time.Duration // when it last asked for code
	assign uint64        // assignments made, to look at
}

// seenBeat is when a worker's heartbeat last changed, by the clock of this nimbus. No other clock is compared with it.
type seenBeat struct {
	slot  string // the tasks that the slot should run, as text: others have other heartbeats
	beat  Heartbeat
	at    time.Duration
	began bool // there was one at all
}

// NewNimbus makes a nimbus.
func NewNimbus(cfg Config) nodes.Node {
	n := &nimbus{cfg: cfg.withDefaults(), seen: map[string]seenBeat{}}
	return task.NewNode(task.Config{Codec: NewCodec(), Inspect: func() any {
		return struct {
			Leads, Left bool
			Blobs       []string
			Assignments uint64
		}{n.leads, n.left, n.blobs, n.assign}
	}}, n.run)
}

const blobFile = "blobs"

func (n *nimbus) run(t *task.T) {
	n.t = t
	if b, err := t.Disk().ReadFile(blobFile); err == nil {
		n.blobs = strings.Fields(string(b))
	}
	for _, name := range n.cfg.Blobs {
		n.keep(t, name)
	}
	t.Go("blobs", n.exchange)
	for {
		p := recipes.Party{T: t, S: openSession(t, &n.cfg), Name: string(t.Self())}
		for !p.S.Client().State().Over() {
			if n.left {
				p.S.Sleep(n.cfg.MonitorEvery)
				continue
			}
			if !n.submit(p.S) {
				p.S.Sleep(n.cfg.MonitorEvery / 4)
				continue
			}
			n.campaign(p)
		}
	}
}

// keep keeps the code of a topology on disk.
func (n *nimbus) keep(t *task.T, name string) {
	if slices.Contains(n.blobs, name) {
		return
	}
	if err := t.Disk().Append(blobFile, []byte(name+"\n")); err != nil {
		t.Halt(err)
	}
	if err := t.Sync(blobFile); err != nil {
		t.Halt(err)
	}
	if err := t.SyncDir(""); err != nil {
		t.Halt(err)
	}
	if !slices.Contains(n.blobs, name) { // it may have come twice
		n.blobs = append(n.blobs, name)
		slices.Sort(n.blobs)
	}
}

// exchange gives code to other nimbuses, and takes it from them.
func (n *nimbus) exchange(t *task.T) {
	for {
		from, m, _ := t.Recv(task.Forever)
		switch m := m.(type) {
		case *NeedBlob:
			if slices.Contains(n.blobs, m.Topology) {
				t.Send(from, &Blob{m.Topology})
			}
		case *Blob:
			n.keep(t, m.Topology)
		}
	}
}

// submit has the uploaded topologies run. It tells whether ZooKeeper knows of them.
func (n *nimbus) submit(zk *client.Session) bool {
	ok := ensurePaths(zk)
	for _, name := range n.cfg.Blobs {
		ok = ensure(zk, stormsPath+"/"+name) && ok
	}
	return ok
}

// campaign stands for the leadership, and leads if it is won.
func (n *nimbus) campaign(p recipes.Party) {
	e := recipes.Election{Party: p, Path: leaderPath}
	n.complete(p.S) // what is missing may come while it waits
	n.probe(Stands)
	term, err := e.Campaign(10 * n.cfg.MonitorEvery)
	if err != nil {
		n.probe(Resigns)
		if !errors.Is(err, recipes.ErrTimeout) {
			p.S.Sleep(n.cfg.MonitorEvery / 4)
		}
		return
	}
	if !n.complete(p.S) {
		nodes.Reachable(n.t.Env(), "a nimbus declines to lead")
		nodes.Note(n.t.Env(), "declines to lead: it has not the code of all topologies")
		n.probe(Resigns)
		e.Resign(term)
		if n.cfg.Quirks.NoReelection {
			n.left = true
			return
		}
		p.S.Sleep(n.cfg.MonitorEvery / 2)
		return
	}
	n.leads = true
	clear(n.seen)
	nodes.Note(n.t.Env(), "leads the nimbuses")
	for !p.S.Client().State().Over() {
		if !e.Leads(term) { // others may lead by now
			if !p.S.Connect(n.cfg.SessionTimeout) {
				break
			}
			continue
		}
		n.complete(p.S)
		n.monitor(p.S)
		p.S.Sleep(n.cfg.MonitorEvery)
	}
	n.leads = false
	n.probe(Resigns)
	if !p.S.Client().State().Over() {
		e.Resign(term)
	}
}

// complete tells whether the code of all topologies is here. Now and then it asks the others for what is missing
// (nimbus.code.sync.freq.secs).
func (n *nimbus) complete(zk *client.Session) bool {
	names, ok := children(zk, stormsPath)
	asks := n.t.Monotonic()-n.asked >= n.cfg.MonitorEvery
	for _, name := range names {
		if slices.Contains(n.blobs, name) {
			continue
		}
		ok = false
		if asks {
			n.asked = n.t.Monotonic()
			for _, peer := range n.cfg.Peers {
				n.t.Send(peer, &NeedBlob{name})
			}
		}
	}
	return ok
}

func (n *nimbus) probe(k EventKind) {
	if n.cfg.Probe != nil {
		n.cfg.Probe(Event{Kind: k, Worker: n.t.Self()})
	}
}

// monitor is mk-assignments: it reads who is there and what lives, and reassigns what does not.
func (n *nimbus) monitor(zk *client.Session) {
	hosts, ok := n.hosts(zk)
	names, listed := children(zk, stormsPath)
	if !ok || !listed {
		return
	}
	type state struct {
		t       *Topology
		a       Assignment
		version int32
	}
	var states []state
	for _, name := range names {
		t := n.cfg.topology(name)
		if t == nil || !slices.Contains(n.blobs, name) {
			continue
		}
		s := state{t: t, version: -1}
		d := zk.Do(client.Get(assignmentsPath+"/"+name, false))
		switch r, is := d.Response.(*proto.GetDataResponse); {
		case d.Err == proto.CodeOK && is:
			s.version = r.Stat.Version
			if json.Unmarshal(r.Data, &s.a) != nil {
				continue
			}
		case d.Err != proto.CodeNoNode:
			return
		}
		states = append(states, s)
	}
	for i, s := range states {
		taken := func(id nodes.ID) bool {
			for j, o := range states {
				if i != j && o.a.of(id) != nil {
					return true
				}
			}
			return false
		}
		alive, ok := n.alive(zk, s.t.Name, s.a)
		if !ok {
			return
		}
		next := schedule(s.t, s.a, alive, hosts, taken)
		if string(encode(next)) != string(encode(s.a)) {
			n.write(zk, s.t.Name, next, s.version)
		}
	}
}

// write puts an assignment into ZooKeeper, unless another nimbus has put one there since it was read.
func (n *nimbus) write(zk *client.Session, name string, a Assignment, version int32) {
	if nodes.Noting(n.t.Env()) {
		nodes.Note(n.t.Env(), fmt.Sprintf("assigns %s: %s", name, encode(a.Slots)))
	}
	n.assign++
	nodes.Sometimes(n.t.Env(), version >= 0, "a nimbus reassigns tasks")
	if version < 0 {
		zk.Do(client.Create(beatsPath+"/"+name, nil, nil, proto.ModePersistent))
		zk.Do(client.Create(assignmentsPath+"/"+name, encode(a), nil, proto.ModePersistent))
		return
	}
	zk.Do(client.Set(assignmentsPath+"/"+name, encode(a), version))
}

// hosts are the supervisors that are registered, sorted.
func (n *nimbus) hosts(zk *client.Session) ([]host, bool) {
	names, ok := children(zk, supervisorsPath)
	var list []host
	for _, name := range names {
		r, there := read(zk, supervisorsPath+"/"+name)
		h := host{id: nodes.ID(name)}
		if there && json.Unmarshal(r.Data, &h.slots) == nil {
			list = append(list, h)
		}
	}
	return list, ok
}

// alive says which workers of an assignment live: those whose heartbeat has changed within the task time-out, and those that may
// still be starting.
func (n *nimbus) alive(zk *client.Session, name string, a Assignment) (func(SlotTasks) bool, bool) {
	now := n.t.Monotonic()
	living := map[nodes.ID]bool{}
	for _, s := range a.Slots {
		d := zk.Do(client.Get(beatsPath+"/"+name+"/"+string(s.Slot), false))
		if d.Err != proto.CodeOK && d.Err != proto.CodeNoNode {
			return nil, false
		}
		var b Heartbeat
		r, is := d.Response.(*proto.GetDataResponse)
		mine := is && json.Unmarshal(r.Data, &b) == nil && slices.Equal(b.Tasks, s.Tasks)
		key, tasks := name+"/"+string(s.Slot), fmt.Sprint(s.Tasks)
		last, known := n.seen[key]
		switch {
		case !known || last.slot != tasks:
			last = seenBeat{slot: tasks, beat: b, at: now}
		case mine && (b.N != last.beat.N || b.Began != last.beat.Began):
			last = seenBeat{slot: tasks, beat: b, at: now, began: true}
		}
		n.seen[key] = last
		patience := n.cfg.TaskTimeout
		if !last.began {
			patience = n.cfg.LaunchTimeout
		}
		living[s.Slot] = now-last.at < patience
	}
	return func(s SlotTasks) bool { return living[s.Slot] }, true
}
