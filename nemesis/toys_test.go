package nemesis

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/sim"
)

// world is a universe with toys in it: nodes that cannot survive one fault or another,
// and say so.
type world struct {
	u   *sim.Universe
	c   Cluster
	bad []anomaly
}

// anomaly is what a toy should never have seen.
type anomaly struct {
	at   time.Duration
	what string
}

const ms = time.Millisecond

// newWorld makes a universe of five nodes and a client, each running a toy. Messages and
// syncs need exactly 1 ms.
func newWorld(seed uint64, toy func(w *world, id nodes.ID) nodes.Node) *world {
	w := &world{c: Cluster{
		Nodes: []nodes.ID{"n1", "n2", "n3", "n4", "n5"}, Clients: []nodes.ID{"c1"},
		Leader:    func() (nodes.ID, bool) { return "n2", true },
		Timescale: 100 * ms, AllowWipe: true, AllowCorrupt: true, AllowLies: true, Connections: true,
	}}
	w.u = sim.New(sim.Config{
		Seed: seed,
		Net:  sim.NetConfig{Delay: sim.Dist{Min: ms}, DialTimeout: 50 * ms},
		Disk: sim.DiskConfig{Sync: sim.Dist{Min: ms}},
	})
	for _, id := range slices.Concat(w.c.Nodes, w.c.Clients) {
		w.u.Add(id, func() nodes.Node { return toy(w, id) }).Start(0)
	}
	return w
}

func (w *world) sees(format string, args ...any) {
	w.bad = append(w.bad, anomaly{w.u.Now(), fmt.Sprintf(format, args...)})
}

// between lists what was seen between two times, each thing once.
func (w *world) between(from, to time.Duration) []string {
	var seen []string
	for _, a := range w.bad {
		if a.at >= from && a.at < to && !slices.Contains(seen, a.what) {
			seen = append(seen, a.what)
		}
	}
	slices.Sort(seen)
	return seen
}

// base has the parts of a node that a toy does not need.
type base struct{ w *world }

func (base) Deliver(nodes.Env, nodes.ID, nodes.Message) {}
func (base) Fire(nodes.Env, nodes.Tag)                  {}
func (base) Synced(nodes.Env, nodes.Tag, error)         {}
func (base) Codec() nodes.Codec                         { return wordsCodec{} }

// words is the one message of the toys. Its codec takes all bytes as they come.
type words []uint64

func (words) Kind() string { return "words" }

type wordsCodec struct{}

func (wordsCodec) Append(b []byte, m nodes.Message) []byte {
	for _, w := range m.(words) {
		b = binary.BigEndian.AppendUint64(b, w)
	}
	return b
}

func (wordsCodec) Decode(p []byte) (nodes.Message, error) {
	m := words{}
	for ; len(p) >= 8; p = p[8:] {
		m = append(m, binary.BigEndian.Uint64(p))
	}
	return m, nil
}

var tick = nodes.Tag{Name: "tick"}

// gossip counts on a network that delivers each message once, in order, whole and in time,
// and on processes that live for ever: every 10 ms it tells everybody a number, one more
// than the last time.
type gossip struct {
	base
	id   nodes.ID
	said uint64
	got  map[nodes.ID]words
}

func newGossip(w *world, id nodes.ID) nodes.Node {
	return &gossip{base: base{w}, id: id, got: map[nodes.ID]words{}}
}

func (g *gossip) Boot(env nodes.Env) error {
	g.Fire(env, tick)
	return nil
}

func (g *gossip) Fire(env nodes.Env, _ nodes.Tag) {
	g.said++
	now := uint64(env.Now().UnixNano())
	for _, to := range slices.Concat(g.w.c.Nodes, g.w.c.Clients) {
		if to != g.id {
			env.Send(to, words{g.said, now, g.said ^ now})
		}
	}
	env.SetTimer(tick, 10*ms)
}

