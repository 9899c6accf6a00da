package nodestest

import (
	"errors"
	"fmt"

	"orrery/nodes"
)

var processRules = []Rule{
	{"ABootErrorRefusesTheStart", bootRefuses},
	{"HaltEndsTheProcessAndDoesNotReturn", haltEnds},
	{"AnEndedProcessDoesNothingAndCannotRecover", endIsTheEnd},
	{"ARestartKeepsTheDiskAndNothingElse", restartKeepsTheDisk},
	{"HaltedIsTheLastCall", haltedIsLast},
	{"HandlersRunOneAtATime", handlersRunAlone},
}

func bootRefuses(c *cluster) {
	reason := errors.New("the log is corrupt")
	err := c.rt.Start("n1", func() nodes.Node {
		p := &probe{c: c, boot: func(env nodes.Env) error {
			env.Send(env.Self(), Ping{})
			env.SetTimer(againTimer, ms)
			env.Post(againTimer, Ping{})
			return reason
		}}
		p.deliver = func(nodes.Env, nodes.ID, nodes.Message) { c.wrongf("Deliver after a Boot that failed") }
		p.fire = func(nodes.Env, nodes.Tag) { c.wrongf("Fire after a Boot that failed") }
		p.posted = func(nodes.Env, nodes.Tag, nodes.Message) { c.wrongf("Posted after a Boot that failed") }
		return p
	})
	if !errors.Is(err, reason) {
		c.fatalf("Start returned %v, want %v", err, reason)
	}
	c.pass(silence)
	c.start("n1", &probe{c: c})
}

func haltEnds(c *cluster) {
	reason := errors.New("the disk is gone")
	p := &probe{c: c}
	halt := func(env nodes.Env) {
		env.SetTimer(againTimer, ms)
		env.Send(env.Self(), Ping{})
		env.Halt(reason)
		c.wrongf("Halt has returned")
	}
	p.boot = func(env nodes.Env) error {
		env.SetTimer(nodes.Tag{Name: "halt"}, ms)
		return nil
	}
	p.fire = func(env nodes.Env, tag nodes.Tag) {
		if tag == againTimer {
			c.wrongf("Fire after Halt")
		}
		halt(env)
	}
	p.deliver = func(nodes.Env, nodes.ID, nodes.Message) { c.wrongf("Deliver after Halt") }
	c.start("n1", p)
	var why error
	c.until("the process has ended", func() bool {
		err, ended := c.rt.Ended("n1")
		why = err
		return ended
	})
	if !errors.Is(why, reason) {
		c.fatalf("the process has ended with %v, want %v", why, reason)
	}
	c.pass(silence)
	c.start("n1", &probe{c: c})
	if err, ended := c.rt.Ended("n1"); ended {
		c.fatalf("the new process has ended: %v", err)
	}
}

// endIsTheEnd halts below calls that are deferred and do what a living process could: on the stack
// of a dead one they do nothing.
func endIsTheEnd(c *cluster) {
	reason := errors.New("enough")
	c.start("n2", &probe{c: c, deliver: func(nodes.Env, nodes.ID, nodes.Message) {
		c.wrongf("a message arrived that was sent after Halt")
	}})
	c.start("n1", &probe{c: c,
		boot: func(env nodes.Env) error {
			env.SetTimer(againTimer, ms)
			return nil
		},
		fire: func(env nodes.Env, _ nodes.Tag) {
			defer func() { _ = recover() }()
			defer func() {
				env.SetTimer(againTimer, ms)
				env.Send("n2", Ping{})
			}()
			env.Halt(reason)
		}})
	var why error
	c.until("the process has ended", func() bool {
		err, ended := c.rt.Ended("n1")
		why = err
		return ended
	})
	if !errors.Is(why, reason) {
		c.fatalf("the process has ended with %v, want %v", why, reason)
	}
	c.pass(silence)
}

