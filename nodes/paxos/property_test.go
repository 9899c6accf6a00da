package paxos

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"orrery/nodes"
	"orrery/nodes/internal/wal/waltest"
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
	acked    map[string][]string // of each key, the appends that were acknowledged
	seen     []int               // of each client, the results looked at
	before   []int               // of each client, how many were acknowledged when its read began
	faults   chaosFaults
	cut      []cut
	held     []packet // that cuts have caught, to come late
}

// cut parts two sets of replicas until a moment; clients reach both.
type cut struct {
	side  map[nodes.ID]bool
	until time.Duration
	holds bool // messages that it catches come later; else they are lost
}

// chaosFaults says what may go wrong, in events of a thousand steps (or messages).
type chaosFaults struct{ drop, double, crash, cut, clock, wipe, rot, members int }

var usualFaults = chaosFaults{drop: 60, double: 60, crash: 6, cut: 12}

func newChaos(seed uint64, replicas, clients int, change func(*Config)) *chaos {
	x := &chaos{w: newWorld(), rng: rand.New(rand.NewPCG(seed, 1)), chains: map[Slot]uint64{},
		promised: map[nodes.ID]Ballot{}, leaders: map[Ballot]nodes.ID{}, acked: map[string][]string{},
		seen: make([]int, clients), before: make([]int, clients), faults: usualFaults}
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
		m := x.w.client(id, x.servers...)
		m.client().Client = NewClient(ClientConfig{Servers: x.servers, Timeout: 50 * time.Millisecond, Deadline: time.Second, BackOff: 5 * time.Millisecond})
		m.rng = rand.New(rand.NewPCG(seed, uint64(i+100)))
		x.clients = append(x.clients, m)
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
	var b Ballot // what m claims to have promised or accepted
	switch p := msg.(type) {
	case *P1b:
		if p.Promised == p.Ballot {
			b = p.Ballot
		}
	case *P2b:
		if p.Promised == p.Ballot && p.First <= p.Last {
			b = p.Ballot
		}
	}
	if b.IsZero() {
		return
	}
	if b.Less(x.promised[m.id]) {
		x.fail(fmt.Sprintf("an acceptor never forgets: %s tells %s of %v after %v", m.id, msg.Kind(), b, x.promised[m.id]))
	}
	x.promised[m.id] = b
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
	x.clientsGoOn()
	x.heal()
	if x.rng.IntN(2) == 0 && x.breakSomething(x.rng.IntN(1000)) {
		return
	}
	switch dice := x.rng.IntN(1000); {
	case dice < 20:
		x.restartOne()
	case dice < 170 || len(w.flying) == 0:
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
		if x.caught(p) {
			w.drop(i)
			break
		}
		switch roll := x.rng.IntN(1000); {
		case roll < x.faults.drop:
			w.drop(i)
		case roll < x.faults.drop+x.faults.double:
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

// clientsGoOn looks at what the clients were answered, and gives them more to do. A read must
// show every append that was acknowledged before it began.
func (x *chaos) clientsGoOn() {
	for i, c := range x.clients {
		tc := c.client()
		for ; x.seen[i] < len(tc.results); x.seen[i]++ {
			switch res := tc.results[x.seen[i]]; {
			case res.Outcome != OutcomeOK:
			case res.Op.Kind == OpAppend:
				x.acked[res.Op.Key] = append(x.acked[res.Op.Key], res.Op.Value)
			case res.Op.Kind == OpGet:
				for _, token := range x.acked[res.Op.Key][:x.before[i]] {
					if !strings.Contains(res.Answer.Value, token) {
						x.fail(fmt.Sprintf("linearizability: a read of %s misses %s", res.Op.Key, token))
					}
				}
			}
		}
		if !tc.Idle() {
			continue
		}
		key := fmt.Sprint("k", x.rng.IntN(2))
		switch dice := x.rng.IntN(1000); {
		case dice < x.faults.members:
			c.do(Op{Kind: OpReconfigure, Members: x.someMembers()})
		case dice < 400:
			x.before[i] = len(x.acked[key])
			c.do(Op{Kind: OpGet, Key: key})
		default:
			c.do(Op{Kind: OpAppend, Key: key, Value: fmt.Sprintf("<%d.%d>", i, len(tc.results))})
		}
	}
}

// someMembers are at least three of the replicas, if there are as many.
func (x *chaos) someMembers() (members []nodes.ID) {
	ids := slices.Clone(x.servers)
	x.rng.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	n := min(len(ids), 3+x.rng.IntN(len(ids)))
	return ids[:min(n, len(ids))]
}

// cutOff parts one or two replicas from the others for a while.
func (x *chaos) cutOff() {
	c := cut{side: map[nodes.ID]bool{}, holds: x.rng.IntN(2) == 0}
	for range 1 + x.rng.IntN(2) {
		c.side[x.servers[x.rng.IntN(len(x.servers))]] = true
	}
	c.until = x.w.now + time.Duration(x.rng.IntN(200+100*x.rng.IntN(3)))*time.Millisecond
	x.cut = append(x.cut, c)
}

// caught tells whether a cut keeps a message back, and keeps it.
func (x *chaos) caught(p packet) bool {
	if p.from[0] == 'c' || p.to[0] == 'c' {
		return false
	}
	for i := range x.cut {
		if c := &x.cut[i]; c.side[p.from] != c.side[p.to] {
			if c.holds && len(x.held) < 50 {
				x.held = append(x.held, p)
			}
			return true
		}
	}
	return false
}

// heal ends the cuts whose time has come, and lets out what they held.
func (x *chaos) heal() {
	n := len(x.cut)
	x.cut = slices.DeleteFunc(x.cut, func(c cut) bool { return c.until <= x.w.now })
	if len(x.cut) < n {
		x.w.flying = append(x.w.flying, x.held...)
		x.held = nil
	}
}

// breakSomething does the rarer faults.
func (x *chaos) breakSomething(dice int) bool {
	w, f := x.w, &x.faults
	m := w.machines[x.rng.IntN(len(x.servers))]
	switch {
	case dice < f.crash:
		switch {
		case m.up() && x.rng.IntN(3) == 0:
			m.node = nil
			m.disk.Kill()
		case m.up():
			m.crash(x.rng.IntN)
		case x.rng.IntN(2) == 0: // the power fails, too
			m.crash(x.rng.IntN)
		}
	case dice < f.crash+f.cut:
		x.cutOff()
		return true
	}
	switch dice -= f.crash + f.cut; {
	case dice < f.clock:
		m.step += time.Duration(x.rng.IntN(4000)-2000) * time.Millisecond
	case dice < f.clock+f.wipe:
		m.node = nil
		m.disk = &waltest.Disk{}
	case dice < f.clock+f.wipe+f.rot:
		names, _ := m.disk.List("wal-")
		if r := m.replica(); len(names) > 0 && r != nil {
			size, _ := m.disk.Durable(names[0])
			if size > 1024 {
				m.disk.Flip(names[0], x.rng.Int64N(size), 1<<x.rng.IntN(8))
				m.crash(func(int) int { return 0 })
			}
		}
	default:
		return false
	}
	return true
}

// restartOne starts a machine that is down. It may be refused only if its disk was
// damaged, and then stays down.
func (x *chaos) restartOne() {
	for _, m := range x.w.machines {
		if !m.up() && m.halted == nil {
			if err := m.start(); err != nil {
				m.halted = err
				if x.faults.wipe+x.faults.rot == 0 {
					x.fail("refused: " + err.Error())
				}
			}
			return
		}
	}
}

// settle ends the faults and lets the cluster come to rest; then every acknowledged append
// must be there exactly once, and no other more than once.
func (x *chaos) settle() {
	w := x.w
	for range w.machines {
		x.restartOne()
	}
	if x.faults.wipe+x.faults.rot+x.faults.members > 0 {
		return // there may be no quorum left, and some may not belong to it
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
			if res.Op.Kind != OpAppend {
				continue
			}
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
	for i, m := range x.w.machines[:len(x.servers)] {
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

// small makes everything happen soon: elections, snapshots, full windows.
func small(c *Config) {
	c.SnapshotEvery, c.KeepSlots, c.Alpha, c.ChunkBytes = 15, 5, 4, 200
	c.MaxQueue, c.SessionTTL = 1, 100*time.Millisecond
	c.Heartbeat, c.ElectionMin, c.ElectionMax = 10*time.Millisecond, 30*time.Millisecond, 80*time.Millisecond
}

// TestRandomSchedulesKeepAgreementAndExactlyOnce plays what the defects of museum_test.go do
// not survive, in every configuration in which one of them is looked for.
func TestRandomSchedulesKeepAgreementAndExactlyOnce(t *testing.T) {
	marks := map[string]int{}
	for _, c := range []struct {
		name   string
		share  uint64 // of the seeds, in percent
		faults func(*chaosFaults)
		change func(*Config)
	}{
		{"usual", 100, func(*chaosFaults) {}, small},
		{"short leases and stepping clocks", 30, func(f *chaosFaults) { f.clock = 20 }, leased(25 * time.Millisecond)},
		{"long leases", 30, func(f *chaosFaults) { f.crash, f.cut = 20, 25 }, leased(150 * time.Millisecond)},
		{"changes of membership", 50, func(f *chaosFaults) { f.members, f.cut = 300, 25 }, small},
		{"wiped disks", 20, func(f *chaosFaults) { f.wipe = 3 }, small},
		{"corrupt disks", 20, func(f *chaosFaults) { f.rot = 6 }, small},
		{"thrift", 20, func(*chaosFaults) {}, func(c *Config) { small(c); c.Thrifty = true }},
		{"flexible quorums", 20, func(*chaosFaults) {}, func(c *Config) { small(c); c.Q1, c.Q2 = len(c.Members), 1 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			for seed := range seeds() * c.share / 100 {
				x := newChaos(seed, 3+2*int(seed%2), 2, c.change)
				c.faults(&x.faults)
				if broken := x.run(3000); broken != "" {
					t.Fatalf("seed %d: %s", seed, broken)
				}
				for name, n := range x.w.marks {
					marks[name] += n
				}
			}
		})
	}
	for _, name := range Marks() {
		t.Logf("%7d %s", marks[name], name)
	}
}
