package lock

import (
	"cmp"
	"fmt"
	"slices"

	"orrery/checker"
	"orrery/checker/guarantee"
)

// Kind is what an operation does.
type Kind uint8

const (
	// Acquire asks for the lock, and waits for it.
	Acquire Kind = iota + 1
	// Release gives it back; one that succeeds says that the client still held it.
	Release
	// Access uses the resource behind the lock, with the token of the acquisition.
	Access
	// Expire is the lock service's word that a client's hold is over, at the time Call.
	Expire
)

var kindNames = guarantee.Names{What: "operation", Of: []string{"none", "acquire", "release", "access", "expire"}}

// String returns the name of k.
func (k Kind) String() string { return kindNames.String(uint8(k)) }

// MarshalText spells k as history files do.
func (k Kind) MarshalText() ([]byte, error) { return kindNames.Text(uint8(k)) }

// UnmarshalText reads what MarshalText wrote.
func (k *Kind) UnmarshalText(text []byte) error { return guarantee.ReadName(k, kindNames, text) }

// An Op is one operation of a client, or of the lock service in its name.
type Op struct {
	Client string         `json:"client"`
	Lock   string         `json:"lock"` // for Access, the lock that protects the resource
	Kind   Kind           `json:"kind"`
	Token  int64          `json:"token,omitempty"` // that an Acquire got, or an Access showed; 0 without fencing
	Status checker.Status `json:"status"`          // an Access that was refused, and an Acquire that timed out unqueued, are Fail
	// Order is the place of a successful Access among those of its resource, if the resource numbers them; else 0.
	Order int64 `json:"order,omitempty"`
	Call  int64 `json:"call"`
	Ret   int64 `json:"ret"`
}

// String prints the operation on one line.
func (o Op) String() string {
	token := ""
	if o.Token != 0 {
		token = fmt.Sprintf(" #%d", o.Token)
	}
	return fmt.Sprintf("%s %s %s%s [%d,%d] %s", o.Client, o.Kind, o.Lock, token, o.Call, o.Ret, o.Status)
}

// Options say what is claimed. At least one must be.
type Options struct {
	// Exclusive claims that no two clients hold a lock at once: for locks without leases, or under bounds on pauses and
	// clocks that the run is known to have kept.
	Exclusive bool
	// Fenced claims that tokens are unique and grow with each acquisition.
	Fenced bool
	// Guarded claims that the resource refuses tokens smaller than the largest it has accepted.
	Guarded bool
}

// The anomalies.
const (
	TwoHolders  guarantee.Anomaly = "two-holders"   // two clients held the lock at one time
	TokenOrder  guarantee.Anomaly = "token-order"   // a later acquisition got a token that is not larger
	SameToken   guarantee.Anomaly = "same-token"    // two acquisitions got one token
	StaleAccess guarantee.Anomaly = "stale-access"  // the resource accepted a token after a larger one
	NoSuchToken guarantee.Anomaly = "no-such-token" // the resource accepted a token that nobody had got
	NotHeld     guarantee.Anomaly = "not-held"      // a client released what it did not hold
)

// A hold is the time for which a client certainly held a lock.
type hold struct {
	op       int
	from, to int64
}

// check is one check under way.
type check struct {
	h     []Op
	r     *guarantee.Report
	opt   Options
	locks []string
	ops   map[string][]int // by lock, in the order of the calls

	holds, handed, accesses int
}

