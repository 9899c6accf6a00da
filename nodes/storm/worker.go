package storm

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"orrery/nodes"
	"orrery/nodes/zab/client"
)

// Worker is a slot of a supervisor: a process that runs the tasks it is told to, or none. It keeps nothing over a restart: its
// supervisor finds out that it runs nothing, and tells it again.
type Worker struct {
	cfg   Config
	codec nodes.Codec
	env   nodes.Env // of the present call

	zk      *client.Client
	zkCalls map[uint64]*executor
	asks    map[uint64]*executor
	asked   uint64
	reads   uint64 // the read of the assignment under way

	topo     *Topology // nil while it runs nothing
	version  uint64
	launch   uint64 // counts launches: what was queued for an earlier one is dropped
	execs    map[int32]*executor
	order    []int32 // the tasks, ascending
	routes   map[int32]nodes.ID
	ready    bool // it can take tuples
	active   bool // its spouts have begun
	welcomed map[nodes.ID]bool
	beaten   bool // it has put a heartbeat into ZooKeeper

	links     map[nodes.ID]nodes.Conn
	accepted  []nodes.Conn // from other workers
	calls     []*outside
	seen      map[sender]*window
	congested bool // it has told the others so
	pressed   map[nodes.ID]time.Duration
	dropped   int
}

// The worker's own timers, and the stage of a task.
const (
	tagBeat    = "beat"    // to its supervisor, and to the other workers
	tagZKBeat  = "zk-beat" // to ZooKeeper
	tagRefresh = "refresh" // of the assignment
	tagStarted = "started"
	stageTask  = "executor"
)

// NewWorker makes a worker. Validate must have been called on the topologies.
func NewWorker(cfg Config) *Worker {
	return &Worker{cfg: cfg.withDefaults(), codec: NewCodec()}
}

// enter keeps the machine for the tasks that are reached from the handlers: each handler begins with it, and none of them keeps
// what it finds there.
func (w *Worker) enter(env nodes.Env) {
	w.env = env //orrery:allow every handler puts its own Env here first, and nothing runs between two handlers
}

// Codec implements nodes.Node.
func (w *Worker) Codec() nodes.Codec { return w.codec }

// Boot implements nodes.Node.
func (w *Worker) Boot(env nodes.Env) error {
	w.enter(env)
	w.zkCalls, w.asks = map[uint64]*executor{}, map[uint64]*executor{}
	w.openSession()
	env.SetTimer(nodes.Tag{Name: tagBeat}, 0)
	if w.cfg.Links == Connections {
		return env.Listen(workerPort, nodes.Framing{})
	}
	return nil
}

func (w *Worker) openSession() {
	w.zk = client.New(client.Config{Servers: w.cfg.ZooKeeper, Timeout: w.cfg.SessionTimeout, Stream: true})
	w.zk.Start(w.env)
}

// Deliver implements nodes.Node.
func (w *Worker) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	w.enter(env)
	switch m := m.(type) {
	case *Transfer:
		w.receive(m)
	case *Launch:
		w.launched(m)
	case *Stop:
		w.stopTasks()
	case *Hello:
		if w.topo != nil && w.topo.Name == m.Topology && (w.open() || w.cfg.Quirks.DropsAtStart) {
			env.Send(from, &Welcome{m.Topology})
		}
	case *Welcome:
		if w.topo != nil && w.topo.Name == m.Topology {
			w.welcomed[from] = true
			w.activate()
		}
	case *Pressure:
		if w.topo != nil && w.topo.Name == m.Topology {
			w.press(from, m.Congested)
		}
	case *Reply:
		if e := w.asks[m.N]; e != nil {
			e.done = m
			e.strand.resume()
		}
	}
}

// launched has the slot run the tasks that its supervisor names. A launch that was overtaken by a later one is none.
func (w *Worker) launched(m *Launch) {
	if w.topo != nil && w.topo.Name == m.Topology && (m.Version < w.version || slices.Equal(m.Tasks, w.order)) {
		return
	}
	t := w.cfg.topology(m.Topology)
	if t == nil {
		return // its code is not here
	}
	w.stopTasks()
	w.topo, w.version = t, m.Version
	w.launch++
	w.execs, w.routes, w.welcomed = map[int32]*executor{}, map[int32]nodes.ID{}, map[nodes.ID]bool{}
	w.seen, w.pressed, w.links = map[sender]*window{}, map[nodes.ID]time.Duration{}, map[nodes.ID]nodes.Conn{}
	w.order = slices.Clone(m.Tasks)
	if nodes.Noting(w.env) {
		nodes.Note(w.env, fmt.Sprintf("launches tasks %v of %s", w.order, t.Name))
	}
	for _, task := range w.order {
		w.routes[task] = w.env.Self()
		w.execs[task] = newExecutor(w, t.of(task), task)
	}
	for _, task := range w.order {
		w.execs[task].start()
	}
	w.env.SetTimer(nodes.Tag{Name: tagStarted}, w.cfg.Startup)
	w.env.SetTimer(nodes.Tag{Name: tagZKBeat}, 0)
	w.refresh()
}

