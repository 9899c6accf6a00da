package broker

import (
	"orrery/nodes/kafka/controller"
	"orrery/nodes/kafka/group"
	"orrery/nodes/kafka/replica"
	"orrery/nodes/kafka/txn"
	"orrery/nodes/kafka/zk"
)

// Defect is an entry of the museum: a historical defect that can be planted.
type Defect struct {
	Name   string // as the command takes it
	Part   string // the module that it lives in: "replica", "log" …
	Ticket string
	Doc    string // one line: what goes wrong
	Set    func(*Quirks)
}

// own are the defects of what lies between the modules.
var own = []Defect{
	{Name: "session-lost-in-become-follower", Ticket: "KAFKA-9307 (2.2.0 to 2.4.0, fixed 2.4.1)",
		Doc: "a session that is lost while the broker becomes a follower leaves its coordinators as if they led",
		Set: func(q *Quirks) { q.Broker.SessionLostInBecomeFollower = true }},
	{Name: "data-plane-deadlock", Ticket: "KAFKA-3994, KAFKA-4399, KAFKA-4477 (0.10.1.0, fixed 0.10.1.1)",
		Doc: "a group's timer meets the append of its offsets, and no request is handled any more; ZooKeeper sees a broker that lives",
		Set: func(q *Quirks) { q.Broker.DataPlaneDeadlock = true }},
	{Name: "metadata-from-old-controller", Ticket: "before KAFKA-901 (0.8)",
		Doc: "UpdateMetadata of a deposed controller is believed",
		Set: func(q *Quirks) { q.Broker.MetadataFromOldController = true }},
}

// Defects is the museum of the whole broker, module by module.
func Defects() []Defect {
	var all []Defect
	for _, d := range own {
		d.Part = "broker"
		all = append(all, d)
	}
	for _, d := range replica.Defects() {
		all = append(all, Defect{d.Name, "replica", d.Ticket, d.Doc, func(q *Quirks) { d.Set(&q.Replica) }})
	}
	for _, d := range controller.Defects() {
		all = append(all, Defect{d.Name, "controller", d.Ticket, d.Doc, func(q *Quirks) { d.Set(&q.Controller) }})
	}
	for _, d := range zk.Defects() {
		all = append(all, Defect{d.Name, "zk", d.Ticket, d.Doc, func(q *Quirks) { d.Set(&q.ZK) }})
	}
	for _, d := range group.Defects() {
		all = append(all, Defect{d.Name, "group", d.Ticket, d.Doc, func(q *Quirks) { d.Set(&q.Group) }})
	}
	for _, d := range txn.Defects() {
		all = append(all, Defect{d.Name, "txn", d.Ticket, d.Doc, func(q *Quirks) { d.Set(&q.Txn) }})
	}
	return all
}
