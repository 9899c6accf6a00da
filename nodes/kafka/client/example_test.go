package client_test

import (
	"fmt"
	"testing"
	"time"

	"orrery/nodes/kafka/client"
	"orrery/nodes/task"
)

// A workload writes three records and reads them again, in the order in which they were written.
func Example() {
	cluster := newToys(&testing.T{}, 3, 1) // a stand-in for brokers
	cluster.run(cluster.config(), func(t *task.T, c *client.Cluster) {
		producer := client.NewProducer(c, client.ProducerConfig{})
		for _, v := range []string{"one", "two", "three"} {
			r := producer.Send(t, client.Record{Topic: "a", Value: []byte(v)}).Wait(t)
			fmt.Println(r.Outcome, r.Offset)
		}
		consumer := client.NewConsumer(c, client.ConsumerConfig{})
		_ = consumer.Assign(client.TopicPartition{Topic: "a"})
		records, err := consumer.Poll(t, time.Second)
		for _, r := range records {
			fmt.Println(string(r.Value))
		}
		fmt.Println(err)
	})
	// Output:
	// acknowledged 0
	// acknowledged 1
	// acknowledged 2
	// one
	// two
	// three
	// <nil>
}

// Two members share five partitions; a third one comes, and gets its share from both.
func ExampleAssignor_Assign() {
	counts := client.Counts{"orders": 5}
	members := []client.Member{{ID: "ann", Topics: []string{"orders"}, Generation: -1}, {ID: "bob", Topics: []string{"orders"}, Generation: -1}}
	plan := client.StickyAssignor.Assign(members, counts)
	fmt.Println(plan)
	for i := range members {
		members[i].Owned, members[i].Generation = plan[i], 1
	}
	members = append(members, client.Member{ID: "cid", Topics: []string{"orders"}, Generation: -1})
	fmt.Println(client.StickyAssignor.Assign(members, counts))
	// Output:
	// [[orders-0 orders-2 orders-4] [orders-1 orders-3]]
	// [[orders-0 orders-2] [orders-1 orders-3] [orders-4]]
}
