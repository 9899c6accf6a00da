package client_test

import (
	"fmt"
	"time"

	"orrery/nodes"
	"orrery/nodes/task"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
)

// A program of straight lines: it counts in a node, and lets nobody's increment be lost.
func ExampleSession() {
	increment := func(s *client.Session, path string) proto.ErrCode {
		for {
			d := s.Do(client.Get(path, false))
			if d.Err != proto.CodeOK {
				return d.Err
			}
			r := d.Response.(*proto.GetDataResponse)
			next := append(r.Data, 'I')
			if d = s.Do(client.Set(path, next, r.Stat.Version)); d.Err != proto.CodeBadVersion {
				return d.Err // CodeConnectionLoss: nobody knows whether it counted
			}
		}
	}
	node := task.New(nodes.JSONCodec(), func(t *task.T) {
		s := client.OpenSession(t, client.Config{Servers: []nodes.Addr{{ID: "zk1", Port: 2181}, {ID: "zk2", Port: 2181}}})
		for s.Connect(time.Minute) && increment(s, "/counter") == proto.CodeOK {
			s.Sleep(time.Second)
		}
		s.Close()
	})
	_, speaks := node.(nodes.ConnHandler)
	fmt.Println("a node that speaks over connections:", speaks)
	fmt.Println(client.Create("/lock-", nil, nil, proto.ModeEphemeralSequential).Type)
	// Output:
	// a node that speaks over connections: true
	// create2
}
