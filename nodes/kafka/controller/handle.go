package controller

import (
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/proto"
)

// Handle takes a request, whose answer comes with Done; false is for those of which it is not in charge. It is in charge of CreateTopics,
// DeleteTopics, CreatePartitions, ElectLeaders, AlterPartitionAssignments, ListPartitionReassignments and ControlledShutdown, of which
// only the active controller does more than refuse, and of AlterConfigs and IncrementalAlterConfigs, on any broker.
func (c *Controller) Handle(env nodes.Env, call uint64, r kmsg.Request) bool {
	switch r := r.(type) {
	case *kmsg.AlterConfigsRequest:
		c.admin.enqueue(&alterConfigs{call: call, full: r})
		c.run(env)
		return true
	case *kmsg.IncrementalAlterConfigsRequest:
		c.admin.enqueue(&alterConfigs{call: call, incremental: r})
		c.run(env)
		return true
	case *kmsg.CreateTopicsRequest, *kmsg.DeleteTopicsRequest, *kmsg.CreatePartitionsRequest, *kmsg.ElectLeadersRequest,
		*kmsg.AlterPartitionAssignmentsRequest, *kmsg.ListPartitionReassignmentsRequest, *kmsg.ControlledShutdownRequest:
	default:
		return false
	}
	if !c.active {
		c.tell(Done{call, proto.Refusal(r, proto.NotController)})
		return true
	}
	switch r := r.(type) {
	case *kmsg.CreateTopicsRequest:
		c.admin.enqueue(&createTopics{call: call, req: r})
	case *kmsg.DeleteTopicsRequest:
		c.admin.enqueue(&deleteTopics{call: call, req: r})
	case *kmsg.CreatePartitionsRequest:
		c.ctl.enqueue(&createPartitions{call: call, req: r})
	case *kmsg.ElectLeadersRequest:
		c.ctl.enqueue(&electOnRequest{call: call, req: r})
	case *kmsg.AlterPartitionAssignmentsRequest:
		c.ctl.enqueue(&alterAssignments{call: call, req: r})
	case *kmsg.ListPartitionReassignmentsRequest:
		c.ctl.enqueue(&listReassignments{call: call, req: r})
	case *kmsg.ControlledShutdownRequest:
		c.ctl.enqueue(&letGo{call: call, req: r})
	}
	c.run(env)
	return true
}

// AutoCreate creates topics on behalf of a broker that was asked for one that does not exist; it works on any broker, as it did.
// It ends with a Done whose response is that of r, without waiting for the leaders.
func (c *Controller) AutoCreate(env nodes.Env, call uint64, r *kmsg.CreateTopicsRequest) {
	c.admin.enqueue(&createTopics{call: call, req: r, auto: true})
	c.run(env)
}

// refuser is a task that somebody waits for.
type refuser interface{ refuse(c *Controller) }

// refuseTasks answers those who wait for what the event thread will not do any more.
func (c *Controller) refuseTasks() { refuseAll(c, &c.ctl) }

// failAdmin answers those who wait for what ended with the session.
func (c *Controller) failAdmin(env nodes.Env) {
	refuseAll(c, &c.admin)
	c.admin.clear()
	c.failWaits(env)
}

func refuseAll(c *Controller, t *thread) {
	for _, o := range append(slices.Clone(t.stack), t.queue...) {
		if r, ok := o.(refuser); ok {
			r.refuse(c)
		}
	}
}

// awaited is what an administrative request waits for.
type awaited uint8

const (
	awaitLeaders awaited = iota // all partitions of the topic have one
	awaitGone                   // the topic is deleted
)

// wait is a request that has been carried out, and whose answer waits until the cluster knows.
type wait struct {
	call   uint64
	what   awaited
	topics []string
	counts []int32 // of awaitLeaders: how many partitions
	resp   kmsg.Response
}

// await begins a wait, or answers at once.
func (c *Controller) await(env nodes.Env, w wait, timeoutMillis int32) {
	c.waits = append(c.waits, w)
	if len(w.topics) == 0 {
		c.tell(Done{w.call, w.resp})
		c.waits = c.waits[:len(c.waits)-1]
		return
	}
	if timeoutMillis <= 0 {
		c.late(env, w.call)
		return
	}
	env.SetTimer(nodes.Tag{Name: tagWait, N: w.call}, time.Duration(timeoutMillis)*time.Millisecond)
}

// met tells whether what a wait waits for has come for its i-th topic.
func (c *Controller) met(w wait, i int) bool {
	list := c.ctx.of(w.topics[i])
	if w.what == awaitGone {
		return c.active && !hasName(c.ctx.topics, w.topics[i])
	}
	return len(list) >= int(w.counts[i]) && !slices.ContainsFunc(list, func(p *partition) bool { return !p.known || p.state.Leader < 0 })
}

// look ends the waits that are over.
func (c *Controller) look(env nodes.Env) {
	c.waits = slices.DeleteFunc(c.waits, func(w wait) bool {
		for i := range w.topics {
			if !c.met(w, i) {
				return false
			}
		}
		env.StopTimer(nodes.Tag{Name: tagWait, N: w.call})
		c.tell(Done{w.call, w.resp})
		return true
	})
}

// late ends a wait whose time is up.
func (c *Controller) late(env nodes.Env, call uint64) {
	i := slices.IndexFunc(c.waits, func(w wait) bool { return w.call == call })
	if i < 0 {
		return
	}
	w := c.waits[i]
	c.waits = slices.Delete(c.waits, i, i+1)
	env.StopTimer(nodes.Tag{Name: tagWait, N: w.call})
	for i, topic := range w.topics {
		if !c.met(w, i) {
			nodes.Reachable(env, "controller: an administrative request is answered before its work is done")
			timeOut(w.resp, topic)
		}
	}
	c.tell(Done{w.call, w.resp})
}

func (c *Controller) failWaits(env nodes.Env) {
	for len(c.waits) > 0 {
		c.late(env, c.waits[0].call)
	}
}

// timeOut answers that it is not known whether a topic's request has been carried out.
func timeOut(resp kmsg.Response, topic string) {
	switch r := resp.(type) {
	case *kmsg.CreateTopicsResponse:
		for i := range r.Topics {
			if r.Topics[i].Topic == topic {
				r.Topics[i].ErrorCode = int16(proto.RequestTimedOut)
			}
		}
	case *kmsg.DeleteTopicsResponse:
		for i := range r.Topics {
			if r.Topics[i].Topic != nil && *r.Topics[i].Topic == topic {
				r.Topics[i].ErrorCode = int16(proto.RequestTimedOut)
			}
		}
	case *kmsg.CreatePartitionsResponse:
		for i := range r.Topics {
			if r.Topics[i].Topic == topic {
				r.Topics[i].ErrorCode = int16(proto.RequestTimedOut)
			}
		}
	}
}
