package scenarios

import (
	"maps"
	"slices"

	"orrery/nodes"
	"orrery/nodes/zab"
	"orrery/nodes/zab/config"
	"orrery/nodes/zab/proto"
)

// The properties of reconfigurations, as Shraer, Reed, Malkhi and Junqueira give them ("Dynamic reconfiguration of primary/backup
// clusters", USENIX ATC 2012): a configuration governs from the moment at which a quorum of it and one of its predecessor have it, and then
// its predecessor governs no more.
const (
	zkGoverns  = "a-quorum-of-what-is-in-force"     // whoever begins to serve is followed by a quorum of the configuration in force
	zkKnows    = "a-leader-knows-its-configuration" // what was committed is in what every later leader holds to be the last
	zkBelieves = "only-what-is-committed-governs"   // nobody holds a configuration to be in force that was only proposed
	zkOneName  = "a-version-names-one-ensemble"     // of those that serve, whoever holds the same version to be in force holds the same members to be
)

// inForce is the configuration in force, by what is committed.
func (g *zkWatch) inForce() *config.Quorum { return g.configs[len(g.configs)-1] }

// reconfigured: what is committed is a configuration.
func (g *zkWatch) reconfigured(t zkTxn) {
	if q := zkProposed(t.txn); q != nil {
		g.configs = append(g.configs, q)
	}
}

// zkProposed is the configuration that a transaction proposes; nil if it proposes none.
func zkProposed(t *proto.Transaction) *config.Quorum {
	b, ok := t.Body.(*proto.SetDataTxn)
	if !ok || t.Header.Type != proto.OpReconfig {
		return nil
	}
	q, err := config.ParseQuorum("a reconfiguration", b.Data)
	if err != nil {
		return nil
	}
	return q.WithVersion(t.Header.Zxid)
}

// count is how many voters of a configuration have a property.
func (g *zkWatch) count(q *config.Quorum, has func(nodes.ID) bool) int {
	n := 0
	for _, v := range q.Voters() {
		if has(g.ids[v]) {
			n++
		}
	}
	return n
}

// governs: a leader has begun to serve. Its history is committed, and with it the configurations in there.
func (g *zkWatch) governs(id nodes.ID, s *zab.Server, m zab.Milestone) {
	if !g.z.reconfigures || m.Epoch < g.newest {
		return
	}
	g.z.w.Asked(zkGoverns)
	q := g.inForce()
	follows := func(v nodes.ID) bool {
		epoch := g.seen[v].current
		if s := g.z.of(v); s != nil {
			epoch = max(epoch, s.CurrentEpoch())
		}
		return epoch >= m.Epoch
	}
	if n := g.count(q, follows); n <= len(q.Voters())/2 {
		g.violate(zkGoverns, "%s begins to serve in epoch %d, followed by %d of the %d voters of configuration %x", id, m.Epoch, n, len(q.Voters()), q.Version())
	}
	g.z.w.Asked(zkKnows)
	if has := s.LastEnsemble().Version(); has < q.Version() {
		g.violate(zkKnows, "%s begins to serve in epoch %d with configuration %x, and %x was committed", id, m.Epoch, has, q.Version())
	}
}

// believes: a server holds a configuration to be in force that it did not before. A version without a counter is the first
// configuration, as the first leader has named it.
func (g *zkWatch) believes(id nodes.ID, s *zab.Server, seen *zkServerSeen) {
	q := s.Ensemble()
	if !g.z.reconfigures || q.Version() == seen.config {
		return
	}
	g.z.w.Asked(zkBelieves)
	seen.config = q.Version()
	switch {
	case q.Version() == 0 || proto.Counter(q.Version()) == 0 && q.SameMembers(g.configs[0]):
	case !g.wasInForce(q.Version()):
		g.violate(zkBelieves, "%s holds configuration %x to be in force, which is not committed", id, q.Version())
	}
}

// namesOne: configurations are told from each other, and ordered, by their versions. What a server believes that only wants to join is a part of
// the ensemble at best; once it serves it has been told the one that is established, and tells clients of it (ZOOKEEPER-1783).
func (g *zkWatch) namesOne(id nodes.ID, s *zab.Server, seen *zkServerSeen) {
	q := s.Ensemble()
	if !g.z.reconfigures || q == seen.serves || !s.Serves() {
		return
	}
	g.z.w.Asked(zkOneName)
	seen.serves = q
	named := g.named[q.Version()]
	if named == nil {
		g.named[q.Version()] = q
		return
	}
	if !named.SameMembers(q) {
		g.violate(zkOneName, "%s serves, and holds ensemble %x to have the voters %v; to others that serve it has %v", id, q.Version(), q.Voters(), named.Voters())
	}
}

func (g *zkWatch) wasInForce(version int64) bool {
	return slices.ContainsFunc(g.configs, func(q *config.Quorum) bool { return q.Version() == version })
}

// removed tells whether a configuration that was in force leaves a server out, so that it could not start any more once it had heard of it.
func (g *zkWatch) removed(id nodes.ID) bool {
	return slices.ContainsFunc(g.configs, func(q *config.Quorum) bool {
		_, member := q.Member(g.z.number(id))
		return !member
	})
}

// open are the configurations of which a quorum may be needed from now on: the one in force, and what was proposed since in epochs that
// may go on.
func (g *zkWatch) open() []*config.Quorum {
	list := []*config.Quorum{g.inForce()}
	for _, zxid := range slices.Sorted(maps.Keys(g.broadcast)) {
		if q := zkProposed(g.broadcast[zxid].txn); q != nil && zxid > list[0].Version() && proto.Epoch(zxid) >= g.newest {
			list = append(list, q)
		}
	}
	return list
}
