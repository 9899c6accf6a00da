package broadcast

import (
	"fmt"

	"orrery/checker/guarantee"
)

// Kind is what an event is.
type Kind uint8

const (
	// Broadcast: the process handed a message over for delivery.
	Broadcast Kind = iota + 1
	// Deliver: the process delivered a message, as the next of its sequence.
	Deliver
	// Restart: the process came back, with the first Keep deliveries of its sequence in its state.
	Restart
)

var kindNames = guarantee.Names{What: "event", Of: []string{"none", "broadcast", "deliver", "restart"}}

// String returns the name of k.
func (k Kind) String() string { return kindNames.String(uint8(k)) }

// MarshalText spells k as history files do.
func (k Kind) MarshalText() ([]byte, error) { return kindNames.Text(uint8(k)) }

// UnmarshalText reads what MarshalText wrote.
func (k *Kind) UnmarshalText(text []byte) error { return guarantee.ReadName(k, kindNames, text) }

// An Event is one step of one process.
type Event struct {
	Kind    Kind   `json:"kind"`
	Process string `json:"process"`
	Message string `json:"message,omitempty"` // names it; each is broadcast once
	// Epoch is that of the primary that broadcast the message, from 1; 0 where there are no primaries.
	Epoch int64 `json:"epoch,omitempty"`
	Keep  int   `json:"keep,omitempty"`
}

// String prints the event on one line.
func (e Event) String() string {
	switch {
	case e.Kind == Restart:
		return fmt.Sprintf("%s restarts after %d deliveries", e.Process, e.Keep)
	case e.Epoch != 0:
		return fmt.Sprintf("%s %ss %s of epoch %d", e.Process, e.Kind, e.Message, e.Epoch)
	}
	return fmt.Sprintf("%s %ss %s", e.Process, e.Kind, e.Message)
}

// A Run is what happened, and what is known of its end.
type Run struct {
	Events []Event
	// Quiet tells that the run went on until nothing happened any more, with Correct up and connected.
	Quiet   bool
	Correct []string
}

// The properties, as the anomalies that break them.
const (
	Integrity  guarantee.Anomaly = "integrity"   // a message was delivered that nobody had broadcast, or twice
	TotalOrder guarantee.Anomaly = "total-order" // two processes' sequences are not prefixes of one
	Validity   guarantee.Anomaly = "validity"    // a correct process's message was never delivered
	Agreement  guarantee.Anomaly = "agreement"   // what some process delivered, a correct one did not (uniform agreement)
	Replay     guarantee.Anomaly = "replay"      // a restarted process has more than it had delivered
	// And of Zab:
	OnePrimary    guarantee.Anomaly = "one-primary"          // two processes broadcast in one epoch
	LocalOrder    guarantee.Anomaly = "local-primary-order"  // messages of one primary delivered out of its order, or with gaps
	GlobalOrder   guarantee.Anomaly = "global-primary-order" // a message of an epoch delivered after one of a later epoch
	PrimaryBehind guarantee.Anomaly = "primary-integrity"    // a primary broadcast before it had delivered what is delivered of earlier epochs
)

// message is what is known of a message.
type message struct {
	sent      int // the event, or -1
	place     int // in the common sequence, or -1
	delivered int // the first delivery
	nth       int // among those of its epoch, from 0
	epoch     int64
}

// process is what is known of a process.
type process struct {
	have int  // how much of the common sequence it has, restarts counted
	most int  // how much it ever had
	off  bool // its sequence has left the common one, which was said
}

// check is one check under way.
type check struct {
	run     *Run
	r       *guarantee.Report
	msgs    map[string]*message
	procs   map[string]*process
	order   []string // processes as they appear
	common  []string // the longest sequence of deliveries, of which all others must be prefixes
	first   []int    // by place in it, the event that put it there
	epochs  map[int64][]string
	primary map[int64]int // by epoch, its first broadcast
}

// Check judges a run.
func Check(run Run) guarantee.Report {
	c := &check{run: &run, r: guarantee.NewReport("broadcast"), msgs: map[string]*message{}, procs: map[string]*process{},
		epochs: map[int64][]string{}, primary: map[int64]int{}}
	for i := range run.Events {
		e := &run.Events[i]
		switch {
		case e.Kind < Broadcast || e.Kind > Restart || e.Process == "":
			return c.r.Malformed("event %d: want a kind and a process", i)
		case e.Kind != Restart && e.Message == "":
			return c.r.Malformed("event %d (%s): want a message", i, e)
		case e.Kind == Broadcast && c.msgs[e.Message] != nil && c.msgs[e.Message].sent >= 0:
			return c.r.Malformed("event %d (%s): the message was broadcast already", i, e)
		}
		c.step(i, e)
	}
	c.primaries()
	if run.Quiet {
		c.atLast()
	}
	c.measure()
	return c.r.Done()
}

