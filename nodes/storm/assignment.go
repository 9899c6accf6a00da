package storm

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"orrery/nodes"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
)

// Where Storm keeps what in ZooKeeper.
const (
	rootPath        = "/storm"
	assignmentsPath = rootPath + "/assignments" // a topology: an Assignment
	stormsPath      = rootPath + "/storms"      // a topology that is to run
	supervisorsPath = rootPath + "/supervisors" // a supervisor, ephemeral: its slots
	beatsPath       = rootPath + "/workerbeats" // a topology, a worker: its Heartbeat
	leaderPath      = rootPath + "/leader-lock"
)

// Assignment says which worker runs which tasks of a topology.
type Assignment struct {
	Slots []SlotTasks `json:"slots"`
}

// SlotTasks are the tasks of one worker.
type SlotTasks struct {
	Slot  nodes.ID `json:"slot"`
	Tasks []int32  `json:"tasks"`
}

// Heartbeat is what a worker says of itself: that it runs these tasks, and the how manieth time it says so.
type Heartbeat struct {
	Tasks []int32 `json:"tasks"`
	N     uint64  `json:"n"`
	Began uint64  `json:"began"` // which launch: drawn by chance
}

// of are the tasks of a slot; nil if it has none.
func (a *Assignment) of(slot nodes.ID) []int32 {
	for _, s := range a.Slots {
		if s.Slot == slot {
			return s.Tasks
		}
	}
	return nil
}

// encode writes something for ZooKeeper. What is written here can always be written.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// refresh reads the assignment, and leaves a watch.
func (w *Worker) refresh() {
	w.env.SetTimer(nodes.Tag{Name: tagRefresh}, w.cfg.RefreshEvery)
	if w.reads == 0 {
		w.reads = w.zk.Do(w.env, client.Get(assignmentsPath+"/"+w.topo.Name, true))
		w.pump(nil)
	}
}

// assigned takes over where the tasks of the other workers are. What its own tasks are only the supervisor says: a worker that was
// replaced runs on until then.
func (w *Worker) assigned(d client.Done) {
	w.reads = 0
	r, ok := d.Response.(*proto.GetDataResponse)
	var a Assignment
	if !ok || d.Err != proto.CodeOK || json.Unmarshal(r.Data, &a) != nil || w.topo == nil {
		return
	}
	routes := map[int32]nodes.ID{}
	for _, s := range a.Slots {
		for _, task := range s.Tasks {
			routes[task] = s.Slot
		}
	}
	for _, task := range w.order {
		routes[task] = w.env.Self()
	}
	w.routes = routes
	w.activate()
}

// beatZooKeeper puts a heartbeat into ZooKeeper, over the one before.
func (w *Worker) beatZooKeeper() {
	w.env.SetTimer(nodes.Tag{Name: tagZKBeat}, w.cfg.TaskBeatEvery)
	path := beatsPath + "/" + w.topo.Name + "/" + string(w.env.Self())
	b := encode(Heartbeat{Tasks: w.order, N: uint64(w.env.Monotonic()), Began: w.execs[w.order[0]].session})
	if !w.beaten {
		w.zk.Do(w.env, client.Create(path, b, nil, proto.ModePersistent))
	}
	w.zk.Do(w.env, client.Set(path, b, -1))
	w.pump(nil)
}

// pump takes what has come of requests to ZooKeeper. caller is the task that is in the middle of asking, and needs not be woken.
func (w *Worker) pump(caller *executor) {
	for ev, ok := w.zk.Take(); ok; ev, ok = w.zk.Take() {
		switch ev := ev.(type) {
		case client.Changed:
			if ev.State.Over() {
				w.reads, w.beaten = 0, false
				w.failCalls(caller)
				w.openSession()
			}
		case client.Watched:
			if w.topo != nil && strings.HasPrefix(ev.Path, assignmentsPath) && w.reads == 0 {
				w.reads = w.zk.Do(w.env, client.Get(assignmentsPath+"/"+w.topo.Name, true))
			}
		case client.Done:
			w.zkEnded(ev, caller)
		}
	}
}

func (w *Worker) zkEnded(d client.Done, caller *executor) {
	if d.Call == w.reads && w.reads != 0 {
		w.assigned(d)
		return
	}
	if d.Op.Type == proto.OpSetData && d.Err == proto.CodeOK && w.zkCalls[d.Call] == nil {
		w.beaten = true
	}
	e := w.zkCalls[d.Call]
	if e == nil {
		return
	}
	delete(w.zkCalls, d.Call)
	e.zkDone = zkAnswer{d, true}
	if e != caller {
		e.strand.resume()
	}
}

// failCalls ends the requests of a session that has expired: the numbers of the next session begin anew.
func (w *Worker) failCalls(caller *executor) {
	for _, task := range slices.Clone(w.order) {
		for _, n := range w.callsOf(task) {
			w.zkEnded(client.Done{Call: n, Err: proto.CodeSessionExpired}, caller)
		}
	}
}

func (w *Worker) callsOf(task int32) []uint64 {
	var list []uint64
	for _, n := range slices.Sorted(maps.Keys(w.zkCalls)) {
		if w.zkCalls[n].task == task {
			list = append(list, n)
		}
	}
	return list
}
