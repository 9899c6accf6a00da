package paxos

import (
	"bytes"
	"fmt"

	"orrery/nodes"
)

// The learner: which slots are chosen, and with what.

// commitUpTo takes a leader's commit index. It speaks of the leader's values, so it
// says of a slot here only that which was accepted in that very ballot: an older vote
// may be for something else (Raft's figure 8 shows what comes of it). What is missing is
// fetched, if it does not come by itself.
func (r *Replica) commitUpTo(env nodes.Env, from nodes.ID, b Ballot, upTo Slot) {
	if upTo <= r.commit {
		return
	}
	for s := r.commit + 1; s <= min(upTo, r.log.last); s++ {
		c := r.log.at(s)
		switch {
		case c == nil:
			nodes.Reachable(env, markHole)
		case c.chosen:
		case c.ballot == b || r.cfg.Quirks.CommitWithoutBallot:
			c.chosen = true
		default:
			nodes.Reachable(env, markOlderBallot)
		}
	}
	r.applyChosen(env)
	if r.commit < upTo {
		r.fillGap(env, from)
	}
}

// fillGap asks for what holds up the commit index, once it has done so for a while: most
// holes are messages that come late.
func (r *Replica) fillGap(env nodes.Env, from nodes.ID) {
	now := env.Monotonic()
	if r.gapAt != r.commit+1 {
		r.gapAt, r.gapSince = r.commit+1, now
		return
	}
	if now-r.gapSince >= r.cfg.Heartbeat/2 {
		r.askCatchUp(env, from)
	}
}

// learn takes values that are chosen, from slot first on, which must not lie behind the
// next one.
func (r *Replica) learn(env nodes.Env, first Slot, values [][]byte) {
	if first > r.commit+1 {
		return
	}
	for i, value := range values {
		s := first + Slot(i)
		if s <= r.commit {
			continue
		}
		if len(value) == 0 || s-r.log.base > maxAhead {
			break
		}
		c := r.log.at(s)
		switch {
		case c != nil && bytes.Equal(c.value, value):
			c.chosen = true
		case c != nil && c.chosen:
			panic(fmt.Sprintf("paxos: two values are chosen in slot %d", s))
		default:
			if r.role == Leader { // somebody else's value: there is a higher ballot
				r.stepDown(env)
			}
			r.loggedLearnt(s, value)
		}
		r.applyChosen(env)
	}
	r.flush(env)
}

// loggedLearnt puts a chosen value that was not accepted here into the log.
func (r *Replica) loggedLearnt(s Slot, value []byte) {
	if r.loggedCommit < s-1 {
		r.logCommit()
	}
	c := r.log.reach(s)
	*c = slotState{value: r.arena.copy(value), chosen: true}
	r.logChosen(s, c)
	r.loggedCommit = max(r.loggedCommit, s)
}
