package zookeeper

import (
	"fmt"
	"strings"

	"orrery/checker/guarantee"
)

// stat compares the stat of an answer with that of the node now.
func (c *check) stat(i int, p string, a guarantee.Anomaly) {
	o := &c.h.Ops[i]
	n := c.tree.nodes[p]
	if n == nil || *o.Stat == n.seen() {
		return
	}
	got, want := *o.Stat, n.seen()
	if c.doubt.below(p, o.Zxid) {
		got.Pzxid, got.Cversion, got.NumChildren = want.Pzxid, want.Cversion, want.NumChildren
	}
	if got == want || c.doubt.about(p, o.Zxid) {
		c.exempt++
		return
	}
	c.found(a, p, []int{i, c.lastWriter(p, o.Zxid)}, "%s was told %s at %#x, where it is %s", o.act(), differences(got, want), o.Zxid, differences(want, got))
}

// differences prints the fields of a in which it differs from b.
func differences(a, b Stat) string {
	var parts []string
	for _, f := range []struct {
		name     string
		one, two int64
	}{
		{"czxid", a.Czxid, b.Czxid}, {"mzxid", a.Mzxid, b.Mzxid}, {"pzxid", a.Pzxid, b.Pzxid},
		{"version", int64(a.Version), int64(b.Version)}, {"cversion", int64(a.Cversion), int64(b.Cversion)},
		{"ephemeralOwner", a.EphemeralOwner, b.EphemeralOwner}, {"numChildren", int64(a.NumChildren), int64(b.NumChildren)},
	} {
		if f.one != f.two {
			parts = append(parts, fmt.Sprintf("%s %#x", f.name, f.one))
		}
	}
	return strings.Join(parts, ", ")
}