func (g *gossip) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	n := m.(words)
	link := fmt.Sprintf("%s→%s", from, g.id)
	if len(n) != 3 || n[0]^n[1] != n[2] {
		g.w.sees("garbled %s", link)
		return
	}
	last, heard := g.got[from]
	switch {
	case !heard:
	case n[1] == last[1]:
		g.w.sees("twice %s", link)
	case n[0] <= last[0] && n[1] > last[1]:
		g.w.sees("reborn %s", from)
	case n[0] < last[0]:
		g.w.sees("overtaken %s", link)
	case n[0] > last[0]+1:
		g.w.sees("gap %s", link)
	}
	if late := env.Now().UnixNano() - int64(n[1]); late > int64(2*ms) {
		g.w.sees("late %s", link)
	}
	if !heard || n[1] > last[1] {
		g.got[from] = n
	}
}

// keeper keeps a log of the numbers 1, 2, 3, … on its disk, one for each 20 ms, and tells
// how far it has got. What it takes for granted is up to the flags.
type keeper struct {
	base
	id nodes.ID

	early  bool // tells before the sync has ended
	blind  bool // does not look at errors
	hasty  bool // counts on a sync to need no more than 5 ms
	told   *uint64
	n      uint64
	synced time.Duration // when the last sync was asked for
}

const record = 700 // bytes: more than a sector

func (k *keeper) Boot(env nodes.Env) error {
	p, err := env.Disk().ReadFile("log")
	if err != nil && !errors.Is(err, nodes.ErrNotExist) && !k.blind {
		return err
	}
	for k.n = 0; len(p) >= record; p = p[record:] {
		k.n++
		for i := 0; i+8 <= record; i += 8 {
			if binary.BigEndian.Uint64(p[i:]) != k.n {
				k.w.sees("corrupt %s", k.id)
				i = record
			}
		}
	}
	if k.n < *k.told {
		k.w.sees("forgot %s", k.id)
	}
	*k.told = k.n
	env.SetTimer(tick, 20*ms)
	return nil
}

func (k *keeper) Fire(env nodes.Env, _ nodes.Tag) {
	env.SetTimer(tick, 20*ms)
	k.n++
	var r []byte
	for len(r) < record {
		r = binary.BigEndian.AppendUint64(r, k.n)
	}
	if err := env.Disk().WriteAt("log", r[:record], int64(k.n-1)*record); err != nil && !k.blind {
		env.Halt(err)
	}
	if k.early {
		*k.told = k.n
	}
	k.synced = env.Monotonic()
	env.Disk().SyncDir("", nodes.Tag{Name: "dir"})
	env.Disk().Sync("log", nodes.Tag{Name: "log", N: k.n})
}

func (k *keeper) Synced(env nodes.Env, tag nodes.Tag, err error) {
	if tag.Name != "log" {
		return
	}
	if err != nil && !k.blind {
		env.Halt(err)
	}
	if k.hasty && env.Monotonic()-k.synced > 5*ms {
		k.w.sees("late sync %s", k.id)
	}
	*k.told = max(*k.told, tag.N)
}

// keepers makes keepers with the given weaknesses, named in one string.
func keepers(weak string) func(w *world, id nodes.ID) nodes.Node {
	told := map[nodes.ID]*uint64{}
	return func(w *world, id nodes.ID) nodes.Node {
		if told[id] == nil || w.u.Machine(id).Incarnation() <= 1 {
			told[id] = new(uint64)
		}
		return &keeper{base: base{w}, id: id, told: told[id], early: strings.Contains(weak, "early"),
			blind: strings.Contains(weak, "blind"), hasty: strings.Contains(weak, "hasty")}
	}
}

// spender takes 1 from one node and gives it to the next, in two messages of one
// handler: it counts on not dying in between.
type spender struct {
	base
	id  nodes.ID
	sum int
}

func newSpender(w *world, id nodes.ID) nodes.Node { return &spender{base: base{w}, id: id} }

func (s *spender) Boot(env nodes.Env) error {
	env.SetTimer(tick, 10*ms)
	return nil
}

func (s *spender) Fire(env nodes.Env, _ nodes.Tag) {
	env.SetTimer(tick, 10*ms)
	if s.id == "n1" {
		env.Send("n2", words{0})
		env.Send("n2", words{1})
	}
	if s.sum != 0 {
		s.w.sees("half a payment")
		s.sum = 0
	}
}

func (s *spender) Deliver(_ nodes.Env, _ nodes.ID, m nodes.Message) { s.sum += 1 - 2*int(m.(words)[0]) }

// recoverer counts on not dying while it recovers: it notes when it begins to, and when
// it is done.
type recoverer struct {
	base
	id nodes.ID
}

