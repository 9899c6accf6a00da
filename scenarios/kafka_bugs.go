package scenarios

import (
	"fmt"
	"slices"

	"orrery/nodes/kafka/broker"
	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/log"
)

// kafkaDefect is a defect of a broker or of its clients.
type kafkaDefect struct {
	name, part, ticket, doc string
	set                     func(*kafkaWorld)
}

// kafkaLogDefects are the switches of the log.
var kafkaLogDefects = []struct {
	name, ticket, doc string
	set               func(*log.Quirks)
}{
	{"clean-past-high-watermark", "KAFKA-13194 (fixed 3.1)", "compaction lets a record that may yet be truncated displace a committed one", func(q *log.Quirks) { q.CleanPastHW = true }},
	{"marker-matched-by-key", "KAFKA-14055 (fixed 3.3)", "compaction removes a marker whose key is that of a later record", func(q *log.Quirks) { q.MarkerMatchedByKey = true }},
	{"clean-loses-aborted", "KAFKA-13727 (fixed 3.2)", "compaction of a part of a transaction forgets that it was aborted", func(q *log.Quirks) { q.CleanLosesAborted = true }},
	{"read-above-hw-at-roll", "KAFKA-9196, KAFKA-9835 (fixed 2.4.1, 2.6)", "after a roll all of the segment before is served, committed or not", func(q *log.Quirks) { q.ReadAboveHWAtRoll = true }},
	{"uncommitted-exposed", "KAFKA-727 (fixed 0.8)", "a read goes up to the batch that the high watermark is in front of", func(q *log.Quirks) { q.UncommittedExposed = true }},
	{"read-above-lso", "KAFKA-9807 (fixed 2.6)", "read_committed is bounded by the high watermark", func(q *log.Quirks) { q.ReadAboveLSO = true }},
	{"lso-off-by-one", "Jepsen, Redpanda #3036", "the first record of an open transaction counts as stable", func(q *log.Quirks) { q.LSOOffByOne = true }},
	{"truncate-keeps-epochs", "KAFKA-10706 (fixed 2.8)", "a truncation to the end of the log leaves the epochs behind it", func(q *log.Quirks) { q.TruncateKeepsEpochs = true }},
	{"state-before-append", "KAFKA-6683 (fixed 2.0)", "a producer's state changes though its append fails", func(q *log.Quirks) { q.StateBeforeAppend = true }},
	{"appends-after-error", "KAFKA-10778 (fixed 2.8)", "a log takes appends after a write to it has failed", func(q *log.Quirks) { q.AppendsAfterError = true }},
	{"no-verify", "KAFKA-14402, KIP-890 (fixed 3.6)", "a late append begins a transaction that nobody will end", func(q *log.Quirks) { q.NoVerify = true }},
	{"verify-without-guard", "KAFKA-14884 (fixed 3.6)", "a verification counts although a marker has come since", func(q *log.Quirks) { q.VerifyWithoutGuard = true }},
}

// kafkaDefects are all that there are of some parts.
func kafkaDefects(parts []string) (list []kafkaDefect) {
	for _, d := range broker.Defects() {
		list = append(list, kafkaDefect{d.Name, d.Part, d.Ticket, d.Doc, func(k *kafkaWorld) { d.Set(&k.quirks) }})
	}
	for _, d := range kafkaLogDefects {
		list = append(list, kafkaDefect{d.name, "log", d.ticket, d.doc, func(k *kafkaWorld) { d.set(&k.quirks.Replica.Log) }})
	}
	for _, d := range client.Defects() {
		list = append(list, kafkaDefect{d.Name, "client", d.Ticket, d.Doc, func(k *kafkaWorld) { d.Set(&k.clients) }})
	}
	return slices.DeleteFunc(list, func(d kafkaDefect) bool { return !slices.Contains(parts, d.part) })
}

// bugs is the museum of a scenario, with the seeds in which each entry is found. What two parts share is there once.
func (shape *kafkaShape) bugs() []Bug {
	var list []Bug
	for _, d := range kafkaDefects(shape.parts) {
		found := kafkaSeeds[shape.name][d.name]
		if !slices.ContainsFunc(list, func(b Bug) bool { return b.Name == d.name }) {
			list = append(list, Bug{Name: d.name, Source: d.ticket, What: d.doc, Breaks: found.breaks, Seeds: found.seeds})
		}
	}
	return list
}

// plant plants a defect, and sees to it that the configuration is one in which it can show.
func (k *kafkaWorld) plant(name string) error {
	planted := false
	for _, d := range kafkaDefects(k.shape.parts) {
		if d.name == name {
			if !k.shape.bare && !k.shape.era {
				d.set(k)
			}
			planted = true
		}
	}
	if !planted {
		return fmt.Errorf("there is no bug %q", name)
	}
	k.conditions(name)
	return nil
}

// kafkaShapes are the scenarios of a cluster, by name.
func kafkaShapes() map[string]*kafkaShape {
	all := map[string]*kafkaShape{}
	for _, shape := range []*kafkaShape{kafkaLogShape(), kafkaGroupsShape(), kafkaExactlyOnceShape(), kafkaAdminShape(), kafkaCompactionShape()} {
		all[shape.name] = shape
	}
	return all
}
