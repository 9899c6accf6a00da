package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"sort"
	"strconv"
	"strings"

	"orrery/nodes"
	"orrery/nodes/zab"
	"orrery/nodes/zab/config"
	"orrery/nodes/zab/proto"
	"orrery/sim"
	"orrery/sim/vdisk"
	"orrery/trace"
)

// The properties of ZAB that are watched inside the run, as Junqueira, Reed and Serafini name them ("Zab: High-performance broadcast
// for primary-backup systems", DSN 2011), and those that its implementation must have besides.
const (
	zkPrimary      = "primary-uniqueness"              // an epoch has one primary
	zkIntegrity    = "integrity"                       // what is delivered was broadcast, once
	zkAgreement    = "agreement"                       // all deliver the same, in the order of zxids
	zkInitial      = "initial-history"                 // a primary begins with all that was committed
	zkConsistent   = "commit-consistency"              // who serves has delivered its primary's initial history
	zkHistories    = "history-consistency"             // of those in one epoch, one's log begins another's
	zkContiguous   = "zxids-are-contiguous"            // within an epoch, and never fall
	zkEpochs       = "epochs-never-fall"               // acceptedEpoch and currentEpoch grow, and current is not above accepted
	zkDurable      = "committed-is-durable"            // what is committed is on the disks of a quorum
	zkDigests      = "equal-trees"                     // servers that have come to one zxid hold the same
	zkOwners       = "ephemerals-have-owners"          // no ephemeral znode outlives its session
	zkPackets      = "no-packet-out-of-turn"           // nobody is told what the protocol does not allow then
	zkHistoryFirst = "history-before-epoch"            // who is in an epoch has what it began with
	zkOnDisk       = "acknowledged-history-is-on-disk" // who acknowledges NEWLEADER has all of the history on its disk
	zkInTime       = "liveness: a leader in time"
	zkAnswered     = "liveness: what is asked is answered"
	zkStarts       = "servers-start-and-go-on" // no server stops by itself, but for errors of its disk
	zkKeepsLeader  = "a-leader-with-a-quorum-stays"
)

// zkTxn is a transaction of the ghost's history.
type zkTxn struct {
	zxid int64
	hash uint64
	txn  *proto.Transaction
}

// zkServerSeen is what was last seen of a server.
type zkServerSeen struct {
	incarnation uint32
	accepted    int64
	current     int64
	acked       int64 // the highest epoch that it has accepted before a leader
	durable     int64
	zxid        int64 // at which its tree was last compared
	ahead       bool  // it ended with something applied that was not durable here: see compare
	near        zkNear
	delivered   int   // how many transactions of the ghost's history it has delivered, since it serves
	config      int64 // the version of the configuration that it holds to be in force
	stranger    bool  // it has ended because it is in no configuration that it knows

	serves *config.Quorum // the configuration that it held when it was last seen to serve
}

// zkWatch is the ghost of an ensemble: the history that is committed, who has broadcast what, and which tree belongs to which zxid.
type zkWatch struct {
	z         *zkWorld
	history   []zkTxn // committed, in order
	broadcast map[int64]zkTxn
	primaries map[int64]string // by epoch: the server and its incarnation
	initial   map[int64]int64  // by epoch: the last transaction of what its primary began with
	began     map[int64]int    // by epoch: how long that is, once it is committed
	last      map[int64]int64  // by epoch: the last transaction that was broadcast
	newest    int64            // the last epoch whose history was committed
	digests   map[int64]zkDigest
	seen      map[nodes.ID]*zkServerSeen
	ids       map[int64]nodes.ID
	configs   []*config.Quorum            // that were in force, one after the other
	named     map[int64]*config.Quorum    // by version: what the first that served with it held it to be
	onTaken   func(nodes.ID, *zab.Server) // is told of who begins to serve behind a leader; may be nil
	ends      map[zkEnd]int64             // the zxid of each session's end, by the epoch in which it was proposed
}

type zkDigest struct {
	digest int64
	by     nodes.ID
}

func watchZooKeeper(z *zkWorld) *zkWatch {
	g := &zkWatch{z: z, broadcast: map[int64]zkTxn{}, primaries: map[int64]string{}, initial: map[int64]int64{}, began: map[int64]int{}, last: map[int64]int64{},
		digests: map[int64]zkDigest{}, seen: map[nodes.ID]*zkServerSeen{}, ids: map[int64]nodes.ID{}, named: map[int64]*config.Quorum{}}
	for i, id := range z.all() {
		g.seen[id], g.ids[int64(i+1)] = &zkServerSeen{}, id
	}
	g.configs = []*config.Quorum{z.configs[z.voters[0]].Quorum}
	z.w.U.Observe(sim.Observer{After: g.after, Ended: g.ended})
	return g
}

