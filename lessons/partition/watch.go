package partition

import (
	"slices"

	"orrery/sim"
	"orrery/trace"
)

// The properties.
const (
	nothingLost = "no acknowledged record is lost"
	sameLogs    = "below the high watermark all logs are the same"
	onceEach    = "each record is in the log once"
	noZombies   = "a later instance of a producer ends the earlier one"
)

// acknowledged notes what a producer is told.
func (c *cluster) acknowledged(value string) {
	if !c.told[value] {
		c.told[value] = true
		c.acked = append(c.acked, value)
	}
}

// leads: what a new leader has is what the partition has from now on. One that hears late of its election, when there has been a later
// one, leads nobody.
func (c *cluster) leads(b *broker) {
	if b.epoch < c.newest {
		return
	}
	c.newest = b.epoch
	for _, v := range c.acked {
		if !slices.ContainsFunc(b.Records, func(r Record) bool { return r.Value == v }) {
			c.violate(nothingLost, "%s leads in epoch %d with %v, and %s was acknowledged", b.self, b.epoch, &b.replica, v)
			return
		}
	}
}

// appended: a leader has appended a record, the last of its log.
func (c *cluster) appended(b *broker) {
	last := b.Records[len(b.Records)-1]
	for i, r := range b.Records[:len(b.Records)-1] {
		switch {
		case r.Value == last.Value:
			c.violate(onceEach, "%s appends %s at %d, and has it at %d already", b.self, last.Value, len(b.Records)-1, i)
			return
		case r.Stamp.Producer == last.Stamp.Producer && r.Stamp.Epoch > last.Stamp.Epoch:
			c.violate(noZombies, "%s appends %s, of instance %d of the producer, behind %s, of instance %d", b.self, last.Value, last.Stamp.Epoch, r.Value, r.Stamp.Epoch)
			return
		}
	}
}

// compare: of two replicas that both say that an offset is committed, both have the same there.
func (c *cluster) compare() {
	for i, x := range brokers {
		for _, y := range brokers[i+1:] {
			a, b := c.broker(x), c.broker(y)
			if a == nil || b == nil {
				continue
			}
			for o := range min(a.HW, b.HW) {
				if ra, rb := a.Records[o], b.Records[o]; ra != rb {
					c.violate(sameLogs, "at offset %d, %s has %s of epoch %d and %s has %s of epoch %d: %v and %v", o, x, ra.Value, ra.Epoch, y, rb.Value, rb.Epoch, &a.replica, &b.replica)
					return
				}
			}
		}
	}
}

// quiet hands on what a story is told with, and leaves out what is sent all the time, and what the disk does: package ensemble has
// the same for the lessons on ZooKeeper.
type quiet struct{ to sim.Recorder }

// Record implements sim.Recorder.
func (q *quiet) Record(e *trace.Event) {
	switch e.Kind {
	case trace.Fire, trace.Write, trace.Sync, trace.Synced:
		return
	case trace.Deliver, trace.Send, trace.Drop:
		switch e.Name {
		case "Beat", "State", "Fetch", "Fetched", "Instance", "Init":
			return
		case "Ask":
			if e.Kind == trace.Drop {
				return
			}
		}
	}
	q.to.Record(e)
}
