package scenarios

import (
	"time"

	"orrery/nodes/kafka/client"
)

// conditionsOfGroups are those of defects of groups, and of what clients know of topics and of their own numbers.
func (k *kafkaWorld) conditionsOfGroups(name string) {
	switch name {
	case "expire-timestamp-of-minus-one": // brokers of its time wrote the version that names an expiry
		k.oldOffsets, k.internal = true, true
		k.works = append(k.works, (*kafkaClient).tally, (*kafkaClient).shuffle)
		k.text += "offsets.retention.check.interval.ms=200\n"
	case "expire-while-rebalancing":
		k.static = false
		k.works = append(k.works, (*kafkaClient).bookmark, (*kafkaClient).bookmark)
		k.text += "offsets.retention.check.interval.ms=20\n"
	case "expire-staged":
		k.works = append(k.works, (*kafkaClient).extend)
		k.text += "offsets.retention.check.interval.ms=20\n"
	case "check-before-verify":
		k.static = false
		k.works = append(k.works, (*kafkaClient).advance, (*kafkaClient).advance)
		k.slow(20*time.Millisecond, 150*time.Millisecond)
	case "ResetOnFollower": // what is deleted on one replica another one may still have
		if k.shape.options.Uncommitted { // a pipeline owes a result of all that it was given
			k.vanishing()
		}
	case "NoValidation", "NoEpochFence":
		k.losing()
	case "KeepOldEpochs":
		k.works, k.fleeting = append(k.works, (*kafkaClient).remake, (*kafkaClient).revisit), true
	case "WrapBadly":
		k.drawWritten()
	case "no-sync-timeout":
		k.works = append(k.works, (*kafkaClient).mute)
	case "new-member-never-expires":
		k.works = append(k.works, (*kafkaClient).vanish)
	case "static-join-without-rebalance":
		k.static = true
		k.works = []kafkaWork{(*kafkaClient).produce, (*kafkaClient).member, (*kafkaClient).relapse, (*kafkaClient).relapse, (*kafkaClient).pass}
		k.slow(20*time.Millisecond, 150*time.Millisecond)
	}
}

// vanishing has each replica delete by its own clock, which is minutes off, what consumers in its rack read a batch at a time.
func (k *kafkaWorld) vanishing() {
	k.racks, k.morsels = true, true
	k.copies(3)
	k.topics[0].partitions = 1
	for i := range k.topics {
		k.topics[i].settings = append(k.topics[i].settings, client.Setting{Name: "retention.ms", Value: "60000"}, client.Setting{Name: "segment.bytes", Value: "200"})
	}
	k.works = []kafkaWork{(*kafkaClient).produce, (*kafkaClient).produce, (*kafkaClient).consume, (*kafkaClient).consume}
	k.text += "replica.selector.class=org.apache.kafka.common.replica.RackAwareReplicaSelector\nlog.retention.check.interval.ms=20\nreplica.fetch.wait.max.ms=50\n"
}
