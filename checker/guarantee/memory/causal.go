package memory

import (
	"orrery/checker"
	"orrery/checker/guarantee"
)

// The bad patterns, by the names of Bouajjani et al. (POPL 2017). CO is the causal order: sessions and reads, closed.
const (
	ThinAirRead     guarantee.Anomaly = "ThinAirRead"     // a read of what nobody wrote
	CyclicCO        guarantee.Anomaly = "CyclicCO"        // an operation causally before itself
	WriteCOInitRead guarantee.Anomaly = "WriteCOInitRead" // a read of the initial state with a write of the key in its past
	WriteCORead     guarantee.Anomaly = "WriteCORead"     // a read of a write with another of the key between the two
	CyclicCF        guarantee.Anomaly = "CyclicCF"        // sessions that saw writes must have ordered them both ways
	WriteHBInitRead guarantee.Anomaly = "WriteHBInitRead" // the same two in what one session must have had as its view
	CyclicHB        guarantee.Anomaly = "CyclicHB"
)

// clocksMost bounds the memory of a check, in clock entries of four bytes.
const clocksMost = 1 << 28

// Causal judges causal consistency (in the POPL 2017 paper CC): each session reads along some order of causes, but sessions may
// disagree on the order of writes that do not know of each other, and may change their mind. It takes time and memory of
// operations times sessions.
func Causal(h checker.History, opt Options) guarantee.Report {
	m, _, report := causal("causal", h, opt)
	if report != nil {
		return *report
	}
	return m.r.Done()
}

// CausalConvergence judges causal consistency with convergence (CCv): all sessions agree on one order of all writes, though
// they may learn of it late. What replicas with last-writer-wins promise.
func CausalConvergence(h checker.History, opt Options) guarantee.Report {
	m, p, report := causal("causal-convergence", h, opt)
	if report != nil {
		return *report
	}
	// Conflicts: a write that is before a read must be before the write that the read saw, for everybody. The causal order
	// is not extended by them before they are all collected.
	var conflicts []edge
	for n := range m.ops {
		o := &m.ops[n]
		if o.write || o.from == none {
			continue
		}
		for _, writes := range m.writes[o.key] {
			if w := p.lastBefore(writes, int32(n)); w != none && w != o.from && !p.less(w, o.from) {
				conflicts = append(conflicts, edge{from: w, to: o.from, why: byOverwrite, read: int32(n)})
			}
		}
	}
	for _, e := range conflicts {
		p.add(e)
	}
	if !p.close() {
		m.circle(CyclicCF, "", p.cycle())
	}
	return m.r.Done()
}

// CausalMemory judges causal memory (CM; Ahamad et al. 1995): each session has one view, an order of its own operations and of
// all writes it may know of, and never changes its mind about it. It is neither stronger nor weaker than convergence.
func CausalMemory(h checker.History, opt Options) guarantee.Report {
	m, _, report := causal("causal-memory", h, opt)
	if report != nil {
		return *report
	}
	return m.views(func(int32, int32) bool { return true })
}

// PRAM judges pipelined RAM (Lipton and Sandberg 1988), which FIFO consistency is: each session sees the writes of every
// other session in that session's order, and of causes between others it knows nothing.
func PRAM(h checker.History, opt Options) guarantee.Report {
	m, text := prepare("pram", h, opt)
	if text != "" {
		return m.r.Malformed("%s", text)
	}
	if m.measure(); m.twice != none {
		return m.ambiguous()
	}
	if m.thin(); len(m.r.Findings) > 0 {
		return m.r.Done()
	}
	if len(m.ops)*len(m.chains) > clocksMost {
		return m.tooLarge()
	}
	return m.views(func(chain, r int32) bool { return m.ops[r].chain == chain })
}

// causal looks for the patterns that all three forms forbid. The report is nil if there are none.
func causal(check string, h checker.History, opt Options) (*memory, *order, *guarantee.Report) {
	m, text := prepare(check, h, opt)
	end := func(r guarantee.Report) (*memory, *order, *guarantee.Report) { return m, nil, &r }
	if text != "" {
		return end(m.r.Malformed("%s", text))
	}
	if m.measure(); m.twice != none {
		return end(m.ambiguous())
	}
	if m.thin(); len(m.r.Findings) > 0 {
		return end(m.r.Done())
	}
	if len(m.ops)*len(m.chains) > clocksMost {
		return end(m.tooLarge())
	}
	p := newOrder(m, func(int32) bool { return true })
	if !p.close() {
		m.circle(CyclicCO, "", p.cycle())
		return end(m.r.Done())
	}
	for n := range m.ops {
		if o := &m.ops[n]; !o.write {
			m.pastOf(p, int32(n))
		}
	}
	if len(m.r.Findings) > 0 {
		return end(m.r.Done())
	}
	return m, p, nil
}

// pastOf judges a read by the writes of its key that are causally before it. The last one of each session is enough: if an
// earlier one is between the write and the read, so is the last.
func (m *memory) pastOf(p *order, r int32) {
	o := &m.ops[r]
	for _, writes := range m.writes[o.key] {
		w := p.lastBefore(writes, r)
		switch {
		case w == none || w == o.from:
		case o.from == none:
			m.stale(WriteCOInitRead, r, w)
			return
		case p.less(o.from, w):
			m.stale(WriteCORead, r, w)
			return
		}
	}
}

// views looks, session by session, for an order of its reads and of the writes: what is before a read on its key is before
// what the read saw, until nothing new follows. counts tells which reads tie their writes before them in a session's view.
func (m *memory) views(counts func(chain, r int32) bool) guarantee.Report {
	for c := range m.chains {
		chain := int32(c)
		p := newOrder(m, func(r int32) bool { return counts(chain, r) })
		for grew := true; grew; {
			if !p.close() {
				m.circle(CyclicHB, m.session[chain], p.cycle())
				break
			}
			if m.steps <= 0 {
				return m.r.Unknown("the budget of steps ended in the view of %s", m.session[chain])
			}
			grew = false
			for _, n := range m.chains[c] {
				if m.ops[n].write {
					continue
				}
				more, early := p.overwrites(n)
				if early != none {
					m.stale(WriteHBInitRead, n, early)
					grew = false
					break
				}
				grew = grew || more
			}
		}
	}
	return m.r.Done()
}

func (m *memory) tooLarge() guarantee.Report {
	return m.r.Unknown("%d operations of %d sessions need more memory than a check may take", len(m.ops), len(m.chains))
}
