package scenarios

import (
	"fmt"
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/client"
	"orrery/nodes/task"
	zoo "orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
)

// kafkaZooPort is where clients reach a server of the ensemble.
const kafkaZooPort = 2181

// zookeeper opens a session with the ensemble, as the tools of the time did.
func (c *kafkaClient) zookeeper(t *task.T) *zoo.Session {
	var servers []nodes.Addr
	for _, id := range c.load.k.ensemble {
		servers = append(servers, nodes.Addr{ID: id, Port: kafkaZooPort})
	}
	return zoo.OpenSession(t, zoo.Config{Servers: servers, Timeout: 3 * time.Second, Stream: true})
}

// unseat deletes /controller, as operators do to whom the controller seems stuck: another broker is elected, and the one that was is told by a watch,
// while it is at work.
func (c *kafkaClient) unseat(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	s := c.zookeeper(t)
	for c.working() {
		c.rest(t)
		if s.Client().State().Over() {
			s = c.zookeeper(t)
		}
		c.operation("delete /controller", func() error {
			if d := s.Do(zoo.Delete("/controller", -1)); d.Err != proto.CodeOK {
				return fmt.Errorf("deleting /controller: %v", d.Err)
			}
			return nil
		})
	}
	s.Close()
}
