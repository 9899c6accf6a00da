package storm

import "orrery/nodes"

// EventKind is what an Event tells.
type EventKind uint8

// The kinds of event.
const (
	Launched     EventKind = iota // a task has begun
	SpoutEmitted                  // a spout has emitted: Message, Emission, Root, Tuples
	Emitted                       // a bolt has emitted Tuple, anchored to Parents (or meant to be)
	Executed                      // a bolt has acked Tuple
	SpoutAcked                    // the spout is told that Message, in its Emission, is complete
	SpoutFailed                   // or not
	SpoutReset                    // the spout is told to wait for Message, in its Emission, anew
	AckerTook                     // an acker has handled Type for Root, and holds Val and Held roots since
	AckerDropped                  // an acker has forgotten Root, by a rotation
	Stands                        // a nimbus stands for the leadership, and leads if it is its turn
	Resigns                       // or does not any more
	QueueFull                     // a transfer to the task was dropped: its queue is at its bound
)

// Event is what a task has done, for checkers. A Probe sees it in the handler in which it happens.
type Event struct {
	Kind     EventKind
	Worker   nodes.ID
	Topology string
	Task     int32
	Session  uint64 // of the task: its launch

	Message  MessageID
	Emission uint64 // the spout task's emissions are numbered from 1
	Root     uint64
	Tuple    TupleID
	Tuples   []TupleID
	Parents  []TupleID
	Type     Type
	Val      uint64 // what the transfer carried; of AckerTook
	Sum      uint64 // the XOR of the root behind it
	Held     int    // roots that the acker holds
	Done     bool   // the acker has told the spout, and forgotten the root
}

func (e *executor) probe(ev Event) {
	if e.w.cfg.Probe == nil {
		return
	}
	ev.Worker, ev.Topology, ev.Task, ev.Session = e.w.env.Self(), e.w.topo.Name, e.task, e.session
	e.w.cfg.Probe(ev)
}
