package scenarios

import (
	"time"

	"orrery/nodes/kafka/broker/config"
	"orrery/sim"
)

// conditions sees to it that the world is one in which a defect can show: that what it is about is in use, and that what it
// needs to do harm happens often. None of it breaks anything by itself: with the conditions and without the defect all holds.
func (k *kafkaWorld) conditions(name string) {
	switch name {
	case "skip-truncation-same-leader":
		k.askFirst = true
	case "kip101-lookup", "truncation-unfenced":
		k.askFirst = true
		k.restless()
	case "hw-below-min-isr", "no-min-isr-check":
		for i := range k.topics {
			k.topics[i].minISR = min(2, int(k.topics[i].replicas))
		}
	case "full-truncation-keeps-hw":
		k.works = append(k.works, (*kafkaClient).trim)
		k.copies(3)
		k.text += "log.segment.bytes=200\nreplica.lag.time.max.ms=300\n"
	case "stale-list-offsets":
		k.asks = true
		k.restless()
	case "stop-without-epoch":
		k.sways()
	case "stop-replica-without-epoch":
		k.works, k.fleeting = append(k.works, (*kafkaClient).administer, (*kafkaClient).administer), true
		k.copies(2)
		k.storage("clog", "connection", "delay", "pause")
		k.text += "controller.socket.timeout.ms=400\n"
		k.late()
	case "metadata-from-old-controller":
		k.storage("clog", "pause", "delay", "partition")
	case "no-controller-epoch-guard": // it is deposed in the middle of its work, by somebody else
		k.works, k.fleeting = append(k.works, (*kafkaClient).administer, (*kafkaClient).shuffle, (*kafkaClient).unseat), true
		k.storage("clog", "delay", "pause")
		k.slow(20*time.Millisecond, 150*time.Millisecond)
	default:
		k.conditionsOfISRs(name)
	}
}

// conditionsOfClients are those of defects of clients, of coordinators, and of compaction.
func (k *kafkaWorld) conditionsOfClients(name string) {
	switch name {
	case "RetryAfterFence", "fence-bumps-each-time", "told-before-committed":
		k.transactions()
		k.shared = true
	case "completion-drops-another": // the coordinator is elected anew before what it has sent in its last epoch has an answer
		k.transactions()
		k.shared = true
		k.storage("pause", "partition", "clog", "delay")
		k.works = append(k.works, (*kafkaClient).unsettle)
	case "end-with-higher-epoch":
		k.transactions()
		k.shared, k.works = true, append(k.works, (*kafkaClient).meddle)
	case "no-verify", "verify-without-guard", "verification-says-yes":
		k.transactions()
		k.works = append(k.works, (*kafkaClient).straggle, (*kafkaClient).straggle)
		k.slow(20*time.Millisecond, 150*time.Millisecond)
	case "KeepEpochAfterLostEnd":
		k.transactions()
		k.impatient = true
		k.storage("clog", "delay")
	case "CommitBeforeAdding": // brokers of its time did not ask whether a partition is in the transaction
		k.transactions()
		k.quirks.Replica.Log.NoVerify = !k.shape.bare
	case "NoTwoPhase":
		k.sticky, k.static = true, false
		k.slow(20*time.Millisecond, 150*time.Millisecond)
	case "TrustAllOwned": // a partition goes from who does not hear of it to who has just come, and somebody else leaves
		if !k.shape.options.Uncommitted {
			return // a pipeline needs the topic of its results, and all its workers
		}
		k.sticky, k.static = true, false
		k.topics = k.topics[:1]
		k.topics[0].partitions = 16
		k.works = append(k.works[:2], (*kafkaClient).pass, (*kafkaClient).pass, (*kafkaClient).misremember)
		k.storage("connection", "partition", "delay")
	case "session-lost-in-become-follower":
		k.works, k.internal = append(k.works, (*kafkaClient).shuffle, (*kafkaClient).shuffle), true
		k.storage("connection", "partition", "pause")
	case "KeepOwnedOnLoss": // before KIP-792 assignors believed every claim
		k.sticky, k.static = true, false
		k.storage("partition", "clog", "delay", "pause")
		k.clients.TrustAllOwned = !k.shape.bare
	case "CommitBeforeProcess":
		k.auto = k.shape.options.Uncommitted // a pipeline commits with its results, and owes one of all that it was given
	case "transaction-order":
		k.works = append(k.works, (*kafkaClient).tally)
	case "load-keeps-first-read": // a load takes several reads
		k.text += "offsets.load.buffer.size=100\n"
	case "CommitAnyGeneration":
		k.static = false
		k.storage("partition", "clog", "delay", "pause")
		k.works = k.works[:2] // one member: without it the group is empty
	case "clean-past-high-watermark":
		k.text += "log.flush.interval.messages=1\nreplica.lag.time.max.ms=2000\n"
		k.slow(50*time.Millisecond, 200*time.Millisecond)
	case "marker-matched-by-key", "clean-loses-aborted":
		if k.shape.name != "kafka-compaction" {
			return // its histories hold what is written in transactions, those of others do not
		}
		k.works = append(k.works, (*kafkaClient).transactKeyed, (*kafkaClient).transactKeyed)
		k.text += "log.flush.interval.messages=1\n"
	default:
		k.conditionsOfGroups(name)
	}
}

