package scenarios

import (
	"slices"

	"orrery/nodes/kafka/replica"
)

// The rules that a follower keeps to (KIP-101, KIP-279, KIP-320). A follower that breaks one of them has another log than its leader: it
// takes an election until that is seen in what was committed.
const (
	kafkaFollows = "followers-have-their-leaders-log" // what a follower appends, and all before it, its leader had in that epoch
	kafkaCuts    = "followers-cut-what-differs"       // what a follower cuts off its leader has not
)

// kafkaReign is the log of a leader in its epoch, as far as it got.
type kafkaReign struct {
	entries []kafkaEntry
	first   int64
	start   int64 // up to where it has deleted what it had
	// unsure tells that nobody knows what it had: it died within a handler, or led again after it had lost something.
	unsure bool
}

// kafkaReigns are those of a partition, by leader epoch.
type kafkaReigns map[int32]*kafkaReign

// ends notes that nobody knows how far a leader got.
func (l kafkaReigns) ends(epoch int32) {
	if l[epoch] == nil {
		l[epoch] = &kafkaReign{}
	}
	l[epoch].unsure = true
}

func (l *kafkaReign) end() int64 { return l.first + int64(len(l.entries)) }

// has tells whether there was this record; known is false if it cannot be told.
func (l *kafkaReign) has(at int64, e kafkaEntry) (has, known bool) {
	if at < l.first {
		return false, false
	}
	return at < l.end() && l.entries[at-l.first].same(e), true
}

// reigns notes what a leader has.
func (g *kafkaWatch) reigns(p *kafkaPart, r *kafkaReplica, epoch int32) {
	l := p.reigns[epoch]
	switch {
	case l == nil:
		p.reigns[epoch] = &kafkaReign{entries: slices.Clone(r.copy.entries), first: r.copy.first}
	case r.copy.end < l.end():
		l.unsure = true
	default:
		for l.end() < r.copy.end {
			l.entries = append(l.entries, r.copy.entry(l.end()))
		}
	}
	l = p.reigns[epoch]
	l.start = max(l.start, r.copy.first)
}

// deleted tells whether a leader of this epoch or of a later one has deleted a record, or what it had in its place.
func (l kafkaReigns) deleted(epoch int32, at int64) bool {
	for e, of := range l {
		if e >= epoch && at < of.start {
			return true
		}
	}
	return false
}

// follows looks at a follower whose log has grown, from an offset on. One that has begun anew where its leader's begins (a full truncation) has
// appended nothing yet, and need not know who leads: it may have begun in an epoch, and be told of the next while that waits for the disk.
func (g *kafkaWatch) follows(p *kafkaPart, r *kafkaReplica, now replica.Glance, from int64) {
	if from = max(from, r.copy.first); from == r.copy.end {
		return
	}
	l := p.reigns[now.Epoch]
	if l != nil && l.unsure || p.lossy || p.muddled || r.tainted {
		return
	}
	g.k.w.Asked(kafkaFollows)
	if l == nil {
		g.violate(kafkaFollows, "%s follows %s in leader epoch %d and appends %s at %d, and nobody has led in that epoch", r.id, p.tp, now.Epoch, r.copy.entry(from).says(), from)
		return
	}
	for at := max(l.first, r.copy.first); at < r.copy.end; at++ {
		if e := r.copy.entry(at); at >= l.end() || !l.entries[at-l.first].same(e) {
			has := kafkaEntry{}
			if at < l.end() {
				has = l.entries[at-l.first]
			}
			g.violate(kafkaFollows, "%s follows %s in leader epoch %d and appends from %d on, with %s at %d, where its leader has %s", r.id, p.tp, now.Epoch, from, e.says(), at, has.says())
			return
		}
	}
}

// cuts looks at a follower that has cut its log: the first record that is gone its leader had not, of this epoch or of the one before (a
// truncation may wait for the disk).
func (g *kafkaWatch) cuts(p *kafkaPart, r *kafkaReplica, now replica.Glance, at int64, e kafkaEntry) {
	if p.lossy || p.muddled || r.tainted || !e.present {
		return
	}
	for _, epoch := range []int32{now.Epoch, r.near.before} {
		l := p.reigns[epoch]
		if l == nil || l.unsure {
			return
		}
		if has, known := l.has(at, e); !known || !has {
			return
		}
	}
	g.k.w.Asked(kafkaCuts)
	g.violate(kafkaCuts, "%s follows %s in leader epoch %d and cuts off %s at %d, which its leader has", r.id, p.tp, now.Epoch, e.says(), at)
}
