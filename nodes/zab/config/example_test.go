package config_test

import (
	"fmt"

	"orrery/nodes/zab/config"
)

func ExampleParse() {
	c, err := config.Parse("zoo.cfg", []byte(`
		tickTime=200
		initLimit=10
		syncLimit=5
		dataDir=/var/lib/zookeeper
		server.1=zk1:2888:3888;2181
		server.2=zk2:2888:3888;2181
		server.3=zk3:2888:3888;2181
		server.4=zk4:2888:3888:observer;2181`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.MaxSession, c.Distributed(), c.Quorum.Voters(), c.Quorum.ContainsQuorum([]int64{2, 3}))

	_, err = config.Parse("zoo.cfg", []byte("dataDir=/d\nclientport=2181\nmaxClientCnxns=many"))
	fmt.Println(err)
	// Output:
	// 4s true [1 2 3] true
	// zoo.cfg:2: clientport: unknown key; did you mean clientPort?
	// zoo.cfg:3: maxClientCnxns: "many" is out of place; want a whole number from 0 to 2147483647
}
