package scenarios

import (
	"fmt"
	"time"

	"orrery/checker"
	"orrery/checker/guarantee/lock"
	"orrery/explore/trial"
	"orrery/nodes"
)

// storeRead and storeWrite ask the resource, with the fencing token of whoever holds its lock. N numbers a machine's requests.
type (
	storeRead struct {
		Lock  string
		Token int64
		N     string
	}
	storeWrite struct {
		Lock  string
		Token int64
		N     string
		Based int64 // the version that the writer has read; -1 if its write depends on none
		Text  string
	}
	storeAnswer struct {
		N       string
		Version int64
		Refused bool
	}
	// storeHello tells a machine that another one is there, and since which zxid.
	storeHello struct {
		Name string
		Zxid int64
	}
)

func (*storeRead) Kind() string   { return "read" }
func (*storeWrite) Kind() string  { return "write" }
func (*storeAnswer) Kind() string { return "answer" }
func (*storeHello) Kind() string  { return "hello" }

func recipeCodec() nodes.Codec {
	return nodes.JSONCodec(&storeRead{}, &storeWrite{}, &storeAnswer{}, &storeHello{})
}

// storeCell is one thing that a lock protects.
type storeCell struct {
	version int64
	text    string
	read    int64 // the largest token that has read
	wrote   int64 // and that has written
	seen    map[string]bool
}

// recipeStore is the resource: a machine that does what it is asked, in the order in which it is. If it fences, it refuses a write with
// a token that is smaller than any that it has seen, and a read with one that is smaller than that of a write: a reader's view must
// hold until it has written, so a read counts too.
type recipeStore struct {
	w        *trial.World
	codec    nodes.Codec
	fences   bool
	cells    map[string]*storeCell
	accesses []lock.Op // writes that were let in, in their order
	lost     string    // an update that was overwritten unseen
	refused  int
}

const (
	recipeEffects = "exclusive-effects" // what a holder does to the world, no later holder has to suffer
	recipeUpdates = "no-lost-update"    // a write is based on the one before it
)

func newRecipeStore(w *trial.World) *recipeStore {
	return &recipeStore{w: w, codec: recipeCodec(), fences: true, cells: map[string]*storeCell{}}
}

// Codec implements nodes.Node.
func (s *recipeStore) Codec() nodes.Codec { return s.codec }

// Boot implements nodes.Node.
func (s *recipeStore) Boot(nodes.Env) error { return nil }

// Fire implements nodes.Node.
func (s *recipeStore) Fire(nodes.Env, nodes.Tag) {}

// Synced implements nodes.Node.
func (s *recipeStore) Synced(nodes.Env, nodes.Tag, error) {}

// Deliver implements nodes.Node.
func (s *recipeStore) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	switch m := m.(type) {
	case *storeRead:
		c := s.cell(m.Lock)
		if s.fences && m.Token < c.wrote {
			env.Send(from, &storeAnswer{N: m.N, Refused: true})
			return
		}
		c.read = max(c.read, m.Token)
		env.Send(from, &storeAnswer{N: m.N, Version: c.version})
	case *storeWrite:
		s.write(env, from, m)
	}
}

func (s *recipeStore) cell(name string) *storeCell {
	c := s.cells[name]
	if c == nil {
		c = &storeCell{seen: map[string]bool{}}
		s.cells[name] = c
	}
	return c
}

func (s *recipeStore) write(env nodes.Env, from nodes.ID, m *storeWrite) {
	c := s.cell(m.Lock)
	if c.seen[m.N] {
		return // the network's copy
	}
	c.seen[m.N] = true
	stale := m.Token < max(c.wrote, c.read)
	if stale {
		s.w.Asked(recipeEffects)
	}
	if stale && s.fences {
		s.refused++
		env.Send(from, &storeAnswer{N: m.N, Refused: true})
		return
	}
	if m.Based >= 0 {
		s.w.Asked(recipeUpdates)
		if m.Based != c.version && s.lost == "" {
			s.lost = fmt.Sprintf("%s writes what it made of version %d of %s, over version %d (%q)", from, m.Based, m.Lock, c.version, c.text)
		}
	}
	c.version++
	c.text = m.Text
	c.wrote = max(c.wrote, m.Token)
	now := int64(s.w.U.Now())
	s.accesses = append(s.accesses, lock.Op{Client: string(from), Lock: m.Lock, Kind: lock.Access, Token: m.Token, Status: checker.OK,
		Order: int64(len(s.accesses) + 1), Call: now, Ret: now})
	env.Send(from, &storeAnswer{N: m.N, Version: c.version})
}

// judge tells whether what was let in came in the order of the grants.
func (s *recipeStore) judge() error {
	if s.lost != "" {
		return violation(recipeUpdates, "%s", s.lost)
	}
	return nil
}

// patienceOfStore is how long a machine waits for the resource.
const patienceOfStore = 200 * time.Millisecond

// ask asks the resource, and waits for its answer. ok is false if none came.
func (t *recipeTurn) ask(make func(n string) nodes.Message) (a *storeAnswer, ok bool) {
	t.seat.asked++
	n := fmt.Sprintf("%s.%d", t.seat.id, t.seat.asked)
	m, ok := t.T.Request(resourceID, make(n), patienceOfStore, func(m nodes.Message) bool {
		a, mine := m.(*storeAnswer)
		return mine && a.N == n
	})
	if !ok {
		return nil, false
	}
	return m.(*storeAnswer), true
}
