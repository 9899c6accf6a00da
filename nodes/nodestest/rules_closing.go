package nodestest

import (
	"errors"

	"orrery/nodes"
)

var closingRules = []Rule{
	{"CloseDeliversWhatWasWritten", closeDelivers},
	{"CloseRightAfterDialDeliversToo", closeAfterDial},
	{"CloseDeliversWhatWasWrittenWhileTheOtherSideWrites", closeAmidTraffic},
	{"ResetEndsBothSidesAtOnce", resetEnds},
	{"AConnectionEndsWithTheProcessOfItsPeer", peerKilled},
	{"AnEndedConnectionTakesNoBytes", endedTakesNothing},
}

// tally counts what one side of a connection hears.
type tally struct {
	frames, bytes int
	ends          []error
}

func (y *tally) watch(p *probe) *probe {
	p.received = func(_ nodes.Env, _ nodes.Conn, b []byte) {
		y.frames++
		y.bytes += len(b)
	}
	p.closed = func(_ nodes.Env, _ nodes.Conn, err error) { y.ends = append(y.ends, err) }
	return p
}

const manyFrames = 500

// writeMany writes 500 kB.
func writeMany(c *cluster, env nodes.Env, conn nodes.Conn) {
	for range manyFrames {
		c.write(env, conn, make([]byte, 1000))
	}
}

// allThenEnd waits until the server has all frames and the orderly end, and makes sure that
// the client, who ended the connection, is told nothing.
func allThenEnd(c *cluster, server, client *tally) {
	c.until("the server knows of the end", func() bool { return len(server.ends) > 0 })
	c.pass(silence)
	c.look(func() {
		if server.frames != manyFrames || len(server.ends) != 1 || server.ends[0] != nil {
			c.wrongf("%d of %d frames arrived, then the connection ended with %v", server.frames, manyFrames, server.ends)
		}
		if len(client.ends) > 0 {
			c.wrongf("the side that closed was told of the end: %v", client.ends)
		}
	})
}

func closeDelivers(c *cluster) {
	var server, client tally
	c.start("n1", server.watch(listener(c, nodes.Framing{})))
	p := client.watch(dialer(c, nodes.Framing{}, nothing))
	p.opened = func(env nodes.Env, conn nodes.Conn, _ string) {
		writeMany(c, env, conn)
		env.Close(conn)
		env.Close(conn) // which is ended already: nothing happens
	}
	c.start("n2", p)
	allThenEnd(c, &server, &client)
}

func closeAfterDial(c *cluster) {
	var server, client tally
	c.start("n1", server.watch(listener(c, nodes.Framing{})))
	p := client.watch(dialer(c, nodes.Framing{}, func(env nodes.Env, conn nodes.Conn) {
		writeMany(c, env, conn)
		env.Close(conn)
	}))
	p.opened = func(_ nodes.Env, conn nodes.Conn, _ string) {
		c.wrongf("%v was opened after it was closed", conn)
	}
	c.start("n2", p)
	allThenEnd(c, &server, &client)
}

// closeAmidTraffic is where an implementation on TCP that closes its socket
// with bytes unread sends a reset, which destroys what it had sent.
func closeAmidTraffic(c *cluster) {
	var server, client tally
	p1 := server.watch(listener(c, nodes.Framing{}))
	p1.opened = func(env nodes.Env, conn nodes.Conn, _ string) { writeMany(c, env, conn) }
	c.start("n1", p1)
	p2 := client.watch(dialer(c, nodes.Framing{}, nothing))
	p2.received = func(env nodes.Env, conn nodes.Conn, _ []byte) {
		if client.frames++; client.frames > 1 {
			c.wrongf("a frame arrived after Close")
		}
		writeMany(c, env, conn)
		env.Close(conn)
	}
	c.start("n2", p2)
	allThenEnd(c, &server, &client)
}

func resetEnds(c *cluster) {
	var server, client tally
	p1 := server.watch(listener(c, nodes.Framing{}))
	p1.received = func(env nodes.Env, conn nodes.Conn, _ []byte) {
		env.Reset(conn)
		if err := env.Write(conn, []byte("x")); !errors.Is(err, nodes.ErrClosed) {
			c.wrongf("Write after Reset: %v", err)
		}
	}
	c.start("n1", p1)
	c.start("n2", client.watch(dialer(c, nodes.Framing{}, func(env nodes.Env, conn nodes.Conn) {
		c.write(env, conn, []byte("reset me"))
	})))
	c.until("the other side knows", func() bool { return len(client.ends) > 0 })
	c.pass(silence)
	c.look(func() {
		if len(client.ends) != 1 || !errors.Is(client.ends[0], nodes.ErrReset) {
			c.wrongf("the other side was told %v", client.ends)
		}
		if len(server.ends) > 0 {
			c.wrongf("the side that reset was told of the end: %v", server.ends)
		}
	})
}

func peerKilled(c *cluster) {
	var server, client, other tally
	talk := func(env nodes.Env, conn nodes.Conn) { c.write(env, conn, []byte("hello")) }
	c.start("n1", server.watch(listener(c, nodes.Framing{})))
	c.start("n2", client.watch(dialer(c, nodes.Framing{}, talk)))
	c.start("n3", other.watch(dialer(c, nodes.Framing{}, talk)))
	c.until("both clients have spoken", func() bool { return server.frames == 2 })
	c.rt.Kill("n3")
	c.until("the server knows that a client has gone", func() bool { return len(server.ends) == 1 })
	c.rt.Kill("n1")
	c.until("the client knows that the server has gone", func() bool { return len(client.ends) == 1 })
}

func endedTakesNothing(c *cluster) {
	done := false
	p1 := listener(c, nodes.Framing{})
	p1.received = func(_ nodes.Env, _ nodes.Conn, p []byte) { c.wrongf("%q was written after Close and arrived", p) }
	p1.closed = func(env nodes.Env, conn nodes.Conn, _ error) {
		if err := env.Write(conn, []byte("x")); !errors.Is(err, nodes.ErrClosed) {
			c.wrongf("Write after Closed: %v", err)
		}
		if n := env.Unsent(conn); n != 0 {
			c.wrongf("%d bytes are unsent after Closed", n)
		}
		env.Close(conn)
		env.Reset(conn)
		done = true
	}
	c.start("n1", p1)
	p2 := dialer(c, nodes.Framing{}, nothing)
	p2.opened = func(env nodes.Env, conn nodes.Conn, _ string) {
		env.Close(conn)
		if err := env.Write(conn, []byte("x")); !errors.Is(err, nodes.ErrClosed) {
			c.wrongf("Write after Close: %v", err)
		}
	}
	c.start("n2", p2)
	c.until("the other side has tried to write as well", func() bool { return done })
}
