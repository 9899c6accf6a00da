package isolation

import (
	"fmt"
	"strings"
)

// registerRead judges a read of a committed transaction and returns which version it saw.
func (c *check) registerRead(k int32, txn int32, m *Mop) int32 {
	if m.Unset {
		return c.initial[k]
	}
	v := c.read(k, m.Val)
	c.badElement(k, txn, v)
	c.intermediate(k, txn, v)
	return v
}

// registerParents gives each version of a register the one it is known to follow: the one that its writer had read, if it
// read the key before it wrote, and else the initial one. That a transaction's write follows its read is no assumption from
// read-committed up: were it the other way round, the transaction would have read from its own future, which is G1c. Below
// that it would be one, so there all follow the initial version only.
func (c *check) registerParents(readBy []int32) {
	committed := c.committed()
	for v := range c.versions {
		w := &c.versions[v]
		if w.txn == none || !committed[w.txn] || !w.final {
			continue
		}
		c.parent[v] = c.initial[w.key]
		if p := readBy[v]; p != none && c.level > ReadUncommitted {
			c.parent[v] = p
			if c.failed(p) {
				c.dirty(int(w.key), p, int32(v))
			}
		}
	}
	c.versionCycles()
	children := make([]int32, len(c.versions))
	simple := make([]bool, len(c.keys))
	written := make([]bool, len(c.keys))
	for k := range simple {
		simple[k] = true
	}
	for v, p := range c.parent {
		k := c.versions[v].key
		written[k] = written[k] || c.versions[v].txn != none
		if p == none {
			continue
		}
		if children[p]++; children[p] > 1 {
			simple[k] = false
		}
	}
	for k := range simple {
		if simple[k] && written[k] {
			c.cov.KnownKeys++
		}
	}
}

// versionCycles looks for versions that precede themselves. Each has one predecessor, so it is enough to follow them.
func (c *check) versionCycles() {
	walk := make([]int32, len(c.versions)) // by version, the walk that came past, from 1
	for v := range c.versions {
		at := int32(v)
		for at != none && walk[at] == 0 {
			walk[at] = int32(v) + 1
			at = c.parent[at]
		}
		if at == none || walk[at] != int32(v)+1 {
			continue
		}
		k := c.versions[at].key
		var text strings.Builder
		var txns []int32
		for first := at; ; {
			p := c.parent[at]
			t := c.versions[at].txn
			switch {
			case len(txns) < storyMost:
				fmt.Fprintf(&text, "T%d read %s=%d and wrote %d; ", c.h[t].ID, c.keys[k], c.versions[p].val, c.versions[at].val)
			case len(txns) == storyMost:
				text.WriteString("and so on; ")
			}
			txns = append(txns, t)
			c.parent[at] = none
			if at = p; at == first {
				break
			}
		}
		c.found(CyclicVersions, int(k), text.String()+"so each version came before itself", txns...)
	}
}
