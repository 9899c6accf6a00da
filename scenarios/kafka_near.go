package scenarios

import (
	"slices"
	"time"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/replica"
	"orrery/nodes/kafka/replica/isr"
)

// The rules of replication that a leader keeps to with each of its decisions. What breaks one of them loses nothing yet: it takes
// another fault or two until a record is gone, and most universes end before. So they are looked at where the decision is made.
const (
	kafkaJoins    = "who-joins-the-isr-may"                // it is alive, and has what is committed and all from before the leader's epoch
	kafkaLeaves   = "who-leaves-the-isr-has-lagged"        // for replica.lag.time.max.ms
	kafkaCounts   = "fetches-of-the-epoch-count"           // and no others
	kafkaInFlight = "one-isr-change-in-flight"             // a change is over before there is another
	kafkaUnderMin = "watermark-waits-for-min-isr"          // while the ISR is too small nothing is committed (KAFKA-15583)
	kafkaDue      = "watermark-is-where-it-is-due"         // once an ISR is committed
	kafkaSends    = "consumers-are-sent-to-who-is-in-sync" // and alive (KAFKA-14372, KAFKA-15390)
	kafkaTold     = "who-fetches-is-told-what-there-is"    // the high watermark of an answer is within the log
	kafkaNotes    = "who-leads-has-noted-its-epoch"        // in its epochs, whether it appends anything or not (KIP-101, KAFKA-7415)
)

// kafkaNear is what a replica was when it was last looked at.
type kafkaNear struct {
	incarnation uint32
	leading     bool
	epoch       int32
	highest     int32 // leader epoch that it was ever told
	version     int32
	isr         []int32
	pending     []int32
	sends       uint64
	hw          int64
	start, end  int64
	led         bool  // there is an end and an epoch
	before      int32 // leader epoch before this one
	cleaned     int64
	aborts      []log.AbortedTxn // that the log knew of when it last grew or was cut
	most        int64            // that the high watermark was
	failed      bool             // a write to the log has failed
	lost        kafkaEntry       // the first record that was cut off last
}

// near holds a replica against the rules. What it was told and how its log has grown was looked at before.
func (g *kafkaWatch) near(p *kafkaPart, r *kafkaReplica, now replica.Glance) {
	if p.tp.Topic == kafkaFleeting {
		return // one of that name may be deleted and made anew in between
	}
	was := &r.near
	same := was.led && was.incarnation == r.incarnation && was.epoch == now.Epoch
	if now.Epoch > was.highest || !was.led {
		was.highest = max(was.highest, now.Epoch)
	}
	if was.epoch != now.Epoch {
		was.before = was.epoch
	}
	g.coordinates(p, r, now)
	g.fails(p, r, now)
	if was.most = max(was.most, now.Log.HighWatermark()); p.compacted {
		g.cleans(p, r, now, was.led && was.incarnation == r.incarnation)
	}
	if was.led && was.leading && was.incarnation == r.incarnation && r.copy.end > was.end {
		g.opens(p, r, now, was.end)
		g.appends(p, r, now, was.end)
	}
	if !p.compacted {
		g.grown(p, r, now, was.led && was.incarnation == r.incarnation)
	}
	hw := now.Log.HighWatermark()
	g.k.w.Asked(kafkaTold)
	if now.Told < now.Log.StartOffset() || now.Told > now.Log.EndOffset() {
		g.violate(kafkaTold, "%s tells who fetches that the high watermark of %s is %d, and its log goes from %d to %d", r.id, p.tp, now.Told, now.Log.StartOffset(), now.Log.EndOffset())
	}
	if now.Leading {
		g.counts(p, r, now)
		g.k.w.Asked(kafkaNotes)
		if noted := now.Log.LatestEpoch(); noted != now.Epoch {
			g.violate(kafkaNotes, "%s leads %s in leader epoch %d, and the last one that its log knows of is %d", r.id, p.tp, now.Epoch, noted)
		}
		if same && was.leading {
			g.alters(p, r, now, was)
			g.outcome(p, r, now, was)
			g.raises(p, r, now, was)
			g.sends(p, r, now, was)
		}
	}
	was.led, was.incarnation, was.leading, was.epoch, was.version, was.hw = true, r.incarnation, now.Leading, now.Epoch, now.Version, hw
	was.start, was.end = now.Log.StartOffset(), now.Log.EndOffset()
	was.sends = now.Sends.N
	was.isr, was.pending = append(was.isr[:0], now.ISR...), append(was.pending[:0], now.Pending...)
}

// fails: a log of which a write has failed takes nothing more.
func (g *kafkaWatch) fails(p *kafkaPart, r *kafkaReplica, now replica.Glance) {
	was := &r.near
	if was.incarnation != r.incarnation {
		was.failed = false
	}
	if was.failed {
		g.k.w.Asked(kafkaFailed)
		if now.Log.EndOffset() > was.end {
			g.violate(kafkaFailed, "%s appends to %s at %d although a write to it has failed (%v)", r.id, p.tp, was.end, now.Log.Failed())
		}
	}
	was.failed = now.Log.Failed() != nil
}

