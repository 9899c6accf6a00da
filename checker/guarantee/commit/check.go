package commit

import (
	"fmt"

	"orrery/checker/guarantee"
)

// Kind is what an event is.
type Kind uint8

const (
	// Begin names the participants of a transaction.
	Begin Kind = iota + 1
	// Vote: a participant told its vote, Yes or not.
	Vote
	// Decide: a participant told anyone its decision, or acted upon it; Yes is commit, else abort.
	Decide
	// Durable: what the participant has decided survives its crashes from now on.
	Durable
	// Fault: something failed, or was suspected of it, that may touch the transaction, or all of them if none is named.
	Fault
	// Apply: the effects of the transaction became visible at the participant.
	Apply
)

var kindNames = guarantee.Names{What: "event", Of: []string{"none", "begin", "vote", "decide", "durable", "fault", "apply"}}

// String returns the name of k.
func (k Kind) String() string { return kindNames.String(uint8(k)) }

// MarshalText spells k as history files do.
func (k Kind) MarshalText() ([]byte, error) { return kindNames.Text(uint8(k)) }

// UnmarshalText reads what MarshalText wrote.
func (k *Kind) UnmarshalText(text []byte) error { return guarantee.ReadName(k, kindNames, text) }

// An Event is one step.
type Event struct {
	Kind         Kind     `json:"kind"`
	Txn          string   `json:"txn,omitempty"`
	Process      string   `json:"process,omitempty"` // the participant; nobody for Begin and Fault
	Yes          bool     `json:"yes,omitempty"`
	Participants []string `json:"participants,omitempty"`
}

// String prints the event on one line.
func (e Event) String() string {
	word := map[bool][2]string{true: {"yes", "commit"}, false: {"no", "abort"}}[e.Yes]
	switch e.Kind {
	case Begin:
		return fmt.Sprintf("%s begins at %v", e.Txn, e.Participants)
	case Vote:
		return fmt.Sprintf("%s votes %s on %s", e.Process, word[0], e.Txn)
	case Decide:
		return fmt.Sprintf("%s decides to %s %s", e.Process, word[1], e.Txn)
	case Durable:
		return fmt.Sprintf("%s has its decision on %s on disk", e.Process, e.Txn)
	case Apply:
		return fmt.Sprintf("%s applies %s", e.Process, e.Txn)
	}
	return fmt.Sprintf("a fault %s", e.Txn)
}

// A Run is what happened, and what is known of its end.
type Run struct {
	Events []Event
	// Repaired tells that at the end all failures were repaired, and that none came for long enough: then AC5 is judged.
	Repaired bool
	// DurableFirst tells that a decision must be on disk before it is told; the run has Durable events then.
	DurableFirst bool
	// Applies tells that the run has an Apply for every effect that became visible: then what is committed must be applied at
	// all participants if Repaired, and what is aborted nowhere.
	Applies bool
}

// The properties, as the anomalies that break them.
const (
	AC1       guarantee.Anomaly = "AC1" // two participants decided differently
	AC2       guarantee.Anomaly = "AC2" // a participant reversed its decision
	AC3       guarantee.Anomaly = "AC3" // a commit although not all had voted yes
	AC4       guarantee.Anomaly = "AC4" // an abort although nothing failed and all voted yes
	AC5       guarantee.Anomaly = "AC5" // a participant never decided
	Hasty     guarantee.Anomaly = "decided-before-durable"
	Partial   guarantee.Anomaly = "partial-effects"  // a committed transaction is not applied everywhere
	Unwanted  guarantee.Anomaly = "unwanted-effects" // a transaction is applied that was aborted, or not decided
	VoteTwice guarantee.Anomaly = "vote-changed"     // a participant voted both ways
)

// part is a participant of a transaction; its fields are events, or -1.
type part struct{ vote, decision, durable, applied int }

// txn is what is known of a transaction.
type txn struct {
	name    string
	begun   int
	who     []string
	parts   map[string]*part
	fault   bool
	decided int // the first decision
	commit  int // the first commit
}

// check is one check under way.
type check struct {
	run   *Run
	r     *guarantee.Report
	txns  map[string]*txn
	order []*txn
}

// Check judges a run, whose events are in the order in which they happened.
func Check(run Run) guarantee.Report {
	c := &check{run: &run, r: guarantee.NewReport("atomic-commitment"), txns: map[string]*txn{}}
	for i := range run.Events {
		e := &run.Events[i]
		t := c.txns[e.Txn]
		switch {
		case e.Kind < Begin || e.Kind > Apply:
			return c.r.Malformed("event %d has no kind", i)
		case e.Kind == Begin && (t != nil || e.Txn == "" || len(e.Participants) == 0):
			return c.r.Malformed("event %d (%s): want a transaction that is new, and its participants", i, e)
		case e.Kind == Begin:
			c.begin(i, e)
		case e.Kind == Fault:
			for _, u := range c.order {
				u.fault = u.fault || e.Txn == "" || u == t
			}
		case t == nil || t.parts[e.Process] == nil:
			return c.r.Malformed("event %d (%s): %s is no participant of a transaction that has begun", i, e, e.Process)
		default:
			c.step(i, e, t, t.parts[e.Process])
		}
	}
	for _, t := range c.order {
		c.judge(t)
	}
	c.measure()
	return c.r.Done()
}

