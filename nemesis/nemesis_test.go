package nemesis

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/sim"
	"orrery/sim/vdisk"
)

func mustPlan(t *testing.T, text string) Plan {
	t.Helper()
	p, err := ParsePlan("", []byte(text))
	require.NoError(t, err)
	return p
}

// everything is a plan with most kinds of fault in it, close together.
const everything = `mode unrestricted
100ms isolate(one) until 200ms
120ms loss(all, 30%, clients) until 300ms
150ms crash(minority, power=torn) until 260ms
180ms flap(following one) until 600ms
200ms swizzle(pairs=4)
210ms kill-at-effect(one, 5, power=lose-subset)
250ms bursty-loss(random -> random, 80%) until 700ms
300ms pause(random) until 350ms
310ms clock-strobe(one, -20ms, 10ms) until 500ms
320ms duplicate(all, 20%) until 500ms
400ms crash-in-recovery(one, 3, times=3)
450ms corrupt-disk(one)
500ms random-groups(2) until 600ms
550ms reorder(one, 30%, 50ms) until 800ms
600ms rolling-restart(down=20ms, gap=20ms)
700ms hunt-leader(by=crash) until 1.2s
750ms sync-error(one, 50%) until 900ms
`

func TestOnePlanAndOneSeedAreOneRun(t *testing.T) {
	run := func(seed uint64) (string, string) {
		w := newWorld(seed, keepers("early"))
		n := mustPlan(t, everything).Install(w.u, &w.c)
		w.u.Run(1500 * ms)
		return w.u.Hash().String(), fmt.Sprint(n.Report())
	}
	for seed := range uint64(5) {
		hash, report := run(seed)
		hash2, report2 := run(seed)
		require.Equal(t, hash, hash2)
		require.Equal(t, report, report2)
		other, _ := run(seed + 100)
		require.NotEqual(t, hash, other)
	}
}

// idle is a node that does nothing, so that only the nemesis draws.
type idle struct{ base }

func (idle) Boot(nodes.Env) error { return nil }

func newIdle(w *world, _ nodes.ID) nodes.Node { return idle{base{w}} }

func TestAnEntryThatIsTakenAwayChangesNoDrawOfTheOthers(t *testing.T) {
	draws := func(p Plan) (map[sim.Point]uint64, []Outcome) {
		var log []sim.Draw
		w := newWorld(3, newIdle)
		u := sim.New(sim.Config{Seed: 3, RecordDraws: &log})
		for _, m := range w.u.Machines() {
			u.Add(m.ID(), func() nodes.Node { return idle{} }).Start(0)
		}
		n := p.Install(u, &w.c)
		u.Run(2 * time.Second)
		all := map[sim.Point]uint64{}
		for _, d := range log {
			all[d.Point] = d.Value
		}
		return all, n.Report()
	}
	p := mustPlan(t, everything+"400ms crash(one) until 401ms\n400ms crash(one) until 402ms\n")
	whole, outcomes := draws(p)
	require.NotEqual(t, outcomes[len(outcomes)-1].Hit, outcomes[len(outcomes)-2].Hit, "equal entries draw apart")
	for i := range p.Entries {
		part, left := draws(p.Without(i))
		for point, value := range part {
			if v, ok := whole[point]; ok {
				require.Equal(t, v, value, "without %s, %v changes", p.Entries[i], point)
			}
		}
		if i < len(p.Entries)-2 {
			hits := slices.Delete(hitsOf(outcomes), i, i+1)
			require.Equal(t, hits, hitsOf(left), "without %s", p.Entries[i])
		}
	}
}

func hitsOf(outcomes []Outcome) (hits []string) {
	for _, o := range outcomes {
		hits = append(hits, fmt.Sprint(o.Entry, o.Hit))
	}
	return hits
}

func TestAFaultThatIsMadeShorterHitsTheSame(t *testing.T) {
	for seed := range uint64(10) {
		hit := func(text string) []nodes.ID {
			w := newWorld(seed, newIdle)
			n := mustPlan(t, "mode unrestricted\n"+text).Install(w.u, &w.c)
			w.u.Run(time.Second)
			return n.Report()[0].Hit
		}
		require.Equal(t, hit("1ms isolate(random) until 900ms"), hit("1ms isolate(random) until 2ms"))
	}
}

