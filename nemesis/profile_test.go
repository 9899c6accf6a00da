package nemesis

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/sim"
)

var five = &Cluster{
	Nodes: []nodes.ID{"n1", "n2", "n3", "n4", "n5"}, Clients: []nodes.ID{"c1", "c2"},
	Timescale: 300 * ms, AllowWipe: true, AllowCorrupt: true, AllowLies: true, Connections: true,
}

func planOf(seed uint64, p Profile) Plan {
	return Generate(sim.New(sim.Config{Seed: seed}).Draw, p, five, 20*time.Second)
}

func TestAPlanIsAFunctionOfItsDraws(t *testing.T) {
	texts := map[string]bool{}
	for seed := range uint64(200) {
		p := planOf(seed, Profile{})
		require.Equal(t, p, planOf(seed, Profile{}))
		texts[p.String()] = true
	}
	require.Greater(t, len(texts), 170, "all calm plans are one, and the others are different")
}

func TestEveryPlanIsValidAndInOrderAndEndsAtTheHorizon(t *testing.T) {
	kindsSeen := map[string]bool{}
	for seed := range uint64(3000) {
		p := planOf(seed, Profile{})
		for i, e := range p.Entries {
			require.NoError(t, e.check(), e)
			require.LessOrEqual(t, max(e.At, e.Until), 20*time.Second)
			if i > 0 {
				require.GreaterOrEqual(t, e.At, p.Entries[i-1].At)
			}
			kindsSeen[e.Fault.Kind().Name] = true
		}
		again, err := ParsePlan("", []byte(p.String()))
		require.NoError(t, err)
		require.Equal(t, p, again)
	}
	for _, k := range Kinds() {
		// A split names its groups, and garbled messages are for trials of codecs: both are for people.
		if k.Name != "split" && k.Class != Foreign {
			require.True(t, kindsSeen[k.Name], "%s is never drawn", k.Name)
		}
	}
}

func TestTheSortsOfPlansHaveTheirShares(t *testing.T) {
	var calm, unrestricted, single int
	with := map[string]int{}
	const runs = 4000
	for seed := range uint64(runs) {
		p := planOf(seed, Profile{})
		switch p.Mode {
		case Calm:
			calm++
			require.Empty(t, p.Entries)
		case Unrestricted:
			unrestricted++
		}
		names := p.Families()
		if len(names) == 1 {
			single++
		}
		for _, n := range names {
			with[n]++
		}
	}
	require.InDelta(t, runs/10, calm, runs/50)
	require.InDelta(t, runs/20, unrestricted, runs/50)
	require.Greater(t, single, runs/6)
	for _, f := range Families() {
		require.Greater(t, with[f.Name], runs/25, f.Name)
		require.Less(t, with[f.Name], runs*6/10, "what is never left out hides what it suppresses: %s", f.Name)
	}
}

func TestDrawsOfZeroGiveACalmPlan(t *testing.T) {
	p := Generate(func(string, uint64, uint64) uint64 { return 0 }, Profile{}, five, 20*time.Second)
	require.Equal(t, Plan{Mode: Calm}, p)
}

func TestAFamilyThatIsLeftOutDrawsNothing(t *testing.T) {
	for seed := range uint64(300) {
		u := sim.New(sim.Config{Seed: seed})
		streams := map[string]bool{}
		p := Generate(func(stream string, id, n uint64) uint64 {
			streams[stream] = true
			return u.Draw(stream, id, n)
		}, Profile{Families: []string{"crash", "clog"}}, five, 20*time.Second)
		for s := range streams {
			require.Contains(t, []string{"nemesis/plan", "nemesis/crash", "nemesis/clog", "nemesis/scheme"}, s)
		}
		require.Subset(t, []string{"clog", "crash"}, p.Families())
		require.NotEmpty(t, p.Entries, "what was asked for comes")
	}
}

func TestWhatAFamilyDrawsDoesNotDependOnTheOthers(t *testing.T) {
	for seed := range uint64(300) {
		swarm := func(families ...string) []string {
			g := &generator{draw: sim.New(sim.Config{Seed: seed}).Draw, c: five, t: five.Timescale, horizon: 20 * time.Second, span: 5 * time.Second}
			for _, f := range families {
				g.family(f)
			}
			var crashes []string
			for _, e := range g.sorted() {
				if e.Fault.Kind().Family == "crash" {
					crashes = append(crashes, e.String())
				}
			}
			return crashes
		}
		require.Equal(t, swarm("crash"), swarm("partition", "crash", "loss"))
	}
}

func TestAProfileIsFixedByItsName(t *testing.T) {
	for name, want := range map[string]Mode{"calm": Calm, "budgeted": Budgeted, "unrestricted": Unrestricted} {
		p, err := ProfileNamed(name)
		require.NoError(t, err)
		for seed := range uint64(50) {
			require.Equal(t, want, planOf(seed, p).Mode)
		}
	}
	_, err := ProfileNamed("budgetted")
	require.EqualError(t, err, `unknown profile "budgetted"; did you mean budgeted?`)
	for _, name := range []string{"", "mixed"} {
		p, err := ProfileNamed(name)
		require.NoError(t, err)
		require.False(t, p.Fixed)
	}
}

func TestClustersOfAllSizesGetPlansThatCanBeCarriedOut(t *testing.T) {
	for n := 1; n <= 7; n++ {
		for seed := range uint64(60) {
			w := newWorld(seed, newIdle)
			c := w.c
			c.Nodes, c.Clients = nil, nil
			u := sim.New(sim.Config{Seed: seed})
			for i := range n {
				c.Nodes = append(c.Nodes, nodes.ID(fmt.Sprintf("n%d", i+1)))
				u.Add(c.Nodes[i], func() nodes.Node { return idle{base{w}} }).Start(0)
			}
			c.Leader = func() (nodes.ID, bool) { return c.Nodes[0], true }
			p := Generate(u.Draw, Profile{}, &c, 5*time.Second)
			nemesis := p.Install(u, &c)
			u.Run(6 * time.Second)
			nemesis.HealAll()
			u.Run(7 * time.Second)
			require.Zero(t, u.ActiveFaults())
			for _, m := range u.Machines() {
				require.True(t, m.Up(), "%s of %d, seed %d\n%s", m.ID(), n, seed, p)
			}
		}
	}
}

func TestHalfOfAllTargetedFaultsAimAtTheLeader(t *testing.T) {
	leader, others := 0, 0
	for seed := range uint64(1000) {
		for _, e := range planOf(seed, Profile{}).Entries {
			text := e.Fault.String()
			switch {
			case strings.Contains(text, "leader"):
				leader++
			case slices.Contains([]string{"isolate", "crash", "pause", "clock-bump", "kill-at-effect"}, e.Fault.Kind().Name):
				others++
			}
		}
	}
	require.Greater(t, 10*leader, 8*others)
}

func TestAPlanOfTheGeneratorMarshals(t *testing.T) {
	p := planOf(3, Profile{Mode: Unrestricted, Fixed: true})
	out, err := json.Marshal(p)
	require.NoError(t, err)
	var q Plan
	require.NoError(t, json.Unmarshal(out, &q))
	require.Equal(t, p, q)
}
