package nemesis

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
)

// witness is a toy that cannot survive a fault. The first entry of the plan is the fault; the
// others are there with and without it.
type witness struct {
	toy  func(w *world, id nodes.ID) nodes.Node
	plan string
	// want is what the toy sees: exactly these things, or, if one ends with "…", things that
	// begin like it.
	want []string
}

// gaps are the gaps that gossip sees when these links are cut: "1>2" is n1→n2.
func gaps(links string) (want []string) { return onLinks("gap", links) }

func onLinks(what, links string) (want []string) {
	name := func(s string) string {
		if s == "c" {
			return "c1"
		}
		return "n" + s
	}
	for _, l := range strings.Fields(links) {
		from, to, _ := strings.Cut(l, ">")
		want = append(want, what+" "+name(from)+"→"+name(to))
	}
	slices.Sort(want)
	return want
}

// witnesses has one for every kind of fault, and more for some that have variants.
var witnesses = map[string][]witness{
	"isolate": {
		{newGossip, "305ms isolate(n1) until 355ms", gaps("1>2 1>3 1>4 1>5 2>1 3>1 4>1 5>1")},
		{newGossip, "305ms isolate(n1, way=in) until 355ms", gaps("2>1 3>1 4>1 5>1")},
		{newGossip, "305ms isolate(leader, way=out, clients) until 355ms", gaps("2>1 2>3 2>4 2>5 2>c")},
		{newGossip, "305ms isolate(one) until 355ms", []string{"gap…"}},
	},
	"halves":          {{newGossip, "305ms halves(leader=in-minority, clients) until 355ms", []string{"gap…"}}},
	"split":           {{newGossip, "305ms split(n1 n2 | n3 n4 | n5) until 355ms", gaps("1>3 1>4 1>5 2>3 2>4 2>5 3>1 3>2 3>5 4>1 4>2 4>5 5>1 5>2 5>3 5>4")}},
	"random-groups":   {{newGossip, "305ms random-groups(3) until 355ms", []string{"gap…"}}},
	"majorities-ring": {{newGossip, "305ms majorities-ring until 355ms", []string{"gap…"}}},
	"bridge":          {{newGossip, "305ms bridge(n3) until 355ms", []string{"gap…"}}},
	"one-way":         {{newGossip, "305ms one-way(n1 -> n2) until 355ms", gaps("1>2")}},
	"cut":             {{newGossip, "305ms cut(n1 <-> n2 n3) until 355ms", gaps("1>2 2>1 1>3 3>1")}},
	"blackout": {{newGossip, "305ms blackout until 355ms",
		gaps("1>2 1>3 1>4 1>5 2>1 2>3 2>4 2>5 3>1 3>2 3>4 3>5 4>1 4>2 4>3 4>5 5>1 5>2 5>3 5>4")}},
	"flap": {
		{newGossip, "305ms flap(n4, period=60ms, way=out) until 655ms", gaps("4>1 4>2 4>3 4>5")},
		{newGossip, "305ms flap(following one) until 655ms", []string{"gap…"}},
	},
	"patchwork": {
		{newGossip, "305ms patchwork(40%, period=50ms) until 655ms", []string{"gap…"}},
		{newGossip, "305ms patchwork(40%, hold) until 655ms", []string{"late…", "gap…", "overtaken…"}},
	},
	"client-cut": {
		{newGossip, "305ms client-cut(all, leader) until 355ms", gaps("c>2 2>c")},
		{newGossip, "305ms client-cut(c1, n4 n5, way=in) until 355ms", gaps("4>c 5>c")},
	},

	"clog": {{newGossip, "305ms clog(n1 -> n2) until 355ms", append(onLinks("late", "1>2"), "gap…", "overtaken…")}},
	"swizzle": {
		{newGossip, "305ms swizzle(for=200ms, pairs=3) until 655ms", []string{"late…", "overtaken…", "gap…"}},
	},

	"loss": {
		{newGossip, "305ms loss(n1 -> n2, 50%) until 455ms", gaps("1>2")},
		{newGossip, "305ms loss(n1, 100%, clients) until 355ms", gaps("1>2 1>3 1>4 1>5 1>c 2>1 3>1 4>1 5>1 c>1")},
	},
	"bursty-loss": {{newGossip, "305ms bursty-loss(n1 -> n2, 90%) until 655ms", gaps("1>2")}},
	"duplicate":   {{newGossip, "305ms duplicate(n1 -> n2, 50%) until 455ms", onLinks("twice", "1>2")}},
	"delay": {
		{newGossip, "305ms delay(n1 -> n2, 5ms) until 355ms", onLinks("late", "1>2")},
		{newGossip, "305ms delay(n1 -> n2, 1ns, jitter=5ms) until 555ms", append(onLinks("late", "1>2"), "overtaken…", "gap…")},
	},
	"reorder":          {{newGossip, "305ms reorder(n1 -> n2, 50%, 200ms) until 655ms", append(onLinks("late", "1>2"), "overtaken…", "gap…")}},
	"corrupt-messages": {{newGossip, "305ms corrupt-messages(n1 -> n2, 50%) until 455ms", gaps("1>2")}},
	"garble-messages":  {{newGossip, "305ms garble-messages(n1 -> n2, 50%) until 455ms", append(onLinks("garbled", "1>2"), "gap…")}},

	"reset-connections": {{newCaller, "305ms reset-connections(n1 -> n2, 20%) until 605ms", []string{"connection reset"}}},
	"refuse-dials":      {{newCaller, "305ms refuse-dials(n1 -> n2) until 505ms", []string{"connection refused"}}},
	"hang-dials":        {{newCaller, "305ms hang-dials(n1 -> n2) until 505ms", []string{"connection timed out"}}},

	"crash": {
		{newGossip, "305ms crash(n2) until 355ms", []string{"reborn n2"}},
		{keepers("early"), "300500us crash(n1, power=lose-unsynced) until 355ms", []string{"forgot n1"}},
		{keepers("early"), "300500us crash(all, power=lose-suffix) until 355ms", []string{"forgot…"}},
		{keepers("early"), "300500us crash(all, power=lose-subset) until 355ms", []string{"forgot…", "corrupt…"}},
		{keepers("early"), "300500us crash(all, power=torn) until 355ms", []string{"forgot…", "corrupt…"}},
	},
	"kill-at-effect": {
		{newSpender, "305ms kill-at-effect(n1, 3) until 355ms", []string{"half a payment"}},
		{keepers("early"), "305ms kill-at-effect(n1, 4, power=lose-unsynced) until 355ms", []string{"forgot n1"}},
	},
	"crash-in-recovery": {{newRecoverer, "305ms crash-in-recovery(n1, 2, times=3)", []string{"recovery was interrupted on n1"}}},
	"rolling-restart": {
		{newGossip, "305ms rolling-restart(down=20ms, gap=30ms, reverse) until 655ms",
			[]string{"reborn n1", "reborn n2", "reborn n3", "reborn n4", "reborn n5"}},
	},

	"pause": {
		{newGossip, "305ms pause(n2) until 355ms", onLinks("late", "1>2 3>2 4>2 5>2 c>2")},
	},
	"slow": {{newGossip, "305ms slow(n2, 1ms) until 405ms", []string{"late…"}}},

	"clock-bump": {
		{leases(false), "505ms clock-bump(n1, -400ms) until 950ms", []string{"two holders"}},
		{leases(false), "505ms clock-bump(n2, +400ms) until 950ms", []string{"two holders"}},
	},
	"clock-strobe":    {{leases(false), "505ms clock-strobe(n1, -300ms, 40ms) until 950ms", []string{"two holders"}}},
	"clock-backwards": {{leases(false), "505ms clock-backwards(n1, 50ms, 20ms) until 950ms", []string{"two holders"}}},
	"clock-freeze":    {{leases(false), "505ms clock-freeze(n1) until 950ms", []string{"two holders"}}},
	"drift": {
		{leases(true), "505ms drift(n1, -500000ppm) until 950ms", []string{"two holders"}},
		{leases(true), "505ms drift(n2, +1000000ppm) until 950ms", []string{"two holders"}},
	},

	"sync-error":  {{keepers("blind"), "305ms sync-error(n1, 100%) until 355ms\n400ms crash(n1, power=lose-unsynced) until 450ms", []string{"corrupt n1"}}},
	"write-error": {{keepers("blind"), "305ms write-error(n1, 100%) until 355ms\n400ms crash(n1) until 450ms", []string{"corrupt n1"}}},
	"read-error":  {{keepers("blind"), "305ms read-error(n1, 100%) until 355ms\n310ms crash(n1) until 320ms", []string{"forgot n1"}}},
	"disk-full":   {{keepers("blind"), "305ms disk-full(n1) until 355ms\n400ms crash(n1) until 450ms", []string{"corrupt n1"}}},
	"slow-disk":   {{keepers("hasty"), "305ms slow-disk(n1, 10ms) until 355ms", []string{"late sync n1"}}},
	"stall-disk":  {{keepers("hasty"), "305ms stall-disk(n1) until 355ms", []string{"late sync n1"}}},

	"corrupt-disk":    {{keepers(""), "305ms corrupt-disk(n1, sectors=3)\n400ms crash(n1) until 450ms", []string{"corrupt n1"}}},
	"misdirect-write": {{keepers(""), "305ms misdirect-write(n1) until 380ms\n400ms crash(n1, power=lose-unsynced) until 450ms", []string{"corrupt n1"}}},
	"lose-write":      {{keepers(""), "305ms lose-write(n1, sectors=2) until 380ms\n400ms crash(n1, power=lose-unsynced) until 450ms", []string{"corrupt n1"}}},
	"wipe":            {{keepers(""), "305ms wipe(n1) until 355ms", []string{"forgot n1"}}},
	"rollback":        {{keepers(""), "305ms rollback(n1) until 455ms", []string{"forgot n1"}}},

	"hunt-leader": {
		{newGossip, "305ms hunt-leader(by=isolation, times=2) until 1s", gaps("2>1 2>3 2>4 2>5 1>2 3>2 4>2 5>2")},
		{newGossip, "305ms hunt-leader(by=deafness, times=2) until 1s", gaps("1>2 3>2 4>2 5>2")},
		{newGossip, "305ms hunt-leader(by=crash, times=2) until 1s", []string{"reborn n2"}},
		{newGossip, "305ms hunt-leader(by=pause, reign=50ms, hold=40ms) until 1s", onLinks("late", "1>2 3>2 4>2 5>2 c>2")},
		{newGossip, "305ms hunt-leader(by=clog) until 1s", append(onLinks("late", "2>1 2>3 2>4 2>5"), "gap…", "overtaken…")},
		{newGossip, "305ms hunt-leader(by=power-loss) until 1s", []string{"reborn n2"}},
	},
}

