package controller

import (
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/zk"
)

// letGo takes from a broker that is about to stop what it leads, and takes it out of the ISRs of what it follows
// (doControlledShutdown). What it has led it stops too, so that it does not come back into the ISR as a follower while it shuts
// down; Kafka leaves that to chance until KIP-841.
type letGo struct {
	call  uint64
	req   *kmsg.ControlledShutdownRequest
	phase int
	leads []log.TopicPartition
	rest  []placed
}

func (l *letGo) refuse(c *Controller) {
	c.tell(Done{l.call, proto.Refusal(l.req, proto.NotController)})
}

func (l *letGo) step(c *Controller, t *thread, env nodes.Env) bool {
	l.phase++
	switch l.phase {
	case 1:
		return l.begin(c, t, env)
	case 2:
		for _, tp := range l.leads {
			if p := c.ctx.find(tp); p != nil && p.state.Leader != l.req.BrokerID {
				l.rest = append(l.rest, placed{tp, l.req.BrokerID})
			}
		}
		if c.cfg.Quirks.ShuttingDownStaysInISR {
			l.rest = nil
		}
		return t.call(&replicaChange{to: OfflineReplica, replicas: l.rest})
	}
	c.ctx.handing = nil
	resp := kmsg.NewPtrControlledShutdownResponse()
	resp.Version = l.req.Version
	for _, tp := range l.leads {
		if p := c.ctx.find(tp); p != nil && p.state.Leader == l.req.BrokerID && p.phase == OnlinePartition {
			o := kmsg.NewControlledShutdownResponsePartitionsRemaining()
			o.Topic, o.Partition = tp.Topic, tp.Partition
			resp.PartitionsRemaining = append(resp.PartitionsRemaining, o)
		}
	}
	nodes.Reachable(env, "controller: a broker is let go")
	c.tell(Done{l.call, resp})
	return true
}

func (l *letGo) begin(c *Controller, t *thread, env nodes.Env) bool {
	b := c.ctx.broker(l.req.BrokerID)
	switch {
	case b == nil:
		c.tell(Done{l.call, proto.Refusal(l.req, proto.BrokerNotAvailable)})
		return true
	case StaleBrokerEpoch(b.epoch, l.req.BrokerEpoch, c.cfg.Quirks):
		nodes.Reachable(env, "controller: a shutdown of an earlier incarnation is refused")
		c.tell(Done{l.call, proto.Refusal(l.req, proto.StaleBrokerEpoch)})
		return true
	}
	b.shuttingDown, c.ctx.handing = true, l
	if nodes.Noting(env) {
		nodes.Note(env, "lets broker "+number(b.ID)+" go")
	}
	for _, p := range c.ctx.partitions {
		switch {
		case len(p.assigned.Replicas) < 2 || !p.known || c.blocked(p.tp) || !slices.Contains(p.assigned.Replicas, b.ID):
		case p.state.Leader == b.ID:
			l.leads = append(l.leads, p.tp)
		default:
			l.rest = append(l.rest, placed{p.tp, b.ID})
		}
	}
	return t.call(&electLeaders{by: shutdownStrategy, left: l.leads})
}

// How often a broker that wants to stop asks, and how long it waits in between, where Config does not say otherwise.
const (
	shutdownTries   = 3
	shutdownBackoff = 5 * time.Second
)

// shutdown is this broker's own wish to stop.
type shutdown struct {
	tries int
	call  uint64
}

// Shutdown asks the controller, whoever it is, to take from this broker what it leads. It ends with ShutdownReady.
func (c *Controller) Shutdown(env nodes.Env) {
	if c.closing == nil {
		c.closing = &shutdown{}
		c.askShutdown(env)
		c.run(env)
	}
}

// askShutdown asks once. The controller is where its registration says, which is looked for first.
func (c *Controller) askShutdown(env nodes.Env) {
	s := c.closing
	if s == nil {
		return
	}
	s.call = 0 // an answer that has not come by now is not waited for
	switch {
	case s.tries >= c.cfg.ShutdownTries:
		c.closing = nil
		c.tell(ShutdownReady{Clean: false})
	default:
		s.tries++
		env.SetTimer(nodes.Tag{Name: tagShutdown}, c.cfg.ShutdownBackoff)
		c.configs.enqueue(&findController{})
	}
}

// findController looks who is the controller, and where, and sends it the request.
type findController struct {
	phase int
	id    int32
}

func (f *findController) step(c *Controller, t *thread, env nodes.Env) bool {
	f.phase++
	switch f.phase {
	case 1:
		return t.ask(c, env, zk.Op{Verb: zk.Get, Key: zk.Key{Kind: zk.KindController}})
	case 2:
		v, ok := t.results[0].Value.(zk.Controller)
		if !ok || t.results[0].Err != nil {
			return true
		}
		f.id = v.Broker
		return t.ask(c, env, zk.Op{Verb: zk.Get, Key: zk.BrokerKey(f.id)})
	}
	b, ok := t.results[0].Value.(zk.Broker)
	if !ok || t.results[0].Err != nil || c.closing == nil || c.closing.call != 0 {
		return true
	}
	e, _ := b.Endpoint(c.listener())
	r := kmsg.NewPtrControlledShutdownRequest()
	r.Version, r.BrokerID, r.BrokerEpoch = 3, c.cfg.Broker, c.brokerEpoch
	c.closing.call = c.next()
	c.tell(Send{To: f.id, Endpoint: e, Call: c.closing.call, Request: r})
	return true
}

// shutdownAnswered takes the answer to the own wish, if it is one.
func (c *Controller) shutdownAnswered(env nodes.Env, call uint64, resp kmsg.Response, err error) bool {
	s := c.closing
	if s == nil || s.call == 0 || s.call != call {
		return false
	}
	s.call = 0
	r, ok := resp.(*kmsg.ControlledShutdownResponse)
	if err == nil && ok && proto.Code(r.ErrorCode) == proto.None && len(r.PartitionsRemaining) == 0 {
		c.closing = nil
		env.StopTimer(nodes.Tag{Name: tagShutdown})
		c.tell(ShutdownReady{Clean: true})
	}
	return true
}
