package storm

import (
	"encoding/json"
	"slices"

	"orrery/nodes"
	"orrery/nodes/task"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/recipes"
)

// supervisor is registered in ZooKeeper for as long as its session lives, and has its slots run what the assignments say.
type supervisor struct {
	cfg    Config
	name   nodes.ID
	wanted map[nodes.ID]*Launch
	known  bool // the assignments were read at all
}

// NewSupervisor makes a supervisor of Config.Slots. When it dies its workers run on; what runs where it learns from their heartbeats.
func NewSupervisor(cfg Config) nodes.Node {
	s := &supervisor{cfg: cfg.withDefaults(), wanted: map[nodes.ID]*Launch{}}
	return task.NewNode(task.Config{Codec: NewCodec(), Inspect: func() any { return s.inspect() }}, s.run)
}

func (s *supervisor) inspect() any {
	var list []SlotTasks
	for _, id := range s.cfg.Slots {
		if l := s.wanted[id]; l != nil {
			list = append(list, SlotTasks{id, l.Tasks})
		}
	}
	return list
}

func (s *supervisor) run(t *task.T) {
	s.name = t.Self()
	t.Go("slots", s.slots)
	for {
		p := recipes.Party{T: t, S: openSession(t, &s.cfg), Name: string(s.name)}
		registered := false
		for !p.S.Client().State().Over() {
			if !registered {
				_ = ensurePaths(p.S) // if it is not certain, the registration is not either
				_, err := p.Register(supervisorsPath, encode(s.cfg.Slots), recipes.DiscoveryQuirks{}, s.cfg.SyncEvery)
				registered = err == nil
			}
			s.read(p.S)
			p.S.Sleep(s.cfg.SyncEvery)
		}
	}
}

// slots answers the heartbeats of workers: one that does not run what it should is told so.
func (s *supervisor) slots(t *task.T) {
	for {
		from, m, _ := t.Recv(task.Forever)
		b, is := m.(*Beat)
		if !is || !s.known || !slices.Contains(s.cfg.Slots, from) {
			continue
		}
		switch l := s.wanted[from]; {
		case l == nil && b.Topology != "":
			t.Send(from, &Stop{})
		case l != nil && (b.Topology != l.Topology || !slices.Equal(b.Tasks, l.Tasks)):
			t.Send(from, l)
		}
	}
}

// read reads the assignments. What cannot be read stays as it was.
func (s *supervisor) read(zk *client.Session) {
	names, ok := children(zk, assignmentsPath)
	if !ok {
		return
	}
	wanted := map[nodes.ID]*Launch{}
	for _, name := range names {
		r, ok := read(zk, assignmentsPath+"/"+name)
		if !ok {
			return
		}
		var a Assignment
		if json.Unmarshal(r.Data, &a) != nil {
			continue
		}
		for _, slot := range s.cfg.Slots {
			if tasks := a.of(slot); tasks != nil {
				wanted[slot] = &Launch{Topology: name, Version: uint64(r.Stat.Mzxid), Tasks: tasks}
			}
		}
	}
	s.wanted, s.known = wanted, true
}

func openSession(t *task.T, c *Config) *client.Session {
	return client.OpenSession(t, client.Config{Servers: c.ZooKeeper, Timeout: c.SessionTimeout, Stream: true})
}

// ensurePaths makes the nodes that everything stands below, and tells whether they are there.
func ensurePaths(zk *client.Session) bool {
	for _, path := range []string{rootPath, assignmentsPath, stormsPath, supervisorsPath, beatsPath} {
		if !ensure(zk, path) {
			return false
		}
	}
	return true
}

// ensure makes a node that stays. That it is there already is as good.
func ensure(zk *client.Session, path string) bool {
	d := zk.Do(client.Create(path, nil, nil, proto.ModePersistent))
	return d.Err == proto.CodeOK || d.Err == proto.CodeNodeExists
}

// children lists a node, sorted. ok is false if nobody could say.
func children(zk *client.Session, path string) (names []string, ok bool) {
	d := zk.Do(client.Children(path, false))
	r, is := d.Response.(*proto.GetChildren2Response)
	if d.Err != proto.CodeOK || !is {
		return nil, false
	}
	names = slices.Clone(r.Children)
	slices.Sort(names)
	return names, true
}

// read reads a node. ok is false if there is none, or nobody could say.
func read(zk *client.Session, path string) (r *proto.GetDataResponse, ok bool) {
	d := zk.Do(client.Get(path, false))
	r, is := d.Response.(*proto.GetDataResponse)
	return r, is && d.Err == proto.CodeOK
}
