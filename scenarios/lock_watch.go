package scenarios

import (
	"cmp"
	"fmt"

	"orrery/checker"
	guarded "orrery/checker/guarantee/lock"
	"orrery/nodes"
	"orrery/nodes/lock"
	"orrery/sim"
	"orrery/trace"
)

// The properties of a lock.
const (
	lockOneHolder = "lock: one holder"
	lockEffects   = "lock: effects exclude each other"
	lockTokens    = "lock: tokens grow"
	lockFair      = "lock: first come, first served"
)

// lockGhost knows who got the lock when, and what the resource has accepted.
type lockGhost struct {
	lw      *lockWorld
	clients []lockSeen
	machine []*sim.Machine // of the clients
	grants  uint64
	ranks   map[lock.Claim]lockRank
	last    lockRank // the highest of an accepted write
	lastBy  lock.Claim
	order   int64
	history []guarded.Op
	queue   lock.Ledger // that was seen last
	now     int64       // of the event before
	// broken counts what did not hold, whether it was claimed or not: for the table.
	broken map[string]int
}

// lockSeen is what was seen of a client at the last event.
type lockSeen struct {
	phase    lock.Phase
	since    int64
	n        uint64
	believes bool
	expired  bool // it has once ceased to believe so, in this acquisition
}

// lockRank orders acquisitions: by token, where the resource looks at tokens; among equals by the time of the grant.
type lockRank struct {
	token, grant uint64
}

func (r lockRank) compare(o lockRank) int {
	return cmp.Or(cmp.Compare(r.token, o.token), cmp.Compare(r.grant, o.grant))
}

// watch has the claims checked after every event, and the history at the end.
func (lw *lockWorld) watch() *lockGhost {
	g := &lockGhost{lw: lw, clients: make([]lockSeen, lw.setup.clients), ranks: map[lock.Claim]lockRank{}, broken: map[string]int{}}
	for i := range lw.setup.clients {
		g.machine = append(g.machine, lw.w.U.Machine(nodes.ID(fmt.Sprintf("c%d", i+1))))
	}
	lw.w.U.Observe(sim.Observer{After: g.after, Sent: g.sent, Ended: g.ended})
	lw.w.Finally = g.finally
	return g
}

// violated reports what does not hold, if it was claimed.
func (g *lockGhost) violated(claimed bool, property, format string, args ...any) {
	g.broken[property]++
	if claimed {
		g.lw.w.U.Violate(property, fmt.Sprintf(format, args...))
	}
}

func (g *lockGhost) after(m *sim.Machine, _ trace.Kind) {
	for i := range g.clients {
		g.client(i)
	}
	g.holders()
	switch node := m.Node().(type) {
	case *lock.Row:
		g.ledger(node.Ledger())
	case *lock.Client:
		if l := node.Ledger(); l != nil {
			g.ledger(l)
		}
	}
	g.now = int64(g.lw.w.U.Now())
}

// client sees what has become of a client since the last event.
func (g *lockGhost) client(i int) {
	seen, m := &g.clients[i], g.machine[i]
	c, up := m.Node().(*lock.Client)
	if !up {
		return
	}
	now := int64(g.lw.w.U.Now())
	n, token, _ := c.Lease()
	claim := lock.Claim{Owner: m.ID(), N: n}
	op := guarded.Op{Client: string(m.ID()), Lock: "lock", Call: now, Ret: now, Status: checker.OK}
	believes := c.Believes(m.Monotonic(), m.Wall())
	if phase := c.Phase(); phase != seen.phase || n != seen.n {
		switch {
		case phase == lock.Acquiring:
			seen.since = now
		case phase == lock.Holding:
			g.grants++
			rank := lockRank{grant: g.grants}
			if g.lw.setup.fenced {
				rank.token = token
			}
			g.ranks[claim] = rank
			op.Kind, op.Token, op.Call = guarded.Acquire, int64(token), seen.since
			g.history = append(g.history, op)
		case seen.phase == lock.Holding && !seen.expired:
			op.Kind = guarded.Release
			g.history = append(g.history, op)
		}
		seen.phase, seen.n, seen.expired = phase, n, false
	} else if seen.believes && !believes && !seen.expired {
		seen.expired = true
		op.Kind, op.Call = guarded.Expire, g.now // some time since the event before
		g.history = append(g.history, op)
	}
	seen.believes = believes
}

