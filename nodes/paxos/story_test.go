package paxos

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"orrery/nodes"
)

// TestStories plays the stories of testdata (those in bugs run with a defect): each is a sequence of commands, and what the
// protocol says to them. The cases of do are the reference of the language. Nothing moves
// by itself: a timer fires, a message arrives and a sync ends when a command says so.
//
//	go test ./nodes/paxos -run Stories -rewrite
//
// rewrites what is expected. Read the difference before you keep it.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		s := &storyteller{w: newWorld(), chosen: map[Slot]uint64{}, chains: map[Slot]uint64{}}
		s.w.cut = map[nodes.ID]bool{}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) (out string) {
			defer func() {
				if p := recover(); p != nil {
					if text := fmt.Sprint(p); strings.HasPrefix(text, "paxos:") {
						out = "panic: " + text + "\n"
					} else {
						panic(p)
					}
				}
			}()
			s.w.story = nil
			defer func() { out += s.agreement() }()
			if err := s.do(t, d); err != nil {
				s.w.story = append(s.w.story, "error: "+err.Error())
			}
			if len(s.w.story) == 0 {
				return "ok\n"
			}
			return strings.Join(s.w.story, "\n") + "\n"
		})
	})
}

type storyteller struct {
	w       *world
	options func(*Config)
	held    []packet
	chains  map[Slot]uint64 // by slot, the hash of everything applied up to it,
	chosen  map[Slot]uint64 // and by slot, the hash of the value that was first seen applied there
}

func (s *storyteller) say(format string, args ...any) {
	s.w.story = append(s.w.story, fmt.Sprintf(format, args...))
}

func (s *storyteller) do(t *testing.T, d *datadriven.TestData) error {
	w := s.w
	node := func() *testMachine {
		m := w.machine(nodes.ID(d.CmdArgs[0].Key))
		if m == nil {
			d.Fatalf(t, "no machine %s", d.CmdArgs[0].Key)
		}
		return m
	}
	switch d.Cmd {
	case "cluster": // cluster 3 [alpha=N] [snapshot-every=N] [lease=DURATION] [q1=N q2=N] [thrifty] [quirk=NAME]: replicas n1, n2, …
		s.configure(t, d)
		var n int
		if _, err := fmt.Sscan(d.CmdArgs[0].Key, &n); err != nil {
			return err
		}
		w.cluster(n, s.options)
	case "replica": // replica n4: one more machine, not yet a member
		s.w.replica(nodes.ID(d.CmdArgs[0].Key), w.machines[0].replica().genesis.members, s.options)
		w.quiet()
	case "campaign": // campaign n2: its patience is at an end
		m := node()
		m.guard(func() { m.replica().Fire(m, w.election(m)) })
	case "heartbeat": // heartbeat n1: its heartbeat timer fires
		m := node()
		w.now += 100 * time.Millisecond
		m.guard(func() { m.node.Fire(m, nodes.Tag{Name: tagHeartbeat}) })
	case "client": // client c1 [n2]: a client, which asks that replica first
		servers := w.servers()
		if len(d.CmdArgs) > 1 {
			i := slices.Index(servers, nodes.ID(d.CmdArgs[1].Key))
			servers = append(servers[i:], servers[:i]...)
		}
		w.client(nodes.ID(d.CmdArgs[0].Key), servers...)
	case "op": // op c1 put x 1: the client begins an operation
		node().do(s.op(t, d, d.CmdArgs[1:]))
	case "retry": // retry c1: its patience with the server that it asked is at an end
		m := node()
		tag := nodes.Tag{Name: tagClient, N: m.client().timer}
		w.now += 500 * time.Millisecond
		m.guard(func() { m.node.Fire(m, tag) })
	case "deliver", "drop", "hold": // deliver [from=n1] [to=n2] [kind=P2a]: what matches and is under way now
		s.messages(d)
	case "release": // what was held is under way again
		w.flying = append(w.flying, s.held...)
		s.held = nil
	case "sleep": // sleep 2s: time passes, and all timers are late
		dur, err := time.ParseDuration(d.CmdArgs[0].Key)
		if err != nil {
			return err
		}
		w.now += dur
	case "sync": // sync n1 […]: all that these machines sync becomes durable
		for _, a := range d.CmdArgs {
			m := w.machine(nodes.ID(a.Key))
			for m.disk.Pending() > 0 && m.up() {
				m.sync(0, nil)
			}
		}
	case "fail-sync": // fail-sync n1: its sync ends with an error
		node().sync(0, nodes.ErrIO)
	case "quiet": // everything that is under way arrives and is synced, until nothing is
		w.quiet()
	case "cut": // cut n1 […]: whatever these and the other replicas send each other is lost
		for _, a := range d.CmdArgs {
			w.cut[nodes.ID(a.Key)] = true
		}
	case "heal":
		w.cut = map[nodes.ID]bool{}
	case "wait": // wait 300ms: time passes, and timers fire
		dur, err := time.ParseDuration(d.CmdArgs[0].Key)
		if err != nil {
			return err
		}
		w.runFor(dur)
	default:
		return s.machineFault(t, d, node())
	}
	s.results()
	return nil
}

