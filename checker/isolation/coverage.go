package isolation

import "fmt"

// Coverage says how much a history put to the test: a graph without edges has no cycles, and that means nothing.
type Coverage struct {
	OK, Fail, Info int // transactions by how they ended
	Reads          int // reads of other transactions' writes, or of their absence, by committed transactions
	WW, WR, RW     int // data dependencies; families of them count once for each end
	Process        int // steps of processes
	Realtime       int // transactions that something preceded in real time
	Isolated       int // committed transactions without a data dependency
	Keys           int
	KnownKeys      int // keys whose versions have one known order from the first to the last
}

// Known is the share of keys with a known version order, in per cent.
func (c *Coverage) Known() int {
	if c.Keys == 0 {
		return 0
	}
	return 100 * c.KnownKeys / c.Keys
}

// String prints the coverage on one line.
func (c *Coverage) String() string {
	return fmt.Sprintf("%d transactions (%d ok, %d fail, %d info), edges %d ww, %d wr, %d rw, %d process, %d realtime, %d without one, version order known of %d %% of %d keys",
		c.OK+c.Fail+c.Info, c.OK, c.Fail, c.Info, c.WW, c.WR, c.RW, c.Process, c.Realtime, c.Isolated, c.Known(), c.Keys)
}

// Floors is what a history must offer before no anomaly means isolation. The zero Floors asks for one committed
// transaction and one data dependency, without which nothing was tested.
type Floors struct {
	OK        int // committed transactions
	Edges     int // data dependencies
	RW        int // anti-dependencies
	KnownKeys int // per cent of keys with a known version order
}

// Missed says which floor was missed, or "".
func (f *Floors) Missed(c *Coverage) string {
	if c.OK+c.Fail+c.Info == 0 {
		return "the history is empty"
	}
	for _, m := range []struct {
		have, want int
		what       string
	}{
		{c.OK, max(f.OK, 1), "committed transactions"},
		{c.WW + c.WR + c.RW, max(f.Edges, 1), "dependencies between transactions"},
		{c.RW, f.RW, "anti-dependencies"},
		{c.Known(), f.KnownKeys, "per cent of keys with a known version order"},
	} {
		if m.have < m.want {
			return fmt.Sprintf("%d %s, want at least %d", m.have, m.what, m.want)
		}
	}
	return ""
}

// measure counts what the sealed graph holds.
func (c *check) measure() {
	for i := range c.h {
		switch c.h[i].Type {
		case OK:
			c.cov.OK++
		case Fail:
			c.cov.Fail++
		case Info:
			c.cov.Info++
		}
	}
	touched := make([]bool, c.g.nodes)
	for n := range c.g.nodes {
		for _, e := range c.g.out(n) {
			switch e.k {
			case kWW:
				c.cov.WW++
			case kWR:
				c.cov.WR++
			case kRW:
				c.cov.RW++
			}
			if e.k&kData != 0 || e.k == kLink && e.ref != none {
				touched[n], touched[e.to] = true, true
			}
		}
	}
	for i := range c.h {
		if c.h[i].Type == OK && !touched[i] {
			c.cov.Isolated++
		}
	}
	c.cov.Keys, c.cov.Reads = len(c.keys), len(c.reads)
}
