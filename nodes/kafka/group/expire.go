package group

import (
	"fmt"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
)

// expireTag is the timer of the expiry of offsets.
var expireTag = nodes.Tag{Name: TagPrefix + "expire"}

// expireAll removes what is too old, and groups of which nothing is left.
func (c *Coordinator) expireAll(env nodes.Env) {
	env.SetTimer(expireTag, c.cfg.ExpireEvery)
	for _, n := range c.led() {
		p := c.parts[n]
		if p.load != nil {
			continue
		}
		for _, g := range p.sorted() {
			old := c.expired(env, g)
			nodes.Sometimes(env, len(old) > 0, markExpired)
			whole := g.state == empty && len(old) == len(g.offsets) && len(g.staged) == 0 && len(g.unsettled) == 0 && len(g.pending) == 0
			switch {
			case whole && g.generation == 0 && len(old) == 0: // the log does not know it
				c.forget(g)
			case whole || len(old) > 0:
				c.removeOffsets(env, g, old, whole, nil)
			}
		}
	}
}

// expired are the offsets of a group that are too old. Those of a group with members go when nobody reads the topic any more;
// those of an empty one, when it has been empty for long; those of one that only keeps offsets, by their own age.
func (c *Coordinator) expired(env nodes.Env, g *group) (old []log.TopicPartition) {
	rebalancing := g.state == preparingRebalance || g.state == completingRebalance
	now, retention := env.Now().UnixMilli(), c.cfg.OffsetRetention.Milliseconds()
	var since func(v committed) int64
	switch {
	case g.protocolType == "":
		since = func(v committed) int64 { return v.ms }
	case g.state == empty:
		since = func(v committed) int64 {
			if g.since == none {
				return v.ms
			}
			return g.since
		}
	case g.protocolType == consumerProtocol && g.known && (g.state == stable || rebalancing && c.cfg.Quirks.ExpireWhileRebalancing):
		since = func(v committed) int64 { return v.ms }
	default:
		return nil
	}
	for _, tp := range tps(g.offsets) {
		v := g.offsets[tp]
		due := now-since(v) >= retention
		if v.expires != none {
			due = now >= v.expires
		}
		staged := g.stages(tp) && !c.cfg.Quirks.ExpireStaged
		if due && !g.reads(tp.Topic) && g.unsettled[tp] == 0 && !staged {
			old = append(old, tp)
		}
	}
	return old
}

// removeOffsets appends tombstones for offsets of a group, and for the group itself if it goes with them. Until they are
// appended the offsets are served, for until then they may stay.
func (c *Coordinator) removeOffsets(env nodes.Env, g *group, gone []log.TopicPartition, whole bool, r *reply) {
	w := &write{kind: removals, group: g, gone: gone, reply: r}
	var b record.Builder
	b.Reset(record.Fields{Codec: c.cfg.Codec})
	now := env.Now().UnixMilli()
	for _, tp := range gone {
		b.Add(now, key{g.id, true, tp}.append(nil), nil)
	}
	if whole {
		b.Add(now, key{group: g.id}.append(nil), nil)
		g.become(env, dead)
	}
	if b.Len() == 0 {
		c.settleNow(env, w, proto.None)
		return
	}
	if code := c.append(env, w, &b); code != proto.None {
		c.settleNow(env, w, code)
		return
	}
	c.after(env, c.cfg.CommitTimeout, deadline{kind: writeEnds, group: g, write: w})
}

// removeAt forgets what tombstones were appended for.
func (c *Coordinator) removeAt(env nodes.Env, w *write, at int64) {
	g := w.group
	for _, tp := range w.gone {
		g.drop(tp, at)
	}
	c.note(env, func() string {
		return fmt.Sprintf("%s: %d offsets removed; the group too: %v", g.id, len(w.gone), g.state == dead)
	})
	if g.state == dead {
		c.forget(g)
	}
}