func (c *check) cite(places ...int) []guarantee.Op {
	return guarantee.Cite(func(i int) string { return c.run.Events[i].String() }, places...)
}

func (c *check) begin(i int, e *Event) {
	t := &txn{name: e.Txn, begun: i, who: e.Participants, parts: map[string]*part{}, decided: -1, commit: -1}
	for _, p := range e.Participants {
		t.parts[p] = &part{-1, -1, -1, -1}
	}
	c.txns[e.Txn] = t
	c.order = append(c.order, t)
}

// step judges what can be judged as it happens.
func (c *check) step(i int, e *Event, t *txn, p *part) {
	switch e.Kind {
	case Vote:
		if p.vote >= 0 && c.run.Events[p.vote].Yes != e.Yes {
			c.r.Found(VoteTwice, t.name, c.cite(p.vote, i), "%s voted both ways on %s", e.Process, t.name)
			return
		}
		p.vote = i
	case Durable:
		if p.durable < 0 {
			p.durable = i
		}
	case Apply:
		if p.applied < 0 {
			p.applied = i
		}
	case Decide:
		c.decide(i, e, t, p)
	}
}

func (c *check) decide(i int, e *Event, t *txn, p *part) {
	if c.run.DurableFirst && p.durable < 0 {
		c.r.Found(Hasty, t.name, c.cite(i), "%s told its decision on %s before it was on disk", e.Process, t.name)
	}
	if e.Yes {
		c.mayCommit(i, e, t)
		if t.commit < 0 {
			t.commit = i
		}
	}
	if p.decision >= 0 {
		if c.run.Events[p.decision].Yes != e.Yes {
			c.r.Found(AC2, t.name, c.cite(p.decision, i), "%s reversed its decision on %s", e.Process, t.name)
		}
		return
	}
	p.decision = i
	if t.decided < 0 {
		t.decided = i
		return
	}
	if first := &c.run.Events[t.decided]; first.Yes != e.Yes {
		c.r.Found(AC1, t.name, c.cite(t.decided, i), "%s, but %s", *first, *e)
	}
}

// mayCommit judges that all had voted yes when somebody committed.
func (c *check) mayCommit(i int, e *Event, t *txn) {
	if t.commit >= 0 {
		return
	}
	for _, name := range t.who {
		switch v := t.parts[name].vote; {
		case v < 0:
			c.r.Found(AC3, t.name, c.cite(t.begun, i), "%s, but %s had not voted", *e, name)
		case !c.run.Events[v].Yes:
			c.r.Found(AC3, t.name, c.cite(v, i), "%s, but %s", *e, c.run.Events[v])
		default:
			continue
		}
		return
	}
}

// allYes tells whether every participant voted for the transaction.
func (c *check) allYes(t *txn) bool {
	for _, name := range t.who {
		if v := t.parts[name].vote; v < 0 || !c.run.Events[v].Yes {
			return false
		}
	}
	return true
}

// judge says what became of a transaction at last.
func (c *check) judge(t *txn) {
	aborted := t.decided >= 0 && !c.run.Events[t.decided].Yes
	if aborted && !t.fault && c.allYes(t) {
		c.r.Found(AC4, t.name, c.cite(t.begun, t.decided), "%s was aborted, although nothing failed and all voted yes", t.name)
	}
	for _, name := range t.who {
		p := t.parts[name]
		if p.decision < 0 && c.run.Repaired {
			c.r.Found(AC5, t.name, c.cite(t.begun), "%s never decided %s, although everything was repaired", name, t.name)
		}
		if !c.run.Applies {
			continue
		}
		switch {
		case p.applied >= 0 && t.commit < 0:
			c.r.Found(Unwanted, t.name, c.cite(t.begun, p.applied), "%s, which nobody committed", c.run.Events[p.applied])
		case p.applied >= 0 && p.applied < t.commit:
			c.r.Found(Unwanted, t.name, c.cite(p.applied, t.commit), "%s before anyone had committed it", c.run.Events[p.applied])
		case p.applied < 0 && t.commit >= 0 && c.run.Repaired:
			c.r.Found(Partial, t.name, c.cite(t.commit), "%s was committed, and never applied at %s", t.name, name)
		}
	}
}

// measure says how much the run put to the test.
func (c *check) measure() {
	commits, aborts, shared, unanimous, faulty := 0, 0, 0, 0, 0
	for _, t := range c.order {
		decisions := 0
		for _, name := range t.who {
			if t.parts[name].decision >= 0 {
				decisions++
			}
		}
		if decisions > 1 {
			shared++
		}
		if c.allYes(t) {
			unanimous++
		}
		if t.fault {
			faulty++
		}
		switch {
		case t.commit >= 0:
			commits++
		case t.decided >= 0:
			aborts++
		}
	}
	c.r.Measure("transactions", len(c.order), 1)
	c.r.Measure("commits", commits, 0)
	c.r.Measure("aborts", aborts, 0)
	c.r.Measure("transactions that several decided", shared, 1)
	c.r.Measure("transactions that all wanted", unanimous, 1)
	c.r.Measure("transactions that faults may have touched", faulty, 0)
}