// copies gives each topic so many replicas.
func (k *kafkaWorld) copies(n int16) {
	for i := range k.topics {
		k.topics[i].replicas = min(n, int16(len(k.brokers)))
	}
}

// storage leaves only some families of faults.
func (k *kafkaWorld) storage(families ...string) { k.w.Families = families }

// restless lets leaders change often and for no reason, while some links are slow: so many a leader has what no follower has when it is
// deposed.
func (k *kafkaWorld) restless() {
	k.copies(3)
	k.works = append(k.works, (*kafkaClient).shuffle)
	k.slow(20*time.Millisecond, 150*time.Millisecond)
}

// slow makes many links slow.
func (k *kafkaWorld) slow(lo, hi time.Duration) {
	w := k.w
	k.slowest = w.DrawDuration("net/slow pair max, in bad weather", lo, hi)
	w.U.Tune(func(c *sim.Config) {
		c.Net.SlowPairPPM, c.Net.SlowPairMax = 300_000, k.slowest
		c.Net.DialTimeout = max(c.Net.DialTimeout, k.roundTrip())
	})
	k.sessionsFor(4 * k.slowest) // a connection, and a request over it
}

// roundTrip is how long a request and its answer may be under way at least, on links that were made slow.
func (k *kafkaWorld) roundTrip() time.Duration { return 2*k.slowest + 100*time.Millisecond }

// abides has a broker wait for its answers for as long as slow links take. A fetch may have to wait at its leader besides, and where that was more than
// the socket's time-out, no follower ever got an answer without records, and with it the high watermark.
func (k *kafkaWorld) abides(c *config.Config) {
	if k.slowest > 0 {
		c.ReplicaWait = max(c.ReplicaWait, c.FetchWaitMax+k.roundTrip())
		c.ControllerWait = max(c.ControllerWait, k.roundTrip())
	}
}

// sessionsFor makes sessions with ZooKeeper long enough for a network or for disks by which it takes so long until a server has answered who
// connects. Of its session's time-out a client gives each server the same part, so that a shorter one is no fault that a cluster could get over.
func (k *kafkaWorld) sessionsFor(answer time.Duration) {
	k.session = max(k.session, time.Duration(len(k.ensemble))*answer)
}

// transactions has two more clients write in transactions, under one name.
func (k *kafkaWorld) transactions() {
	k.topics = append(k.topics, kafkaTopic{name: "notes", partitions: 2, replicas: int16(min(3, len(k.brokers))), minISR: min(2, len(k.brokers))})
	k.works = append(k.works, (*kafkaClient).transact, (*kafkaClient).transact)
	k.late()
}

// late lets some of what is sent arrive when its sender has given it up and sent it once more over another connection.
func (k *kafkaWorld) late() {
	w := k.w
	w.U.Tune(func(c *sim.Config) {
		c.Net.Delay.TailPPM, c.Net.Delay.TailMax = 4_000+w.Draw("net/tail, in bad weather", 12_000), w.DrawDuration("net/tail max, in bad weather", time.Second, 3*time.Second)
	})
}
