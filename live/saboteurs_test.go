package live_test

import (
	"errors"
	"io"
	"slices"
	"time"

	"orrery/nodes"
	"orrery/nodes/nodestest"
)

// full is all that a node of the suite can be.
type full interface {
	nodes.Node
	nodes.ConnHandler
	nodes.StageHandler
	nodes.Halter
}

// withEnv is a node that is given another Env.
type withEnv struct {
	nodes.Node
	swap func(e nodes.Env, n nodes.Node) nodes.Env
}

func (w *withEnv) with(e nodes.Env) nodes.Env { return w.swap(e, w.Node) }

func (w *withEnv) Boot(e nodes.Env) error { return w.Node.Boot(w.with(e)) }
func (w *withEnv) Deliver(e nodes.Env, from nodes.ID, m nodes.Message) {
	w.Node.Deliver(w.with(e), from, m)
}
func (w *withEnv) Fire(e nodes.Env, t nodes.Tag)              { w.Node.Fire(w.with(e), t) }
func (w *withEnv) Synced(e nodes.Env, t nodes.Tag, err error) { w.Node.Synced(w.with(e), t, err) }
func (w *withEnv) Opened(e nodes.Env, c nodes.Conn, peer string) {
	w.Node.(nodes.ConnHandler).Opened(w.with(e), c, peer)
}
func (w *withEnv) Received(e nodes.Env, c nodes.Conn, p []byte) {
	w.Node.(nodes.ConnHandler).Received(w.with(e), c, p)
}
func (w *withEnv) Closed(e nodes.Env, c nodes.Conn, err error) {
	w.Node.(nodes.ConnHandler).Closed(w.with(e), c, err)
}
func (w *withEnv) Posted(e nodes.Env, s nodes.Tag, m nodes.Message) {
	w.Node.(nodes.StageHandler).Posted(w.with(e), s, m)
}

func (w *withEnv) Halted() {
	if h, is := w.Node.(nodes.Halter); is {
		h.Halted()
	}
}

// An Env for each effect that can go wrong.
type (
	sendsToAll    struct{ nodes.Env }
	sendsNoWord   struct{ nodes.Env }
	firesEarly    struct{ nodes.Env }
	stopsNothing  struct{ nodes.Env }
	wrongClock    struct{ nodes.Env }
	mixesStages   struct{ nodes.Env }
	neverHalts    struct{ nodes.Env }
	cutsFrames    struct{ nodes.Env }
	keepsFrames   struct{ nodes.Env }
	listensGladly struct{ nodes.Env }
	writesGladly  struct{ nodes.Env }
	closesAsReset struct{ nodes.Env }
	otherDisk     struct {
		nodes.Env
		disk nodes.Disk
	}
	onTheStack struct {
		nodes.Env
		n nodes.Node
	}
)

func (e sendsToAll) Send(_ nodes.ID, m nodes.Message) {
	e.Env.Send("n2", m)
	e.Env.Send("n3", m)
}

func sendsNothing(e nodes.Env, _ nodes.Node) nodes.Env { return sendsNoWord{e} }
func (e sendsNoWord) Send(nodes.ID, nodes.Message)     {}

func (e firesEarly) SetTimer(t nodes.Tag, d time.Duration) { e.Env.SetTimer(t, d*9/10) }

func neverStops(e nodes.Env, _ nodes.Node) nodes.Env { return stopsNothing{e} }
func (e stopsNothing) StopTimer(nodes.Tag)           {}

func badClock(e nodes.Env, _ nodes.Node) nodes.Env { return wrongClock{e} }
func (e wrongClock) Now() time.Time                { return time.Time{} }
func (e wrongClock) Monotonic() time.Duration      { return time.Minute - e.Env.Monotonic() }
func (e mixesStages) Post(_ nodes.Tag, m nodes.Message) {
	e.Env.Post(nodes.Tag{Name: "commit", N: 1}, m)
}
func (e neverHalts) Halt(error) {}

func (e cutsFrames) Write(c nodes.Conn, p []byte) error { return e.Env.Write(c, p[:len(p)*9/10]) }

func (e keepsFrames) Unsent(nodes.Conn) int { return 1 }

func (e listensGladly) Listen(port int, _ nodes.Framing) error {
	if err := e.Env.Listen(port, nodes.Framing{}); !errors.Is(err, nodes.ErrInUse) {
		return err
	}
	return nil
}

func (e writesGladly) Write(c nodes.Conn, p []byte) error { _ = e.Env.Write(c, p); return nil }

func swapsEnds(e nodes.Env, _ nodes.Node) nodes.Env { return closesAsReset{e} }
func (e closesAsReset) Close(c nodes.Conn)          { e.Env.Reset(c) }
func (e closesAsReset) Reset(c nodes.Conn)          { e.Env.Close(c) }

// callsAtOnce runs what the node asks for on the stack of the handler that asks.
func callsAtOnce(e nodes.Env, n nodes.Node) nodes.Env { return onTheStack{e, n} }