func (c *check) cite(places ...int) []guarantee.Op {
	var kept []int
	for _, p := range places {
		if p >= 0 {
			kept = append(kept, p)
		}
	}
	return guarantee.Cite(func(i int) string { return c.run.Events[i].String() }, kept...)
}

func (c *check) process(name string) *process {
	p := c.procs[name]
	if p == nil {
		p = &process{}
		c.procs[name] = p
		c.order = append(c.order, name)
	}
	return p
}

func (c *check) message(name string) *message {
	m := c.msgs[name]
	if m == nil {
		m = &message{sent: -1, place: -1, delivered: -1}
		c.msgs[name] = m
	}
	return m
}

func (c *check) step(i int, e *Event) {
	p := c.process(e.Process)
	switch e.Kind {
	case Broadcast:
		m := c.message(e.Message)
		m.sent, m.epoch = i, e.Epoch
		if e.Epoch != 0 {
			m.nth = len(c.epochs[e.Epoch])
			c.epochs[e.Epoch] = append(c.epochs[e.Epoch], e.Message)
		}
	case Restart:
		if e.Keep > p.most {
			c.r.Found(Replay, e.Process, c.cite(i), "%s came back with %d deliveries, and had made %d", e.Process, e.Keep, p.most)
		}
		p.have, p.off = min(e.Keep, len(c.common)), false
	case Deliver:
		c.deliver(i, e, p)
	}
}

// deliver compares a delivery with the common sequence, or puts it at its end.
func (c *check) deliver(i int, e *Event, p *process) {
	m := c.message(e.Message)
	if m.sent < 0 {
		c.r.Found(Integrity, e.Process, c.cite(i), "%s delivered %s, which nobody had broadcast", e.Process, e.Message)
	}
	if m.place >= 0 && m.place < p.have {
		c.r.Found(Integrity, e.Process, c.cite(c.first[m.place], i), "%s delivered %s again", e.Process, e.Message)
		return
	}
	if p.off {
		return
	}
	switch {
	case p.have < len(c.common) && c.common[p.have] == e.Message:
	case p.have == len(c.common) && m.place < 0:
		m.place, m.delivered = len(c.common), i
		c.common, c.first = append(c.common, e.Message), append(c.first, i)
	case p.have == len(c.common):
		// It is there already, in front of what this process has: that was a repetition, told above.
		return
	default:
		other := &c.run.Events[c.first[p.have]]
		c.r.Found(TotalOrder, e.Process, c.cite(c.first[p.have], i), "%s delivered %s as number %d, where %s had delivered %s",
			e.Process, e.Message, p.have+1, other.Process, other.Message)
		p.off = true
		return
	}
	p.have++
	p.most = max(p.most, p.have)
}

// atLast judges what must have happened when the run came to rest.
func (c *check) atLast() {
	correct := make(map[string]bool)
	for _, name := range c.run.Correct {
		correct[name] = true
		p := c.process(name)
		if p.have < len(c.common) && !p.off {
			c.r.Found(Agreement, name, c.cite(c.first[p.have]), "%s never delivered %s, which %s did", name, c.common[p.have], c.run.Events[c.first[p.have]].Process)
		}
	}
	for i := range c.run.Events {
		e := &c.run.Events[i]
		if e.Kind == Broadcast && correct[e.Process] && c.msgs[e.Message].place < 0 {
			c.r.Found(Validity, e.Process, c.cite(i), "%s broadcast %s, and nobody ever delivered it", e.Process, e.Message)
		}
	}
}

// measure says how much the run put to the test.
func (c *check) measure() {
	broadcasts, deliveries, delivering, restarts := 0, 0, 0, 0
	for i := range c.run.Events {
		switch c.run.Events[i].Kind {
		case Broadcast:
			broadcasts++
		case Deliver:
			deliveries++
		case Restart:
			restarts++
		}
	}
	for _, name := range c.order {
		if c.procs[name].most > 0 {
			delivering++
		}
	}
	quiet := 0
	if c.run.Quiet {
		quiet = 1
	}
	c.r.Measure("broadcasts", broadcasts, 1)
	c.r.Measure("deliveries", deliveries, 1)
	c.r.Measure("processes that delivered", delivering, 2)
	c.r.Measure("messages in the common sequence", len(c.common), 1)
	c.r.Measure("restarts", restarts, 0)
	c.r.Measure("epochs", len(c.epochs), 0)
	c.r.Measure("runs that came to rest", quiet, 0)
}
