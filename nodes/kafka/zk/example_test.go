package zk_test

import (
	"fmt"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/zk"
)

// What a leader replaces when it changes its ISR, and where.
func ExamplePartitionState() {
	key := zk.PartitionKey(log.TopicPartition{Topic: "orders", Partition: 3})
	state := zk.PartitionState{Leader: 2, LeaderEpoch: 5, ISR: []int32{2, 3}, ControllerEpoch: 1}
	fmt.Println(key.Path())
	fmt.Println(string(state.Append(nil)))
	// Output:
	// /brokers/topics/orders/partitions/3/state
	// {"controller_epoch":1,"leader":2,"version":1,"leader_epoch":5,"isr":[2,3]}
}
