package nodestest

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"orrery/nodes"
)

var connRules = []Rule{
	{"FramesArriveWholeAndInOrderBothWays", framesInOrder},
	{"AStreamDeliversTheBytesInOrder", streamInOrder},
	{"WhatWasWrittenBeforeOpenedArrivesFirst", writtenBeforeOpened},
	{"ADialToNobodyIsRefused", dialRefused},
	{"APortIsListenedOnOnceAndFreeAfterTheProcess", portInUse},
	{"AFrameThatIsTooLongEndsTheConnection", frameTooLong},
	{"WhatWasWrittenLeavesTheMachine", unsentDrains},
	{"ConnectionsOfOneProcessHaveTheirOwnNames", connsAreDistinct},
}

// listener is a probe that listens on the first port.
func listener(c *cluster, f nodes.Framing) *probe {
	return &probe{c: c, boot: func(env nodes.Env) error { return env.Listen(Ports[0], f) }}
}

// dialer is a probe that dials that port of n1 and does the rest with the connection.
func dialer(c *cluster, f nodes.Framing, rest func(env nodes.Env, conn nodes.Conn)) *probe {
	return &probe{c: c, boot: func(env nodes.Env) error {
		rest(env, env.Dial(nodes.Addr{ID: "n1", Port: Ports[0]}, f))
		return nil
	}}
}

func nothing(nodes.Env, nodes.Conn) {}

// write writes what must be taken.
func (c *cluster) write(env nodes.Env, conn nodes.Conn, p []byte) {
	if err := env.Write(conn, p); err != nil {
		c.wrongf("%s: Write to %v: %v", env.Self(), conn, err)
	}
}

// someBytes are n bytes that differ with the seed.
func someBytes(n int, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 0))
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return p
}

func framesInOrder(c *cluster) {
	var frames [][]byte
	for i, n := range []int{1, 0, 4, 5000, 0, 1 << 20, 3, 70_000, 1} {
		frames = append(frames, someBytes(n, uint64(i)))
	}
	server := listener(c, nodes.Framing{})
	server.opened = func(_ nodes.Env, conn nodes.Conn, peer string) {
		if conn.Port != Ports[0] || conn.Dialed || conn.N == 0 || peer == "" {
			c.wrongf("accepted %+v from %q", conn, peer)
		}
	}
	server.received = func(env nodes.Env, conn nodes.Conn, p []byte) { c.write(env, conn, p) }
	c.start("n1", server)

	got := 0
	client := dialer(c, nodes.Framing{}, nothing)
	client.opened = func(env nodes.Env, conn nodes.Conn, peer string) {
		if conn.Port != Ports[0] || !conn.Dialed || conn.N == 0 || peer == "" {
			c.wrongf("dialled %+v to %q", conn, peer)
		}
		for _, f := range frames {
			p := bytes.Clone(f)
			c.write(env, conn, p)
			clear(p) // which may be reused after Write
		}
	}
	client.received = func(_ nodes.Env, _ nodes.Conn, p []byte) {
		if got >= len(frames) || !bytes.Equal(p, frames[got]) {
			c.wrongf("frame %d came back as %d other bytes", got, len(p))
		}
		got++
	}
	c.start("n2", client)
	c.until("all frames are back", func() bool { return got == len(frames) })
}

func streamInOrder(c *cluster) {
	stream := nodes.Framing{Stream: true}
	sent := someBytes(300_000, 1)
	var there, back []byte
	server := listener(c, stream)
	server.received = func(env nodes.Env, conn nodes.Conn, p []byte) {
		there = append(there, p...)
		c.write(env, conn, p)
	}
	c.start("n1", server)
	client := dialer(c, stream, func(env nodes.Env, conn nodes.Conn) {
		for part := range slices.Chunk(sent, 7_001) {
			c.write(env, conn, part)
		}
	})
	client.received = func(_ nodes.Env, _ nodes.Conn, p []byte) { back = append(back, p...) }
	c.start("n2", client)
	c.until("all bytes are back", func() bool { return len(back) == len(sent) })
	c.look(func() {
		if !bytes.Equal(there, sent) || !bytes.Equal(back, sent) {
			c.wrongf("the bytes arrived changed")
		}
	})
}

func writtenBeforeOpened(c *cluster) {
	var got []string
	server := listener(c, nodes.Framing{})
	server.received = func(_ nodes.Env, _ nodes.Conn, p []byte) { got = append(got, string(p)) }
	c.start("n1", server)
	client := dialer(c, nodes.Framing{}, func(env nodes.Env, conn nodes.Conn) {
		c.write(env, conn, []byte("one"))
		c.write(env, conn, []byte("two"))
	})
	client.opened = func(env nodes.Env, conn nodes.Conn, _ string) { c.write(env, conn, []byte("three")) }
	c.start("n2", client)
	c.until("three frames have arrived", func() bool { return len(got) == 3 })
	c.look(func() {
		if fmt.Sprint(got) != "[one two three]" {
			c.wrongf("the frames arrived as %q", got)
		}
	})
}