func (g *zkWatch) violate(property, format string, args ...any) {
	g.z.w.U.Violate(property, fmt.Sprintf(format, args...))
}

// probe takes a milestone.
func (g *zkWatch) probe(s *zab.Server, m zab.Milestone) {
	id := g.ids[s.ID()]
	seen := g.seen[id]
	seen.near.mark(m.Kind)
	g.z.roomFor(id, m)
	switch m.Kind {
	case zab.EpochAccepted:
		g.z.w.Asked(zkEpochs)
		if m.Epoch < seen.acked {
			g.violate(zkEpochs, "%s accepts epoch %d, and had accepted %d before", id, m.Epoch, seen.acked)
		}
		seen.acked = m.Epoch
	case zab.EpochEstablished:
		g.established(id, m)
		g.keeps(id, s)
	case zab.HistoryTaken:
		g.taken(id, s, m)
	case zab.EpochOver, zab.LogCut, zab.Looks:
		g.toldOf(id, s, m)
	case zab.HistoryCommitted:
		g.historyCommitted(id, m)
		g.governs(id, s, m)
	case zab.Proposed:
		g.proposed(id, m)
		g.toldOf(id, s, m)
	case zab.Committed:
		g.committed(id, m)
	case zab.Delivered:
		g.delivered(id, m)
	case zab.UpToDate:
		g.upToDate(id, m)
		if g.onTaken != nil {
			g.onTaken(id, s)
		}
	case zab.QuorumLost:
		g.z.w.Asked(zkKeepsLeader)
		if m.Linked && m.Ticks < g.z.configs[id].SyncLimit {
			g.violate(zkKeepsLeader, "%s gives up epoch %d %d ticks after it has begun to serve, with a quorum connected to it", id, m.Epoch, m.Ticks)
		}
	case zab.BadPacket:
		g.z.w.Asked(zkPackets)
		g.violate(zkPackets, "%s, in epoch %d: %s", id, m.Epoch, m.Why)
	}
}

// established: a quorum has accepted an epoch of this primary's, and so nobody else can be primary of it.
func (g *zkWatch) established(id nodes.ID, m zab.Milestone) {
	g.z.w.Asked(zkPrimary)
	who := fmt.Sprintf("%s (incarnation %d)", id, g.z.w.U.Machine(id).Incarnation())
	if other, ok := g.primaries[m.Epoch]; ok {
		g.violate(zkPrimary, "%s and %s are both primaries of epoch %d", other, who, m.Epoch)
	}
	g.initial[m.Epoch] = m.Zxid
	g.primaries[m.Epoch] = who
	g.z.w.Asked(zkInitial)
	if n := len(g.history); n > 0 && m.Epoch > g.newest && m.Zxid < g.history[n-1].zxid {
		g.violate(zkInitial, "%s begins epoch %d with a history up to zxid %x, and %x was committed", id, m.Epoch, m.Zxid, g.history[n-1].zxid)
	}
}

// historyCommitted: all that a primary began with is committed now.
func (g *zkWatch) historyCommitted(id nodes.ID, m zab.Milestone) {
	if m.Epoch < g.newest { // it hears late of a quorum that has moved on
		if _, ok := g.at(m.Zxid); m.Zxid != 0 && !ok {
			g.violate(zkInitial, "%s begins to serve in epoch %d with zxid %x, which the history of epoch %d does not have", id, m.Epoch, m.Zxid, g.newest)
		}
		return
	}
	g.newest = m.Epoch
	for _, t := range g.lineage(m.Zxid) {
		g.append(id, t)
	}
	if n := len(g.history); n > 0 && proto.Counter(m.Zxid) != 0 && g.history[n-1].zxid != m.Zxid {
		g.violate(zkInitial, "%s begins epoch %d with zxid %x, and %x was committed", id, m.Epoch, m.Zxid, g.history[n-1].zxid)
	}
	g.began[m.Epoch] = len(g.history)
	g.seen[id].delivered = len(g.history)
}

