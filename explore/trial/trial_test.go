package trial

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/nemesis"
	"orrery/nodes"
	"orrery/sim"
)

// A toy cluster: every server answers every question with the number of the last one that anyone
// was asked, which is a shared variable, and so is linearizable unless told otherwise.

type ask struct{ N int }
type reply struct{ N, Value int }

func (ask) Kind() string   { return "ask" }
func (reply) Kind() string { return "reply" }

var codec = nodes.JSONCodec(ask{}, reply{})

type toy struct {
	w      *World
	shared *int
	mute   bool // answers nobody
	stale  bool // answers what it knew before
	slow   bool // does nothing but keep itself busy
}

func (s *toy) Codec() nodes.Codec { return codec }
func (s *toy) Boot(env nodes.Env) error {
	if s.slow {
		env.SetTimer(nodes.Tag{Name: "spin"}, time.Microsecond)
	}
	return nil
}

func (s *toy) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	if s.mute {
		return
	}
	before := *s.shared
	n := m.(ask).N
	if n > 0 {
		*s.shared = n
	}
	value := *s.shared
	if s.stale {
		value = before
	}
	env.Send(from, reply{n, value})
}

func (s *toy) Fire(env nodes.Env, tag nodes.Tag) { env.SetTimer(tag, time.Microsecond) }

func (s *toy) Synced(nodes.Env, nodes.Tag, error) {}

// user writes 1, 2, 3, … and reads after every write.
type user struct {
	w       *World
	servers []nodes.ID
	ops     int
	begun   int
	op      checker.OpID
	open    bool
	stopped bool
	probing int // operations of the probe that are left
}

func (c *user) Codec() nodes.Codec { return codec }

func (c *user) Boot(env nodes.Env) error { c.next(env); return nil }

func (c *user) next(env nodes.Env) {
	env.SetTimer(nodes.Tag{Name: "again"}, 200*time.Millisecond)
	if c.open || (c.begun >= c.ops || c.stopped) && c.probing == 0 {
		return
	}
	c.begun++
	c.open = true
	op, n := checker.Op{F: checker.Read}, 0
	if c.begun%2 == 1 {
		n = c.begun
		op = checker.Op{F: checker.Write, In: checker.Val(strconv.Itoa(n))}
	}
	c.op = c.w.History.Invoke("u", op)
	c.w.U.BeginOp()
	env.Send(c.servers[c.begun%len(c.servers)], ask{n})
}

func (c *user) end(env nodes.Env) {
	c.open = false
	c.w.U.EndOp()
	c.next(env)
}

func (c *user) Deliver(env nodes.Env, _ nodes.ID, m nodes.Message) {
	r := m.(reply)
	if !c.open || (r.N > 0) != (c.begun%2 == 1) || r.N > 0 && r.N != c.begun {
		return
	}
	switch {
	case r.N > 0:
		c.w.History.OK(c.op, checker.Value{})
	case r.Value == 0:
		c.w.History.OK(c.op, checker.Unset)
	default:
		c.w.History.OK(c.op, checker.Val(strconv.Itoa(r.Value)))
	}
	c.probing = max(c.probing-1, 0)
	c.end(env)
}

func (c *user) Fire(env nodes.Env, _ nodes.Tag) {
	if c.open {
		c.w.History.Maybe(c.op)
		c.end(env)
		return
	}
	c.next(env)
}

func (c *user) Synced(nodes.Env, nodes.Tag, error) {}
func (c *user) Done() bool                         { return !c.open && (c.stopped || c.begun >= c.ops) }
func (c *user) Stop()                              { c.stopped = true }
func (c *user) Probe(servers []nodes.ID)           { c.servers, c.probing = servers, 4 }
func (c *user) Probed() (bool, string)             { return c.probing == 0, "nobody answers" }

// toys builds a world of three servers, each changed by the test.
func toys(ops int, change func(id nodes.ID, s *toy)) func(*World) error {
	return func(w *World) error {
		shared := new(int)
		w.U.Tune(func(c *sim.Config) { c.Net.Delay = sim.Dist{Min: time.Millisecond, Mean: time.Millisecond} })
		for _, id := range []nodes.ID{"s1", "s2", "s3"} {
			w.AddServer(id, func() nodes.Node {
				s := &toy{w: w, shared: shared}
				if change != nil {
					change(id, s)
				}
				return s
			})
		}
		u := &user{w: w, servers: w.Servers, ops: ops}
		w.AddClient("u", func() nodes.Node { return u })
		w.History, w.Model, w.Workload = checker.NewRecorder(nil), checker.Register, u
		w.Horizon = 5 * time.Second
		return nil
	}
}

func run(t *testing.T, o Options, build func(*World) error) *Result {
	t.Helper()
	r, err := Run(o, build)
	require.NoError(t, err)
	return r
}

func parse(t *testing.T, text string) *nemesis.Plan {
	t.Helper()
	p, err := nemesis.ParsePlan("plan", []byte(text))
	require.NoError(t, err)
	return &p
}

func TestAWorldThatHolds(t *testing.T) {
	r := run(t, Options{Seed: 1, Plan: parse(t, "100ms isolate(s1, clients) until 1s")}, toys(50, nil))
	require.Equal(t, checker.Holds, r.Verdict, r.Detail)
	require.Equal(t, "budgeted", r.Profile)
	require.Len(t, r.Faults, 1)
	require.NotZero(t, r.Faults[0].Effects)
	require.Equal(t, r.Hash, run(t, Options{Seed: 1, Plan: &r.Plan}, toys(50, nil)).Hash)
}

