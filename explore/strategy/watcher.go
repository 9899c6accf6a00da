package strategy

import (
	"slices"
	"time"

	"orrery/nodes"
	"orrery/sim"
	"orrery/trace"
)

// watchWindow is wide enough that there is always something to pick from, so that the watcher is asked
// before nearly every event.
const watchWindow = time.Second

// watcher is a scheduler that never picks anything, and notes at which effects the servers are. A window
// without picks changes nothing in a run.
type watcher struct {
	servers []watched
	epoch   time.Duration
}

// watched is what a watcher has seen of one server.
type watched struct {
	id          nodes.ID
	incarnation uint32
	since       time.Duration // the beginning of the present epoch
	base        uint64        // effects at that time
	handlers    []handler
}

// handler is one call into a server.
type handler struct {
	since       time.Duration // a time before it
	before      int           // effects between then and it
	start       uint64        // effects of the process before it
	count       int           // its own effects
	incarnation uint32
	synced      bool
}

// epochLength is how often effects are counted from anew: a crash point is a time and a number of effects
// from then, and a short count is more likely to fit a run that went a little differently.
const epochLength = 10 * time.Millisecond

// Pick implements sim.Scheduler.
func (w *watcher) Pick(u *sim.Universe, pending []sim.Pending) int {
	first := &pending[0]
	if w.servers == nil {
		for _, m := range u.Machines() {
			w.servers = append(w.servers, watched{id: m.ID()})
		}
	}
	epoch := first.Due / epochLength * epochLength
	for i := range w.servers {
		s := &w.servers[i]
		m := u.Machine(s.id)
		s.close(m)
		if m.Incarnation() != s.incarnation || epoch > w.epoch {
			// Events at the same instant have no order, so the count begins just before.
			s.incarnation, s.since, s.base = m.Incarnation(), max(epoch-1, 0), m.Effects()
		}
		if s.id == first.Node && m.Up() {
			now := m.Effects()
			s.handlers = append(s.handlers, handler{since: s.since, before: int(now - s.base), start: now,
				incarnation: s.incarnation, synced: first.Kind == trace.Synced})
		}
	}
	w.epoch = max(w.epoch, epoch)
	return 0
}

// close counts the effects of the last handler, if there is one under way.
func (s *watched) close(m *sim.Machine) {
	last := len(s.handlers) - 1
	if last < 0 || s.handlers[last].count > 0 {
		return
	}
	h := &s.handlers[last]
	if h.incarnation == m.Incarnation() {
		h.count = int(m.Effects() - h.start)
	}
	if h.count <= 0 {
		s.handlers = s.handlers[:last]
	}
}

// keep forgets all machines but these.
func (w *watcher) keep(ids []nodes.ID) {
	w.servers = slices.DeleteFunc(w.servers, func(s watched) bool { return !slices.Contains(ids, s.id) })
}

// points are the places of single crashes: half of them right after syncs, unless count is 0 and all are
// wanted.
func (w *watcher) points(d dice, count int) []crashPoint {
	var all, syncs []crashPoint
	for i := range w.servers {
		s := &w.servers[i]
		for _, h := range s.handlers {
			for k := range h.count {
				p := crashPoint{s.id, h.since, h.before + k + 1, h.synced && k == 0}
				all = append(all, p)
				if p.Synced {
					syncs = append(syncs, p)
				}
			}
		}
	}
	if count == 0 {
		return append(syncs, slices.DeleteFunc(all, func(p crashPoint) bool { return p.Synced })...)
	}
	return append(spread(d, syncs, count/2), spread(d, all, count-count/2)...)
}

// pairs are the places of two crashes: two syncs of different servers, next to each other in time.
func (w *watcher) pairs(d dice, count int) [][2]crashPoint {
	var syncs []crashPoint
	for i := range w.servers {
		s := &w.servers[i]
		for _, h := range s.handlers {
			if h.synced {
				syncs = append(syncs, crashPoint{s.id, h.since, h.before + 1, true})
			}
		}
	}
	slices.SortStableFunc(syncs, func(a, b crashPoint) int { return int(min(max(a.At-b.At, -1), 1)) })
	var all [][2]crashPoint
	for i := 1; i < len(syncs); i++ {
		if syncs[i-1].Server != syncs[i].Server {
			all = append(all, [2]crashPoint{syncs[i-1], syncs[i]})
		}
	}
	if count == 0 {
		return all
	}
	return spread(d, all, count)
}

// spread takes count of some things, evenly spaced from a drawn one on.
func spread[T any](d dice, all []T, count int) []T {
	if len(all) <= count {
		return all
	}
	var some []T
	first := d.IntN(len(all))
	for i := range count {
		some = append(some, all[(first+i*len(all)/count)%len(all)])
	}
	return some
}
