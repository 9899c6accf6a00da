package txn

import (
	"orrery/nodes"
	"orrery/nodes/kafka/proto"
)

// tombstoneBytes is how long the ids may be, in bytes and altogether, that one batch forgets.
const tombstoneBytes = 256 << 10

// abortOverdue aborts the transactions that have been open for longer than their time-out, and fences their producers.
func (c *Coordinator) abortOverdue(env nodes.Env) {
	t := now(env)
	for _, n := range c.leading() {
		p := c.partitions[n]
		if p.loading {
			continue
		}
		for _, id := range p.sortedIDs() {
			if m := p.ids[id]; m != nil && m.overdue(t) {
				nodes.Reachable(env, "kafka/txn: a transaction times out")
				c.fence(env, m, reply{})
			}
		}
	}
}

// removeExpired writes tombstones for the transactional ids that nobody has used for Config.IDExpiry.
func (c *Coordinator) removeExpired(env nodes.Env) {
	t := now(env)
	for _, n := range c.leading() {
		p := c.partitions[n]
		if p.loading {
			continue
		}
		var dead []*metadata
		size := 0
		for _, id := range p.sortedIDs() {
			m := p.ids[id]
			if !m.expired(t, c.cfg.IDExpiry) {
				continue
			}
			if size += len(id); size > tombstoneBytes && len(dead) > 0 {
				c.write(env, p, appending{why: toForget, dead: dead})
				dead, size = nil, len(id)
			}
			m.begin(m.next(Dead))
			dead = append(dead, m)
		}
		if len(dead) > 0 {
			nodes.Reachable(env, "kafka/txn: transactional ids expire")
			c.write(env, p, appending{why: toForget, dead: dead})
		}
	}
}

// forgotten ends the expiry of some ids.
func (c *Coordinator) forgotten(env nodes.Env, a *appending, code proto.Code) {
	for _, m := range a.dead {
		switch {
		case !c.current(a.p, a.epoch, m):
		case code == proto.None:
			nodes.Always(env, Dead.MayFollow(m.state), "kafka/txn: transitions are those of the table")
			delete(c.partitions[a.p].ids, m.id)
			c.note(env, "forgets %s", m.id)
		default:
			m.pending = none
		}
	}
}
