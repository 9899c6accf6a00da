package ackers

import (
	"fmt"
	"slices"
	"time"

	"orrery/nodes"
)

// plain is a task that has no disk and no timers.
type plain struct{}

// Codec implements nodes.Node.
func (plain) Codec() nodes.Codec { return codec() }

// Boot implements nodes.Node.
func (plain) Boot(nodes.Env) error { return nil }

// Fire implements nodes.Node.
func (plain) Fire(nodes.Env, nodes.Tag) {}

// Synced implements nodes.Node.
func (plain) Synced(nodes.Env, nodes.Tag, error) {}

var (
	tagNext = nodes.Tag{Name: "next"}
	tagLate = "late" // a line, by its number
)

// spout emits lines, two at a time, and emits again what is not complete in time.
type spout struct {
	plain
	ghost *ghost
	next  int            // the line emitted last
	open  map[int]uint64 // by line: the root of its present tree
}

// Boot implements nodes.Node.
func (s *spout) Boot(env nodes.Env) error {
	s.open = map[int]uint64{}
	env.SetTimer(tagNext, 20*time.Millisecond)
	return nil
}

// Fire implements nodes.Node.
func (s *spout) Fire(env nodes.Env, tag nodes.Tag) {
	if tag.Name == tagLate {
		nodes.Note(env, fmt.Sprintf("gives tree %s up", short(s.open[int(tag.N)])))
		s.emit(env, int(tag.N))
		return
	}
	env.SetTimer(tagNext, nextIn)
	if len(s.open) < 2 && s.next < len(lines) {
		s.next++
		s.emit(env, s.next)
	}
}

// emit emits a line as the root of a new tree.
func (s *spout) emit(env nodes.Env, n int) {
	root, id := env.Rand().Uint64()|1, env.Rand().Uint64()
	s.open[n] = root
	env.Send("acker", Init{n, root, id})
	env.Send("split", Line{n, root, id})
	env.SetTimer(nodes.Tag{Name: tagLate, N: uint64(n)}, patience)
}

// Deliver implements nodes.Node.
func (s *spout) Deliver(env nodes.Env, _ nodes.ID, m nodes.Message) {
	c, ok := m.(Complete)
	if !ok || s.open[c.N] != c.Root {
		return // of a tree that was given up
	}
	delete(s.open, c.N)
	env.StopTimer(nodes.Tag{Name: tagLate, N: uint64(c.N)})
	s.ghost.complete[c.N] = s.ghost.u.Now()
	nodes.Note(env, fmt.Sprintf("forgets line %d", c.N))
}

// Inspect shows what the spout waits for.
func (s *spout) Inspect() any {
	return struct {
		Emitted int `json:"emitted"`
		Open    int `json:"open"`
	}{s.next, len(s.open)}
}

// splitter is the machine of the learner's bolt.
type splitter struct {
	plain
	bolt Bolt
	env  nodes.Env // of the present call
	line *Tuple
}

// Deliver implements nodes.Node.
func (s *splitter) Deliver(env nodes.Env, _ nodes.ID, m nodes.Message) {
	if l, ok := m.(Line); ok {
		s.env, s.line = env, &Tuple{Words: slices.Clone(lines[l.N-1]), n: l.N, root: l.Root, acked: l.ID}
		s.bolt.Execute(s, s.line)
		s.env, s.line = nil, nil
	}
}

// Emit implements Collector.
func (s *splitter) Emit(anchor *Tuple, word string) {
	w := Word{N: s.line.n, Text: word}
	if anchor != nil {
		w.Root, w.ID = anchor.root, s.env.Rand().Uint64()
		anchor.acked ^= w.ID
	}
	s.env.Send("count", w)
}

// Ack implements Collector.
func (s *splitter) Ack(t *Tuple) { s.env.Send("acker", Ack{t.root, t.acked}) }

// counter counts words in a table that does not forget.
type counter struct {
	plain
	ghost *ghost
	words int
}

// Deliver implements nodes.Node.
func (c *counter) Deliver(env nodes.Env, _ nodes.ID, m nodes.Message) {
	w, ok := m.(Word)
	if !ok {
		return
	}
	c.words++
	c.ghost.counted[w.N] = append(c.ghost.counted[w.N], w.Text)
	if w.Root == 0 {
		nodes.Note(env, fmt.Sprintf("counts %s, which is in no tree", w.Text))
	} else {
		nodes.Note(env, fmt.Sprintf("counts %s, id %s", w.Text, short(w.ID)))
		env.Send("acker", Ack{w.Root, w.ID})
	}
}

// Inspect shows how much was counted in this life of the process.
func (c *counter) Inspect() any {
	return struct {
		Words int `json:"words"`
	}{c.words}
}

// acker keeps one number of each tree. It forgets them all when it crashes, and the spout loses patience.
type acker struct {
	plain
	roots map[uint64]*tree
}

type tree struct {
	n   int // the line; 0 while its Init has not come
	sum uint64
}

// Deliver implements nodes.Node: in whichever order they come, the sum is the same.
func (a *acker) Deliver(env nodes.Env, _ nodes.ID, m nodes.Message) {
	var root, val uint64
	var n int
	switch m := m.(type) {
	case Init:
		root, val, n = m.Root, m.Val, m.N
	case Ack:
		root, val = m.Root, m.Val
	default:
		return
	}
	t := a.roots[root]
	if t == nil {
		t = &tree{}
		a.roots[root] = t
	}
	t.n, t.sum = max(t.n, n), t.sum^val
	nodes.Note(env, fmt.Sprintf("tree %s: the sum is %s", short(root), short(t.sum)))
	if t.n > 0 && t.sum == 0 {
		env.Send("spout", Complete{t.n, root})
		delete(a.roots, root)
	}
}

// Inspect shows how many trees are not complete.
func (a *acker) Inspect() any {
	return struct {
		Trees int `json:"trees"`
	}{len(a.roots)}
}
