package storm

import (
	"math/rand/v2"
	"time"

	"orrery/nodes"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
)

// Context is what a spout or a bolt knows of where it runs. The methods that say that they wait are for components that were
// declared Blocking; in others they panic.
type Context struct{ e *executor }

// Self is the machine that the task runs on.
func (c *Context) Self() nodes.ID { return c.e.w.env.Self() }

// Task is the task's number, and Index its place among the tasks of its component, of which there are Of.
func (c *Context) Task() int32 { return c.e.task }

// Index is the task's place among those of its component, from 0.
func (c *Context) Index() int { return int(c.e.task - c.e.c.first) }

// Of is how many tasks its component has.
func (c *Context) Of() int { return c.e.c.tasks }

// Session names this launch of the task: no other has it.
func (c *Context) Session() uint64 { return c.e.session }

// Topology is what the task is part of.
func (c *Context) Topology() *Topology { return c.e.w.topo }

// Quirks are the defects that are planted.
func (c *Context) Quirks() Quirks { return c.e.w.cfg.Quirks }

// Monotonic is the time since the worker started.
func (c *Context) Monotonic() time.Duration { return c.e.w.env.Monotonic() }

// Rand is a stream of the task's own.
func (c *Context) Rand() *rand.Rand { return c.e.ids }

// Env is the machine, for marks and notes. It is valid until the next call that waits.
func (c *Context) Env() nodes.Env { return c.e.w.env }

// Send sends a datagram to any machine.
func (c *Context) Send(to nodes.ID, m nodes.Message) { c.e.w.env.Send(to, m) }

// zkAnswer is what a request to ZooKeeper has come to.
type zkAnswer struct {
	done client.Done
	came bool
}

// wait stands still until the answer comes, or patience is over.
func (c *Context) wait(patience time.Duration) {
	if c.e.strand == nil {
		panic("storm: " + c.e.c.name + " waits, and was not declared Blocking")
	}
	c.e.w.env.SetTimer(c.e.tag(tagWait), patience)
	c.e.strand.wait()
	c.e.w.env.StopTimer(c.e.tag(tagWait))
}

// ZooKeeper makes a request with the session of the worker, and waits for its answer. If none has come after patience it is as if the
// connection were lost: it may have been carried out, or may be yet.
func (c *Context) ZooKeeper(op client.Op, patience time.Duration) client.Done {
	w := c.e.w
	c.e.zkDone = zkAnswer{}
	n := w.zk.Do(w.env, op)
	w.zkCalls[n] = c.e
	w.pump(c.e)
	if !c.e.zkDone.came {
		c.wait(patience)
		delete(w.zkCalls, n)
	}
	if !c.e.zkDone.came {
		return client.Done{Call: n, Op: op, Err: proto.CodeConnectionLoss}
	}
	return c.e.zkDone.done
}

// Ask asks a machine, and waits for its answer, which is nil if none has come after patience.
func (c *Context) Ask(to nodes.ID, what string, args Values, patience time.Duration) *Reply {
	w := c.e.w
	w.asked++
	n := w.asked
	w.asks[n] = c.e
	c.e.done = nil
	w.env.Send(to, &Ask{N: n, What: what, Args: args})
	c.wait(patience)
	delete(w.asks, n)
	r, _ := c.e.done.(*Reply)
	return r
}

// Sleep waits for d.
func (c *Context) Sleep(d time.Duration) { c.wait(d) }

// Call writes a frame to an address, over a connection of the task's worker, and waits for the next frame from there: one call at a
// time and address. It is nil if none has come after patience, or the connection broke; then the next call dials anew.
func (c *Context) Call(to nodes.Addr, frame []byte, patience time.Duration) []byte {
	w := c.e.w
	c.e.frame = nil
	call := w.dial(to, c.e)
	if w.env.Write(call.conn, frame) == nil {
		c.wait(patience)
	}
	call.waits = nil
	if c.e.frame == nil {
		w.hangUp(to, c.e)
	}
	return c.e.frame
}