// lineage is what leads from the committed history to a zxid: what its primary has broadcast up to it, behind what that began with.
func (g *zkWatch) lineage(zxid int64) []zkTxn {
	var list []zkTxn
	committed := int64(0)
	if n := len(g.history); n > 0 {
		committed = g.history[n-1].zxid
	}
	for zxid > committed {
		if t, ok := g.broadcast[zxid]; ok {
			list = append(list, t)
			zxid--
			continue
		}
		before, ok := g.initial[proto.Epoch(zxid)]
		if !ok || before >= zxid {
			break
		}
		zxid = before
	}
	slices.Reverse(list)
	return list
}

// taken: what a learner is about to acknowledge must be its leader's history, on its disk.
func (g *zkWatch) taken(id nodes.ID, s *zab.Server, m zab.Milestone) {
	g.z.w.Asked(zkHistories)
	disk := readOnly{g.z.w.U.Machine(id).Disk()}
	log, err := s.LogOnDisk(disk, 0)
	if err != nil {
		return
	}
	g.whole(id, disk, log, m)
	for _, e := range log {
		b, ok := g.broadcast[e.Zxid]
		switch {
		case !ok || b.hash != hashOf(e.Raw):
			g.violate(zkIntegrity, "%s has %x in its log, which nobody has broadcast", id, e.Zxid)
		case proto.Epoch(e.Zxid) < m.Epoch && len(g.history) > 0 && e.Zxid <= g.history[len(g.history)-1].zxid:
			if _, committed := g.at(e.Zxid); !committed {
				g.violate(zkHistories, "%s takes over epoch %d, and has %x in its log, which its history passes over", id, m.Epoch, e.Zxid)
			}
		}
	}
}

// whole: what a learner acknowledges is on its disk, with all before it: in the newest snapshot, or in the log behind that.
func (g *zkWatch) whole(id nodes.ID, disk readOnly, log []zab.LogEntry, m zab.Milestone) {
	at := newestSnapshot(disk)
	g.z.w.Asked(zkOnDisk)
	for _, e := range log {
		if e.Zxid <= at {
			continue
		}
		if from, to := g.position(at), g.position(e.Zxid-1); to > from {
			g.violate(zkOnDisk, "%s takes over epoch %d, and %x, between %x and %x, is not on its disk", id, m.Epoch, g.history[from].zxid, at, e.Zxid)
			return
		}
		at = e.Zxid
	}
	if n := g.position(m.Zxid); n > 0 && g.position(at) < n {
		g.violate(zkOnDisk, "%s takes over epoch %d at zxid %x, and its disk ends with %x", id, m.Epoch, m.Zxid, at)
	}
}

// newestSnapshot is the zxid of the newest snapshot; -1 if there is none.
func newestSnapshot(disk readOnly) int64 {
	if all := snapshots(disk); len(all) > 0 {
		return slices.Max(all)
	}
	return -1
}

// snapshots are the zxids of all snapshots.
func snapshots(disk readOnly) (all []int64) {
	names, _ := disk.List("version-2")
	for _, name := range names {
		if _, hex, ok := strings.Cut(name, "snapshot."); ok {
			if z, err := strconv.ParseUint(hex, 16, 64); err == nil {
				all = append(all, int64(z))
			}
		}
	}
	return all
}

// proposed: a primary broadcasts each transaction once, and numbers them without gaps.
func (g *zkWatch) proposed(id nodes.ID, m zab.Milestone) {
	g.z.w.Asked(zkContiguous)
	hash := hashOf(m.Raw)
	if old, again := g.broadcast[m.Zxid]; again && old.hash != hash {
		g.violate(zkIntegrity, "%s broadcasts %x, which was broadcast before as something else", id, m.Zxid)
	}
	if last, ok := g.last[m.Epoch]; ok && m.Zxid != last+1 {
		g.violate(zkContiguous, "%s broadcasts %x behind %x", id, m.Zxid, last)
	}
	if _, ok := g.primaries[m.Epoch]; !ok {
		g.violate(zkPrimary, "%s broadcasts %x, and is no primary of epoch %d", id, m.Zxid, m.Epoch)
	}
	g.last[m.Epoch] = m.Zxid
	g.broadcast[m.Zxid] = zkTxn{m.Zxid, hash, m.Txn}
}

