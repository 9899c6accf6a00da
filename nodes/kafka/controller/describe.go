package controller

import (
	"fmt"
	"strings"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/zk"
)

// describe says a partition's state in Kafka's words.
func describe(s zk.PartitionState) string {
	leader := "no leader"
	if s.Leader >= 0 {
		leader = fmt.Sprintf("leader %d", s.Leader)
	}
	return fmt.Sprintf("%s, leader epoch %d, ISR %s", leader, s.LeaderEpoch, describeIDs(s.ISR))
}

func describeIDs(ids []int32) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = number(id)
	}
	return "{" + strings.Join(words, ",") + "}"
}

func describeAssignment(a zk.Assignment) string {
	text := "replicas " + describeIDs(a.Replicas)
	if len(a.Adding) > 0 {
		text += " adding " + describeIDs(a.Adding)
	}
	if len(a.Removing) > 0 {
		text += " removing " + describeIDs(a.Removing)
	}
	return text
}

func describeList(list []log.TopicPartition) string {
	words := make([]string, len(list))
	for i, tp := range list {
		words[i] = tp.String()
	}
	return strings.Join(words, ", ")
}

// View is what a Controller shows of itself.
type View struct {
	Broker      int32
	BrokerEpoch int64
	Active      bool
	Epoch       int32
	Leader      int32
	Brokers     []BrokerView    `json:",omitempty"`
	Partitions  []PartitionView `json:",omitempty"`
	Deleting    []string        `json:",omitempty"`
	Queues      []QueueView     `json:",omitempty"`
	Busy        bool            // something is being done
}

// BrokerView is a broker that the controller takes for alive.
type BrokerView struct {
	ID           int32
	Epoch        int64
	ShuttingDown bool `json:",omitempty"`
}

// PartitionView is a partition, as the controller knows it.
type PartitionView struct {
	Partition  string
	Phase      string
	State      zk.PartitionState
	Version    int32
	Assignment zk.Assignment
	Replicas   []string // "1 Online"
}

// QueueView is what a broker is still to be told.
type QueueView struct {
	To       int32
	Requests int
	UnderWay bool
}

// Inspect shows the controller's state.
func (c *Controller) Inspect() any {
	v := View{Broker: c.cfg.Broker, BrokerEpoch: c.brokerEpoch, Active: c.active, Epoch: c.epoch, Leader: c.leader,
		Deleting: c.ctx.deleting, Busy: !c.ctl.idle() || !c.admin.idle()}
	for _, b := range c.ctx.brokers {
		v.Brokers = append(v.Brokers, BrokerView{b.ID, b.epoch, b.shuttingDown})
	}
	for _, p := range c.ctx.partitions {
		o := PartitionView{Partition: p.tp.String(), Phase: p.phase.String(), State: p.state, Version: p.version, Assignment: p.assigned}
		for _, r := range p.replicas {
			o.Replicas = append(o.Replicas, fmt.Sprintf("%d %s", r.broker, r.phase))
		}
		v.Partitions = append(v.Partitions, o)
	}
	for _, q := range c.queues {
		v.Queues = append(v.Queues, QueueView{q.to, len(q.items), q.call != 0})
	}
	return v
}