const (
	lastFault  = 2 * time.Second // all faults of the witnesses are over by then
	afterwards = lastFault + 200*ms
	runsUntil  = lastFault + time.Second
)

func TestEveryFaultHasAWitnessThatCannotSurviveIt(t *testing.T) {
	for _, k := range Kinds() {
		require.NotEmpty(t, witnesses[k.Name], "no toy dies of %s: then nobody knows that it works", k.Name)
		for _, wit := range witnesses[k.Name] {
			name, _, _ := strings.Cut(wit.plan, "\n")
			t.Run(name, func(t *testing.T) {
				plan, err := ParsePlan("", []byte(wit.plan))
				require.NoError(t, err)
				require.Same(t, k, plan.Entries[0].Fault.Kind())
				plan.Mode = Unrestricted

				w := newWorld(7, wit.toy)
				n := plan.Install(w.u, &w.c)
				w.u.Run(runsUntil)
				requireSeen(t, wit.want, w.between(0, lastFault))
				for _, o := range n.Report() {
					require.Equal(t, Installed, o.State, o)
					require.False(t, o.NoOp(), o)
					require.NotZero(t, o.Ended, o)
				}
				requireHealed(t, w)

				without := newWorld(7, wit.toy)
				plan.Without(0).Install(without.u, &without.c)
				without.u.Run(runsUntil)
				require.Empty(t, without.bad, "the toy must be able to live without the fault")
			})
		}
	}
}

