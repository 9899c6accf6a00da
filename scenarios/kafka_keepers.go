package scenarios

import (
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/client"
	"orrery/nodes/task"
)

// Clients whose offsets expire soon. Those of before KIP-211 say with each commit for how long it is to be kept; no broker waits for more than that.

// kafkaKept4 is the last version of OffsetCommit that says for how long.
const kafkaKept4 = 4

// kafkaBookmark is what such clients commit offsets of. It is no topic, and nobody reads it.
const kafkaBookmark = "bookmarks"

// keeper is a client of that time.
func (c *kafkaClient) keeper() *client.Cluster {
	config := c.config()
	config.Older = map[int16]int16{kmsg.OffsetCommit.Int16(): kafkaKept4}
	return client.New(config)
}

// keep commits an offset for a while.
func keep(t *task.T, old *client.Cluster, m client.GroupMetadata, o client.Offset, d time.Duration) error {
	r := kmsg.NewPtrOffsetCommitRequest()
	r.Group, r.MemberID, r.Generation, r.RetentionTimeMillis = m.Group, m.Member, m.Generation, d.Milliseconds()
	part := kmsg.NewOffsetCommitRequestTopicPartition()
	part.Partition, part.Offset = o.Partition, o.Offset
	topic := kmsg.NewOffsetCommitRequestTopic()
	topic.Topic, topic.Partitions = o.Topic, append(topic.Partitions, part)
	r.Topics = append(r.Topics, topic)
	_, err := old.Coordinate(t, m.Group, r, func(resp kmsg.Response) int16 {
		return resp.(*kmsg.OffsetCommitResponse).Topics[0].Partitions[0].ErrorCode
	})
	return err
}

// bookmark is a member that starts again and again, and commits an offset of what its group does not read.
func (c *kafkaClient) bookmark(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	old := c.keeper()
	for c.working() {
		r := c.join(cluster, kafkaGroup, false)
		for range 1 + c.draw(kafkaMany, 3) {
			c.pollGroup(t, r)
			o := client.Offset{TopicPartition: client.TopicPartition{Topic: kafkaBookmark}}
			d := time.Duration(1+c.draw(kafkaHow, 300)) * time.Millisecond
			c.operation(fmt.Sprintf("commit an offset of %s for %v", kafkaBookmark, d), func() error { return keep(t, old, r.GroupMetadata(), o, d) })
		}
		c.processed(kafkaGroup)
		c.reader = nil
		r.Close(t)
	}
	old.Close(t)
}

// extend commits an offset for a while, and the next one, for good, in a transaction that lasts longer than that.
func (c *kafkaClient) extend(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	old := c.keeper()
	c.inPairs(t, cluster, "commit %d for a while, and %d in a transaction", func(u *kafkaUser, o client.Offset) error { return c.extended(t, u, old, o) })
	old.Close(t)
}

// extended is one transaction of extend.
func (c *kafkaClient) extended(t *task.T, u *kafkaUser, old *client.Cluster, o client.Offset) error {
	if err := u.begin(t); err != nil {
		return err
	}
	m := client.GroupMetadata{Group: kafkaTally, Generation: -1}
	d := time.Duration(1+c.draw(kafkaHow, 200)) * time.Millisecond
	_ = keep(t, old, m, o, d) // if it is not committed nothing expires
	o.Offset++
	if err := u.p.SendOffsets(t, []client.Offset{o}, m); err != nil {
		return u.p.Abort(t)
	}
	t.Sleep(d)
	_, err := u.commit(t, kafkaTally+"-"+string(c.id))
	return err
}