// committed: what a leader commits is on the disks of a quorum.
func (g *zkWatch) committed(id nodes.ID, m zab.Milestone) {
	if _, ok := g.at(m.Zxid); ok {
		return // by a primary that hears late of its acknowledgements
	}
	before := g.inForce()
	g.append(id, zkTxn{m.Zxid, hashOf(m.Raw), m.Txn})
	g.z.w.Asked(zkDurable)
	holds := func(v nodes.ID) bool { return g.durable(v) >= m.Zxid }
	asked := []*config.Quorum{before, g.inForce()} // of a reconfiguration both need a quorum
	if own := g.ownList(id); own != nil {
		asked = []*config.Quorum{own}
	}
	for _, q := range asked {
		if n := g.count(q, holds); n <= len(q.Voters())/2 {
			g.violate(zkDurable, "%s commits %x, which is durable on %d of %d voters", id, m.Zxid, n, len(q.Voters()))
		}
	}
}

// durable is the last transaction that is durable on a machine.
func (g *zkWatch) durable(id nodes.ID) int64 {
	durable := g.seen[id].durable
	if s := g.z.of(id); s != nil {
		durable = max(durable, s.Durable())
	}
	return durable
}

// append appends a transaction to the committed history.
func (g *zkWatch) append(id nodes.ID, t zkTxn) {
	g.z.w.Asked(zkAgreement)
	zxid := t.zxid
	if b, ok := g.broadcast[zxid]; !ok || b.hash != t.hash {
		g.violate(zkIntegrity, "%s commits %x, which nobody has broadcast", id, zxid)
		return
	}
	if n := len(g.history); n > 0 {
		last := g.history[n-1].zxid
		switch {
		case zxid <= last:
			g.violate(zkAgreement, "%s commits %x behind %x", id, zxid, last)
		case proto.Epoch(zxid) == proto.Epoch(last) && zxid != last+1:
			g.violate(zkContiguous, "%s commits %x behind %x: something between them is lost", id, zxid, last)
		}
	}
	g.history = append(g.history, t)
	g.reconfigured(t)
}

// at is where in the committed history a transaction is.
func (g *zkWatch) at(zxid int64) (int, bool) {
	i := g.position(zxid)
	return i - 1, i > 0 && g.history[i-1].zxid == zxid
}

// position is how many transactions of the committed history a server has that has come to this zxid.
func (g *zkWatch) position(zxid int64) int {
	return sort.Search(len(g.history), func(i int) bool { return g.history[i].zxid > zxid })
}

// delivered: each server delivers the committed history, one transaction after the other.
func (g *zkWatch) delivered(id nodes.ID, m zab.Milestone) {
	g.z.w.Asked(zkAgreement)
	seen := g.seen[id]
	i, ok := g.at(m.Zxid)
	switch {
	case !ok || g.history[i].hash != hashOf(m.Raw):
		g.violate(zkAgreement, "%s delivers %x, which is not committed", id, m.Zxid)
	case i < seen.delivered:
		g.violate(zkIntegrity, "%s delivers %x again", id, m.Zxid)
	case i > seen.delivered:
		g.violate(zkAgreement, "%s delivers %x, and has not delivered %x before it", id, m.Zxid, g.history[seen.delivered].zxid)
	}
	seen.delivered = i + 1
}

// upToDate: who begins to serve has delivered what its primary began with.
func (g *zkWatch) upToDate(id nodes.ID, m zab.Milestone) {
	g.z.w.Asked(zkConsistent)
	n := g.position(m.Zxid)
	if began, ok := g.began[m.Epoch]; ok && n < began {
		g.violate(zkConsistent, "%s begins to serve in epoch %d at zxid %x, and the epoch began at %x", id, m.Epoch, m.Zxid, g.history[began-1].zxid)
	}
	g.seen[id].delivered = n
}

// after looks at a server on which something has happened.
func (g *zkWatch) after(m *sim.Machine, _ trace.Kind) {
	s, ok := m.Node().(*zab.Server)
	if !ok || !s.Booted() {
		return
	}
	seen := g.seen[m.ID()]
	if seen.incarnation != m.Incarnation() {
		seen.incarnation, seen.zxid, seen.near = m.Incarnation(), -1, zkNear{kept: -1}
	}
	g.near(m, s)
	g.z.aimed(m, s)
	if s.Recovered() { // before that it does not know yet what is durable, and tells nobody
		g.epochs(m.ID(), s, seen)
		g.believes(m.ID(), s, seen)
		g.namesOne(m.ID(), s, seen)
		seen.durable = s.Durable()
	}
	if zxid := s.Zxid(); zxid != seen.zxid && s.Settled() && (!seen.ahead || s.Serves()) {
		seen.ahead = false
		seen.zxid = zxid
		g.compare(m.ID(), zxid, s.Digest())
	}
}

