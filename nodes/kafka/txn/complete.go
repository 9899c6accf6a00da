package txn

import (
	"slices"
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/proto"
)

// completion is a transaction that has its verdict, and of which not all partitions know it yet: PendingCompleteTxn.
type completion struct {
	p           int32 // of __transaction_state
	coordinator int32 // epoch
	m           *metadata
	pid         int64
	epoch       int16
	commit      bool
	to          transit
	writing     bool // the completion is being appended
	retry       bool // it is to be appended again
	locked      bool // for Quirks.CompletionMissed
}

// complete begins to write the markers of a transaction that has its verdict.
func (c *Coordinator) complete(env nodes.Env, p *partition, m *metadata) {
	x := &completion{p: p.n, coordinator: p.epoch, m: m, pid: m.pid, epoch: m.epoch, commit: m.state == PrepareCommit, to: m.complete(now(env))}
	c.completing[m.id] = x
	c.place(env, x, slices.Clone(m.partitions))
	c.maybeComplete(env, x)
	c.send(env)
}

// valid tells whether the coordinator that decided is still the one.
func (c *Coordinator) valid(x *completion) bool { return c.current(x.p, x.coordinator, x.m) }

// giveUp ends the work for a transaction without its completion. It takes away what it has put there, and not what the next
// coordinator has, which may be on this broker (KAFKA-16352).
func (c *Coordinator) giveUp(x *completion) {
	if c.completing[x.m.id] == x || c.cfg.Quirks.CompletionDropsAnother {
		delete(c.completing, x.m.id)
	}
}

// maybeComplete writes the completion when all partitions have their marker.
func (c *Coordinator) maybeComplete(env nodes.Env, x *completion) {
	if c.completing[x.m.id] == x && len(x.m.partitions) == 0 && !x.writing && !x.retry {
		c.writeCompletion(env, x)
	}
}

// maybeCompleteAfterAnswer is maybeComplete when an answer has come. In the original two answers come on two threads; the quirks
// have the look at what is left some time after the answer, or not at all.
func (c *Coordinator) maybeCompleteAfterAnswer(env nodes.Env, x *completion) {
	q := c.cfg.Quirks
	switch {
	case q.CompletionMissed:
		if x.locked {
			return
		}
		c.maybeComplete(env, x)
		x.locked = true
		c.later(env, x)
	case q.CompletionTwice:
		c.later(env, x)
	default:
		c.maybeComplete(env, x)
	}
}

// later makes checkLate be called for x.
func (c *Coordinator) later(env nodes.Env, x *completion) {
	n := c.newCall()
	c.checks[n] = x
	env.SetTimer(nodes.Tag{Name: tagCheck, N: n}, time.Millisecond)
}

func (c *Coordinator) checkLate(env nodes.Env, x *completion) {
	if x == nil {
		return
	}
	x.locked = false
	if c.cfg.Quirks.CompletionTwice && c.valid(x) && len(x.m.partitions) == 0 {
		c.writeCompletion(env, x)
	}
}

func (c *Coordinator) writeCompletion(env nodes.Env, x *completion) {
	if !c.valid(x) {
		c.giveUp(x)
		return
	}
	x.writing = true
	c.write(env, c.partitions[x.p], appending{m: x.m, to: x.to, why: toComplete, x: x})
}

// completed ends the work for a transaction; or tries its last step once more, for as long as this is the coordinator.
func (c *Coordinator) completed(env nodes.Env, a *appending, code proto.Code) {
	x := a.x
	x.writing = false
	if code != proto.None {
		nodes.Reachable(env, "kafka/txn: a completion is written again")
		x.retry = true
		c.tick(env)
		return
	}
	c.giveUp(x)
	c.note(env, "%s: %s", x.m.id, x.to.state)
}
