package group

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/proto"
)

// partition is a partition of OffsetsTopic, for as long as this broker leads it in one epoch.
type partition struct {
	n       int32
	epoch   int32
	load    *loader // nil once it is loaded
	groups  map[string]*group
	writes  map[uint64]*write // appends that are on their way, by the journal's call
	markers []marker          // told before the appends that they cover
	open    map[int64]int     // how many groups have offsets staged in a producer's transaction
}

// sorted returns the groups by name.
func (p *partition) sorted() []*group {
	return slices.SortedFunc(maps.Values(p.groups), func(a, b *group) int { return strings.Compare(a.id, b.id) })
}

// inOrder returns the appends that are on their way, the oldest first.
func (p *partition) inOrder() []*write {
	return slices.SortedFunc(maps.Values(p.writes), func(a, b *write) int { return cmp.Compare(a.n, b.n) })
}

// led are the partitions that this broker coordinates, in order.
func (c *Coordinator) led() []int32 { return slices.Sorted(maps.Keys(c.parts)) }

// elected begins to lead a partition.
func (c *Coordinator) elected(env nodes.Env, n, epoch int32) {
	if old := c.parts[n]; old != nil {
		if epoch <= old.epoch {
			return
		}
		c.unload(env, old)
	}
	p := &partition{n: n, epoch: epoch, groups: map[string]*group{}, writes: map[uint64]*write{}, open: map[int64]int{}}
	c.parts[n] = p
	c.note(env, func() string { return fmt.Sprintf("coordinates %s-%d in leader epoch %d", OffsetsTopic, n, epoch) })
	c.beginLoad(env, p)
}

// unload drops what is known of a partition, and tells everybody who waits to ask elsewhere.
func (c *Coordinator) unload(env nodes.Env, p *partition) {
	for _, g := range p.sorted() {
		nodes.Sometimes(env, g.waiting() > 0, markUnloadedWaiting)
		c.releaseWaiters(g, proto.NotCoordinator)
		c.forget(g)
	}
	for _, w := range p.inOrder() {
		delete(c.calls, w.call)
		c.settle(w, proto.NotCoordinator)
	}
	for _, v := range c.verifying() {
		if v.group.part == p {
			delete(c.verifies, v.n)
			c.answer(v.call, v.refuse(proto.NotCoordinator))
		}
	}
	p.writes = nil
	delete(c.parts, p.n)
	env.StopTimer(loadTag(p.n))
}

// releaseWaiters answers all of a group's members that wait.
func (c *Coordinator) releaseWaiters(g *group, code proto.Code) {
	for _, m := range g.order {
		c.answerJoin(m, joinRefusal(m.id, code))
		c.answerSync(m, g, nil, code)
	}
}

// forget takes a group out of the cache.
func (c *Coordinator) forget(g *group) {
	for _, id := range producersOf(g) {
		g.part.closed(id)
	}
	for _, m := range g.order {
		m.gone = true
	}
	g.gone = true
	delete(g.part.groups, g.id)
	c.memory -= g.weight
	g.weight = 0
}

// weigh brings the account of a group's memory up to date. It is called after whatever changes a group.
func (c *Coordinator) weigh(g *group) {
	if g.gone || g.part.groups[g.id] != g {
		return
	}
	n := int64(300 + len(g.id))
	for _, m := range g.order {
		n += m.size()
	}
	n += 150 * int64(len(g.pending))
	n += g.offsetBytes
	c.memory += n - g.weight
	g.weight = n
}

// find returns the group that a request is about. The code says why it cannot be served; the group is nil, with no code, if
// there is none of that name.
func (c *Coordinator) find(id string, mayBeEmpty bool) (*partition, *group, proto.Code) {
	if id == "" && !mayBeEmpty {
		return nil, nil, proto.InvalidGroupID
	}
	p := c.parts[c.PartitionFor(id)]
	switch {
	case p == nil:
		return nil, nil, proto.NotCoordinator
	case p.load != nil:
		return p, nil, proto.CoordinatorLoadInProgress
	}
	return p, p.groups[id], proto.None
}

// enter puts a new group into the cache.
func (c *Coordinator) enter(g *group) {
	g.part.groups[g.id] = g
	c.weigh(g)
}

// full tells that there is no room for n bytes more.
func (c *Coordinator) full(n int) bool { return c.memory+int64(n) > c.cfg.MemoryLimit }

// answer ends a request.
func (c *Coordinator) answer(call uint64, r kmsg.Response) {
	c.events = append(c.events, Done{call, r})
}

// note puts a sentence into the story of the run.
func (c *Coordinator) note(env nodes.Env, text func() string) {
	if nodes.Noting(env) {
		nodes.Note(env, text())
	}
}
