package strategy

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"orrery/explore/trial"
	"orrery/nemesis"
)

// ground is what a strategy knows of the world that its plans are for. What the first results have not told
// yet is guessed.
type ground struct {
	trial.Ground
	Events uint64 // of a run, on average
}

const (
	guessedTimescale = 500 * time.Millisecond
	guessedHorizon   = 20 * time.Second
	guessedEvents    = 10_000
)

// learn takes over what a result tells.
func (g *ground) learn(r *trial.Result) {
	if r.Ground.Timescale > 0 {
		g.Ground = r.Ground
	}
	if g.Events == 0 {
		g.Events = r.Events
	}
	g.Events = (15*g.Events + r.Events) / 16
}

// overhear learns from a result of somebody else's execution.
func (g *ground) overhear(r *trial.Result) { g.learn(r) }

// Memory implements Keeper.
func (g *ground) Memory() ([]byte, error) { return json.Marshal(g) }

// Remember implements Keeper.
func (g *ground) Remember(data []byte) error { return remember(data, g) }

// remember reads what a strategy remembered.
func remember(data []byte, into any) error {
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("what a strategy remembered cannot be read: %w", err)
	}
	return nil
}

// known tells whether there was a result.
func (g *ground) known() bool { return g.Timescale > 0 }

func (g *ground) timescale() time.Duration {
	if g.Timescale > 0 {
		return g.Timescale
	}
	return guessedTimescale
}

func (g *ground) horizon() time.Duration {
	if g.Horizon > 0 {
		return g.Horizon
	}
	return guessedHorizon
}

// length is how many events a run has, to draw places in it from.
func (g *ground) length() uint64 {
	if g.Events > 0 {
		return max(g.Events, 1)
	}
	return guessedEvents
}

// families are those that plans may use: what the campaign asks for, or else what the world wants; nil
// means all.
func (g *ground) families(base *trial.Options) []string {
	if base.Nemesis != nil {
		return base.Nemesis
	}
	return g.Families
}

// allows tells whether plans may use a family.
func (g *ground) allows(base *trial.Options, family string) bool {
	f := g.families(base)
	return f == nil || slices.Contains(f, family)
}

// draws makes a plan as a seed would: for its draws, which nemesis names by stream and identity, it rolls
// the dice in the order of asking.
func (g *ground) draws(d dice, base *trial.Options) nemesis.Plan {
	profile, err := nemesis.ProfileNamed(base.Profile)
	if err != nil || !g.known() {
		return nemesis.Plan{}
	}
	profile.Families = g.families(base)
	return nemesis.Generate(func(_ string, _, n uint64) uint64 {
		if n == 0 {
			return d.Uint64()
		}
		return d.Uint64N(n)
	}, profile, g.Cluster(), g.horizon())
}

// inOrder sorts the entries of a plan by their time, and drops those that do not fit into the run.
func (g *ground) inOrder(entries []nemesis.Entry) []nemesis.Entry {
	end := g.horizon()
	entries = slices.DeleteFunc(entries, func(e nemesis.Entry) bool { return e.At >= end })
	for i := range entries {
		if e := &entries[i]; e.Until > 0 {
			e.Until = min(e.Until, end)
		}
	}
	slices.SortStableFunc(entries, func(a, b nemesis.Entry) int { return int(min(max(a.At-b.At, -1), 1)) })
	return entries
}
