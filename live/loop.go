package live

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"orrery/nodes"
)

// letter is work that a node gave itself: a post, or a datagram in bytes.
type letter struct {
	stage nodes.Tag
	msg   nodes.Message // nil for a datagram
	bytes []byte
}

// ended unwinds a handler from an effect boundary. It is no error, so that nobody takes it
// for one.
type ended struct{}

// errGoexit is what a handler is blamed with that ended the loop's goroutine.
var errGoexit = errors.New("a handler called runtime.Goexit")

// run is the loop.
func (p *Process) run(booted chan<- error) {
	defer p.shut()
	up := false
	defer func() {
		if !up {
			booted <- p.err
		}
	}()
	if !p.call(func(env nodes.Env) { p.err = p.node.Boot(env) }) || p.err != nil {
		return
	}
	p.log.Info("started", "dir", p.cfg.Dir, "listen", p.Addr())
	p.peers.start()
	up = true
	booted <- nil
	alarm := time.NewTimer(time.Hour)
	defer alarm.Stop()
	for p.step() || p.idle(alarm) {
	}
}

// step does one thing of each kind: a timer, something of the node's own, something from
// outside. It returns false if there was nothing to do or nothing may be done any more.
func (p *Process) step() bool {
	if p.over() {
		return false
	}
	worked := false
	if tag, due := p.timers.pop(time.Since(p.began)); due {
		worked = p.call(func(env nodes.Env) { p.node.Fire(env, tag) })
	}
	if len(p.local) > 0 && !p.over() {
		l := p.local[0]
		p.local[0] = letter{}
		p.local = p.local[1:]
		worked = p.open(l)
	}
	if !p.over() {
		if e := p.inbox.take(); e != nil {
			e()
			worked = true
		}
	}
	return worked
}

// idle waits for something to do. It returns false if the process has ended.
func (p *Process) idle(alarm *time.Timer) bool {
	if p.over() {
		return false
	}
	if due, any := p.timers.next(); any {
		alarm.Reset(due - time.Since(p.began))
	} else {
		alarm.Reset(time.Hour)
	}
	select {
	case <-p.inbox.bell:
	case <-alarm.C:
	}
	return true
}

// over tells that no further handler may run.
func (p *Process) over() bool { return p.dead || p.ordered.Load() != running }

func (p *Process) open(l letter) bool {
	if l.msg == nil {
		return p.deliver(p.cfg.ID, l.bytes)
	}
	return p.call(func(env nodes.Env) { p.node.(nodes.StageHandler).Posted(env, l.stage, l.msg) })
}

// deliver decodes a datagram and hands it over.
func (p *Process) deliver(from nodes.ID, b []byte) bool {
	m, err := p.decode(b)
	if p.over() {
		return false
	}
	if err != nil {
		if p.stats.undecodable.Add(1) == 1 {
			p.log.Warn("dropped a datagram that cannot be decoded; further ones are only counted", "from", string(from), "err", err)
		}
		return true
	}
	p.stats.received.Add(1)
	return p.call(func(env nodes.Env) { p.node.Deliver(env, from, m) })
}

func (p *Process) decode(b []byte) (m nodes.Message, err error) {
	p.guard(func() { m, err = p.codec.Decode(b) })
	return m, err
}

// call runs one handler. It returns false if the process ended in it.
func (p *Process) call(handler func(env nodes.Env)) bool {
	e := &env{p: p}
	defer func() { e.over = true }()
	return p.guard(func() { handler(e) })
}

// guard runs code of the node's, and notes how the process ended if it ended in there.
func (p *Process) guard(f func()) (ok bool) {
	defer func() {
		if !ok {
			p.end(recover())
		}
	}()
	f()
	return true
}

// end notes why the process has ended; r is what a handler panicked with.
func (p *Process) end(r any) {
	switch r := r.(type) {
	case ended:
	case nil:
		p.err = errGoexit
		p.log.Error("ended", "err", errGoexit)
	default:
		stack := string(debug.Stack())
		if t, is := p.node.(interface{ PanicStack() string }); is {
			stack += t.PanicStack()
		}
		p.err = &PanicError{Value: r, Stack: stack}
		p.log.Error("panicked", "value", fmt.Sprint(r), "stack", stack)
	}
	p.dead = true
}

// shut ends what is around the node, after its last handler.
func (p *Process) shut() {
	graceful := !p.dead && p.err == nil && p.ordered.Load() == stopping
	p.dead = true
	p.inbox.close()
	if h, is := p.node.(nodes.Halter); is {
		p.guard(h.Halted)
	}
	p.beginNothing()
	if p.datagram != nil {
		p.datagram.Close()
	}
	for _, l := range p.listeners {
		l.Close()
	}
	if graceful {
		p.drain()
	}
	p.cancel()
	p.sockets.closeAll()
	for _, c := range p.conns {
		c.abandon()
	}
	p.peers.abandon()
	p.writers.Wait()
	p.workers.Wait()
	p.disk.close()
	p.dir.close()
	p.log.Info("ended", "err", p.err, "stats", p.Stats())
	close(p.done)
}

// goWriter starts a goroutine that sends what was written. It returns false, and starts none,
// if the process is being ended.
func (p *Process) goWriter(f func()) bool {
	p.starting.Lock()
	defer p.starting.Unlock()
	select {
	case <-p.closing:
		return false
	default:
		p.writers.Go(f)
		return true
	}
}

func (p *Process) beginNothing() {
	p.starting.Lock()
	defer p.starting.Unlock()
	close(p.closing)
	p.hangUp()
}

// drain lets what was written leave this machine, for some time.
func (p *Process) drain() {
	for _, c := range p.conns {
		c.finish()
	}
	p.peers.finish()
	sent := make(chan struct{})
	go func() {
		p.writers.Wait()
		close(sent)
	}()
	select {
	case <-sent:
	case <-time.After(p.cfg.Grace):
		p.log.Warn("stopped before all was sent", "grace", p.cfg.Grace)
	case <-p.ctx.Done(): // killed
	}
}

// errNotInspected tells why a state cannot be shown.
var errNotInspected = errors.New("live: the node does not show its state")

// Inspect returns the node's state (see nodes.Inspector) as JSON, read between two
// handlers.
func (p *Process) Inspect() (json.RawMessage, error) {
	i, is := p.node.(nodes.Inspector)
	if !is {
		return nil, errNotInspected
	}
	type answer struct {
		state json.RawMessage
		err   error
	}
	answers := make(chan answer, 1)
	p.inbox.put(func() {
		var a answer
		p.guard(func() { a.state, a.err = json.Marshal(i.Inspect()) })
		answers <- a
	})
	select {
	case a := <-answers:
		return a.state, a.err
	case <-p.done:
		return nil, errors.New("live: the process has ended")
	}
}

// Fire has the node take a timer now, between two handlers: it is how something that happens outside, as a signal, becomes an
// event of the node. It returns at once, and does nothing if the process ends before.
func (p *Process) Fire(tag nodes.Tag) {
	p.inbox.put(func() {
		if !p.over() {
			p.call(func(env nodes.Env) { p.node.Fire(env, tag) })
		}
	})
}
