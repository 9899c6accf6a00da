package controller

import (
	"errors"
	"slices"

	"orrery/nodes"
	"orrery/nodes/kafka/zk"
)

// A thread of the original, which does one thing after another and waits for ZooKeeper in between, is here a stack of tasks: the uppermost
// runs until it waits for the storage, calls for another one, or has ended. So all that it knows is in fields.
type thread struct {
	queue   []task // what is to be done afterwards
	stack   []task
	waiting uint64 // the storage's call, 0 if it does not wait
	results []zk.Result
	guard   int32
}

// task is one piece of work. step is called at first, after what it asked of the storage has come (with it in thread.results),
// and after the task that it has called for has ended. It returns true when the task has ended; one that returns false has asked,
// or called, just before.
type task interface {
	step(c *Controller, t *thread, env nodes.Env) (ended bool)
}

// ask asks the storage, under the thread's guard, and returns what step is to return.
func (t *thread) ask(c *Controller, env nodes.Env, ops ...zk.Op) bool {
	t.results = nil
	t.waiting = c.store.Do(env, t.guard, ops...)
	return false
}

// call has another task done first, and returns what step is to return.
func (t *thread) call(o task) bool {
	t.stack = append(t.stack, o)
	return false
}

// enqueue has a task done after all others.
func (t *thread) enqueue(o task) { t.queue = append(t.queue, o) }

// clear drops everything.
func (t *thread) clear() { *t = thread{guard: zk.Unguarded} }

// run goes on until there is nothing to do, or the storage is asked.
func (t *thread) run(c *Controller, env nodes.Env) {
	for t.waiting == 0 {
		n := len(t.stack)
		if n == 0 {
			if len(t.queue) == 0 {
				return
			}
			t.stack = append(t.stack, t.queue[0])
			t.queue = slices.Delete(t.queue, 0, 1)
			continue
		}
		top := t.stack[n-1]
		if top.step(c, t, env) && len(t.stack) > 0 && t.stack[len(t.stack)-1] == top {
			t.stack = t.stack[:len(t.stack)-1]
		}
	}
}

// idle tells whether there is nothing to do.
func (t *thread) idle() bool { return len(t.stack) == 0 && len(t.queue) == 0 }

// failed is the first error among results that is not one of those that are allowed.
func failed(results []zk.Result, allowed ...error) error {
	for _, r := range results {
		if r.Err != nil && !slices.ContainsFunc(allowed, func(a error) bool { return errors.Is(r.Err, a) }) {
			return r.Err
		}
	}
	return nil
}

// anyFenced tells whether one of the results says that there is a newer controller.
func anyFenced(results []zk.Result) bool {
	return slices.ContainsFunc(results, func(r zk.Result) bool { return errors.Is(r.Err, zk.ErrFenced) })
}