func TestTheBudgetKeepsAQuorumThatIsUpAndWholeAndConnected(t *testing.T) {
	for _, c := range []struct {
		plan string
		want []State
	}{
		{"1ms isolate(n1) until 9s\n2ms crash(n2) until 9s\n3ms pause(n3) until 9s", []State{Installed, Installed, Skipped}},
		{"1ms isolate(n1) until 9s\n2ms crash(n1) until 9s\n3ms pause(n3) until 9s", []State{Installed, Installed, Installed}},
		{"1ms cut(n1 <-> n2) until 9s\n2ms cut(n3 -> n4) until 9s\n3ms cut(n5 <-> n1) until 9s\n4ms crash(n5) until 9s",
			[]State{Installed, Installed, Installed, Skipped}},
		{"1ms majorities-ring until 9s", []State{Skipped}},
		{"1ms majorities-ring until 200ms", []State{Installed}}, // weather
		{"1ms crash(all) until 100ms\n2ms blackout until 150ms", []State{Installed, Installed}},
		{"1ms crash(majority) until 9s", []State{Skipped}},
		{"1ms loss(all, 40%) until 9s\n2ms duplicate(all, 90%) until 9s\n3ms delay(all, 10ms) until 9s", []State{Installed, Installed, Installed}},
		{"1ms loss(all, 60%) until 9s\n2ms delay(all, 50ms) until 9s", []State{Skipped, Skipped}},
		{"1ms disk-full(n1 n2) until 9s\n2ms stall-disk(n3) until 9s", []State{Installed, Skipped}},
		{"1ms crash(n1 n2) until 3ms\n10ms crash(n3 n4) until 9s", []State{Installed, Installed}},
		{"mode unrestricted\n1ms crash(all) until 9s\n1ms blackout until 9s", []State{Installed, Installed}},
		{"mode calm\n1ms crash(n1)", []State{Skipped}},
	} {
		w := newWorld(1, newIdle)
		n := mustPlan(t, c.plan).Install(w.u, &w.c)
		w.u.Run(time.Second)
		var got []State
		for _, o := range n.Report() {
			got = append(got, o.State)
		}
		require.Equal(t, c.want, got, "%s\n%v", c.plan, n.Report())
	}
}

func TestADrawnTargetGivesWayToTheBudget(t *testing.T) {
	for seed := range uint64(40) {
		w := newWorld(seed, newIdle)
		n := mustPlan(t, "1ms pause(n1 n2) until 9s\n2ms isolate(one) until 9s").Install(w.u, &w.c)
		w.u.Run(time.Second)
		o := n.Report()[1]
		require.Equal(t, Installed, o.State)
		require.Contains(t, []nodes.ID{"n1", "n2"}, o.Hit[0], "only who does not serve anyway may be cut off")
	}
}

func TestTheBudgetHearsOfChangingMemberships(t *testing.T) {
	w := newWorld(1, newIdle)
	w.c.Quorum = func(healthy []nodes.ID) bool { return slices.Contains(healthy, "n1") && len(healthy) > 2 }
	n := mustPlan(t, "1ms crash(n1) until 9s\n1ms crash(n2) until 9s").Install(w.u, &w.c)
	w.u.Run(time.Second)
	require.Equal(t, Skipped, n.Report()[0].State)
	require.Equal(t, Installed, n.Report()[1].State)
}

func TestNoMoreCopiesAreEverDamagedThanTheClusterTolerates(t *testing.T) {
	const plan = "mode unrestricted\n" +
		"100ms corrupt-disk(n1)\n110ms wipe(n2)\n120ms corrupt-disk(n3)\n130ms wipe(n4)\n140ms corrupt-disk(n1)\n150ms lose-write(n5) until 200ms"
	w := newWorld(1, keepers("early"))
	n := mustPlan(t, plan).Install(w.u, &w.c)
	w.u.Run(time.Second)
	var states []State
	for _, o := range n.Report() {
		states = append(states, o.State)
	}
	require.Equal(t, []State{Installed, Installed, Skipped, Skipped, Installed, Skipped}, states)
	require.Equal(t, []nodes.ID{"n1", "n2"}, n.Damaged())
	core, ok := n.Core()
	require.True(t, ok)
	require.Equal(t, []nodes.ID{"n3", "n4", "n5"}, core)
}

func TestDifferentPiecesMayBeDamagedEverywhere(t *testing.T) {
	w := newWorld(1, keepers("early"))
	w.c.Tolerates = 1
	w.c.Chunk = func(_ nodes.ID, file string, off int64) string { return fmt.Sprint(file, off/record) }
	text := "mode unrestricted\n"
	for i := range 60 {
		text += fmt.Sprintf("%dms corrupt-disk(%s)\n", 800+i, w.c.Nodes[i%5])
	}
	n := mustPlan(t, text).Install(w.u, &w.c)
	w.u.Run(time.Second)
	require.Len(t, n.Damaged(), 5)
	refused := 0
	for _, o := range n.Report() {
		if o.State == Skipped {
			refused++
		}
	}
	require.Positive(t, refused, "with 40 records on 5 nodes, some are hit twice")
	for _, p := range n.atlas.pieces {
		require.Len(t, p.ids, 1, "two copies of %s are damaged", p.name)
	}
}