func newRecoverer(w *world, id nodes.ID) nodes.Node { return &recoverer{base{w}, id} }

func (r *recoverer) Boot(env nodes.Env) error {
	if _, err := env.Disk().Size("recovering"); err == nil {
		r.w.sees("recovery was interrupted on %s", r.id)
	}
	err := errors.Join(env.Disk().WriteAt("recovering", []byte{1}, 0), env.Disk().WriteAt("state", []byte{1}, 0),
		env.Disk().Remove("recovering"))
	env.SetTimer(tick, 10*ms)
	return err
}

func (r *recoverer) Fire(env nodes.Env, _ nodes.Tag) { env.SetTimer(tick, 10*ms) }

// lease is a lock with time-outs. n2 grants it, to n1 and, when n1's has run out by n2's own
// clock, to n3. n1 renews it for half a second. All of them count on the clock.
type lease struct {
	base
	id    nodes.ID
	mono  bool // by the monotonic clock
	until int64
	owner nodes.ID
	held  *[2]bool // by n1, by n3: what a god sees
}

func leases(mono bool) func(w *world, id nodes.ID) nodes.Node {
	held := new([2]bool)
	return func(w *world, id nodes.ID) nodes.Node { return &lease{base: base{w}, id: id, mono: mono, held: held} }
}

func (l *lease) clock(env nodes.Env) int64 {
	if l.mono {
		return int64(env.Monotonic())
	}
	return env.Now().UnixNano()
}

func (l *lease) Boot(env nodes.Env) error {
	env.SetTimer(tick, 5*ms)
	return nil
}

func (l *lease) Fire(env nodes.Env, _ nodes.Tag) {
	env.SetTimer(tick, 5*ms)
	holds := l.clock(env) < l.until
	switch l.id {
	case "n1":
		if l.held[0] = holds; holds && l.held[1] {
			l.w.sees("two holders")
		}
		if l.w.u.Now() < 500*ms {
			env.Send("n2", words{uint64(l.clock(env))})
		}
	case "n3":
		l.held[1] = holds
		if l.w.u.Now() > 300*ms {
			env.Send("n2", words{uint64(l.clock(env))})
		}
	}
}

func (l *lease) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	if l.id != "n2" {
		l.until = int64(m.(words)[0]) + int64(100*ms)
		return
	}
	now := l.clock(env)
	if l.owner == from || now > l.until {
		l.owner, l.until = from, now+int64(120*ms)
		env.Send(from, m)
	}
}

// caller keeps a connection to n2 and sends a frame over it every 10 ms; it dials anew
// every 100 ms. It counts on connections that stand.
type caller struct {
	base
	id   nodes.ID
	conn nodes.Conn
	n    int
}

func newCaller(w *world, id nodes.ID) nodes.Node { return &caller{base: base{w}, id: id} }

func (c *caller) Boot(env nodes.Env) error {
	env.SetTimer(tick, 10*ms)
	return env.Listen(1, nodes.Framing{})
}

func (c *caller) Fire(env nodes.Env, _ nodes.Tag) {
	env.SetTimer(tick, 10*ms)
	if c.id != "n1" {
		return
	}
	if c.n%10 == 0 {
		env.Close(c.conn)
		c.conn = env.Dial(nodes.Addr{ID: "n2", Port: 1}, nodes.Framing{})
	}
	c.n++
	_ = env.Write(c.conn, []byte("frame"))
}

func (c *caller) Opened(nodes.Env, nodes.Conn, string)   {}
func (c *caller) Received(nodes.Env, nodes.Conn, []byte) {}
func (c *caller) Closed(_ nodes.Env, _ nodes.Conn, err error) {
	if err != nil {
		c.w.sees("%v", err)
	}
}

func TestToysHaveNothingToSayInACalmWorld(t *testing.T) {
	for name, toy := range map[string]func(*world, nodes.ID) nodes.Node{
		"gossip": newGossip, "keeper": keepers("early blind hasty"), "spender": newSpender,
		"recoverer": newRecoverer, "lease": leases(false), "caller": newCaller,
	} {
		w := newWorld(1, toy)
		w.u.Run(2 * time.Second)
		require.Empty(t, w.bad, name)
	}
}
