package controller

import (
	"errors"
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/zk"
)

// registerPause is after how long a broker whose id is taken looks again.
const registerPause = time.Second

// register registers the broker. Its record may still be there from the session before: then it is removed, if this process knows
// that session (KAFKA-7165), or waited for until that one expires.
type register struct {
	previous int64 // the process's session before this one, 0 if none, -1 if it need not be looked for
	phase    int
}

func (r *register) step(c *Controller, t *thread, env nodes.Env) bool {
	key := zk.BrokerKey(c.cfg.Broker)
	if c.brokerEpoch >= 0 {
		return true
	}
	switch r.phase {
	case 0:
		r.phase = 1
		value := zk.Broker{ID: c.cfg.Broker, Endpoints: c.cfg.Endpoints, Rack: c.cfg.Rack, Timestamp: env.Now(), JMXPort: -1}
		return t.ask(c, env, zk.Op{Verb: zk.Create, Key: key, Value: value, Ephemeral: true})
	case 1:
		res := t.results[0]
		switch {
		case res.Err == nil:
			c.brokerEpoch = res.Czxid
			c.tell(Registered{BrokerEpoch: res.Czxid})
			t.enqueue(&elect{})
			return true
		case errors.Is(res.Err, zk.ErrNodeExists) && r.previous > 0 && res.Owner == r.previous:
			r.phase = 0
			return t.ask(c, env, zk.Op{Verb: zk.Delete, Key: key, Version: res.Version})
		}
		nodes.Reachable(env, "controller: a broker's id is still registered")
		r.phase = 2
		return t.ask(c, env, zk.Op{Verb: zk.Exists, Key: key, Watch: true})
	}
	if t.results[0].Err != nil { // it has just gone
		r.phase = 0
		return t.call(&nothing{})
	}
	env.SetTimer(nodes.Tag{Name: tagRegister}, registerPause)
	return true
}

// nothing does nothing.
type nothing struct{}

func (*nothing) step(*Controller, *thread, nodes.Env) bool { return true }

// elect finds out who is the controller, and becomes it if nobody is.
type elect struct {
	phase    int
	expected int32 // the epoch that is to begin
	version  int32 // of the record of the epoch before
}

const (
	electLook = iota
	electLooked
	electEpoch
	electMadeEpoch
	electCreated
	electAdopt
)

func (e *elect) step(c *Controller, t *thread, env nodes.Env) bool {
	epoch := zk.Key{Kind: zk.KindControllerEpoch}
	switch e.phase {
	case electLook:
		e.phase = electLooked
		t.guard = zk.Unguarded
		return t.ask(c, env, zk.Op{Verb: zk.Get, Key: zk.Key{Kind: zk.KindController}, Watch: true}, zk.Op{Verb: zk.Get, Key: epoch})
	case electLooked:
		return e.looked(c, t, env)
	case electMadeEpoch:
		e.phase = electLook
		return t.call(&nothing{})
	case electCreated:
		if t.results[0].Err == nil {
			e.won(c, t, env)
			return true
		}
		nodes.Reachable(env, "controller: an election is lost, or its outcome unknown")
		e.phase = electLook
		return t.call(&nothing{})
	case electAdopt:
		if stored, ok := t.results[0].Value.(zk.ControllerEpoch); ok && t.results[0].Err == nil {
			nodes.Reachable(env, "controller: an election whose answer was lost was won")
			e.expected, e.version = int32(stored), t.results[0].Version-1
			e.won(c, t, env)
		}
	}
	return true
}

func (e *elect) looked(c *Controller, t *thread, env nodes.Env) bool {
	there, epoch := t.results[0], t.results[1]
	if errors.Is(epoch.Err, zk.ErrNoNode) {
		e.phase = electMadeEpoch
		return t.ask(c, env, zk.Op{Verb: zk.Create, Key: epoch.Key, Value: zk.ControllerEpoch(0)})
	}
	stored, ok := epoch.Value.(zk.ControllerEpoch)
	if epoch.Err != nil || !ok || there.Err != nil && !errors.Is(there.Err, zk.ErrNoNode) {
		return true // the session is over
	}
	if c.active && there.Err == nil && there.Owner == c.session {
		t.guard = c.guard // still it
		return true
	}
	if c.active { // somebody has deleted the record
		c.resign(env) // which drops this task, too
		t.enqueue(&elect{})
		return true
	}
	if there.Err == nil {
		now, _ := there.Value.(zk.Controller)
		c.follow(now.Broker)
		if there.Owner == c.session && now.Broker == c.cfg.Broker {
			// The answer to the election was lost, and it was won. What was read of the epoch may be of before: the two reads are two.
			// Nobody else raises it while the record is there.
			e.phase = electAdopt
			return t.ask(c, env, zk.Op{Verb: zk.Get, Key: epoch.Key})
		}
		return true
	}
	c.follow(zk.NoLeader)
	e.phase, e.expected, e.version = electCreated, int32(stored)+1, epoch.Version
	return t.ask(c, env, zk.Op{Verb: zk.Atomic, Ops: []zk.Op{
		{Verb: zk.Create, Key: zk.Key{Kind: zk.KindController}, Value: zk.Controller{Broker: c.cfg.Broker, Timestamp: env.Now()}, Ephemeral: true},
		{Verb: zk.Set, Key: epoch.Key, Value: zk.ControllerEpoch(e.expected), Version: e.version},
	}})
}

// won begins a term of office.
func (e *elect) won(c *Controller, t *thread, env nodes.Env) {
	c.active, c.epoch, c.guard = true, e.expected, e.version+1
	c.ctx = clusterContext{}
	c.follow(c.cfg.Broker)
	t.guard = c.guard
	c.tell(Became{Active: true, Epoch: c.epoch})
	if nodes.Noting(env) {
		nodes.Note(env, "is the controller in epoch "+number(c.epoch))
	}
	t.enqueue(&failover{})
	t.enqueue(&watchController{})
}

// watchController leaves a watch on the own record: somebody may delete it.
type watchController struct{ asked bool }

func (w *watchController) step(c *Controller, t *thread, env nodes.Env) bool {
	if w.asked || !c.active {
		return true
	}
	w.asked = true
	return t.ask(c, env, zk.Op{Verb: zk.Exists, Key: zk.Key{Kind: zk.KindController}, Watch: true})
}

func (c *Controller) follow(broker int32) {
	if c.leader != broker {
		c.leader = broker
		c.tell(Leads{Broker: broker})
	}
}

// resign ends a term of office.
func (c *Controller) resign(env nodes.Env) {
	if !c.active {
		return
	}
	c.active = false
	env.StopTimer(nodes.Tag{Name: tagRebalance})
	for _, q := range c.queues {
		env.StopTimer(nodes.Tag{Name: tagRetry, N: uint64(q.to)})
	}
	c.queues, c.batch, c.ctx = nil, requestBatch{}, clusterContext{}
	c.refuseTasks()
	c.ctl.clear()
	c.tell(Became{Active: false, Epoch: c.epoch})
	if nodes.Noting(env) {
		nodes.Note(env, "resigns as controller of epoch "+number(c.epoch))
	}
	c.failWaits(env)
}

// fenced resigns, because the storage has refused a write: there is a newer controller.
func (c *Controller) fenced(env nodes.Env) bool {
	nodes.Reachable(env, "controller: a deposed one finds out by a write")
	c.resign(env)
	c.ctl.enqueue(&elect{})
	return true
}
