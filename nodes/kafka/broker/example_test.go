package broker_test

import (
	"fmt"
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/broker"
	"orrery/nodes/kafka/broker/config"
	"orrery/nodes/kafka/client"
	"orrery/nodes/task"
	"orrery/nodes/zab"
	zoo "orrery/nodes/zab/config"
	"orrery/sim"
)

// A universe with a ZooKeeper server, a broker, and a client that writes a record and reads it.
func Example() {
	properties, err := config.Parse("server.properties", []byte("broker.id=1\nzookeeper.connect=z1:2181\nlog.dirs=/kafka\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	u := sim.New(sim.Config{Seed: 1})
	u.Add("z1", func() nodes.Node {
		c, _ := zoo.Parse("zoo.cfg", []byte("dataDir=/data\nclientPort=2181\n"))
		return zab.New(zab.Config{Zoo: c})
	}).Start(0)
	u.Add("b1", func() nodes.Node { return broker.New(broker.Options{Config: properties}) }).Start(time.Second)
	done := false
	u.Add("c1", func() nodes.Node {
		return task.New(broker.Codec(), func(t *task.T) {
			c := client.New(client.Config{Bootstrap: []nodes.Addr{{ID: "b1", Port: 9092}}})
			for c.CreateTopic(t, client.NewTopic{Name: "greetings", Partitions: 1, Replicas: 1}) != nil {
				t.Sleep(time.Second) // until the broker is there
			}
			p := client.NewProducer(c, client.ProducerConfig{})
			r := p.Send(t, client.Record{Topic: "greetings", Value: []byte("hello")}).Wait(t)
			fmt.Println(r.Outcome, "at offset", r.Offset)
			reader := client.NewConsumer(c, client.ConsumerConfig{})
			_ = reader.Assign(client.TopicPartition{Topic: "greetings"})
			for !done {
				records, _ := reader.Poll(t, time.Second)
				for _, one := range records {
					fmt.Printf("%s\n", one.Value)
					done = true
				}
			}
		})
	}).Start(0)
	u.RunUntil(func() bool { return done }, time.Minute)
	// Output:
	// acknowledged at offset 0
	// hello
}
