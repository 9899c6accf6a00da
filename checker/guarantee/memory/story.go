package memory

import (
	"fmt"
	"strings"

	"orrery/checker/guarantee"
)

// storyMost is how many steps of a circle are told.
const storyMost = 5

// circle reports something that would have to precede itself.
func (m *memory) circle(a guarantee.Anomaly, subject string, edges []edge) {
	var parts []string
	var ns []int32
	for _, e := range edges {
		if len(parts) == storyMost {
			parts = append(parts, "and so on")
			break
		}
		parts = append(parts, m.step(e))
		ns = append(ns, e.from)
		if e.read != none {
			ns = append(ns, e.read)
		}
	}
	cite := m.cite(ns...)
	if len(edges) == 0 {
		parts = append(parts, "too long a circle to be shown")
	}
	m.r.Found(a, subject, cite, "%s: so it would be before itself", strings.Join(parts, "; "))
}

// step says why one operation is before the next.
func (m *memory) step(e edge) string {
	head := fmt.Sprintf("%s before %s", m.text(e.from), m.text(e.to))
	switch e.why {
	case bySession:
		return head + " in the order of the session"
	case byRead:
		return head
	case byOldRead:
		return head + ", which replaced what it read"
	}
	return head + fmt.Sprintf(", which %s", strings.Replace(m.text(e.read), " read ", " still read after both, as ", 1))
}

// stale reports a read of what had been written over.
func (m *memory) stale(a guarantee.Anomaly, r, over int32) {
	o := &m.ops[r]
	if o.from == none {
		m.r.Found(a, m.keys[o.key], m.cite(over, r), "%s, although %s is before it", m.text(r), m.text(over))
		return
	}
	m.r.Found(a, m.keys[o.key], m.cite(o.from, over, r), "%s, although %s is before it and after the write of that", m.text(r), m.text(over))
}