func dialRefused(c *cluster) {
	c.start("n1", listener(c, nodes.Framing{}))
	var why []error
	client := &probe{c: c, boot: func(env nodes.Env) error {
		env.Dial(nodes.Addr{ID: "n1", Port: Ports[1]}, nodes.Framing{})
		return nil
	}}
	client.opened = func(_ nodes.Env, conn nodes.Conn, _ string) {
		c.wrongf("%v was opened to a port that nobody listens on", conn)
	}
	client.closed = func(_ nodes.Env, _ nodes.Conn, err error) { why = append(why, err) }
	c.start("n2", client)
	c.until("the dial has failed", func() bool { return len(why) > 0 })
	c.look(func() {
		if len(why) != 1 || !errors.Is(why[0], nodes.ErrRefused) {
			c.wrongf("the dial failed with %v", why)
		}
	})
}

func portInUse(c *cluster) {
	boot := func(env nodes.Env) error {
		if err := env.Listen(Ports[0], nodes.Framing{}); err != nil {
			return err
		}
		if err := env.Listen(Ports[0], nodes.Framing{}); !errors.Is(err, nodes.ErrInUse) {
			return fmt.Errorf("the second Listen on one port: %v, want %w", err, nodes.ErrInUse)
		}
		return env.Listen(Ports[1], nodes.Framing{})
	}
	c.start("n1", &probe{c: c, boot: boot})
	c.restart("n1", &probe{c: c, boot: boot})
}

func frameTooLong(c *cluster) {
	frames := 0
	var why, whyDialer []error
	server := listener(c, nodes.Framing{MaxFrame: 100})
	server.received = func(_ nodes.Env, _ nodes.Conn, p []byte) {
		if len(p) != 100 {
			c.wrongf("a frame of %d bytes arrived", len(p))
		}
		frames++
	}
	server.closed = func(_ nodes.Env, _ nodes.Conn, err error) { why = append(why, err) }
	c.start("n1", server)
	client := dialer(c, nodes.Framing{MaxFrame: 1000}, func(env nodes.Env, conn nodes.Conn) {
		for _, n := range []int{100, 101, 100} {
			c.write(env, conn, make([]byte, n))
		}
	})
	client.closed = func(_ nodes.Env, _ nodes.Conn, err error) { whyDialer = append(whyDialer, err) }
	c.start("n2", client)
	c.until("both sides know of the end", func() bool { return len(why) > 0 && len(whyDialer) > 0 })
	c.look(func() {
		if frames != 1 || !errors.Is(why[0], nodes.ErrFrame) {
			c.wrongf("%d frames arrived, then the connection ended with %v", frames, why)
		}
	})
}

func unsentDrains(c *cluster) {
	const total = 4 << 20
	received, unsent := 0, -1
	server := listener(c, nodes.Framing{})
	server.received = func(_ nodes.Env, _ nodes.Conn, p []byte) { received += len(p) }
	c.start("n1", server)
	var conn nodes.Conn
	client := dialer(c, nodes.Framing{}, func(env nodes.Env, it nodes.Conn) {
		conn = it
		frame := make([]byte, 4096)
		for range total / len(frame) {
			c.write(env, conn, frame)
		}
		if n := env.Unsent(conn); n < 0 || n > total+total/100 {
			c.wrongf("of %d bytes, %d are unsent", total, n)
		}
		env.SetTimer(againTimer, 10*ms)
	})
	client.fire = func(env nodes.Env, _ nodes.Tag) {
		unsent = env.Unsent(conn)
		env.SetTimer(againTimer, 10*ms)
	}
	c.start("n2", client)
	c.until("all has arrived and nothing is unsent", func() bool { return received == total && unsent == 0 })
}

func connsAreDistinct(c *cluster) {
	const each = 5
	names := map[nodes.ID]map[uint64]bool{"n1": {}, "n2": {}, "n3": {}}
	watch := func(p *probe) *probe {
		p.opened = func(env nodes.Env, conn nodes.Conn, _ string) {
			if mine := names[env.Self()]; mine[conn.N] {
				c.wrongf("%s has two connections named %v", env.Self(), conn)
			}
			names[env.Self()][conn.N] = true
		}
		return p
	}
	c.start("n1", watch(listener(c, nodes.Framing{})))
	for _, id := range []nodes.ID{"n2", "n3"} {
		c.start(id, watch(&probe{c: c, boot: func(env nodes.Env) error {
			for range each {
				env.Dial(nodes.Addr{ID: "n1", Port: Ports[0]}, nodes.Framing{})
			}
			return nil
		}}))
	}
	c.until("all connections are open", func() bool {
		return len(names["n1"]) == 2*each && len(names["n2"]) == each && len(names["n3"]) == each
	})
}