// requireSeen compares what was seen with what was to be seen.
func requireSeen(t *testing.T, want, seen []string) {
	t.Helper()
	met := map[string]bool{}
	for _, s := range seen {
		i := slices.IndexFunc(want, func(w string) bool {
			prefix, open := strings.CutSuffix(w, "…")
			return w == s || open && strings.HasPrefix(s, prefix)
		})
		require.GreaterOrEqual(t, i, 0, "%q was not to be seen, but only %q", s, want)
		met[want[i]] = true
	}
	for _, w := range want {
		require.True(t, met[w], "%q was to be seen; seen was %q", w, seen)
	}
}

// requireHealed checks that after the end of all faults the world is as it was before.
func requireHealed(t *testing.T, w *world) {
	t.Helper()
	require.Empty(t, w.between(afterwards, runsUntil), "the world did not heal")
	require.Zero(t, w.u.ActiveFaults())
	for _, m := range w.u.Machines() {
		require.True(t, m.Up(), m.ID())
		require.False(t, m.Paused(), m.ID())
		require.Zero(t, m.Drift(0), "the clocks of %s still run wrong", m.ID())
	}
}

// Whatever a fault is made of, and in whatever step it is: HealAll ends all of it.
func TestHealAllEndsEveryFaultInItsMiddle(t *testing.T) {
	for _, k := range Kinds() {
		for _, wit := range witnesses[k.Name] {
			name, _, _ := strings.Cut(wit.plan, "\n")
			t.Run(name, func(t *testing.T) {
				plan, err := ParsePlan("", []byte(wit.plan))
				require.NoError(t, err)
				plan.Mode = Unrestricted
				for _, middle := range []time.Duration{310 * ms, 333 * ms, 512 * ms} {
					w := newWorld(7, wit.toy)
					n := plan.Install(w.u, &w.c)
					w.u.Run(middle)
					n.HealAll()
					require.Zero(t, w.u.ActiveFaults())
					w.u.Run(afterwards)
					w.bad = slices.DeleteFunc(w.bad, func(a anomaly) bool { return a.at < middle+200*ms })
					if k.Class != Damaging { // what is destroyed may be found out at any time
						require.Empty(t, w.bad)
					}
					w.bad = nil
					w.u.Run(runsUntil)
					requireHealed(t, w)
				}
			})
		}
	}
}
