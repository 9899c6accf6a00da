// Package missed is lesson 18: a watch that is left after the read, and the update that falls between the two.
package missed

import (
	"fmt"
	"strconv"
	"time"

	"orrery/lessons/ensemble"
	"orrery/lessons/stage"
	"orrery/nodes"
	"orrery/nodes/task"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
)

// Node is the znode /config, as c2 has it before it. A call returns when the server has answered. ok is false if it did not: then give
// up, and Follow is called again.
type Node interface {
	// Get reads the value. If watch is true, the same request leaves a watch.
	Get(watch bool) (value int, ok bool)
	// Exists asks only whether the node is there, and leaves a watch.
	Exists() (ok bool)
	// Use puts a value into force, which takes a moment.
	Use(value int)
	// Wait waits for the event of the watch that was left last. A watch fires once, for the first change after it was left, and says that
	// there was one, not which. Without a watch Wait does not wait.
	Wait()
}

// Follower is what the learner writes: how does c2 keep up with the configuration?
type Follower interface {
	// Follow is called again and again.
	Follow(n Node)
}

const (
	path   = "/config"
	writes = 15
	useFor = 15 * time.Millisecond
)

// Variant is an ensemble, c1 who changes a configuration, and c2 who follows it like this.
func Variant(name, about string, make func() Follower) stage.Variant {
	return stage.Variant{Name: name, About: about, Build: func(w *stage.World) {
		e := ensemble.New(w, 3, nil)
		f := &force{versions: map[int]int32{}, version: -1}
		w.AddClient("c1", func() nodes.Node { return writer(e) })
		w.AddClient("c2", func() nodes.Node { return follower(w, e, make(), f) })
		w.Done = func() bool { return f.value >= writes }
	}}
}

// force is what c2 works with.
type force struct {
	value    int
	version  int32         // of the node, when it was read; -1 before
	versions map[int]int32 // of each value, when it was read last
}

// writer writes 1, 2, …, now sooner, now later.
func writer(e *ensemble.Ensemble) nodes.Node {
	return task.New(nodes.JSONCodec(), func(t *task.T) {
		s := e.Open(t)
		for n := 1; n <= writes; {
			s = e.Standing(t, s)
			if ensemble.Put(s, path, strconv.Itoa(n)) {
				ensemble.Note(t, "%d is written", n)
				n++
			}
			s.Sleep(time.Duration(40+t.Rand().IntN(200)) * time.Millisecond)
		}
		s.Close()
	})
}

// follower has its session with any server, and calls the learner's code again and again.
func follower(w *stage.World, e *ensemble.Ensemble, f Follower, in *force) nodes.Node {
	return task.New(nodes.JSONCodec(), func(t *task.T) {
		s := e.Open(t)
		for in.value < writes {
			s = e.Standing(t, s)
			n := &node{w: w, t: t, s: s, in: in, armed: -1}
			f.Follow(n)
			s.Sleep(5 * time.Millisecond)
		}
		s.Close()
	})
}

// node is c2's session, as a Node.
type node struct {
	w     *stage.World
	t     *task.T
	s     *client.Session
	in    *force
	armed int32 // the version that there was when a watch was left; -1 if there is none
}

// Get implements Node.
func (n *node) Get(watch bool) (value int, ok bool) {
	d := n.s.Do(client.Get(path, watch))
	if d.Err != proto.CodeOK {
		return 0, false
	}
	r := d.Response.(*proto.GetDataResponse)
	value, err := strconv.Atoi(string(r.Data))
	n.in.versions[value] = r.Stat.Version
	if watch {
		n.armed = r.Stat.Version
	}
	ensemble.Note(n.t, "reads %d", value)
	return value, err == nil
}

// Exists implements Node.
func (n *node) Exists() bool {
	d := n.s.Do(client.Exists(path, true))
	if d.Err != proto.CodeOK {
		return false
	}
	n.armed = d.Response.(*proto.ExistsResponse).Stat.Version
	ensemble.Note(n.t, "has left a watch")
	return true
}

// Use implements Node.
func (n *node) Use(value int) {
	n.s.Sleep(useFor)
	n.in.value, n.in.version = value, n.in.versions[value]
	ensemble.Note(n.t, "uses %d", value)
}

// Wait implements Node. Who waits for the next change must use what there was when its watch was left: of what came before,
// nobody will ever tell it.
func (n *node) Wait() {
	if n.armed < 0 {
		return
	}
	if n.in.version < n.armed {
		n.w.U.Violate("eventual notification", fmt.Sprintf("c2 waits for the next change and uses %d; when its watch was left, the node had been written %d times more. If nothing else changes, nobody will tell it", n.in.value, n.armed-n.in.version))
	}
	for !n.s.Client().State().Over() {
		if w, ok := n.s.Watched(ensemble.Session); ok && w.Path == path {
			ensemble.Note(n.t, "is told that there was a change")
			break
		}
	}
	n.armed = -1
}

// Scene is three servers, one that writes and one that follows.
func Scene(broken, fixed func() Follower) *stage.Scene {
	return ensemble.Scene(18, 1, nodes.JSONCodec(), demo,
		Variant(stage.Broken, "c2 reads, uses what it has read, and leaves a watch", broken),
		Variant(stage.Fixed, "c2 leaves the watch with the read", fixed))
}

// demo: c2 has read 2 and stands still for a moment, in which 3 is written.
const demo = `
until 985ms
pause c2
until 1145ms
resume c2
until 1195ms
`
