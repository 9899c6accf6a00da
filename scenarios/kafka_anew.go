package scenarios

import (
	"fmt"
	"slices"
	"time"

	"orrery/nodes/kafka/client"
	"orrery/nodes/task"
)

// Clients of a topic that is deleted and made anew, in leader epoch 0 again (KAFKA-12257).

// anew is the topic, as it is made each time.
func (k *kafkaWorld) anew() kafkaTopic {
	return kafkaTopic{name: kafkaFleeting, partitions: 1, replicas: int16(min(3, len(k.brokers))), minISR: 1}
}

var kafkaAnewAt = client.TopicPartition{Topic: kafkaFleeting}

// remake makes the topic, has its leader epoch rise, and deletes it.
func (c *kafkaClient) remake(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	k := c.load.k
	for c.working() {
		c.rest(t)
		c.operation("make "+kafkaFleeting, func() error { c.create(t, cluster, k.anew()); return nil })
		for range 1 + c.draw(kafkaMany, 3) {
			to := slices.Clone(k.watch.named(tpName(kafkaAnewAt)).replicas)
			if len(to) == 0 {
				break
			}
			to = append(to[1:], to[0])
			c.operation(fmt.Sprintf("let %d lead %s", to[0], kafkaFleeting), func() error {
				if err := cluster.Reassign(t, kafkaAnewAt, to); err != nil {
					return err
				}
				return cluster.ElectLeader(t, kafkaAnewAt, false)
			})
			c.rest(t)
		}
		c.operation("delete "+kafkaFleeting, func() error { return cluster.DeleteTopic(t, kafkaFleeting) })
	}
}

// revisit asks where the topic ends, again and again, of what its client has known of the topic all along; the last time until it is told. By then it
// sees to it that there is one.
func (c *kafkaClient) revisit(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	ask := func() error {
		_, err := cluster.OffsetAt(t, kafkaAnewAt, client.Latest, false)
		return err
	}
	for c.working() {
		c.rest(t)
		c.operation("where does "+kafkaFleeting+" end", ask)
	}
	c.operation("find where "+kafkaFleeting+" ends", func() error {
		other := client.New(c.config())
		defer other.Close(t)
		c.create(t, other, c.load.k.anew())
		for ask() != nil {
			t.Sleep(50 * time.Millisecond)
			c.create(t, other, c.load.k.anew())
		}
		return nil
	})
}
