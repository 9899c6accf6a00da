package scenarios

import (
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/record"
	"orrery/nodes/task"
)

// Clients of transactions of which the network has held what others have sent long ago, or that number epochs by themselves. A coordinator and
// the leaders of partitions owe it to everybody else to refuse what they say.

const (
	kafkaNobodys = 100             // so far above the present epoch are those that nobody was given
	kafkaStrays  = 6               // so many times as often as others straggle does something
	kafkaHeld    = 4 * time.Second // for so long a leader may take to verify a transaction
	kafkaLate    = "late"          // what straggle writes, which is of no operation of the history
)

// straggle adds a partition to a transaction, has a record of it on its way there, and aborts the transaction meanwhile: the record comes before the
// marker, or behind it, or is being verified when the marker comes.
func (c *kafkaClient) straggle(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	c.quota *= kafkaStrays
	id := "strays-" + string(c.id)
	ms := func(n uint64) time.Duration { return time.Duration(c.draw(kafkaHow, n)) * time.Millisecond }
	for c.working() {
		c.rest(t)
		u, err := c.begins(t, cluster, id)
		u.p.Close(t)
		c.begun++
		if err != nil {
			continue
		}
		at := client.TopicPartition{Topic: "notes", Partition: int32(c.draw(kafkaWhere, 2))}
		if c.add(t, cluster, id, u, at) != nil {
			continue
		}
		sent := task.Signal{}
		t.Go("late", func(t *task.T) {
			t.Sleep(ms(40))
			c.operation("write what comes late", func() error { return c.late(t, cluster, id, u, at) })
			sent.Raise(t)
		})
		t.Sleep(ms(30))
		c.operation("abort meanwhile", func() error { return c.end(t, cluster, id, u, u.epoch, false) })
		sent.Wait(t, kafkaHeld)
	}
}

// meddle would commit others' transactions, in epochs that nobody was given.
func (c *kafkaClient) meddle(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	x := &c.load.k.watch.txns
	for c.working() {
		c.rest(t)
		users := slices.DeleteFunc(slices.Clone(x.users["notes"]), func(u *kafkaUser) bool { return !u.ready })
		if len(users) == 0 {
			t.Sleep(10 * time.Millisecond)
			continue
		}
		u := users[len(users)-1]
		c.operation(fmt.Sprintf("commit notes of producer %d in epoch %d", u.pid, u.epoch+kafkaNobodys), func() error {
			return c.end(t, cluster, "notes", u, u.epoch+kafkaNobodys, true)
		})
	}
}

// ofTransaction sends a request to the coordinator of a transactional id, once.
func ofTransaction(t *task.T, cluster *client.Cluster, id string, r kmsg.Request) (kmsg.Response, error) {
	f := kmsg.NewPtrFindCoordinatorRequest()
	f.CoordinatorType, f.CoordinatorKey = 1, id
	found, err := cluster.Any(t, f, 0)
	if err != nil {
		return nil, err
	}
	of := found.(*kmsg.FindCoordinatorResponse).NodeID
	if !slices.ContainsFunc(cluster.Brokers(), func(b client.Broker) bool { return b.ID == of }) {
		if err := cluster.Refresh(t); err != nil {
			return nil, err
		}
	}
	return cluster.Do(t, of, r, 0)
}

// add adds a partition to a user's transaction.
func (c *kafkaClient) add(t *task.T, cluster *client.Cluster, id string, u *kafkaUser, at client.TopicPartition) error {
	r := kmsg.NewPtrAddPartitionsToTxnRequest()
	r.TransactionalID, r.ProducerID, r.ProducerEpoch = id, u.pid, u.epoch
	topic := kmsg.NewAddPartitionsToTxnRequestTopic()
	topic.Topic, topic.Partitions = at.Topic, []int32{at.Partition}
	r.Topics = append(r.Topics, topic)
	_, err := ofTransaction(t, cluster, id, r)
	return err
}

// end ends a user's transaction, in an epoch.
func (c *kafkaClient) end(t *task.T, cluster *client.Cluster, id string, u *kafkaUser, epoch int16, commit bool) error {
	r := kmsg.NewPtrEndTxnRequest()
	r.TransactionalID, r.ProducerID, r.ProducerEpoch, r.Commit = id, u.pid, epoch, commit
	_, err := ofTransaction(t, cluster, id, r)
	return err
}

// late writes the first record of a user's transaction.
func (c *kafkaClient) late(t *task.T, cluster *client.Cluster, id string, u *kafkaUser, at client.TopicPartition) error {
	var w record.Builder
	w.Reset(record.Fields{Idempotent: true, ProducerID: u.pid, ProducerEpoch: u.epoch, Transactional: true})
	w.Add(0, nil, []byte(kafkaLate))
	batch, err := w.Append(nil)
	if err != nil {
		return err
	}
	r := kmsg.NewPtrProduceRequest()
	r.Acks, r.TimeoutMillis, r.TransactionID = -1, int32(kafkaHeld.Milliseconds()), kmsg.StringPtr(id)
	part := kmsg.NewProduceRequestTopicPartition()
	part.Partition, part.Records = at.Partition, batch
	topic := kmsg.NewProduceRequestTopic()
	topic.Topic, topic.Partitions = at.Topic, append(topic.Partitions, part)
	r.Topics = append(r.Topics, topic)
	_, err = cluster.Do(t, c.load.k.watch.named(tpName(at)).state.Leader, r, kafkaHeld)
	return err
}
