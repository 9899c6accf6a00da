package scenarios

import (
	"slices"
	"strings"
	"time"

	"orrery/nemesis"
	"orrery/nodes"
	"orrery/nodes/lock"
)

// assumptions are what a lock without fencing rests on. Each is true if the faults of the run are known to have kept it.
type assumptions struct {
	pauses bool // from a client's look at its lease to its write no more passes than its guard allows
	delays bool // a write is not under way for longer than the guard allows
	clocks bool // the wall clocks of the nodes that keep the lock are not set
	rates  bool // no two clocks differ by more than the bound
	memory bool // no node that keeps the lock is restarted
}

// lockClaims are what a lock promises in a run.
type lockClaims struct {
	oneHolder bool // no two clients believe at one time that they hold the lock
	effects   bool // no write of a section is accepted after one of a later section
	tokens    bool // tokens are unique, and grow with every acquisition
	fair      bool // who came first is served first
}

// claimsOf says what a lock claims under assumptions.
//
//   - What clients believe depends on their leases alone: on the rates of clocks; where expiry is reckoned by the wall
//     clock, on that; and where the lock is kept in memory, on the memory, or on a silence after its loss.
//   - What the resource accepts depends, without fencing, on pauses and delays besides. With tokens it depends on
//     nothing at all, if the tokens are kept on disk. One cache that counts in memory gives good tokens until it is restarted.
//     Five caches that count for themselves give none: what a majority counts does not always grow.
func claimsOf(s *lockSetup, a assumptions) lockClaims {
	durable := s.kind != lock.OnCaches
	c := lockClaims{fair: durable, tokens: durable || len(s.nodes) == 1 && s.fenced && a.memory}
	c.oneHolder = a.rates && (a.clocks || s.kind == lock.OnPaxos) && (durable || a.memory || s.silence)
	c.effects = c.oneHolder && a.pauses && a.delays || s.fenced && c.tokens
	return c
}

const (
	lockClockPPM   = 4_000 // each of two clocks may be off by that much, and they keep to lockDriftPPM
	lockPauseShare = 12    // a short pause is at most this part of a lease
	lockDelayShare = 15    // and so is a short delay
)

// assume finds out which assumptions a plan keeps. A fault that it does not know keeps none.
func assume(p *nemesis.Plan, s *lockSetup) assumptions {
	a := assumptions{true, true, true, true, true}
	if p.Mode == nemesis.Calm {
		return a
	}
	var pauses, delays []nemesis.Entry
	for _, e := range p.Entries {
		switch f := e.Fault.(type) {
		case nemesis.Pause:
			if !only(f.Who, s.nodes) {
				pauses = append(pauses, e)
			}
		case nemesis.Delay:
			if reachesStore(f.Links) {
				delays = append(delays, nemesis.Entry{At: e.At, Until: e.At + f.By + 12*f.Jitter})
			}
		case nemesis.ClockBump:
			a.clocks = a.clocks && !touches(f.Who, s.nodes)
		case nemesis.Drift:
			a.rates = a.rates && max(f.Rate, -f.Rate) <= lockClockPPM
		case nemesis.Crash:
			a.memory = a.memory && !touches(f.Who, s.nodes)
		case nemesis.Clog:
			a.delays = false
		case nemesis.Loss, nemesis.Duplicate, nemesis.ClientCut, nemesis.Isolate:
		default:
			return assumptions{}
		}
	}
	a.pauses = a.pauses && lockShort(pauses, s.client.TTL, s.client.TTL/lockPauseShare)
	a.delays = a.delays && lockShort(delays, s.client.TTL, s.client.TTL/lockDelayShare)
	return a
}

// lockShort tells whether the entries within any time together last no longer than so long.
func lockShort(list []nemesis.Entry, within, most time.Duration) bool {
	for _, e := range list {
		sum := time.Duration(0)
		for _, o := range list {
			if o.Until == 0 {
				return false
			}
			if max(o.At-e.At, e.At-o.At) <= 2*within {
				sum += o.Until - o.At
			}
		}
		if sum > most {
			return false
		}
	}
	return true
}

// reachesStore tells whether a write may go over one of the links.
func reachesStore(l nemesis.Links) bool {
	from, to, _ := strings.Cut(string(l), "->")
	for _, side := range []string{strings.TrimSuffix(from, "<"), to} {
		if touches(nemesis.Target(side), []nodes.ID{lockStore}) {
			return true
		}
	}
	return false
}

// only tells whether a target names machines, all of them among ids.
func only(t nemesis.Target, ids []nodes.ID) bool {
	named := lockNames(t)
	return len(named) > 0 && !slices.ContainsFunc(named, func(id nodes.ID) bool { return !slices.Contains(ids, id) })
}

// touches tells whether a target may be one of ids.
func touches(t nemesis.Target, ids []nodes.ID) bool {
	named := lockNames(t)
	return len(named) == 0 || slices.ContainsFunc(named, func(id nodes.ID) bool { return slices.Contains(ids, id) })
}
