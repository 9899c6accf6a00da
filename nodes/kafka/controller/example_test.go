package controller_test

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/controller"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/zk"
)

// A broker that is not the controller says so, and the client turns to the one that is.
func Example() {
	store := zk.New(zk.Config{Servers: []nodes.Addr{{ID: "zk1", Port: 2181}}})
	c := controller.New(controller.Config{Broker: 1, Endpoints: []zk.Endpoint{{Listener: "PLAINTEXT", Host: "b1", Port: 9092}}}, store)

	request := kmsg.NewPtrCreateTopicsRequest()
	request.Version = 5
	topic := kmsg.NewCreateTopicsRequestTopic()
	topic.Topic, topic.NumPartitions, topic.ReplicationFactor = "orders", 3, 2
	request.Topics = append(request.Topics, topic)
	c.Handle(nil, 7, request)

	for ev, ok := c.Take(); ok; ev, ok = c.Take() {
		done := ev.(controller.Done)
		answer := done.Response.(*kmsg.CreateTopicsResponse)
		fmt.Println(done.Call, answer.Topics[0].Topic, proto.Code(answer.Topics[0].ErrorCode))
	}
	// Output:
	// 7 orders NOT_CONTROLLER
}
