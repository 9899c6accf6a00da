package paxos

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"orrery/nodes"
)

// A chaos is a random schedule: what happens next is drawn, and after each step
// what must always hold is looked at.
type chaos struct {
	w        *world
	rng      *rand.Rand
	chains   map[Slot]uint64 // of every slot that any replica has applied
	promised map[nodes.ID]Ballot
	leaders  map[Ballot]nodes.ID
	broken   string
	servers  []nodes.ID
	clients  []*testMachine
	steps    struct{ drop, double, crash, step int } // per thousand
}

func newChaos(seed uint64, replicas, clients int, change func(*Config)) *chaos {
	x := &chaos{w: newWorld(), rng: rand.New(rand.NewPCG(seed, 1)), chains: map[Slot]uint64{},
		promised: map[nodes.ID]Ballot{}, leaders: map[Ballot]nodes.ID{}}
	x.steps.drop, x.steps.double, x.steps.crash = 60, 60, 6
	x.w.always = func(name string, holds bool) {
		if !holds {
			x.fail("always: " + name)
		}
	}
	x.w.told = x.told
	x.w.cluster(replicas, change)
	for _, m := range x.w.machines {
		m.rng = rand.New(rand.NewPCG(seed, uint64(m.id[1])))
	}
	for _, m := range x.w.machines {
		x.servers = append(x.servers, m.id)
	}
	for i := range clients {
		id := nodes.ID(fmt.Sprint("c", i+1))
		x.clients = append(x.clients, x.w.client(id, x.servers...))
	}
	return x
}

func (x *chaos) fail(what string) {
	if x.broken == "" {
		x.broken = what
	}
}

// told checks "durable before told" and that no acceptor forgets a promise.
func (x *chaos) told(m *testMachine, msg nodes.Message) {
	r := m.replica()
	if r == nil {
		return
	}
	if file, end, ok := r.Evidence(msg); ok {
		if size, named := m.disk.Durable(file); !named || size < end {
			x.fail(fmt.Sprintf("durable before told: %s tells %s, durable are %d of %d bytes of %s", m.id, msg.Kind(), size, end, file))
		}
	}
	if p, ok := msg.(*P1b); ok && p.Promised == p.Ballot {
		if p.Promised.Less(x.promised[m.id]) {
			x.fail(fmt.Sprintf("%s promises %v after %v", m.id, p.Promised, x.promised[m.id]))
		}
		x.promised[m.id] = p.Promised
	}
}

// observe checks agreement and prefix equality: all replicas that have applied a slot
// have the same history.
func (x *chaos) observe() {
	for _, m := range x.w.machines {
		r := m.replica()
		if r == nil || r.Role() == Booting {
			continue
		}
		s, chain := r.Applied()
		if was, ok := x.chains[s]; ok && was != chain {
			x.fail(fmt.Sprintf("agreement: two histories up to slot %d, one at %s", s, m.id))
		}
		x.chains[s] = chain
		if b, ok := r.Leading(); ok {
			if other, ok := x.leaders[b]; ok && other != m.id {
				x.fail(fmt.Sprintf("one leader a ballot: %s and %s lead %v", other, m.id, b))
			}
			x.leaders[b] = m.id
		}
	}
}

// step does one thing.
func (x *chaos) step() {
	w := x.w
	for i, c := range x.clients {
		tc := c.client()
		if tc.Idle() && len(tc.results) < 1000 {
			n := len(tc.results)
			key := fmt.Sprint("k", x.rng.IntN(2))
			c.do(Op{Kind: OpAppend, Key: key, Value: fmt.Sprintf("<%d.%d>", i, n)})
		}
	}
	switch dice := x.rng.IntN(1000); {
	case dice < x.steps.crash:
		m := w.machines[x.rng.IntN(len(w.machines)-len(x.clients))]
		if m.up() {
			m.crash(x.rng.IntN)
		}
	case dice < x.steps.crash+40:
		for _, m := range w.machines {
			if !m.up() {
				if err := m.start(); err != nil {
					x.fail("refused: " + err.Error())
				}
				break
			}
		}
	case dice < x.steps.crash+40+150 || len(w.flying) == 0:
		var busy []*testMachine
		for _, m := range w.machines {
			if m.up() && m.disk.Pending() > 0 {
				busy = append(busy, m)
			}
		}
		if len(busy) > 0 && x.rng.IntN(8) > 0 {
			m := busy[x.rng.IntN(len(busy))]
			m.sync(x.rng.IntN(m.disk.Pending()), nil)
		} else {
			w.fire()
		}
	default:
		i := x.rng.IntN(min(len(w.flying), 12))
		p := w.flying[i]
		switch roll := x.rng.IntN(1000); {
		case roll < x.steps.drop:
			w.drop(i)
		case roll < x.steps.drop+x.steps.double:
			w.receive(p)
		default:
			w.deliver(i)
		}
		if len(w.flying) > 200 {
			w.drop(0)
		}
	}
	w.now += time.Duration(x.rng.IntN(400)) * time.Microsecond
	x.observe()
}

