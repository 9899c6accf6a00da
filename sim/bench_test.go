package sim

import (
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"orrery/nodes"
	"orrery/trace"
)

// BenchmarkBareLoop is the least that any simulator of this design does for an event:
// take it from the queue, draw when its successor happens, and put that in.
// Compare BenchmarkEcho with it.
func BenchmarkBareLoop(b *testing.B) {
	u := New(Config{Seed: 1, Net: NetConfig{Delay: Dist{Min: time.Millisecond, Mean: time.Millisecond}}})
	s := newStream("bare")
	for i := range uint32(inFlight) {
		u.queue.push(item{at: int64(i), slot: i})
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		it := u.queue.pop()
		id := uint64(i)
		it.at += u.cfg.Net.Delay.at(u.draw(&s, id, distRange))
		it.order = u.draw(&u.sched, id, 1<<32)<<32 | id
		u.queue.push(it)
	}
}

const inFlight = 10

// BenchmarkEcho is the whole of it: five machines that pass datagrams around, with
// codec, network, causal identities and trace hash. One operation is one event.
func BenchmarkEcho(b *testing.B) {
	u := newEchoUniverse(1)
	for range 1000 {
		u.Step()
	}
	b.ReportAllocs()
	for b.Loop() {
		u.Step()
	}
}

// BenchmarkEchoRecorded is the same while the trace is recorded: all of it is kept.
func BenchmarkEchoRecorded(b *testing.B) {
	u := newEchoUniverse(1)
	var rec trace.Recorder
	u.cfg.Recorder = &rec
	b.ReportAllocs()
	for b.Loop() {
		u.Step()
		if rec.Len() > 200_000 { // as long a run as one would record
			rec.Reset()
		}
	}
}

func newEchoUniverse(seed uint64) *Universe {
	u := New(Config{Seed: seed, Net: lan})
	addEchoes(u)
	return u
}

// addEchoes adds five machines in a ring, with ten datagrams going round.
func addEchoes(u *Universe) {
	ids := []nodes.ID{"n1", "n2", "n3", "n4", "n5"}
	for i, id := range ids {
		next := ids[(i+1)%len(ids)]
		u.Add(id, func() nodes.Node { return &echoNode{next: next} }).Start(0)
	}
}

type echoMessage struct{ hops, salt uint64 }

func (*echoMessage) Kind() string { return "echo" }

type echoCodec struct{ scratch echoMessage }

func (c *echoCodec) Append(b []byte, m nodes.Message) []byte {
	e := m.(*echoMessage)
	b = binary.LittleEndian.AppendUint64(b, e.hops)
	return binary.LittleEndian.AppendUint64(b, e.salt)
}

func (c *echoCodec) Decode(p []byte) (nodes.Message, error) {
	if len(p) != 16 {
		return nil, errors.New("an echo has 16 bytes")
	}
	c.scratch = echoMessage{binary.LittleEndian.Uint64(p), binary.LittleEndian.Uint64(p[8:])}
	return &c.scratch, nil
}

type echoNode struct {
	next  nodes.ID
	codec echoCodec
	out   echoMessage
}

func (n *echoNode) Codec() nodes.Codec { return &n.codec }

func (n *echoNode) Boot(env nodes.Env) error {
	for i := range uint64(inFlight / 5) {
		n.out = echoMessage{salt: i}
		env.Send(n.next, &n.out)
	}
	return nil
}

func (n *echoNode) Deliver(env nodes.Env, _ nodes.ID, m nodes.Message) {
	e := m.(*echoMessage)
	n.out = echoMessage{hops: e.hops + 1, salt: e.salt}
	env.Send(n.next, &n.out)
}

func (n *echoNode) Fire(nodes.Env, nodes.Tag)          {}
func (n *echoNode) Synced(nodes.Env, nodes.Tag, error) {}