// machineFault are the commands about one machine's process and disk.
func (s *storyteller) machineFault(t *testing.T, d *datadriven.TestData, m *testMachine) error {
	switch d.Cmd {
	case "crash": // crash n1 [torn]: unsynced writes are lost, or torn
		choice := 1
		if d.HasArg("torn") {
			choice = 4
		}
		m.crash(func(n int) int { return choice % n })
	case "kill": // kill n1: the process dies, and the disk keeps everything
		m.crash(func(int) int { return 0 })
	case "restart": // restart n1
		if err := m.start(); err != nil {
			s.say("%s does not start: %v", m.id, err)
		}
		for m.up() && m.replica().Role() == Booting {
			m.sync(0, nil)
		}
	case "wipe": // wipe n1: it crashes, and its disk is empty
		m.crash(func(int) int { return 0 })
		names, _ := m.disk.List("")
		for _, name := range names {
			_ = m.disk.Remove(name)
		}
	case "flip": // flip n1 record=2: a bit of the batch of that record of its log changes
		var n uint64
		d.ScanArgs(t, "record", &n)
		file, end := m.replica().wal.Where(n)
		m.disk.Flip(file, end-500, 1)
	case "files": // files n1
		names, err := m.disk.List("")
		if err != nil {
			return err
		}
		s.say("%s", strings.Join(names, " "))
	case "state": // state n1: what it has promised, accepted and applied
		s.state(m)
	default:
		d.Fatalf(t, "unknown command %s", d.Cmd)
	}
	return nil
}

// agreement compares what the replicas have applied in each slot.
func (s *storyteller) agreement() string {
	for _, m := range s.w.machines {
		r := m.replica()
		if r == nil || r.Role() == Booting {
			continue
		}
		for slot := r.log.base + 1; slot <= r.commit; slot++ {
			if !same(s.chosen, slot, ValueHash(r.log.at(slot).value)) {
				return fmt.Sprintf("VIOLATED agreement: %s has applied something else than others in slot %d\n", m.id, slot)
			}
		}
		if slot, chain := r.Applied(); !same(s.chains, slot, chain) { // what is in snapshots, too
			return fmt.Sprintf("VIOLATED agreement: %s has applied something else than others up to slot %d\n", m.id, slot)
		}
	}
	return ""
}

// same notes the hash of a slot, and tells whether it is the one that was noted first.
func same(seen map[Slot]uint64, s Slot, hash uint64) bool {
	was, ok := seen[s]
	if !ok {
		seen[s] = hash
	}
	return !ok || was == hash
}

