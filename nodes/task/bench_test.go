package task_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"orrery/nodes"
)

// bench is the smallest machine that a node can run on: it keeps what the node asked
// for, and hands the node what a test tells it to.
type bench struct {
	nodes.Env // what no test needs panics
	node      nodes.Node
	now       time.Duration
	rand      *rand.Rand
	timers    map[nodes.Tag]time.Duration
	sent      []string
	syncs     []nodes.Tag
	files     map[string]string
	conns     []nodes.Conn
	ended     []string // connections that the node closed or reset
	killAt    string   // the effect at whose boundary the process is killed
}

// killed is what a kernel of our own would raise at an effect boundary.
type killed struct{}

func newBench(node nodes.Node) *bench {
	return &bench{
		node:   node,
		rand:   rand.New(rand.NewPCG(1, 2)),
		timers: map[nodes.Tag]time.Duration{},
		files:  map[string]string{},
	}
}

func (b *bench) effect(name string) {
	if b.killAt != "" && strings.HasPrefix(name, b.killAt) {
		panic(killed{})
	}
}

func (b *bench) Self() nodes.ID           { return "n1" }
func (b *bench) Now() time.Time           { return time.Unix(0, 0).Add(b.now) }
func (b *bench) Monotonic() time.Duration { return b.now }
func (b *bench) Rand() *rand.Rand         { return b.rand }
func (b *bench) Disk() nodes.Disk         { return benchDisk{b: b} }
func (b *bench) Halt(err error)           { panic(err) }

func (b *bench) Send(to nodes.ID, m nodes.Message) {
	b.effect("send " + m.Kind())
	b.sent = append(b.sent, string(to)+"<-"+m.Kind())
}

func (b *bench) SetTimer(tag nodes.Tag, d time.Duration) { b.timers[tag] = b.now + d }
func (b *bench) StopTimer(tag nodes.Tag)                 { delete(b.timers, tag) }

func (b *bench) Listen(int, nodes.Framing) error { return nil }
func (b *bench) Dial(to nodes.Addr, _ nodes.Framing) nodes.Conn {
	c := nodes.Conn{N: uint64(len(b.conns) + 1), Port: to.Port, Dialed: true}
	b.conns = append(b.conns, c)
	return c
}
func (b *bench) Close(c nodes.Conn) { b.ended = append(b.ended, "close "+c.String()) }
func (b *bench) Reset(c nodes.Conn) { b.ended = append(b.ended, "reset "+c.String()) }

// boot, say, and the others are what the world does to the node.
func (b *bench) boot() error { return b.node.Boot(b) }

func (b *bench) say(from nodes.ID, text string) { b.node.Deliver(b, from, word(text)) }

// pass lets time pass, and the timers fire in order.
func (b *bench) pass(d time.Duration) {
	end := b.now + d
	for {
		var due []nodes.Tag
		for tag, at := range b.timers {
			if at <= end {
				due = append(due, tag)
			}
		}
		if len(due) == 0 {
			b.now = end
			return
		}
		slices.SortFunc(due, func(x, y nodes.Tag) int {
			return cmp.Or(cmp.Compare(b.timers[x], b.timers[y]), cmp.Compare(x.N, y.N))
		})
		b.now = max(b.now, b.timers[due[0]])
		delete(b.timers, due[0])
		b.node.Fire(b, due[0])
	}
}

// sync ends the oldest sync.
func (b *bench) sync(err error) {
	tag := b.syncs[0]
	b.syncs = b.syncs[1:]
	b.node.Synced(b, tag, err)
}

type benchDisk struct {
	nodes.Disk
	b *bench
}

func (d benchDisk) Append(name string, p []byte) error {
	d.b.effect("append " + name)
	d.b.files[name] += string(p)
	return nil
}

func (d benchDisk) ReadFile(name string) ([]byte, error) { return []byte(d.b.files[name]), nil }

func (d benchDisk) Sync(name string, tag nodes.Tag) {
	d.b.effect("sync " + name)
	d.b.syncs = append(d.b.syncs, tag)
}

func (d benchDisk) SyncDir(dir string, tag nodes.Tag) { d.b.syncs = append(d.b.syncs, tag) }

// word is a message of one word, its kind.
type word string

func (w word) Kind() string { return string(w) }

type words struct{}

func (words) Append(b []byte, m nodes.Message) []byte { return append(b, m.Kind()...) }

func (words) Decode(p []byte) (nodes.Message, error) { return view(p), nil }

// view is a message that shares the bytes it was decoded from.
type view []byte

func (v view) Kind() string { return string(v) }
