package scenarios

import (
	"time"

	"orrery/sim"
)

// conditionsOfISRs are those of defects of who is in sync, and who may lead or be read from.
func (k *kafkaWorld) conditionsOfISRs(name string) {
	switch name {
	case "halt-on-unclean": // brokers of its time cut a log back to the high watermark, which may be more than a leader has that has lost its power
		k.works = append(k.works, (*kafkaClient).trim, (*kafkaClient).trim, (*kafkaClient).trim)
		k.copies(2)
		k.text += "log.segment.bytes=200\nreplica.lag.time.max.ms=300\n"
		for i := range k.topics {
			k.topics[i].minISR = 1
		}
		k.storage("crash")
		k.quirks.Replica.TruncateToHW = !k.shape.bare
		k.excused = append(k.excused, kafkaCandidate, kafkaComplete, kafkaStrongISR, kafkaWeakISR, kafkaMatching, kafkaPrefix, kafkaAcked, kafkaRead, kafkaCuts, kafkaSequence)
	case "preferred-out-of-isr", "preferred-fenced":
		k.racks = true
		k.copies(3)
		k.text += "replica.selector.class=org.apache.kafka.common.replica.RackAwareReplicaSelector\n"
		if name == "preferred-fenced" { // what is known of a broker that is gone is told before the ISRs that it leaves
			k.works = append(k.works, (*kafkaClient).consume, (*kafkaClient).consume, (*kafkaClient).consume)
			for i := range k.topics { // each broker leads some and follows others
				k.topics[i].partitions = 4
			}
			k.storage("crash")
			sync := k.w.DrawDuration("disk/mean, in bad weather", 50*time.Millisecond, 200*time.Millisecond)
			k.w.U.Tune(func(c *sim.Config) { c.Disk.Sync.Mean = sync })
			k.sessionsFor(3 * sync) // two servers have synced the session, as a rule
		}
	case "isr-change-stuck", "no-zkversion-refresh", "isr-write-not-rechecked":
		k.storage("connection", "pause", "delay")
		k.text += "replica.lag.time.max.ms=300\n"
		k.late()
		if name == "isr-write-not-rechecked" { // brokers of its time did not look for the version that there is
			k.quirks.Replica.NoVersionRefresh = !k.shape.bare
			k.excused = append(k.excused, kafkaOutcome)
		}
	case "ineligible-joins", "broker-epoch-ignored":
		k.storage("clog", "crash", "delay", "partition", "pause")
	case "no-broker-epoch-check": // a fetch is held back until who has sent it has come back; nothing is committed meanwhile
		k.copies(3)
		for i := range k.topics {
			k.topics[i].minISR = int(k.topics[i].replicas)
		}
		k.storage("clog", "crash", "delay")
		k.session = 400 * time.Millisecond
		k.text += "replica.lag.time.max.ms=300\nreplica.socket.timeout.ms=6000\n"
		k.w.U.Tune(func(c *sim.Config) { c.Net.BreakAfter = 6 * time.Second })
	case "double-read-replica-state": // what was decided is proposed by a timer
		k.storage("clog", "crash", "delay", "partition", "pause")
		k.w.U.Tune(func(c *sim.Config) {
			c.LateTimer.Mean = k.w.DrawDuration("late timers, in bad weather", 50*time.Millisecond, 300*time.Millisecond)
		})
	case "removed-stays-in-isr":
		k.evacuates()
	case "shutting-down-stays-in-isr":
		k.works, k.fleeting = append(k.works, (*kafkaClient).administer), true
		k.copies(3)
	default:
		k.conditionsOfClients(name)
	}
}
