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
