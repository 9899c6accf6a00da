package nemesis

import (
	"slices"
	"time"

	"orrery/nodes"
	"orrery/sim"
	"orrery/trace"
)

// halts is how often a process has stopped soon after its start, again and again.
type halts struct {
	inARow  int
	started time.Duration
}

// givesUp is after how many halts in a row nobody starts a process any more. It may be
// that it refuses a disk that it finds corrupt; then it is down for good, and counts
// against the budget.
const givesUp = 8

// supervise starts a process again that has stopped by itself, as an init system would:
// after a time that grows with every failure.
func (n *Nemesis) supervise(m *sim.Machine) {
	id := m.ID()
	if !n.isNode(id) && !slices.Contains(n.c.Clients, id) || n.core != nil && !slices.Contains(n.core, id) {
		return
	}
	h := n.halts[id]
	if h == nil {
		h = &halts{}
		n.halts[id] = h
	}
	if now := n.u.Now(); now-h.started > 10*n.c.Timescale {
		h.inARow = 0
	}
	if h.inARow++; h.inARow > givesUp {
		return
	}
	wait := n.restartDelay(trace.Mix(trace.String(string(id)), uint64(m.Incarnation()))) << (h.inARow - 1)
	n.u.After(wait, "supervisor: start "+string(id), func() {
		if n.held[id] == 0 && !m.Up() {
			h.started = n.u.Now()
			m.Start(0)
		}
	})
}

// restartDelay draws after how long a process is started again.
func (n *Nemesis) restartDelay(id uint64) time.Duration {
	return logUniform(n.c.Restart.Min, n.c.Restart.Max, n.u.Draw("nemesis/restart", id, 1<<32))
}

// revive starts machines that are down and that nobody keeps down.
func (n *Nemesis) revive(ids []nodes.ID) {
	for _, id := range ids {
		if h := n.halts[id]; h != nil {
			h.inARow = 0
		}
		if m := n.u.Machine(id); m != nil && !m.Up() && n.held[id] == 0 {
			m.Start(0)
		}
	}
}
