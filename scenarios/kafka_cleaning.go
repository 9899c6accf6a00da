package scenarios

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/replica"
	"orrery/nodes/task"
)

// The properties of compaction that are held against the logs of replicas, each time that one was compacted.
const (
	kafkaCleansBelow = "compaction-stays-below-the-watermark" // KAFKA-13194
	kafkaLastKept    = "compaction-keeps-the-last-everywhere" // of each key what is committed last below where it went, on each replica
	kafkaAborts      = "aborted-transactions-are-known"       // as long as there is something of them in a log
	kafkaForgets     = "markers-stay-with-what-they-abort"    // the index has a transaction as long as its marker stands (KAFKA-13727)
	kafkaMarkers     = "transactions-keep-their-ends"         // as long as there is something of them in a log
)

// cleans looks at a log that was compacted.
func (g *kafkaWatch) cleans(p *kafkaPart, r *kafkaReplica, now replica.Glance, known bool) {
	was := &r.near
	to := now.Log.Cleaned()
	if !known {
		was.cleaned, was.most = to, max(to, now.Log.HighWatermark())
		was.aborts, _ = now.Log.Aborted()
		return
	}
	if to == was.cleaned {
		if was.end != r.copy.end || was.start != now.Log.StartOffset() {
			was.aborts, _ = now.Log.Aborted()
		}
		return
	}
	was.cleaned = to
	g.k.w.Asked(kafkaCleansBelow)
	if to > was.most {
		g.violate(kafkaCleansBelow, "%s has compacted %s up to %d, and its high watermark was never above %d", r.id, p.tp, to, was.most)
		return
	}
	if err := r.copy.reload(readOnly{g.glancing.m.Disk()}, now.Log); err != nil {
		g.violate(kafkaLogFile, "the log of %s on %s, compacted, %v", p.tp, r.id, err)
		return
	}
	g.lasts(p, r, to)
	g.verdicts(p, r, now)
	g.forgets(p, r, now)
}

// forgets: what a log knew to be aborted before it was compacted it knows as long as the marker of that is there. Where a segment ends a compaction
// may end too, and what it has left of the transaction nobody would know to be aborted.
func (g *kafkaWatch) forgets(p *kafkaPart, r *kafkaReplica, now replica.Glance) {
	was := &r.near
	aborted, known := now.Log.Aborted()
	for _, t := range was.aborts {
		if !known || r.copy.end < was.end || t.LastOffset < r.copy.first || t.LastOffset >= r.copy.end || !r.copy.entry(t.LastOffset).present {
			continue
		}
		g.k.w.Asked(kafkaForgets)
		if !slices.Contains(aborted, t) {
			g.violate(kafkaForgets, "%s has compacted %s, has the marker at %d by which producer %d has aborted what it has from %d on, and knows of that no more", r.id, p.tp, t.LastOffset, t.ProducerID, t.FirstOffset)
			return
		}
	}
	was.aborts = aborted
}

// lasts: of each key the last record below where a compaction went is there. Tombstones may have gone, and so may what was aborted.
func (g *kafkaWatch) lasts(p *kafkaPart, r *kafkaReplica, to int64) {
	if p.lossy || p.muddled || r.tainted {
		return
	}
	last := map[uint64]int64{}
	for at, e := range p.committed {
		if e.present && e.key != 0 && !e.control {
			last[e.key] = int64(at)
		}
	}
	g.k.w.Asked(kafkaLastKept)
	for at := r.copy.first; at < min(to, int64(len(p.committed))); at++ {
		e := p.committed[at]
		if e.key != 0 && last[e.key] == at && e.value >= 0 && !e.txn && !e.control && !r.copy.entry(at).present {
			g.violate(kafkaLastKept, "%s has compacted %s away, which at %d of %s is the last record of its key that is committed", r.id, e.says(), at, p.tp)
			return
		}
	}
}

// verdicts: of each transaction of which a log has something below its last stable offset the log has the end, too; and if it was aborted,
// it knows that.
func (g *kafkaWatch) verdicts(p *kafkaPart, r *kafkaReplica, now replica.Glance) {
	aborted, known := now.Log.Aborted()
	lso := min(now.Log.LastStableOffset(), r.copy.end)
	open := map[int64]int64{} // by producer: where its transaction begins
	for at := r.copy.first; at < r.copy.end; at++ {
		e := r.copy.entry(at)
		from, within := open[e.pid]
		switch {
		case !e.present || !e.txn:
		case !e.control && !within:
			open[e.pid] = at
		case e.control && within:
			delete(open, e.pid)
			if e.commit || !known || at >= lso {
				continue
			}
			g.k.w.Asked(kafkaAborts)
			if !slices.ContainsFunc(aborted, func(t log.AbortedTxn) bool { return t.ProducerID == e.pid && t.LastOffset == at }) {
				g.violate(kafkaAborts, "%s has forgotten that what producer %d has at %d of %s was aborted at %d", r.id, e.pid, from, p.tp, at)
				return
			}
		}
	}
	g.k.w.Asked(kafkaMarkers)
	for _, pid := range slices.Sorted(maps.Keys(open)) {
		if open[pid] < lso {
			g.violate(kafkaMarkers, "%s has compacted %s, and what producer %d has at %d has no end any more", r.id, p.tp, pid, open[pid])
			return
		}
	}
}

// transactKeyed writes keyed records in transactions, of which many are aborted. One key is that of a marker.
func (c *kafkaClient) transactKeyed(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	id := "keyed-" + string(c.id)
	for c.working() {
		u, err := c.begins(t, cluster, id)
		for c.begun++; err == nil && c.working(); {
			c.rest(t)
			c.operation("a transaction", func() error { err = c.keyed(t, u, id); return err })
		}
		u.p.Close(t)
	}
}

// keyed is one transaction of transactKeyed.
func (c *kafkaClient) keyed(t *task.T, u *kafkaUser, id string) error {
	l := c.load
	if err := u.begin(t); err != nil {
		return err
	}
	all := l.partitions()
	for i := range 1 + c.draw(kafkaMany, 4) {
		l.values++
		tp := all[(c.draw(kafkaWhere, uint64(len(all)))+i)%uint64(len(all))]
		key := fmt.Sprintf("t%d", c.draw(kafkaHow, 3))
		if i == 0 && c.draw(kafkaAnew, 3) == 0 {
			key = string([]byte{0, 0, 0, byte(c.draw(kafkaRack, 2))})
		}
		_ = u.p.SendTo(t, client.Record{Topic: tp.Topic, Partition: tp.Partition, Key: []byte(key), Value: strconv.AppendInt(nil, l.values, 10)}).Wait(t)
	}
	if c.draw(kafkaWeak, 2) == 0 {
		return u.p.Abort(t)
	}
	outcome, err := u.commit(t, id)
	if outcome == client.Failed && err != nil {
		_ = u.p.Abort(t)
	}
	return err
}