// Check judges a history.
func Check(h []Op, opt Options) guarantee.Report {
	c := &check{h: h, r: guarantee.NewReport("lock"), opt: opt, ops: map[string][]int{}}
	if opt == (Options{}) {
		return c.r.Malformed("nothing is claimed: want Exclusive, Fenced or Guarded")
	}
	for i := range h {
		o := &h[i]
		switch {
		case o.Kind < Acquire || o.Kind > Expire || o.Client == "" || o.Status > checker.Fail:
			return c.r.Malformed("operation %d (%s): want a client, a kind, and a status that is ok, fail or maybe", i, o)
		case o.Ret < o.Call:
			return c.r.Malformed("operation %d (%s) returned before it was called", i, o)
		case (opt.Fenced || opt.Guarded) && o.Token == 0 && o.Status == checker.OK && (o.Kind == Acquire || o.Kind == Access):
			return c.r.Malformed("operation %d (%s): want a token", i, o)
		}
		if c.ops[o.Lock] == nil {
			c.locks = append(c.locks, o.Lock)
		}
		c.ops[o.Lock] = append(c.ops[o.Lock], i)
	}
	for _, lock := range c.locks {
		ops := c.ops[lock]
		slices.SortStableFunc(ops, func(a, b int) int { return cmp.Compare(h[a].Call, h[b].Call) })
		holds := c.collect(ops)
		if opt.Exclusive {
			c.exclusive(holds)
		}
		if opt.Fenced {
			c.fenced(ops)
		}
		if opt.Guarded {
			c.guarded(ops)
		}
	}
	c.r.Measure("acquisitions", c.holds, 1)
	c.r.Measure("acquisitions after another client's", c.handed, 1)
	floor := 0
	if opt.Guarded {
		floor = 1
	}
	c.r.Measure("accepted accesses", c.accesses, floor)
	return c.r.Done()
}

func (c *check) cite(places ...int) []guarantee.Op {
	return guarantee.Cite(func(i int) string { return c.h[i].String() }, places...)
}

// collect finds the times for which clients certainly held a lock: from the return of the acquisition to the call of the
// release, or to the word that it had expired.
func (c *check) collect(ops []int) []hold {
	open := make(map[string]int) // by client, its hold, as a place in holds
	var holds []hold
	last := ""
	for _, i := range ops {
		o := &c.h[i]
		n, held := open[o.Client]
		switch o.Kind {
		case Acquire:
			if o.Status != checker.OK {
				continue
			}
			open[o.Client] = len(holds)
			holds = append(holds, hold{op: i, from: o.Ret, to: checker.Never})
			if c.holds++; last != "" && last != o.Client {
				c.handed++
			}
			last = o.Client
		case Release, Expire:
			if held && o.Status != checker.Fail {
				holds[n].to = o.Call
				delete(open, o.Client)
			} else if !held && o.Kind == Release && o.Status == checker.OK && c.opt.Exclusive && !c.maybeHeld(ops, i) {
				c.r.Found(NotHeld, o.Lock, c.cite(i), "%s released %s, and did not hold it", o.Client, o.Lock)
			}
		}
	}
	return holds
}

// maybeHeld tells whether the client of a release had called an acquisition whose end is unknown.
func (c *check) maybeHeld(ops []int, release int) bool {
	o := &c.h[release]
	return slices.ContainsFunc(ops, func(i int) bool {
		a := &c.h[i]
		return a.Client == o.Client && a.Kind == Acquire && a.Status == checker.Maybe && a.Call < o.Ret
	})
}

// exclusive finds two holds that overlap: sorted by their beginning, one that begins before the furthest end so far.
func (c *check) exclusive(holds []hold) {
	slices.SortStableFunc(holds, func(a, b hold) int { return cmp.Compare(a.from, b.from) })
	furthest := -1
	for n := range holds {
		// A hold that ends when it begins, because the release overlaps the acquisition, holds nothing.
		if holds[n].to <= holds[n].from {
			continue
		}
		if furthest >= 0 && holds[n].from < holds[furthest].to {
			a, b := &c.h[holds[furthest].op], &c.h[holds[n].op]
			until := "without an end"
			if holds[furthest].to != checker.Never {
				until = fmt.Sprintf("until %d", holds[furthest].to)
			}
			c.r.Found(TwoHolders, a.Lock, c.cite(holds[furthest].op, holds[n].op), "%s got %s at %d, while %s held it from %d %s",
				b.Client, a.Lock, holds[n].from, a.Client, holds[furthest].from, until)
		}
		if furthest < 0 || holds[n].to > holds[furthest].to {
			furthest = n
		}
	}
}