func (s *storyteller) configure(t *testing.T, d *datadriven.TestData) {
	var quirk, lease string
	var alpha, every, q1, q2 int
	d.MaybeScanArgs(t, "alpha", &alpha)
	d.MaybeScanArgs(t, "snapshot-every", &every)
	d.MaybeScanArgs(t, "lease", &lease)
	d.MaybeScanArgs(t, "q1", &q1)
	d.MaybeScanArgs(t, "q2", &q2)
	d.MaybeScanArgs(t, "quirk", &quirk)
	s.options = func(c *Config) {
		c.Alpha, c.SnapshotEvery, c.Q1, c.Q2 = alpha, every, q1, q2
		c.KeepSlots = -1
		c.Thrifty = d.HasArg("thrifty")
		c.Lease, _ = time.ParseDuration(lease)
		if quirk != "" {
			b, ok := BugNamed(quirk)
			if !ok {
				d.Fatalf(t, "no bug %s", quirk)
			}
			c.Quirks = b.Quirks()
		}
	}
}

func (s *storyteller) op(t *testing.T, d *datadriven.TestData, args []datadriven.CmdArg) Op {
	arg := func(i int) string {
		if i < len(args) {
			return args[i].Key
		}
		return ""
	}
	switch kind := arg(0); kind {
	case "put":
		return Op{Kind: OpPut, Key: arg(1), Value: arg(2)}
	case "append":
		return Op{Kind: OpAppend, Key: arg(1), Value: arg(2)}
	case "get":
		return Op{Kind: OpGet, Key: arg(1)}
	case "members":
		op := Op{Kind: OpReconfigure}
		for i := range args[1:] {
			op.Members = append(op.Members, nodes.ID(arg(i+1)))
		}
		return op
	default:
		d.Fatalf(t, "unknown operation %s", kind)
		return Op{}
	}
}

// messages delivers, drops or holds back what matches and is under way.
func (s *storyteller) messages(d *datadriven.TestData) {
	w := s.w
	matches := func(p packet) bool {
		for _, a := range d.CmdArgs {
			of := map[string]string{"from": string(p.from), "to": string(p.to), "kind": p.kind}[a.Key]
			if !slices.Contains(a.Vals, of) {
				return false
			}
		}
		return true
	}
	var chosen []packet
	w.flying = slices.DeleteFunc(w.flying, func(p packet) bool {
		if matches(p) {
			chosen = append(chosen, p)
			return true
		}
		return false
	})
	for _, p := range chosen {
		switch d.Cmd {
		case "drop":
			s.say("%s from %s to %s is lost", p.kind, p.from, p.to)
		case "hold":
			s.say("%s from %s to %s is held up", p.kind, p.from, p.to)
			s.held = append(s.held, p)
		default:
			w.receive(p)
		}
	}
	if len(chosen) == 0 {
		s.say("nothing of that kind is under way")
	}
}

// results tells what clients were answered since the last command.
func (s *storyteller) results() {
	for _, m := range s.w.machines {
		c, ok := m.node.(*testClient)
		if !ok {
			continue
		}
		for _, r := range c.results {
			text := fmt.Sprintf("%s: %v %s%s is %v", m.id, r.Op.Kind, r.Op.Key, r.Op.Value, r.Outcome)
			if r.Op.Kind == OpGet && r.Outcome == OutcomeOK {
				text += fmt.Sprintf(", %q", r.Answer.Value)
			}
			if r.Outcome != OutcomeOK {
				text += ": " + r.Why
			}
			s.say("%s", text)
		}
		c.results = nil
	}
}

func (s *storyteller) state(m *testMachine) {
	r := m.replica()
	if r == nil {
		s.say("%s is down", m.id)
		return
	}
	st := r.Inspect().(State)
	s.say("%s: %v, promised %v, applied to slot %d, snapshot of slot %d, members %v", m.id, st.Role, st.Promised, st.Commit, st.Snapshot, st.Members)
	for _, o := range st.Open {
		s.say("    slot %d: accepted in %v", o.Slot, o.Ballot)
	}
	for _, key := range slices.Sorted(storeKeys(&r.machine.store)) {
		s.say("    %s = %q", key, r.machine.store.cells[key].value)
	}
}

func storeKeys(s *store) func(func(string) bool) {
	return func(yield func(string) bool) {
		for key := range s.cells {
			if !yield(key) {
				return
			}
		}
	}
}

func (w *world) servers() (ids []nodes.ID) {
	for _, m := range w.machines {
		if m.id[0] == 'n' {
			ids = append(ids, m.id)
		}
	}
	return ids
}