// settle ends the faults and lets the cluster come to rest; then every acknowledged append
// must be there exactly once, and no other more than once.
func (x *chaos) settle() {
	w := x.w
	for _, m := range w.machines {
		if !m.up() && m.halted == nil {
			if err := m.start(); err != nil {
				x.fail("refused: " + err.Error())
				return
			}
		}
	}
	for range 400 {
		w.runFor(50 * time.Millisecond)
		x.observe()
		if x.broken != "" {
			return
		}
		if x.quiet() {
			break
		}
	}
	if !x.quiet() {
		x.fail("liveness: no rest within 20 s after the last fault")
		return
	}
	reader := w.client("c9", x.servers...)
	reader.do(Op{Kind: OpScan})
	w.runFor(10 * time.Second)
	if len(reader.client().results) == 0 || reader.client().results[0].Outcome != OutcomeOK {
		x.fail("liveness: no answer to a scan after the faults")
		return
	}
	state := map[string]string{}
	for _, p := range reader.client().results[0].Answer.Pairs {
		state[p.Key] = p.Value
	}
	for _, c := range x.clients {
		for _, res := range c.client().results {
			n := strings.Count(state[res.Op.Key], res.Op.Value)
			if n > 1 || res.Outcome == OutcomeOK && n != 1 || res.Outcome == OutcomeFail && n != 0 {
				x.fail(fmt.Sprintf("exactly once: append of %s was answered %v and is there %d times", res.Op.Value, res.Outcome, n))
			}
		}
	}
}

func (x *chaos) quiet() bool {
	for _, c := range x.clients {
		if !c.client().Idle() {
			return false
		}
	}
	var first Slot
	for i, m := range x.w.machines[:len(x.w.machines)-len(x.clients)] {
		s, _ := m.replica().Applied()
		if i == 0 {
			first = s
		}
		if s != first {
			return false
		}
	}
	return true
}

// run plays a schedule of n steps and returns what broke; "" if nothing did.
func (x *chaos) run(n int) (broken string) {
	defer func() {
		if p := recover(); p != nil {
			broken = fmt.Sprint("panic: ", p)
			if !strings.Contains(broken, "paxos:") {
				panic(p)
			}
		}
	}()
	for range n {
		x.step()
		if x.broken != "" {
			return x.broken
		}
	}
	x.settle()
	return x.broken
}

// seeds is how many schedules a test plays; ORRERY_SEEDS asks for more.
func seeds() uint64 {
	if n, err := strconv.ParseUint(os.Getenv("ORRERY_SEEDS"), 10, 64); err == nil {
		return n
	}
	return 300
}

func small(c *Config) { c.SnapshotEvery, c.KeepSlots, c.Alpha, c.ChunkBytes = 15, 5, 4, 200 }

func TestRandomSchedulesKeepAgreementAndExactlyOnce(t *testing.T) {
	marks := map[string]int{}
	for seed := range seeds() {
		x := newChaos(seed, 3+2*int(seed%2), 2, small)
		if broken := x.run(3000); broken != "" {
			t.Errorf("seed %d: %s", seed, broken)
			break
		}
		for name, n := range x.w.marks {
			marks[name] += n
		}
	}
	for _, name := range Marks() {
		if testing.Verbose() {
			t.Logf("%7d %s", marks[name], name)
		}
	}
}