// stopTasks has the slot run nothing.
func (w *Worker) stopTasks() {
	if w.topo == nil {
		return
	}
	for _, task := range w.order {
		w.execs[task].stop()
	}
	for _, id := range slices.Sorted(maps.Keys(w.links)) {
		w.env.Reset(w.links[id])
	}
	for _, c := range w.calls {
		w.env.Reset(c.conn)
	}
	w.env.StopTimer(nodes.Tag{Name: tagZKBeat})
	w.env.StopTimer(nodes.Tag{Name: tagRefresh})
	clear(w.zkCalls)
	clear(w.asks)
	w.topo, w.execs, w.order, w.routes, w.calls = nil, nil, nil, nil, nil
	w.ready, w.active, w.congested, w.beaten, w.reads = false, false, false, false, 0
}

// activate begins the spouts, once all workers that run tasks of the topology can take tuples.
func (w *Worker) activate() {
	if w.active || !w.open() {
		return
	}
	for _, id := range w.peers() {
		if !w.welcomed[id] {
			return
		}
	}
	w.active = true
}

// open tells whether the worker can take tuples: it has started, and knows where to send what comes of them.
func (w *Worker) open() bool { return w.ready && len(w.routes) == len(w.topo.Tasks("")) }

// peers are the other workers of the topology, sorted.
func (w *Worker) peers() []nodes.ID {
	others := map[nodes.ID]bool{}
	for _, task := range slices.Sorted(maps.Keys(w.routes)) {
		if id := w.routes[task]; id != w.env.Self() {
			others[id] = true
		}
	}
	return slices.Sorted(maps.Keys(others))
}

// Fire implements nodes.Node.
func (w *Worker) Fire(env nodes.Env, tag nodes.Tag) {
	w.enter(env)
	switch {
	case w.zk.Fire(env, tag):
		w.pump(nil)
	case tag.Name == tagBeat:
		w.beat()
	case w.topo == nil:
	case tag.Name == tagStarted:
		w.ready = true
		w.activate()
	case tag.Name == tagZKBeat:
		w.beatZooKeeper()
	case tag.Name == tagRefresh:
		w.refresh()
	default:
		if e := w.execs[int32(tag.N)]; e != nil {
			e.fire(tag.Name)
		}
	}
}

// beat tells the supervisor what runs here, and the other workers what they want to know again and again.
func (w *Worker) beat() {
	w.env.SetTimer(nodes.Tag{Name: tagBeat}, w.cfg.BeatEvery)
	b := &Beat{}
	if w.topo != nil {
		b.Topology, b.Tasks = w.topo.Name, w.order
	}
	w.env.Send(w.cfg.Supervisor, b)
	if w.topo == nil {
		return
	}
	for _, id := range w.peers() {
		if !w.welcomed[id] && !w.active {
			w.env.Send(id, &Hello{w.topo.Name})
		}
		if w.congested {
			w.env.Send(id, &Pressure{w.topo.Name, true})
		}
	}
}

// Synced implements nodes.Node. A worker writes nothing.
func (w *Worker) Synced(nodes.Env, nodes.Tag, error) {}

// Halted implements nodes.Halter.
func (w *Worker) Halted() {
	for _, task := range w.order {
		if e := w.execs[task]; e != nil && e.strand != nil {
			e.strand.end()
		}
	}
}

// workerState is what a worker shows of itself.
type workerState struct {
	Topology string
	Tasks    []int32
	Active   bool
	Queued   []int // by task
	Pending  []int // roots, by task: of spouts and ackers
	Dropped  int   // transfers that found a queue full
}

// Inspect implements nodes.Inspector.
func (w *Worker) Inspect() any {
	s := workerState{Tasks: w.order, Active: w.active, Dropped: w.dropped}
	if w.topo != nil {
		s.Topology = w.topo.Name
	}
	for _, task := range w.order {
		e := w.execs[task]
		s.Queued = append(s.Queued, e.queued)
		switch {
		case e.acker != nil:
			s.Pending = append(s.Pending, e.acker.pending.size)
		case e.spout != nil:
			s.Pending = append(s.Pending, e.spout.pending.size)
		default:
			s.Pending = append(s.Pending, 0)
		}
	}
	return s
}

// Busy tells since when, by the machine's monotonic clock, the thread of a task has been in the middle of something, as when it waits
// for an answer; for those who look from outside. Meanwhile the task takes nothing, and no tuple of it fails: as in Storm, where a
// spout must not block in nextTuple.
func (w *Worker) Busy(session uint64) (since time.Duration, busy bool) {
	for _, task := range w.order {
		if e := w.execs[task]; e.session == session {
			return e.began, e.strand != nil && e.strand.within
		}
	}
	return 0, false
}

// Runs are the tasks that run on the worker, and of which topology; for those who look from outside.
func (w *Worker) Runs() (topology string, tasks []int32) {
	if w.topo == nil {
		return "", nil
	}
	return w.topo.Name, w.order
}
