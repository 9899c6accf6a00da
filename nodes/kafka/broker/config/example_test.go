package config_test

import (
	"fmt"

	"orrery/nodes/kafka/broker/config"
)

func Example() {
	file := "broker.id=1\nzookeeper.connect=zk1:2181/kafka\nlog.retention.hours=24\n"
	c, err := config.Parse("server.properties", []byte(file))
	if err != nil {
		fmt.Println(err)
		return
	}
	topic, err := c.Topic(map[string]string{"min.insync.replicas": "2"})
	fmt.Println(c.ZooKeeper, c.Chroot, topic.MinISR, topic.Log.RetentionTime, err)
	_, err = config.Parse("server.properties", []byte(file+"num.partitions=none\n"))
	fmt.Println(err)
	// Output:
	// [zk1:2181] /kafka 2 24h0m0s <nil>
	// server.properties:4: num.partitions: "none" is out of place; want a whole number from 1 to 2147483647
}