// fenced judges that tokens are unique and grow in real time.
func (c *check) fenced(ops []int) {
	var acquired []int
	got := make(map[int64]int)
	for _, i := range ops {
		o := &c.h[i]
		if o.Kind != Acquire || o.Status != checker.OK {
			continue
		}
		if j, twice := got[o.Token]; twice {
			c.r.Found(SameToken, o.Lock, c.cite(j, i), "%s and %s both got %s with the token %d", c.h[j].Client, o.Client, o.Lock, o.Token)
		}
		got[o.Token] = i
		acquired = append(acquired, i)
	}
	returned := slices.Clone(acquired)
	slices.SortStableFunc(returned, func(a, b int) int { return cmp.Compare(c.h[a].Ret, c.h[b].Ret) })
	n, largest := 0, -1
	for _, i := range acquired {
		for ; n < len(returned) && c.h[returned[n]].Ret < c.h[i].Call; n++ {
			if largest < 0 || c.h[returned[n]].Token > c.h[largest].Token {
				largest = returned[n]
			}
		}
		if largest >= 0 && c.h[i].Token < c.h[largest].Token {
			c.r.Found(TokenOrder, c.h[i].Lock, c.cite(largest, i), "%s got %s with the token %d, after %s had got it with %d",
				c.h[i].Client, c.h[i].Lock, c.h[i].Token, c.h[largest].Client, c.h[largest].Token)
		}
	}
}

// guarded judges that the resource never accepts a token after a larger one: in its own order, if it has one, and else in real
// time; and only tokens that somebody got, or may have got.
func (c *check) guarded(ops []int) {
	got, unknown := make(map[int64]bool), false
	var accepted []int
	for _, i := range ops {
		o := &c.h[i]
		switch {
		case o.Kind == Acquire && o.Status == checker.OK:
			got[o.Token] = true
		case o.Kind == Acquire && o.Status == checker.Maybe:
			unknown = true
		case o.Kind == Access && o.Status == checker.OK:
			accepted = append(accepted, i)
		}
	}
	c.accesses += len(accepted)
	ordered := !slices.ContainsFunc(accepted, func(i int) bool { return c.h[i].Order == 0 })
	for _, i := range accepted {
		if o := &c.h[i]; !got[o.Token] && !unknown {
			c.r.Found(NoSuchToken, o.Lock, c.cite(i), "%s was let in with the token %d of %s, which nobody had got", o.Client, o.Token, o.Lock)
		}
	}
	done := slices.Clone(accepted)
	if ordered {
		slices.SortStableFunc(accepted, func(a, b int) int { return cmp.Compare(c.h[a].Order, c.h[b].Order) })
		copy(done, accepted)
	} else {
		slices.SortStableFunc(done, func(a, b int) int { return cmp.Compare(c.h[a].Ret, c.h[b].Ret) })
	}
	n, largest := 0, -1
	for _, i := range accepted {
		before := func(j int) bool {
			if ordered {
				return c.h[j].Order < c.h[i].Order
			}
			return c.h[j].Ret < c.h[i].Call
		}
		for ; n < len(done) && before(done[n]); n++ {
			if largest < 0 || c.h[done[n]].Token > c.h[largest].Token {
				largest = done[n]
			}
		}
		if largest >= 0 && c.h[i].Token < c.h[largest].Token {
			c.r.Found(StaleAccess, c.h[i].Lock, c.cite(largest, i), "%s was let in with the token %d of %s, after %s had been with %d",
				c.h[i].Client, c.h[i].Token, c.h[i].Lock, c.h[largest].Client, c.h[largest].Token)
		}
	}
}