func (e onTheStack) Post(s nodes.Tag, m nodes.Message) { e.n.(full).Posted(e, s, m) }
func (e onTheStack) SetTimer(t nodes.Tag, d time.Duration) {
	if d <= 0 {
		e.n.Fire(e, t)
		return
	}
	e.Env.SetTimer(t, d)
}
func (e onTheStack) Send(to nodes.ID, m nodes.Message) {
	if to == e.Self() {
		e.n.Deliver(e, to, m)
		return
	}
	e.Env.Send(to, m)
}

func onDisk(of func(d nodes.Disk) nodes.Disk) func(nodes.Env, nodes.Node) nodes.Env {
	return func(e nodes.Env, _ nodes.Node) nodes.Env { return otherDisk{e, of(e.Disk())} }
}
func (e otherDisk) Disk() nodes.Disk { return e.disk }

// A Disk for each call that can go wrong.
type (
	keepsNothing   struct{ nodes.Disk }
	seesNoEnd      struct{ nodes.Disk }
	neverCuts      struct{ nodes.Disk }
	makesFiles     struct{ nodes.Disk }
	copiesFiles    struct{ nodes.Disk }
	listsBackwards struct{ nodes.Disk }
	trustsNames    struct{ nodes.Disk }
)

func (d keepsNothing) WriteAt(string, []byte, int64) error { return nil }

func (d seesNoEnd) ReadAt(name string, p []byte, off int64) (int, error) {
	n, err := d.Disk.ReadAt(name, p, off)
	if err == io.EOF {
		err = nil
	}
	return n, err
}

func (d neverCuts) Truncate(name string, size int64) error {
	if old, _ := d.Disk.Size(name); old > size {
		return nil
	}
	return d.Disk.Truncate(name, size)
}

func (d makesFiles) Truncate(name string, size int64) error {
	return errors.Join(d.Disk.Append(name, nil), d.Disk.Truncate(name, size))
}

func (d copiesFiles) Rename(from, to string) error {
	b, err := d.Disk.ReadFile(from)
	return errors.Join(err, d.Disk.Append(to, b))
}

func (d listsBackwards) List(dir string) ([]string, error) {
	names, err := d.Disk.List(dir)
	slices.Reverse(names)
	return names, err
}

func (d trustsNames) Append(name string, p []byte) error { _ = d.Disk.Append(name, p); return nil }

// A node for each handler that can be called wrongly.
type (
	sendsLate   struct{ full }
	addsTimers  struct{ full }
	decodesAll  struct{ full }
	syncsTwice  struct{ full }
	syncsWell   struct{ full }
	muteAtBoot  struct{ full }
	endsWell    struct{ full }
	oneName     struct{ full }
	hearsNoEnd  struct{ full }
	bootsGladly struct{ full }
	neverHalted struct{ full }
)

// manyTimers is an Env that lets every timer run, and addsTimers a node that hears of each.
type manyTimers struct{ nodes.Env }

func (e manyTimers) SetTimer(t nodes.Tag, d time.Duration) {
	e.Env.SetTimer(nodes.Tag{Name: t.Name, N: uint64(d)}, d)
}

func (n addsTimers) Boot(e nodes.Env) error { return n.full.Boot(manyTimers{e}) }

func (n addsTimers) Fire(e nodes.Env, t nodes.Tag) { n.full.Fire(e, nodes.Tag{Name: t.Name}) }

// late is an Env that sends after the handler.
type late struct {
	nodes.Env
	sends *[]func()
}

func (e late) Send(to nodes.ID, m nodes.Message) {
	*e.sends = append(*e.sends, func() { e.Env.Send(to, m) })
}

func (n sendsLate) Boot(e nodes.Env) error {
	var sends []func()
	err := n.full.Boot(late{e, &sends})
	for _, send := range sends {
		send()
	}
	return err
}

func (n decodesAll) Codec() nodes.Codec { return gladCodec{n.full.Codec()} }

type gladCodec struct{ nodes.Codec }

func (c gladCodec) Decode(p []byte) (nodes.Message, error) {
	if m, err := c.Codec.Decode(p); err == nil {
		return m, nil
	}
	return nodestest.Ping{}, nil
}

func (n syncsTwice) Synced(e nodes.Env, t nodes.Tag, err error) {
	n.full.Synced(e, t, err)
	n.full.Synced(e, t, err)
}

func (n syncsWell) Synced(e nodes.Env, t nodes.Tag, _ error) { n.full.Synced(e, t, nil) }

// mute is an Env on whose connections nothing is written.
type mute struct{ nodes.Env }

func (mute) Write(nodes.Conn, []byte) error { return nil }

func (n muteAtBoot) Boot(e nodes.Env) error { return n.full.Boot(mute{e}) }

func (n endsWell) Closed(e nodes.Env, c nodes.Conn, _ error) { n.full.Closed(e, c, nil) }

func (n oneName) Opened(e nodes.Env, c nodes.Conn, peer string) {
	c.N = 1
	n.full.Opened(e, c, peer)
}

func (n hearsNoEnd) Closed(nodes.Env, nodes.Conn, error) {}

func (n bootsGladly) Boot(e nodes.Env) error { _ = n.full.Boot(e); return nil }

func (n neverHalted) Halted() {}
