package group

import (
	"fmt"
	"maps"
	"slices"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
)

// entrySize is about what an offset takes in memory.
func entrySize(tp log.TopicPartition, v committed) int64 {
	return int64(150 + len(tp.Topic) + len(v.metadata))
}

// put makes an offset the group's, unless a later record has said otherwise: compaction keeps the record with the largest offset, so
// that is the one which counts (KAFKA-5247).
func (g *group) put(tp log.TopicPartition, v committed, anyway bool) bool {
	old, ok := g.offsets[tp]
	if ok && old.at > v.at && !anyway {
		return false
	}
	if ok {
		g.offsetBytes -= entrySize(tp, old)
	}
	g.offsets[tp] = v
	g.offsetBytes += entrySize(tp, v)
	return true
}

// drop forgets what the group has read of a partition, and what is staged of records before at.
func (g *group) drop(tp log.TopicPartition, at int64) {
	if v, ok := g.offsets[tp]; ok && v.at < at {
		g.offsetBytes -= entrySize(tp, v)
		delete(g.offsets, tp)
	}
	for _, id := range producersOf(g) {
		if v, ok := g.staged[id][tp]; ok && v.at < at {
			g.unstage(id, tp)
		}
	}
}

// stage keeps an offset until the producer's transaction ends.
func (g *group) stage(producer int64, tp log.TopicPartition, v committed) {
	s := g.staged[producer]
	if s == nil {
		s = map[log.TopicPartition]committed{}
		g.staged[producer] = s
		g.part.open[producer]++
	}
	if old, ok := s[tp]; ok {
		g.offsetBytes -= entrySize(tp, old)
	}
	s[tp] = v
	g.offsetBytes += entrySize(tp, v)
}

func (g *group) unstage(producer int64, tp log.TopicPartition) {
	s := g.staged[producer]
	g.offsetBytes -= entrySize(tp, s[tp])
	delete(s, tp)
	if len(s) == 0 {
		delete(g.staged, producer)
		g.part.closed(producer)
	}
}

// closed notes that a group has nothing staged any more in a producer's transaction.
func (p *partition) closed(producer int64) {
	if p.open[producer]--; p.open[producer] <= 0 {
		delete(p.open, producer)
	}
}

// producersOf are the producers with offsets of the group staged, sorted.
func producersOf(g *group) []int64 { return slices.Sorted(maps.Keys(g.staged)) }

// commitAt lets offsets count, now that their record cannot be lost.
func (c *Coordinator) commitAt(env nodes.Env, w *write) {
	for _, o := range w.offsets {
		old, ok := w.group.offsets[o.tp]
		nodes.Always(env, !ok || old.at < o.at || w.early, alwaysAtOrder)
		w.group.put(o.tp, o.committed, true)
	}
}

// stageAt keeps the offsets of a transaction, now that their record cannot be lost.
func (c *Coordinator) stageAt(env nodes.Env, w *write) {
	for _, o := range w.offsets {
		w.group.stage(w.producer, o.tp, o.committed)
	}
}

// unsettle notes that offsets are no longer on their way.
func (c *Coordinator) unsettle(g *group, w *write) {
	for _, o := range w.offsets {
		if g.unsettled[o.tp]--; g.unsettled[o.tp] <= 0 {
			delete(g.unsettled, o.tp)
		}
	}
}

// marker is the end of a producer's transaction.
type marker struct {
	producer int64
	commit   bool
	covers   uint64 // the newest append that may lie below it
}

// markerWritten ends a transaction, when all offsets that were staged in it are known to be.
func (c *Coordinator) markerWritten(env nodes.Env, p *partition, producer int64, commit bool) {
	if p == nil || p.load != nil {
		return // the load reads it
	}
	m := marker{producer: producer, commit: commit, covers: c.writes}
	nodes.Sometimes(env, p.waitsFor(m), markMarkerOvertakes)
	p.markers = append(p.markers, m)
	c.applyMarkers(env, p)
}

// waitsFor tells whether an append that a marker covers is still on its way. The high watermark has passed it; only the news has
// not come yet.
func (p *partition) waitsFor(m marker) bool {
	for _, w := range p.inOrder() {
		if w.kind == stages && w.producer == m.producer && w.n <= m.covers {
			return true
		}
	}
	return false
}

// applyMarkers ends the transactions whose offsets are all known.
func (c *Coordinator) applyMarkers(env nodes.Env, p *partition) {
	p.markers = slices.DeleteFunc(p.markers, func(m marker) bool {
		if p.waitsFor(m) {
			return false
		}
		if p.open[m.producer] > 0 {
			for _, g := range p.sorted() {
				c.endTransaction(env, g, m.producer, m.commit)
			}
		}
		return true
	})
}

// endTransaction lets the offsets that were staged in a transaction count, or drops them.
func (c *Coordinator) endTransaction(env nodes.Env, g *group, producer int64, commit bool) {
	s := g.staged[producer]
	if s == nil {
		return
	}
	nodes.Reachable(env, map[bool]string{true: markCommittedOffsets, false: markAbortedOffsets}[commit])
	c.note(env, func() string {
		return fmt.Sprintf("%s: producer %d's %d offsets: committed: %v", g.id, producer, len(s), commit)
	})
	for _, tp := range tps(s) {
		v := s[tp]
		g.unstage(producer, tp)
		if commit {
			counts := g.put(tp, v, c.cfg.Quirks.TransactionOrder)
			nodes.Sometimes(env, !counts, markLateOffset)
		}
	}
	c.weigh(g)
}