// grown looks at how a log has changed; known tells that it is the one of before.
func (g *kafkaWatch) grown(p *kafkaPart, r *kafkaReplica, now replica.Glance, known bool) {
	was := &r.near
	switch {
	case now.Leading && (was.epoch != now.Epoch || !known || !was.leading || was.end != r.copy.end || was.start != now.Log.StartOffset()):
		g.reigns(p, r, now.Epoch)
	case now.Leading || !known || now.Log.StartOffset() != was.start && r.copy.end <= was.end:
	case r.copy.end > was.end:
		g.follows(p, r, now, was.end)
	case r.copy.end < was.end:
		g.cuts(p, r, now, r.copy.end, was.lost)
	}
}

// counts: how far a follower is a leader knows by fetches of its own epoch (KIP-320), so the follower has been told of that.
func (g *kafkaWatch) counts(p *kafkaPart, r *kafkaReplica, now replica.Glance) {
	for i := range now.Lead.Remotes {
		m := &now.Lead.Remotes[i]
		if m.End == isr.Unknown {
			continue
		}
		g.k.w.Asked(kafkaCounts)
		if f := p.order[m.Broker-1]; f.near.highest < now.Epoch {
			g.violate(kafkaCounts, "%s leads %s in leader epoch %d and counts on %s up to %d, which knows of epoch %d only", r.id, p.tp, now.Epoch, f.id, m.End, f.near.highest)
		}
	}
}

// alters looks at a change of the ISR that is proposed.
func (g *kafkaWatch) alters(p *kafkaPart, r *kafkaReplica, now replica.Glance, was *kafkaNear) {
	if len(now.Pending) == 0 || slices.Equal(now.Pending, was.pending) && now.Version == was.version {
		return
	}
	g.k.w.Asked(kafkaInFlight)
	if len(was.pending) > 0 && now.Version == was.version && !slices.Equal(now.Pending, was.pending) {
		g.violate(kafkaInFlight, "%s proposes the ISR %v of %s at version %d while %v is in flight", r.id, now.Pending, p.tp, now.Version, was.pending)
	}
	for _, b := range now.Pending {
		if !slices.Contains(now.ISR, b) {
			g.joins(p, r, now, b)
		}
	}
	at := g.glancing.m.Monotonic()
	for _, b := range now.ISR {
		m := now.Lead.Remote(b)
		if m == nil || slices.Contains(now.Pending, b) {
			continue
		}
		g.k.w.Asked(kafkaLeaves)
		if m.End == now.Log.EndOffset() || at-m.CaughtUp <= now.Rules.LagTime {
			g.violate(kafkaLeaves, "%s takes broker %d out of the ISR of %s, which has all but %d records and had all %v ago", r.id, b, p.tp, now.Log.EndOffset()-m.End, (at - m.CaughtUp).Round(time.Millisecond))
		}
	}
}

// joins: a follower may be proposed for the ISR that is alive, as what it was when it fetched, and has what is needed to lead: what is
// committed, and all that was in the leader's log when its epoch began (KAFKA-7128).
func (g *kafkaWatch) joins(p *kafkaPart, r *kafkaReplica, now replica.Glance, b int32) {
	g.k.w.Asked(kafkaJoins)
	m := now.Lead.Remote(b)
	switch hw := now.Log.HighWatermark(); {
	case m == nil || !slices.Contains(now.Lead.Replicas, b):
		g.violate(kafkaJoins, "%s proposes broker %d for the ISR of %s, and its replicas are %v", r.id, b, p.tp, now.Lead.Replicas)
	case m.End < hw || m.End < now.Lead.EpochStart:
		g.violate(kafkaJoins, "%s proposes broker %d for the ISR of %s, which it knows to have the first %d records; its high watermark is %d, and its epoch %d began at %d",
			r.id, b, p.tp, m.End, hw, now.Epoch, now.Lead.EpochStart)
	case !now.Rules.Eligible(b, m.Epoch):
		g.violate(kafkaJoins, "%s proposes broker %d for the ISR of %s, which is gone, or has restarted since it fetched under broker epoch %d", r.id, b, p.tp, m.Epoch)
	}
}

// raises looks at the high watermark of a leader.
func (g *kafkaWatch) raises(p *kafkaPart, r *kafkaReplica, now replica.Glance, was *kafkaNear) {
	hw := now.Log.HighWatermark()
	if least := now.Rules.MinISR; hw > was.hw {
		g.k.w.Asked(kafkaUnderMin)
		if len(was.isr) < least && len(now.ISR) < least {
			g.violate(kafkaUnderMin, "%s moves the high watermark of %s from %d to %d, with the ISR %v and min.insync.replicas %d", r.id, p.tp, was.hw, hw, now.ISR, least)
		}
	}
	if now.Version != was.version && !now.Log.Busy() {
		g.k.w.Asked(kafkaDue)
		if due := now.Lead.HighWatermark(now.Rules, hw, now.Log.EndOffset(), g.glancing.m.Monotonic()); due > hw {
			g.violate(kafkaDue, "%s leaves the high watermark of %s at %d, and with the ISR %v it is due at %d", r.id, p.tp, hw, now.ISR, due)
		}
	}
}

// sends looks at whom a consumer was sent to.
func (g *kafkaWatch) sends(p *kafkaPart, r *kafkaReplica, now replica.Glance, was *kafkaNear) {
	if now.Sends.N == was.sends {
		return
	}
	g.k.w.Asked(kafkaSends)
	if b := now.Sends.Broker; !slices.Contains(now.ISR, b) || !now.Rules.Eligible(b, isr.Unknown) {
		g.violate(kafkaSends, "%s sends a consumer of %s to broker %d, and the ISR is %v, as far as it is alive", r.id, p.tp, b, now.ISR)
	}
}
