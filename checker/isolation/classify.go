package isolation

import (
	"fmt"
	"slices"
	"strings"
)

// reportRough notes a walk that comes by a transaction twice. One without two anti-dependencies in a row is forbidden as it
// is, unless that is already known; of others it notes the cycles they consist of, those of classes not found before.
func (s *search) reportRough(path []step) {
	if s.cl.name == GNonadjacent {
		if !s.named[GSingle] {
			s.note(path)
		}
		return
	}
	for _, p := range simple(path) {
		if base, _ := classify(p); !s.named[base] {
			s.note(p)
		}
	}
}

// simple cuts a closed walk into cycles that come by each transaction once.
func simple(path []step) [][]step {
	var out [][]step
	var open []step
	place := make(map[int32]int, len(path)) // of a transaction in open
	for _, st := range path {
		place[st.from] = len(open)
		open = append(open, st)
		i, closed := place[st.to]
		if !closed {
			continue
		}
		out = append(out, slices.Clone(open[i:]))
		for _, o := range open[i:] {
			delete(place, o.from)
		}
		open = open[:i]
	}
	return out
}

// classify names a cycle by its dependencies, and by the orders of time that it needs.
func classify(path []step) (base, suffix Anomaly) {
	wr, rw, adjacent := 0, 0, false
	var kinds kind
	for i, st := range path {
		kinds |= st.k
		switch st.k {
		case kWR:
			wr++
		case kRW:
			rw++
			adjacent = adjacent || path[(i+1)%len(path)].k == kRW
		}
	}
	switch {
	case kinds&kRealtime != 0:
		suffix = Realtime
	case kinds&kProcess != 0:
		suffix = Process
	}
	switch {
	case rw == 0 && wr == 0:
		base = G0
	case rw == 0:
		base = G1c
	case rw == 1:
		base = GSingle
	case adjacent:
		base = G2
	default:
		base = GNonadjacent
	}
	return base, suffix
}

func (s *search) note(path []step) {
	base, suffix := classify(path)
	s.named[base] = true
	for _, st := range path {
		s.shown[st.from] = true
	}
	name := base + suffix
	if s.c.count[name]++; s.c.count[name] > mostFindings {
		return
	}
	f := Finding{Anomaly: name}
	for _, st := range path {
		f.Txns = append(f.Txns, int(st.from))
		f.Steps = append(f.Steps, Step{From: int(st.from), To: int(st.to), Kind: st.k.String(), Because: s.c.because(st)})
	}
	f.Sentence = fmt.Sprintf("%s: %s", name, s.c.story(path))
	s.c.out = append(s.c.out, f)
}

// String names a dependency as papers do.
func (k kind) String() string {
	switch k {
	case kWW:
		return "ww"
	case kWR:
		return "wr"
	case kRW:
		return "rw"
	case kProcess:
		return "process"
	case kRealtime:
		return "rt"
	}
	return "link"
}

// storyMost is how many steps of a cycle a sentence tells before it comes to the last.
const storyMost = 8

// story says of each step why it is one.
func (c *check) story(path []step) string {
	var b strings.Builder
	for i, st := range path {
		if i == storyMost && len(path) > storyMost+1 {
			fmt.Fprintf(&b, "; and so on for %d transactions", len(path)-storyMost-1)
		}
		switch {
		case i >= storyMost && i < len(path)-1:
			continue
		case i == len(path)-1:
			b.WriteString("; but ")
		case i > 0:
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "T%d precedes T%d, because %s", c.h[st.from].ID, c.h[st.to].ID, c.because(st))
	}
	b.WriteString(": a cycle")
	return b.String()
}

// because says why the one transaction of a step comes before the other.
func (c *check) because(st step) string {
	from, to := &c.h[st.from], &c.h[st.to]
	switch st.k {
	case kProcess:
		return fmt.Sprintf("process %d ran T%d first", from.Process, from.ID)
	case kRealtime:
		return fmt.Sprintf("T%d had returned at %d when T%d was invoked at %d", from.ID, from.Return, to.ID, to.Invoke)
	}
	v := &c.versions[st.ref]
	key := c.keys[v.key]
	before := c.parent[st.ref]
	switch {
	case st.k == kWR && c.lists:
		return fmt.Sprintf("T%d observed T%d's append of %d to %s", to.ID, from.ID, v.val, key)
	case st.k == kWR:
		return fmt.Sprintf("T%d read T%d's write %s=%d", to.ID, from.ID, key, v.val)
	case st.k == kWW && c.lists:
		return fmt.Sprintf("T%d appended %d to %s after T%d's %d", to.ID, v.val, key, from.ID, c.versions[before].val)
	case st.k == kWW && (before == none || c.versions[before].txn != st.from):
		return fmt.Sprintf("%s=%d of T%d was there when T%d was invoked, which wrote %d", key, c.wroteLast(st.from, v.key), from.ID, to.ID, v.val)
	case st.k == kWW:
		return fmt.Sprintf("T%d had read T%d's %s=%d when it wrote %d", to.ID, from.ID, key, c.versions[before].val, v.val)
	case c.lists:
		return fmt.Sprintf("T%d read %s as %s and did not observe T%d's append of %d",
			from.ID, key, from.firstRead(key), to.ID, v.val)
	}
	read := from.firstReadReg(key)
	if before == none || read != c.versionText(before) {
		return fmt.Sprintf("T%d read %s as %s, which was there when T%d was invoked, which wrote %d", from.ID, key, read, to.ID, v.val)
	}
	return fmt.Sprintf("T%d read %s as %s, the version before T%d's %d", from.ID, key, read, to.ID, v.val)
}

// wroteLast is the last value that the transaction wrote to a register.
func (c *check) wroteLast(txn, key int32) int64 {
	last := int64(0)
	for j, m := range c.h[txn].Mops {
		if m.F == FWrite && c.mopKey[c.first[txn]+int32(j)] == key {
			last = m.Val
		}
	}
	return last
}

// firstReadReg is what the transaction saw in a register when it first read it.
func (t *Txn) firstReadReg(key string) string {
	for _, m := range t.Mops {
		if m.F == FReadReg && m.Key == key {
			return m.value()
		}
	}
	return "unset"
}

// firstRead is what the transaction saw of a list when it first read it.
func (t *Txn) firstRead(key string) string {
	for _, m := range t.Mops {
		if m.F == FRead && m.Key == key {
			return listText(m.List)
		}
	}
	return "[]"
}
