package nodestest

import (
	"time"

	"orrery/nodes"
	"orrery/nodes/task"
)

var toyRules = []Rule{
	{"APingerHearsItsEcho", pingerHears},
	{"ATaskRunsAsANode", taskRuns},
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