// epochs: the files of the epochs grow, and no history is taken over of an epoch that was not accepted.
func (g *zkWatch) epochs(id nodes.ID, s *zab.Server, seen *zkServerSeen) {
	accepted, current := s.AcceptedEpoch(), s.CurrentEpoch()
	if accepted < seen.accepted || current < seen.current || current > accepted {
		g.violate(zkEpochs, "%s has accepted epoch %d and is in epoch %d; before, it had accepted %d and was in %d", id, accepted, current, seen.accepted, seen.current)
	}
	if current > seen.current {
		g.holds(id, s, current)
	}
	seen.accepted, seen.current = accepted, current
}

// holds: who has an epoch in its file has the epoch's initial history on its disk: the order of these two is what ZOOKEEPER-4643 got wrong.
func (g *zkWatch) holds(id nodes.ID, s *zab.Server, epoch int64) {
	began, ok := g.initial[epoch]
	for ok && proto.Counter(began) == 0 && began != 0 { // the beginning of an epoch in which nothing was broadcast
		began, ok = g.initial[proto.Epoch(began)]
	}
	if !ok {
		return
	}
	g.z.w.Asked(zkHistoryFirst)
	if has := max(s.Durable(), newestSnapshot(readOnly{g.z.w.U.Machine(id).Disk()})); has < began {
		g.violate(zkHistoryFirst, "%s is in epoch %d, which began at %x, and its disk ends with %x", id, epoch, began, has)
	}
}

// compare compares a tree with that of the first server that had come to the same zxid. A server may apply what others have
// committed before it is durable here. If it then crashes, a fuzzy snapshot can hold traces of what its log has lost, and its tree
// is that of no zxid until it has been brought up to date: what was lost is committed, and is applied to it again.
func (g *zkWatch) compare(id nodes.ID, zxid, digest int64) {
	g.z.w.Asked(zkDigests)
	d, ok := g.digests[zxid]
	if !ok {
		g.digests[zxid] = zkDigest{digest, id}
		return
	}
	if d.digest != digest {
		g.violate(zkDigests, "%s and %s have come to zxid %x, and their trees differ", d.by, id, zxid)
	}
}

// equal compares all that servers hold which have come to the same zxid.
func (g *zkWatch) equal(core []nodes.ID) {
	g.z.w.Asked(zkOwners)
	first := uint64(0)
	for i, id := range core {
		s := g.z.of(id)
		if dead := s.DeadOwners(); len(dead) > 0 {
			g.violate(zkOwners, "%s holds ephemeral znodes of session %x, which does not exist", id, dead[0])
		}
		switch hash := s.StateHash(); {
		case i == 0:
			first = hash
		case hash != first:
			g.violate(zkDigests, "%s has come to the same zxid as %s, and its znodes or sessions differ", id, core[0])
		}
	}
}

// ended: no server stops by itself, unless its disk has failed.
func (g *zkWatch) ended(m *sim.Machine, last nodes.Node) {
	s, ok := last.(*zab.Server)
	if !ok {
		return
	}
	if seen := g.seen[m.ID()]; s.Booted() && s.Recovered() { // it may have acknowledged something in the handler in which it ended
		seen.durable = max(seen.durable, s.Durable())
		seen.ahead = seen.ahead || s.Durable() < s.Zxid() && !s.NewEpoch()
	}
	g.z.makeRoom(m.ID())
	g.z.w.Asked(zkStarts)
	if g.seen[m.ID()].stranger = errors.Is(m.Exit(), zab.ErrNotMember) && g.removed(m.ID()); g.seen[m.ID()].stranger {
		return
	}
	if err := m.Exit(); err != nil && !errors.Is(err, nodes.ErrIO) && !errors.Is(err, nodes.ErrNoSpace) && !g.z.refuses(m.ID(), err) {
		g.violate(zkStarts, "%s stops: %v", m.ID(), err)
	}
}

func hashOf(raw []byte) uint64 {
	h := fnv.New64a()
	_, _ = h.Write(bytes.TrimRight(raw, "\x00")) // an empty digest may be missing
	return h.Sum64()
}

// readOnly is a machine's disk, to be looked at.
type readOnly struct{ *vdisk.Disk }

// Sync implements nodes.Disk. Who looks at a disk syncs nothing.
func (readOnly) Sync(string, nodes.Tag) {}

// SyncDir implements nodes.Disk.
func (readOnly) SyncDir(string, nodes.Tag) {}
