package scenarios

import (
	"slices"

	"orrery/nodes/kafka/broker"
	"orrery/nodes/kafka/txn"
)

// The rules of a transaction that has its verdict, and of which not all partitions know that yet (S15).
const (
	kafkaCarried = "verdicts-are-carried-out"       // the coordinator of a transaction that is in Prepare has its completion under way (KAFKA-16352)
	kafkaBehind  = "nothing-begins-behind-a-marker" // of a transaction that is in Prepare: nobody would end it (KAFKA-14884)
	kafkaVerdict = "a-transaction-has-one-verdict"  // in all of its partitions: the one that its coordinator has written
)

// joins notes where the partitions of a transaction have ended when they were added to it. Markers of transactions before it are committed by then.
func (t *kafkaTxn) joins(g *kafkaWatch, was *kafkaTxn) {
	for _, tp := range t.parts {
		from := int64(0)
		if p := g.byTP[tp]; p != nil {
			from = int64(len(p.committed))
		}
		if was != nil && was.pid == t.pid && (was.state == txn.Ongoing || was.state == txn.PrepareCommit || was.state == txn.PrepareAbort) {
			if i := slices.Index(was.parts, tp); i >= 0 {
				from = was.from[i]
			}
		}
		t.from = append(t.from, from)
	}
}

// behind looks at a batch that begins, at an offset of a leader's log, what belongs to a transaction with a verdict. The marker of that may come
// after it, and ends it.
func (g *kafkaWatch) behind(p *kafkaPart, r *kafkaReplica, t *kafkaTxn, e kafkaEntry, at int64) {
	if t.state != txn.PrepareCommit && t.state != txn.PrepareAbort {
		return
	}
	g.k.w.Asked(kafkaBehind)
	for marker := max(t.from[slices.Index(t.parts, p.tp)], r.copy.first); marker < at; marker++ {
		if m := r.copy.entry(marker); m.control && m.pid == e.pid {
			g.violate(kafkaBehind, "%s appends to %s, at %d, what producer %d (epoch %d) has written in a transaction that is in %v, and the marker of that is at %d",
				r.id, p.tp, at, e.pid, e.pepoch, t.state, marker)
			return
		}
	}
}

// ends looks at a marker that is committed, and that a transaction ends with there: it says what the coordinator has decided. One that is written twice, for
// want of an answer, ends nothing the second time.
func (g *kafkaWatch) ends(p *kafkaPart, at int64, e kafkaEntry) {
	t := g.txns.of(e.pid)
	if t == nil || g.lossyOffsets() || !p.open(e.pid, at) {
		return
	}
	g.k.w.Asked(kafkaVerdict)
	if !t.decided(e.commit) {
		g.violate(kafkaVerdict, "at %d of %s a transaction of producer %d ends with %s, and its coordinator says %s", at, p.tp, e.pid, e.says(), t.says())
	}
}

// decided tells whether the transaction has that verdict.
func (t *kafkaTxn) decided(commit bool) bool {
	if commit {
		return t.state == txn.PrepareCommit || t.state == txn.CompleteCommit
	}
	return t.state == txn.PrepareAbort || t.state == txn.CompleteAbort
}

// open tells whether what was committed before an offset has a transaction of a producer that is open.
func (p *kafkaPart) open(pid, before int64) bool { return openAtTheEnd(p.committed[:before], pid) }

// carries holds the coordinator that the cluster has for the journal's partition against the transactions that it has decided. One that has been
// deposed, and has not heard of that, stops as soon as a leader refuses its markers.
func (g *kafkaWatch) carries(b *broker.Broker) {
	ids, epoch := b.Txns().Unattended(0)
	p := g.parts[len(g.parts)-1]
	if epoch < 0 || epoch != p.state.LeaderEpoch || g.lossyOffsets() { // what is lost may have had an epoch that partitions know
		return
	}
	g.k.w.Asked(kafkaCarried)
	if len(ids) > 0 {
		g.violate(kafkaCarried, "broker %d coordinates %s in leader epoch %d, and nobody there writes the markers of %v, of which it knows the verdict", b.ID(), p.tp, epoch, ids)
	}
}

// undecided tells whether a transaction is open in some partition of the workload, as far as its leader knows.
func (g *kafkaWatch) undecided() bool {
	return slices.ContainsFunc(g.parts, func(p *kafkaPart) bool {
		if g.k.topic(p.tp) == nil || p.state.Leader < 1 {
			return false
		}
		r := p.order[p.state.Leader-1]
		return r.lso < r.hw
	})
}
