package nodestest

import (
	"fmt"
	"strings"
	"time"

	"orrery/nodes"
)

// cluster is a Runtime with what the rules need around it.
type cluster struct {
	rt    Runtime
	wrong []string // what handlers found
}

// breach ends a rule at once.
type breach struct{ error }

func (c *cluster) fatalf(format string, args ...any) {
	panic(breach{fmt.Errorf(format, args...)})
}

// start starts a machine that must start.
func (c *cluster) start(id nodes.ID, n nodes.Node) {
	if err := c.rt.Start(id, func() nodes.Node { return n }); err != nil {
		c.fatalf("%s does not start: %w", id, err)
	}
}

// restart kills a machine and starts it again.
func (c *cluster) restart(id nodes.ID, n nodes.Node) {
	c.rt.Kill(id)
	c.start(id, n)
}

// until runs the cluster until cond holds, which must be soon.
func (c *cluster) until(what string, cond func() bool) {
	var wrong []string
	held := c.rt.Until(patience, func() bool {
		wrong = c.wrong
		return len(wrong) > 0 || cond()
	})
	if len(wrong) > 0 {
		c.fatalf("%s", strings.Join(wrong, "\n"))
	}
	if !held {
		c.fatalf("it never came about that %s", what)
	}
}

// pass lets d of the runtime's time go by.
func (c *cluster) pass(d time.Duration) { c.rt.Until(d, func() bool { return false }) }

// look reads what handlers wrote.
func (c *cluster) look(f func()) {
	c.until("the cluster can be looked at", func() bool {
		f()
		return true
	})
	c.until("the cluster can be looked at", func() bool { return true })
}

// maxWrong is how many breaches of one rule are worth reading.
const maxWrong = 5

// wrongf is how a handler reports what breaks a rule.
func (c *cluster) wrongf(format string, args ...any) {
	if len(c.wrong) < maxWrong {
		c.wrong = append(c.wrong, fmt.Sprintf(format, args...))
	}
}