func restartKeepsTheDisk(c *cluster) {
	built, booted := 0, 0
	build := func() nodes.Node {
		built++
		return &probe{c: c, boot: func(env nodes.Env) error {
			booted++
			b, err := env.Disk().ReadFile("f")
			if there := err == nil; there != (booted > 1) || len(b) != booted-1 {
				return fmt.Errorf("boot %d finds %q (%v)", booted, b, err)
			}
			if err := env.Disk().Append("f", []byte("x")); err != nil {
				return err
			}
			env.Disk().Sync("f", nodes.Tag{Name: "file"})
			env.Disk().SyncDir("", nodes.Tag{Name: "dir"})
			return nil
		}}
	}
	for range 3 {
		if err := c.rt.Start("n1", build); err != nil {
			c.fatalf("%w", err)
		}
		c.pass(silence)
		c.rt.Kill("n1")
	}
	c.look(func() {
		if built != 3 || booted != 3 {
			c.wrongf("three starts made %d nodes and booted %d", built, booted)
		}
	})
}

func haltedIsLast(c *cluster) {
	killed := repeat(&probe{c: c}, func(env nodes.Env) { env.Send(env.Self(), Ping{}) })
	halted := &probe{c: c, boot: func(env nodes.Env) error {
		env.SetTimer(againTimer, ms)
		return nil
	}}
	halted.fire = func(env nodes.Env, _ nodes.Tag) { env.Halt(errors.New("enough")) }
	c.start("n1", killed)
	c.start("n2", halted)
	c.until("one process has halted", func() bool {
		_, ended := c.rt.Ended("n2")
		return ended && killed.calls > 3
	})
	c.rt.Kill("n1")
	c.until("both nodes were told", func() bool { return killed.halts == 1 && halted.halts == 1 })
	c.pass(silence)
	c.look(func() {
		if killed.halts != 1 || halted.halts != 1 {
			c.wrongf("Halted was called %d and %d times", killed.halts, halted.halts)
		}
	})
}

// handlersRunAlone has everything happen to one machine at once; probe and the runtime's
// adapter watch.
func handlersRunAlone(c *cluster) {
	const enough, plenty = 50, 1000 // plenty, since what takes no time must end
	var fires, delivers, syncs, frames, posts int
	p := listener(c, nodes.Framing{})
	boot := p.boot
	p.boot = func(env nodes.Env) error {
		for i := range uint64(10) {
			env.SetTimer(nodes.Tag{Name: "t", N: i}, ms)
			env.Post(nodes.Tag{Name: "stage", N: i}, Ping{i})
			env.Send(env.Self(), Ping{i})
		}
		err := env.Disk().Append("f", []byte("x"))
		env.Disk().Sync("f", nodes.Tag{Name: "sync"})
		return errors.Join(err, boot(env))
	}
	p.fire = func(env nodes.Env, tag nodes.Tag) {
		fires++
		env.SetTimer(tag, ms)
	}
	p.deliver = func(env nodes.Env, from nodes.ID, m nodes.Message) {
		if delivers++; delivers < plenty {
			env.Send(from, m)
		}
	}
	p.synced = func(env nodes.Env, tag nodes.Tag, _ error) {
		syncs++
		env.Disk().Sync("f", tag)
	}
	p.received = func(env nodes.Env, conn nodes.Conn, b []byte) {
		frames++
		c.write(env, conn, b)
	}
	p.posted = func(env nodes.Env, s nodes.Tag, m nodes.Message) {
		if posts++; posts < plenty {
			env.Post(s, m)
		}
	}
	c.start("n1", p)
	for _, id := range []nodes.ID{"n2", "n3"} {
		talk := dialer(c, nodes.Framing{}, func(env nodes.Env, conn nodes.Conn) {
			c.write(env, conn, []byte("again"))
			env.Send("n1", Ping{})
		})
		talk.received = func(env nodes.Env, conn nodes.Conn, b []byte) { c.write(env, conn, b) }
		talk.deliver = func(env nodes.Env, from nodes.ID, m nodes.Message) { env.Send(from, m) }
		c.start(id, talk)
	}
	c.until("much of everything has happened", func() bool {
		return fires > enough && delivers > enough && syncs > enough && frames > enough && posts > enough
	})
}