func TestOnlyWhatMayRotRots(t *testing.T) {
	for seed := range uint64(20) {
		w := newWorld(seed, keepers(""))
		w.c.MayRot = func(_ nodes.ID, file string, off int64) bool { return file == "log" && off < 4*record }
		n := mustPlan(t, "600ms corrupt-disk(n1, sectors=5)\n700ms corrupt-disk(n2, sectors=5)").Install(w.u, &w.c)
		w.u.Run(599 * ms)
		before := map[nodes.ID][]byte{}
		for _, id := range n.c.Nodes {
			before[id], _ = w.u.Machine(id).Disk().ReadFile("log")
		}
		w.u.Run(710 * ms)
		for _, id := range n.c.Nodes {
			after, err := w.u.Machine(id).Disk().ReadFile("log")
			require.NoError(t, err)
			sector := 512
			tail := (4*record + sector - 1) / sector * sector
			require.Equal(t, before[id][tail:], after[tail:len(before[id])])
		}
	}
}

func TestNothingIsDamagedThatTheClusterDoesNotAllow(t *testing.T) {
	w := newWorld(1, keepers("early"))
	w.c.AllowCorrupt, w.c.AllowWipe, w.c.AllowLies, w.c.DriftBoundPPM = false, false, false, 100
	n := mustPlan(t, "100ms corrupt-disk(n1)\n100ms wipe(n2)\n100ms rollback(n3) until 200ms\n100ms lose-write(n4)\n"+
		"100ms misdirect-write(n4)\n100ms drift(n1, +101ppm)").Install(w.u, &w.c)
	w.u.Run(time.Second)
	for _, o := range n.Report() {
		require.Equal(t, Skipped, o.State, o)
	}
	require.Empty(t, n.Damaged())
}

func TestAFollowingTargetIsResolvedAgainAndAStickyOneIsNot(t *testing.T) {
	for text, want := range map[string][]nodes.ID{
		"100ms isolate(leader) until 900ms":           {"n1"},
		"100ms isolate(following leader) until 900ms": {"n1", "n2", "n3", "n4", "n5"},
		"100ms pause(following leader) until 300ms":   {"n1", "n2"},
	} {
		w := newWorld(1, newIdle)
		w.c.Leader = func() (nodes.ID, bool) { return w.c.Nodes[w.u.Now()/(200*ms)%5], true }
		n := mustPlan(t, text).Install(w.u, &w.c)
		w.u.Run(time.Second)
		require.Equal(t, want, n.Report()[0].Hit, text)
		require.Zero(t, w.u.ActiveFaults())
	}
}

func TestAFaultOfTheLeaderWaitsForOne(t *testing.T) {
	w := newWorld(1, newIdle)
	w.c.Leader = func() (nodes.ID, bool) { return "n3", w.u.Now() > 500*ms }
	n := mustPlan(t, "100ms isolate(leader) until 900ms\n100ms crash(leader) until 300ms\n100ms halves(leader=in-majority) until 700ms").Install(w.u, &w.c)
	w.u.Run(600 * ms)
	report := n.Report()
	require.Equal(t, Installed, report[0].State)
	require.Equal(t, []nodes.ID{"n3"}, report[0].Hit)
	require.Greater(t, report[0].Began, 500*ms)
	require.Equal(t, Skipped, report[1].State)
	require.Equal(t, "no leader", report[1].Reason)
	require.Equal(t, Installed, report[2].State)
	require.NotContains(t, report[2].Hit, nodes.ID("n3"), "the minority is without the leader")
}

func TestWhoeverIsKeptDownByTwoFaultsIsStartedByTheLastOfThem(t *testing.T) {
	w := newWorld(1, newIdle)
	mustPlan(t, "100ms crash(n1) until 300ms\n200ms crash(n1) until 400ms").Install(w.u, &w.c)
	w.u.Run(350 * ms)
	require.False(t, w.u.Machine("n1").Up())
	w.u.Run(450 * ms)
	require.True(t, w.u.Machine("n1").Up())
}

func TestACrashWithoutEndIsFollowedByARestart(t *testing.T) {
	w := newWorld(1, newIdle)
	w.c.Restart = Range{50 * ms, 80 * ms}
	n := mustPlan(t, "100ms crash(n1)\n100ms kill-at-effect(n2, 1)").Install(w.u, &w.c)
	w.u.Run(140 * ms)
	require.False(t, w.u.Machine("n1").Up())
	w.u.Run(200 * ms)
	require.True(t, w.u.Machine("n1").Up())
	require.True(t, n.Report()[1].NoOp(), "an idle process has no effects at which it could die")
}

