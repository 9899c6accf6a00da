package nodestest

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"orrery/nodes"
	"orrery/nodes/task"
)

var toyRules = []Rule{
	{"APingerHearsItsEcho", pingerHears},
	{"ATaskRunsAsANode", taskRuns},
	{"ATaskHasTheDiskAndConnectionsOfItsMachine", taskHasAll},
	{"ACounterForgetsNoSumThatItTold", counterKeeps},
}

func pingerHears(c *cluster) {
	pinger := &Pinger{To: "n1", Every: 5 * ms}
	c.start("n1", &Echo{})
	c.start("n2", pinger)
	c.until("twenty pings were answered", func() bool { return pinger.Got >= 20 })
}

// adder is a task that adds one to a Counter, again and again, and tells each Sum that it hears.
func adder(to nodes.ID, heard func(sum uint64)) nodes.Node {
	return task.New(Codec(), func(t *task.T) {
		for n := uint64(1); ; n++ {
			m, ok := t.Request(to, Add{n}, again, func(m nodes.Message) bool {
				s, isSum := m.(Sum)
				return isSum && s.N == n
			})
			if ok {
				heard(m.(Sum).Value)
			}
		}
	})
}

func taskRuns(c *cluster) {
	var sums uint64
	var slept time.Duration
	c.start("n1", &Counter{})
	c.start("n2", adder("n1", func(uint64) { sums++ }))
	c.start("n3", task.New(Codec(), func(t *task.T) {
		began := t.Monotonic()
		if err := t.Disk().Append("f", []byte("x")); err != nil {
			t.Halt(err)
		}
		if err := t.Sync("f"); err != nil {
			t.Halt(err)
		}
		t.Sleep(20 * ms)
		slept = t.Monotonic() - began
	}))
	c.until("twenty sums were heard and the sleeper is awake", func() bool { return sums >= 20 && slept >= 20*ms })
}

// taskHasAll runs the rules of the disk in a task, and lets two tasks speak over a connection.
func taskHasAll(c *cluster) {
	c.start("n1", task.New(Codec(), func(t *task.T) {
		err := t.Listen(Ports[0], nodes.Framing{})
		if err != nil {
			t.Halt(err)
		}
		conn, _ := t.Accept(Ports[0], task.Forever)
		for {
			p, err := t.Read(conn, task.Forever)
			if err != nil {
				t.Close(conn)
				return
			}
			if err := t.Write(conn, p); err != nil {
				t.Halt(err)
			}
		}
	}))
	echoed := 0
	c.start("n2", task.New(Codec(), func(t *task.T) {
		d := t.Disk()
		t.Sleep(ms) // after which another task's Env would be no good
		if err := errors.Join(diskReadsBack(d), d.Remove("b"), diskReadAt(d), diskGaps(d)); err != nil {
			t.Halt(err)
		}
		conn, err := t.Dial(nodes.Addr{ID: "n1", Port: Ports[0]}, nodes.Framing{}, task.Forever)
		if err != nil {
			t.Halt(err)
		}
		for range 10 {
			if err := t.Write(conn, someBytes(1000, uint64(echoed))); err != nil {
				t.Halt(err)
			}
			p, err := t.Read(conn, task.Forever)
			if err != nil || !bytes.Equal(p, someBytes(1000, uint64(echoed))) {
				t.Halt(fmt.Errorf("echo %d is %d other bytes (%v)", echoed, len(p), err))
			}
			echoed++
		}
		t.Close(conn)
		if _, err := t.Read(conn, task.Forever); !errors.Is(err, nodes.ErrClosed) {
			t.Halt(fmt.Errorf("Read after Close: %v", err))
		}
		echoed++
	}))
	c.until("ten frames are back", func() bool {
		if why, ended := c.rt.Ended("n2"); ended {
			c.wrongf("the task has halted: %v", why)
		}
		return echoed == 11
	})
}

func counterKeeps(c *cluster) { c.counts(func() nodes.Node { return &Counter{} }) }

// CheckCounter returns an error if a Counter forgets, over ten kills, a Sum that it has told, and
// closes the runtime. On a runtime whose kills lose unsynced writes, it tells the two
// kinds of Counter apart.
func CheckCounter(rt Runtime, build func() nodes.Node) error {
	return Rule{check: func(c *cluster) { c.counts(build) }}.Check(rt)
}

func (c *cluster) counts(build func() nodes.Node) {
	var last uint64
	heard := func(sum uint64) {
		if sum <= last {
			c.wrongf("the counter told %d after %d", sum, last)
		}
		last = sum
	}
	c.start("n1", build())
	c.start("n2", adder("n1", heard))
	for range 10 {
		var before uint64
		c.look(func() { before = last })
		c.until("the counter counts", func() bool { return last > before+3 })
		c.restart("n1", build())
	}
}