// holders is that no two clients believe at one time that they hold the lock.
func (g *lockGhost) holders() {
	first := -1
	for i := range g.clients {
		switch {
		case !g.clients[i].believes:
		case first < 0:
			first = i
		default:
			g.violated(g.lw.claim.oneHolder, lockOneHolder, "c%d#%d believes that it holds the lock, and so does c%d#%d",
				i+1, g.clients[i].n, first+1, g.clients[first].n)
			return
		}
	}
	if first >= 0 && g.lw.claim.oneHolder {
		g.lw.w.Asked(lockOneHolder)
	}
}

// sent sees the effects: the writes that the store has accepted, in its order, when they are durable.
func (g *lockGhost) sent(from *sim.Machine, to nodes.ID, m nodes.Message) {
	a, is := m.(*lock.Message)
	if !is || a.Type != lock.Written || !a.OK || from.ID() != lockStore {
		return
	}
	claim := lock.Claim{Owner: to, N: a.N}
	rank, now := g.ranks[claim], int64(g.lw.w.U.Now())
	g.order++
	if g.lw.claim.effects {
		g.lw.w.Asked(lockEffects)
	}
	if rank.compare(g.last) < 0 {
		g.violated(g.lw.claim.effects, lockEffects, "the store accepted a write of %s%s after one of %s%s", claim, rank.words(), g.lastBy, g.last.words())
		return
	}
	g.last, g.lastBy = rank, claim
	if a.Token > 0 {
		g.history = append(g.history, guarded.Op{Client: string(to), Lock: "lock", Kind: guarded.Access, Token: int64(a.Token),
			Status: checker.OK, Order: g.order, Call: now, Ret: now})
	}
}

func (r lockRank) words() string {
	if r.token > 0 {
		return fmt.Sprintf(" (token %d)", r.token)
	}
	return fmt.Sprintf(" (grant %d)", r.grant)
}

// ledger is that who comes stands behind those who wait already.
func (g *lockGhost) ledger(l *lock.Ledger) {
	old := &g.queue
	if l.Token < old.Token || l.Token == old.Token && l.Beat < old.Beat {
		return // somebody has learnt what others knew before
	}
	if l.Token <= old.Token+1 && len(l.Queue) > 1 && len(old.Queue) > 1 {
		g.served(old, l)
	}
	g.queue = l.Clone()
}

func (g *lockGhost) served(old, l *lock.Ledger) {
	newcomer := lock.Claim{}
	for _, c := range l.Queue {
		switch {
		case !old.Knows(c):
			newcomer = c
		case newcomer != (lock.Claim{}) && !old.Holds(c): // who had his turn may come again
			g.violated(g.lw.claim.fair, lockFair, "%s waited already when %s came, and %s is before it in the queue", c, newcomer, newcomer)
			return
		}
	}
	g.lw.w.Asked(lockFair)
}

// ended forgets the queue of a database that has crashed: who had only just come was not written down.
func (g *lockGhost) ended(_ *sim.Machine, last nodes.Node) {
	if _, is := last.(*lock.Row); is {
		g.queue = lock.Ledger{}
	}
}

// finally has the history judged by the checker for locks, which knows nothing of this scenario.
func (g *lockGhost) finally() error {
	claim := &g.lw.claim
	opt := guarded.Options{Exclusive: claim.oneHolder, Fenced: claim.tokens, Guarded: claim.effects && g.lw.setup.fenced && claim.tokens}
	if opt == (guarded.Options{}) {
		return nil
	}
	r := guarded.Check(g.history, opt)
	g.lw.w.Asked(lockTokens)
	if r.Verdict != checker.Violated {
		return nil
	}
	property := lockTokens
	if len(r.Findings) > 0 {
		switch r.Findings[0].Anomaly {
		case guarded.TwoHolders, guarded.NotHeld:
			property = lockOneHolder
		case guarded.StaleAccess:
			property = lockEffects
		}
	}
	return &checker.InvariantError{Property: property, Detail: r.Reason}
}