// quitter stops by itself a while after its start.
type quitter struct{ base }

func (quitter) Boot(env nodes.Env) error         { env.SetTimer(tick, 10*ms); return nil }
func (quitter) Fire(env nodes.Env, _ nodes.Tag)  { env.Halt(fmt.Errorf("enough")) }
func newQuitter(w *world, _ nodes.ID) nodes.Node { return quitter{base{w}} }

func TestAProcessThatStopsIsStartedAgainButNotForEver(t *testing.T) {
	w := newWorld(1, newQuitter)
	w.c.Restart = Range{ms, 2 * ms}
	Plan{}.Install(w.u, &w.c)
	w.u.Run(time.Minute)
	require.EqualValues(t, givesUp+1, w.u.Machine("n1").Incarnation())
}

func TestHealCoreHealsTheCoreAndNothingElse(t *testing.T) {
	w := newWorld(1, newGossip)
	n := mustPlan(t, `mode unrestricted
		300ms split(n1 n2 | n3 n4 | n5) until 500s
		310ms one-way(n4 -> n1) until 500s
		320ms crash(n3 n5) until 500s
		330ms pause(n2 n4) until 500s
		340ms clock-bump(n1 n4, +1s) until 500s
		350ms flap(n4) until 500s
		360ms loss(all, 100%, clients) until 500s
		2s    blackout until 500s`).Install(w.u, &w.c)
	w.u.Run(time.Second)
	n.HealCore([]nodes.ID{"n1", "n2", "n3"})
	for _, id := range []nodes.ID{"n1", "n2", "n3", "n4"} {
		w.u.Run(w.u.Now() + 10*ms)
		require.True(t, w.u.Machine(id).Up(), id)
	}
	require.False(t, w.u.Machine("n5").Up(), "what is down outside the core stays down")
	require.False(t, w.u.Machine("n2").Paused())
	require.True(t, w.u.Machine("n4").Paused())
	require.Zero(t, w.u.Machine("n1").Clock())
	require.Equal(t, time.Second, w.u.Machine("n4").Clock())

	w.u.Run(3 * time.Second)
	w.bad = nil
	w.u.Run(5 * time.Second)
	require.Empty(t, w.bad, "in the core, and with the clients, every message arrives")
	require.False(t, w.u.Machine("n5").Up())
	cut := 0
	for _, a := range w.u.Faults() {
		if a.InForce() {
			require.Contains(t, a.Name(), "for good")
			cut++
		}
	}
	require.Positive(t, cut)
	require.Equal(t, Skipped, n.Report()[7].State)
}

func TestACoreIsAQuorumOfTheWhole(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(50) {
		w := newWorld(seed, newIdle)
		n := Plan{}.Install(w.u, &w.c)
		core, ok := n.Core()
		require.True(t, ok)
		require.Len(t, core, 3)
		seen[fmt.Sprint(core)] = true
	}
	require.Greater(t, len(seen), 5, "which quorum is drawn")
}

func TestACrashReportsWhatItTook(t *testing.T) {
	w := newWorld(1, keepers("early"))
	n := mustPlan(t, "300500us crash(n1, power=lose-unsynced) until 400ms\n305ms kill-at-effect(n2, 4, power=lose-unsynced)").Install(w.u, &w.c)
	w.u.Run(time.Second)
	for _, o := range n.Report() {
		require.EqualValues(t, record, o.Loss.Bytes, o)
		require.Contains(t, o.String(), "1 effect, 700 bytes lost")
	}
	require.Equal(t, vdisk.LoseUnsynced, n.Report()[0].Entry.Fault.(Crash).Power)
}

func TestAPlanForAnotherClusterIsSkippedOrRefused(t *testing.T) {
	w := newWorld(1, newIdle)
	n := mustPlan(t, "1ms crash(n9)\n1ms split(n1 | n9)\n1ms client-cut(c1, n9)\n1ms cut(n1 -> n1)").Install(w.u, &w.c)
	w.u.Run(time.Second)
	for _, o := range n.Report() {
		require.Equal(t, Skipped, o.State, o)
	}
	require.Panics(t, func() { Plan{Entries: []Entry{{Fault: Isolate{}}}}.Install(w.u, &w.c) })
	require.Error(t, (&Cluster{}).Validate())
	require.Error(t, (&Cluster{Nodes: []nodes.ID{"leader"}}).Validate())
	require.Error(t, (&Cluster{Nodes: []nodes.ID{"a", "b"}, Clients: []nodes.ID{"a"}}).Validate())
	require.Error(t, (&Cluster{Nodes: []nodes.ID{"a", "b"}, Tolerates: 2}).Validate())
	require.NoError(t, w.c.Validate())
}