func TestAStaleAnswerIsAViolationInWords(t *testing.T) {
	r := run(t, Options{Seed: 1}, toys(50, func(id nodes.ID, s *toy) { s.stale = id == "s2" }))
	require.Equal(t, checker.Holds, r.Verdict, "what a server that is stale before it writes answers to reads is right")
	lost := toys(50, nil)
	r = run(t, Options{Seed: 1}, func(w *World) error {
		err := lost(w)
		w.AddServer("s4", func() nodes.Node { return &toy{w: w, shared: new(int)} })
		w.Workload.(*user).servers = w.Servers
		return err
	})
	require.Equal(t, checker.Violated, r.Verdict)
	require.Equal(t, "linearizability", r.Property)
	require.Contains(t, r.Detail, "client u read register")
}

func TestAServerThatNeverAnswersIsFoundByTheLivenessPhase(t *testing.T) {
	r := run(t, Options{Seed: 1}, toys(10, func(_ nodes.ID, s *toy) { s.mute = true }))
	require.Equal(t, checker.Violated, r.Verdict)
	require.Equal(t, "liveness: the core serves", r.Property)
	require.Contains(t, r.Detail, "nobody answers")
}

func TestAClusterThatDoesNotConvergeIsFound(t *testing.T) {
	build := toys(10, nil)
	r := run(t, Options{Seed: 1}, func(w *World) error {
		err := build(w)
		w.Converged = func([]nodes.ID) (bool, string) { return false, "s1 and s2 differ" }
		return err
	})
	require.Equal(t, "liveness: the core converges", r.Property)
	require.Contains(t, r.Detail, "s1 and s2 differ")
}

// A cluster may agree, after the heal, on an ensemble whose other members stay broken. Then its core is none any more.
func TestNothingIsDemandedOfACoreThatSufficesNoMore(t *testing.T) {
	build := toys(10, nil)
	r := run(t, Options{Seed: 1}, func(w *World) error {
		err := build(w)
		changed := false
		w.Quorum = func(up []nodes.ID) bool { return len(up) > 1 && !changed }
		w.Converged = func([]nodes.ID) (bool, string) {
			changed = true
			return false, "s1 waits for s3, which is cut off for good"
		}
		return err
	})
	require.NotEqual(t, checker.Violated, r.Verdict, r.Detail)
}

func TestNothingIsNotOK(t *testing.T) {
	none := run(t, Options{Seed: 1, Profile: "unrestricted"}, toys(0, nil)) // without a probe
	require.Equal(t, checker.Vacuous, none.Verdict)

	harmless := run(t, Options{Seed: 1, Plan: parse(t, "100ms clock-bump(s1, +1s) until 200ms")}, toys(20, nil))
	require.Equal(t, checker.Vacuous, harmless.Verdict)
	require.Equal(t, "faults", harmless.Property)

	senseless := run(t, Options{Seed: 1, Nemesis: []string{"connection"}}, toys(20, nil))
	require.Equal(t, checker.Vacuous, senseless.Verdict)
	require.Contains(t, senseless.Detail, "makes sense here")

	cut := run(t, Options{Seed: 1, EventsMax: 100, Profile: "calm"}, toys(50, func(_ nodes.ID, s *toy) { s.slow = true }))
	require.Equal(t, checker.Unknown, cut.Verdict)
	require.Contains(t, cut.Detail, "cut off after 100 events")
}

func TestBadOptionsAreErrors(t *testing.T) {
	_, err := Run(Options{Profile: "clam"}, toys(1, nil))
	require.ErrorContains(t, err, `unknown profile "clam"; did you mean calm?`)
}

func TestOfAPlanOnOfferAWorldTakesWhatItsProtocolClaimsToSurvive(t *testing.T) {
	build := func(w *World) error {
		w.Families = []string{"crash"}
		return toys(3, nil)(w)
	}
	plan := parse(t, `{"mode": "budgeted", "faults": [
		{"at": "10ms", "fault": "isolate(s1)", "until": "20ms"},
		{"at": "30ms", "fault": "crash(s2)", "until": "40ms"}]}`)
	r := run(t, Options{Seed: 1, Plan: plan, Offered: true}, build)
	require.Len(t, r.Plan.Entries, 1)
	require.Equal(t, "crash", r.Plan.Entries[0].Fault.Kind().Family)
	require.Len(t, plan.Entries, 2, "the plan itself stays")
	again := run(t, Options{Seed: 1, Plan: &r.Plan}, build)
	require.Equal(t, r.Hash, again.Hash, "what was taken replays by itself")
	require.Len(t, run(t, Options{Seed: 1, Plan: plan}, build).Plan.Entries, 2, "whoever names a plan gets it")
}

func TestNoScheduleMakesAnEventLaterThanAProtocolCountsOn(t *testing.T) {
	latest := func(synchrony time.Duration) (late time.Duration) {
		o := Options{Seed: 1, Window: time.Second, Scheduler: picks(func(u *sim.Universe, list []sim.Pending) int {
			late = max(late, list[len(list)-1].Due-list[0].Due)
			return len(list) - 1
		})}
		run(t, o, func(w *World) error {
			if synchrony > 0 {
				w.Synchronous(synchrony)
			}
			return toys(20, nil)(w)
		})
		return late
	}
	require.Greater(t, latest(0), 100*time.Millisecond)
	require.LessOrEqual(t, latest(5*time.Millisecond), 5*time.Millisecond)
}

// picks is a scheduler that is a function.
type picks func(*sim.Universe, []sim.Pending) int

func (f picks) Pick(u *sim.Universe, list []sim.Pending) int { return f(u, list) }
