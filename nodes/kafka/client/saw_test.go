package client

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A group's offset was committed in leader epoch 2, and what is known of the partition is from epoch 0: its leader of then may think that it
// leads still, and has a shorter log. One that is cut off may insist on that for as long as it likes; where all do, the topic is another one.
func TestALeaderFromBeforeACommittedOffsetIsNotAsked(t *testing.T) {
	c := &Cluster{topics: map[string]*topic{}, brokers: []Broker{{ID: 1}, {ID: 2}}}
	p := TopicPartition{"a", 0}
	sayAs := func(broker, leader, epoch int32) {
		m := kmsg.NewMetadataResponseTopic()
		m.Topic = kmsg.StringPtr("a")
		mp := kmsg.NewMetadataResponseTopicPartition()
		mp.Leader, mp.LeaderEpoch = leader, epoch
		m.Partitions = append(m.Partitions, mp)
		c.learnTopic(&m, broker)
	}
	say := func(leader, epoch int32) { sayAs(2, leader, epoch) }
	leads := func() int32 {
		id, _, _ := c.leader(p)
		return id
	}
	say(2, 0)
	c.saw(p, -1)
	c.saw(p, 0)
	require.EqualValues(t, 2, leads())
	c.saw(p, 2)
	require.EqualValues(t, -1, leads())
	say(2, 0)
	require.EqualValues(t, -1, leads(), "a broker that lags")
	say(1, 2)
	require.EqualValues(t, 1, leads())
	c.saw(p, 3)
	for range 3 * rewindLimit {
		say(2, 0)
	}
	require.EqualValues(t, -1, leads(), "only one says so: it is cut off")
	sayAs(1, 2, 0)
	require.EqualValues(t, 2, leads(), "all say so: it was made anew")
}

// Whose first metadata comes from a broker that is cut off, and leads by its own account, knows by the group's offset that there has been a later
// leader. It would ask it where that epoch ends in its log, hear that it is not known there, and begin anew.
func TestAnEpochThatWasHeardOfBeforeThePartitionIsRemembered(t *testing.T) {
	c := &Cluster{topics: map[string]*topic{}, brokers: []Broker{{ID: 1}, {ID: 2}}}
	say := func(leader int32, epochs ...int32) {
		m := kmsg.NewMetadataResponseTopic()
		m.Topic = kmsg.StringPtr("a")
		for i, epoch := range epochs {
			mp := kmsg.NewMetadataResponseTopicPartition()
			mp.Partition, mp.Leader, mp.LeaderEpoch = int32(i), leader, epoch
			m.Partitions = append(m.Partitions, mp)
		}
		c.learnTopic(&m, 1)
	}
	leads := func(partition int32) int32 {
		id, _, _ := c.leader(TopicPartition{"a", partition})
		return id
	}
	c.saw(TopicPartition{"a", 1}, 2)
	c.saw(TopicPartition{"a", 2}, 3)
	say(1, 0, 0)
	require.EqualValues(t, 1, leads(0), "nothing was heard of this one")
	require.EqualValues(t, -1, leads(1))
	say(2, 1, 2, 2)
	require.EqualValues(t, 2, leads(1))
	require.EqualValues(t, -1, leads(2), "also when it came later")
	say(2, 1, 2, 3)
	require.EqualValues(t, 2, leads(2))
	require.Empty(t, c.topics["a"].heard)
}
