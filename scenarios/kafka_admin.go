package scenarios

import (
	"fmt"
	"slices"
	"time"

	"orrery/checker/kafka"
	"orrery/nodes/kafka/broker"
	"orrery/nodes/kafka/client"
	"orrery/nodes/task"
)

// KafkaAdmin is a cluster that is administered under load: partitions move, topics come and go and grow, brokers are shut down in order.
func KafkaAdmin() *Scenario { return kafkaScenario(kafkaAdminShape()) }

func kafkaAdminShape() *kafkaShape {
	return &kafkaShape{
		name:    "kafka-admin",
		about:   "a Kafka cluster that is administered under load: reassignment, elections, topics that come and go, orderly shutdowns",
		parts:   []string{"controller", "broker", "zk"},
		topics:  (*kafkaWorld).drawMoving,
		works:   []kafkaWork{(*kafkaClient).produce, (*kafkaClient).administer, (*kafkaClient).consume, (*kafkaClient).produce},
		finish:  (*kafkaClient).finish,
		options: kafka.Options{Uncommitted: true},
	}
}

// kafkaFleeting is a topic that comes and goes; nobody writes to it.
const kafkaFleeting = "visits"

// drawMoving draws topics, and one that comes and goes.
func (k *kafkaWorld) drawMoving() {
	k.drawTopics()
	k.fleeting = true
	for i := range k.topics {
		k.topics[i].unclean = false
	}
}

// administer asks the cluster for one thing after the other.
func (c *kafkaClient) administer(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	for c.working() {
		c.rest(t)
		what, do := c.order()
		c.begun++
		l := c.load
		u := l.k.w.U
		l.invoked++
		u.BeginOp()
		if u.Recording() {
			u.NoteInvoke(c.id, what)
		}
		err := do(t, cluster)
		if u.Recording() {
			u.NoteReturn(c.id, what+because(err))
		}
		if err == nil {
			l.ok++
		}
		u.EndOp()
	}
}

// order draws what is asked for next.
func (c *kafkaClient) order() (string, func(*task.T, *client.Cluster) error) {
	all := c.load.partitions()
	tp := all[c.draw(kafkaWhere, uint64(len(all)))]
	name := tpName(tp)
	switch c.draw(kafkaHow, 9) {
	case 0, 1, 2:
		to := c.targetsOf(tp)
		return fmt.Sprintf("move %s to %v", name, to), func(t *task.T, cluster *client.Cluster) error { return cluster.Reassign(t, tp, to) }
	case 3:
		return "take the move of " + name + " back", func(t *task.T, cluster *client.Cluster) error { return cluster.Reassign(t, tp, nil) }
	case 4:
		return "elect the preferred leader of " + name, func(t *task.T, cluster *client.Cluster) error { return cluster.ElectLeader(t, tp, false) }
	case 5:
		return "create " + kafkaFleeting, func(t *task.T, cluster *client.Cluster) error {
			return cluster.CreateTopic(t, client.NewTopic{Name: kafkaFleeting, Partitions: 1, Replicas: int16(min(2, len(c.load.k.brokers)))})
		}
	case 6:
		return "delete " + kafkaFleeting, func(t *task.T, cluster *client.Cluster) error { return cluster.DeleteTopic(t, kafkaFleeting) }
	case 7:
		n := int32(2 + c.draw(kafkaMany, 2))
		return fmt.Sprintf("give %s %d partitions", kafkaFleeting, n), func(t *task.T, cluster *client.Cluster) error {
			return cluster.CreatePartitions(t, kafkaFleeting, n, nil)
		}
	}
	id := c.load.k.brokers[c.draw(kafkaMany, uint64(len(c.load.k.brokers)))]
	return "shut " + string(id) + " down in order", func(t *task.T, _ *client.Cluster) error {
		t.Send(id, broker.Terminate{})
		t.Sleep(300 * time.Millisecond)
		return nil
	}
}

// targetsOf draws other replicas for a partition, as many as its topic has.
func (c *kafkaClient) targetsOf(tp client.TopicPartition) []int32 {
	k := c.load.k
	n := int32(len(k.brokers))
	first := int32(c.draw(kafkaMany, uint64(n)))
	var to []int32
	i := slices.IndexFunc(k.topics, func(t kafkaTopic) bool { return t.name == tp.Topic })
	for j := range int32(k.topics[i].replicas) {
		to = append(to, (first+j)%n+1)
	}
	if c.draw(kafkaWeak, 2) == 1 {
		slices.Reverse(to)
	}
	return to
}
