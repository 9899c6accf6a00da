package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"orrery/nodes"
	"orrery/nodes/kafka/broker"
	"orrery/nodes/kafka/group"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/replica"
	"orrery/nodes/kafka/txn"
	"orrery/nodes/zab"
	"orrery/sim"
	"orrery/trace"
)

// The properties of the replicated log that are watched inside the run. The first ones have the names of the published models:
// hachikuji's of KIP-101 to KIP-320, and Vanlightly's of KIP-966.
const (
	kafkaStrongISR  = "strong-isr"             // what is below any leader's high watermark is in the logs of all of the stored ISR
	kafkaWeakISR    = "weak-isr"               // the same for the ISR that the leader itself believes in
	kafkaComplete   = "leader-completeness"    // who leads has all that was committed
	kafkaCandidate  = "candidate-completeness" // and so has who may lead next
	kafkaMatching   = "log-matching"           // no two logs differ below their high watermarks
	kafkaPrefix     = "epoch-prefix"           // an offset of one leader epoch has one record
	kafkaRead       = "consistent-read"        // what a consumer has read is committed, and stays
	kafkaAcked      = "acked-is-committed"     // acks=all means just that
	kafkaOneLeader  = "one-leader-an-epoch"
	kafkaMonotonic  = "epochs-never-fall" // leader epochs, versions of the state, controller epochs, broker epochs
	kafkaEpochCache = "epochs-of-the-log" // the leader epoch cache is what a look through the log finds
	kafkaBounds     = "offsets-in-order"  // log start <= last stable offset <= high watermark <= log end
	kafkaHWFalls    = "high-watermark-of-an-epoch-rises"
	kafkaStable     = "last-stable-offset"
	kafkaSubset     = "isr-in-replicas"
	kafkaMaximal    = "isr-superset" // a leader counts on everybody who may lead next
	kafkaController = "one-controller-an-epoch"
	kafkaGuard      = "no-write-of-a-deposed-controller"
	kafkaSequence   = "sequences-are-contiguous"
	kafkaFenced     = "producer-epochs-fence"
	kafkaLogFile    = "log-files-are-whole"
	kafkaStarts     = "brokers-start-and-go-on"
	kafkaLoses      = "an election loses what was committed, as it may"
	kafkaMuddles    = "a leader that has lost something leads in its old epoch"
)

// kafkaPart is the ghost of a partition.
type kafkaPart struct {
	tp         log.TopicPartition
	path       string // of its state
	compacted  bool   // a place in a log may be empty
	known      bool   // it exists
	czxid      int64
	mzxid      int64
	version    int32
	state      kafkaState
	replicas   []int32 // as assigned
	moving     bool    // a reassignment is under way
	topicPath  string  // of the assignment
	assignedAt int64
	committed  []kafkaEntry
	leaders    map[int32]kafkaLed
	producers  map[int64]kafkaProducer
	remade     bool // there was another partition of the name before
	reigns     kafkaReigns
	move       kafkaMove
	copies     map[nodes.ID]*kafkaReplica
	order      []*kafkaReplica
	deleted    int64 // below, a leader has deleted what was committed
	shown      int64 // the highest log start that any leader has had
	trimmed    bool  // some of it was deleted: of what a history lacks it says nothing
	lossy      bool  // an election has been allowed to lose something: since then histories of this partition say nothing
	// muddled tells that nobody can know what is committed: a leader has died in the handler in which it committed what it had just
	// appended; or one that had lost what was not flushed led again in its old leader epoch, and of two records of one epoch and
	// offset no truncation finds the difference.
	muddled bool
}

type kafkaLed struct {
	id          nodes.ID
	incarnation uint32
}

// kafkaReplica is the ghost of a replica: what was last seen of it.
type kafkaReplica struct {
	id          nodes.ID
	broker      int32
	incarnation uint32
	log         *log.Log
	copy        kafkaCopy
	start, hw   int64
	top         int64   // what transactions have ended below, the log may take for replicated
	bases       []int64 // where its segments began when it was loaded or cut
	lso         int64
	match       int64 // so far its log is what was committed
	leading     bool
	epoch       int32
	version     int32
	tainted     bool  // it has lost what was not flushed, and the cluster may still count on it: an election may take it
	dropped     bool  // it was, and the cluster counts on it no more; a leader that is deposed may, and not know
	since       int64 // the broker epoch under which it lost it
	under       int64 // the broker epoch of the process that had the log, when that ended
	need        int64 // where its log ended before
	unclean     int32 // the leader epoch for which it was elected though it was not in sync, until it leads; 0: none
	died        int64 // where it ended when the process last did
	proposed    []kafkaProposal
	near        kafkaNear
	counted     kafkaCounted
}

// kafkaWatch is the ghost of a cluster.
type kafkaWatch struct {
	k        *kafkaWorld
	parts    []*kafkaPart
	byTP     map[log.TopicPartition]*kafkaPart
	zxid     int64
	brokers  map[int32]int64 // broker epochs, as registered
	highest  map[int32]int64
	ctrl     int32 // the stored controller epoch
	ctrlAt   int64 // the zxid that wrote it
	active   map[int32]nodes.ID
	groups   kafkaGroups
	txns     kafkaTxns
	orders   map[nodes.ID]*kafkaHeard
	rolled   kafkaRolls
	glancing glancing
	seen     [][]kafkaSeen // by broker: what it has shown last
	ids      []string      // by broker: the path of its registration
}

func watchKafka(k *kafkaWorld) *kafkaWatch {
	g := &kafkaWatch{k: k, byTP: map[log.TopicPartition]*kafkaPart{}, brokers: map[int32]int64{}, highest: map[int32]int64{}, active: map[int32]nodes.ID{}, groups: newKafkaGroups(), rolled: newKafkaRolls(), txns: kafkaTxns{map[string]*kafkaTxn{}, map[string][]*kafkaUser{}}, orders: map[nodes.ID]*kafkaHeard{}}
	for _, t := range k.topics {
		for p := range t.partitions {
			g.add(log.TopicPartition{Topic: t.name, Partition: p}, t.compacted())
			g.parts[len(g.parts)-1].trimmed = t.set("retention.ms")
		}
	}
	for p := range int32(3) {
		if k.fleeting {
			g.add(log.TopicPartition{Topic: kafkaFleeting, Partition: p}, false)
		}
	}
	g.add(log.TopicPartition{Topic: group.OffsetsTopic}, true)
	g.add(log.TopicPartition{Topic: txn.StateTopic}, true)
	g.glancing.see = g.glance
	g.seen = make([][]kafkaSeen, len(k.brokers))
	for i := range k.brokers {
		g.ids = append(g.ids, fmt.Sprintf("/brokers/ids/%d", i+1))
	}
	k.w.U.Observe(sim.Observer{After: g.after, Ended: g.ended})
	return g
}

func (g *kafkaWatch) add(tp log.TopicPartition, compacted bool) {
	p := &kafkaPart{tp: tp, topicPath: "/brokers/topics/" + tp.Topic, path: fmt.Sprintf("/brokers/topics/%s/partitions/%d/state", tp.Topic, tp.Partition), compacted: compacted}
	p.begin()
	for i, id := range g.k.brokers {
		r := &kafkaReplica{id: id, broker: int32(i + 1), copy: kafkaCopy{offsets: tp.Topic == group.OffsetsTopic, journal: tp.Topic == txn.StateTopic}}
		p.copies[id] = r
		p.order = append(p.order, r)
	}
	g.parts = append(g.parts, p)
	g.byTP[tp] = p
}

// begin forgets all that was seen of a partition of that name.
func (p *kafkaPart) begin() {
	p.state = kafkaState{Leader: -1, LeaderEpoch: -1}
	p.deleted, p.shown, p.remade = 0, 0, p.producers != nil
	p.committed, p.leaders, p.producers, p.reigns = nil, map[int32]kafkaLed{}, map[int64]kafkaProducer{}, kafkaReigns{}
	if p.copies == nil {
		p.copies = map[nodes.ID]*kafkaReplica{}
	}
	for _, r := range p.order {
		*r = kafkaReplica{id: r.id, broker: r.broker, copy: kafkaCopy{offsets: r.copy.offsets, journal: r.copy.journal}}
	}
}

func (g *kafkaWatch) violate(property, format string, args ...any) {
	if slices.Contains(g.k.excused, property) {
		return
	}
	g.k.w.U.Violate(property, fmt.Sprintf(format, args...))
}

// after looks at a machine on which something has happened.
func (g *kafkaWatch) after(m *sim.Machine, _ trace.Kind) {
	switch n := m.Node().(type) {
	case *zab.Server:
		g.applied(n)
	case *broker.Broker:
		if r := n.Replicas(); r != nil && m.Up() {
			g.glancing.begin(m, &g.seen[n.ID()-1])
			r.Glances(g.glancing.see)
			g.caches(n)
			g.rolls(n)
			g.carries(n)
			g.heard(m, n)
			if epoch, ok := n.Controller().Active(); ok {
				g.controls(m.ID(), epoch)
			}
		}
	}
}

// applied looks at a server that has applied something. A broker may be answered while the next transaction is half applied, so it is not
// waited for a server that has settled. Each znode is looked at by itself.
func (g *kafkaWatch) applied(s *zab.Server) {
	if s.Booted() && s.Zxid() > g.zxid && s.Serves() && s.Loaded() {
		g.zxid = s.Zxid()
		g.stored(s)
	}
}

// delivered looks at a server when it has applied a transaction, before anybody is answered. It may be its last one as what it is: who stops to follow
// finishes what it was at, answers, and then has in memory what is in its log, committed or not.
func (g *kafkaWatch) delivered(s *zab.Server, m zab.Milestone) {
	if m.Kind == zab.Delivered {
		g.applied(s)
	}
}

// controls: of a controller epoch there is one controller.
func (g *kafkaWatch) controls(id nodes.ID, epoch int32) {
	if other, ok := g.active[epoch]; !ok {
		g.k.w.Asked(kafkaController)
		g.active[epoch] = id
	} else if other != id {
		g.violate(kafkaController, "%s and %s are both the controller of epoch %d", other, id, epoch)
	}
}

// glance looks at a replica. Most of the time nothing has changed.
func (g *kafkaWatch) glance(now replica.Glance) {
	p, r := g.ghost(now.Partition)
	if p == nil || now.Log == nil {
		return
	}
	m := g.glancing.m
	l := now.Log
	fresh := r.incarnation != m.Incarnation() || r.log != l
	if fresh || l.EndOffset() != r.copy.end || l.StartOffset() != r.start {
		g.moved(p, r, m, l, fresh)
	}
	if now.Leading != r.leading || now.Epoch != r.epoch || now.Version != r.version {
		g.told(p, r, now, m)
	}
	if len(now.Pending) > 0 || len(r.proposed) > 0 {
		g.proposes(r, now)
	}
	if hw, lso := l.HighWatermark(), l.LastStableOffset(); hw != r.hw || lso != r.lso {
		g.watermarks(p, r, now, hw, lso)
	}
	g.near(p, r, now)
	g.superset(p, r, now)
}

// moved: the log of a replica has grown, or was cut, or is another.
func (g *kafkaWatch) moved(p *kafkaPart, r *kafkaReplica, m *sim.Machine, l *log.Log, fresh bool) {
	disk := readOnly{m.Disk()}
	before, had := r.copy.end, r.match
	g.k.w.Asked(kafkaLogFile)
	var err error
	switch {
	case fresh:
		restarted := r.incarnation != m.Incarnation() && r.incarnation != 0
		r.loaded(l)
		r.incarnation, r.log, r.leading, r.epoch, r.version, r.hw, r.lso = m.Incarnation(), l, false, -1, 0, -1, -1
		err = r.copy.reload(disk, l)
		r.match, before, r.died = 0, max(before, r.died), 0
		p.compare(r)
		if restarted && (r.copy.end < before || r.match < had) {
			r.tainted, r.dropped, r.since, r.need = true, false, r.under, before
		}
	case l.EndOffset() < before || l.StartOffset() > before:
		r.near.lost = r.copy.entry(l.EndOffset())
		err = r.copy.reload(disk, l)
		r.match = min(r.match, r.copy.end)
		r.loaded(l)
	default:
		if l.StartOffset() != r.start {
			r.copy.start(l.StartOffset())
		}
		err = r.copy.extend(disk, l)
	}
	r.start = l.StartOffset()
	p.deletes(r)
	if err != nil {
		g.violate(kafkaLogFile, "the log of %s on %s %v", p.tp, r.id, err)
		return
	}
	if fresh {
		before = r.copy.first // what a process has found on its disk is looked at as a whole
	}
	g.cached(p, r, l, before)
	p.compare(r)
	g.prefix(p, r, min(before, r.copy.end))
	if l.EndOffset() < before || fresh {
		g.inISR(p, r)
	}
}

// deletes notes what a leader has deleted, also before it led: each replica deletes by its own clock.
func (p *kafkaPart) deletes(r *kafkaReplica) {
	if r.leading {
		p.shown = max(p.shown, r.start)
	}
	if r.leading && r.epoch == p.state.LeaderEpoch {
		p.deleted = max(p.deleted, min(r.start, int64(len(p.committed))))
	}
}

// compare moves on how far a log is what was committed. What a leader has deleted, and that was committed then, no log needs to have or
// to have right: strong-isr speaks of what stands in a leader's log. A follower that was away while all that it has otherwise was
// deleted (KIP-107, or retention) ends where its leader's log begins, or is cut back to there: the epochs of what is deleted are gone, so who asks for one of
// them is told the start of the first that is known (LeaderEpochFileCache.endOffsetFor). It counts as in sync when it has asked for
// what comes there, and deletes its own with the answer to that.
func (p *kafkaPart) compare(r *kafkaReplica) {
	for r.match < min(r.copy.end, int64(len(p.committed))) {
		if r.match >= max(r.copy.first, p.deleted) {
			e, c := r.copy.entry(r.match), p.committed[r.match]
			switch {
			case e.same(c):
			case !p.compacted || e.present && c.present:
				return
			case e.present:
				p.committed[r.match] = e // what was committed last is of a log that had compacted this away
			}
		}
		r.match++
	}
	if r.match >= int64(len(p.committed)) && r.copy.end >= r.need {
		r.tainted, r.dropped = false, false
	}
}

// cached: the leader epoch cache is what a look through the log finds.
func (g *kafkaWatch) cached(p *kafkaPart, r *kafkaReplica, l *log.Log, from int64) {
	g.k.w.Asked(kafkaEpochCache)
	for o := max(min(from, r.copy.end), r.copy.first); o < r.copy.end; o++ {
		if e := r.copy.entry(o); e.present && l.EpochAt(o) != e.epoch {
			g.violate(kafkaEpochCache, "%s has %s at %d of %s, and its epochs say %d", r.id, e.says(), o, p.tp, l.EpochAt(o))
			return
		}
	}
}

// prefix: an offset of one leader epoch has one record, in whatever log, with the same before it.
func (g *kafkaWatch) prefix(p *kafkaPart, r *kafkaReplica, from int64) {
	if p.compacted || p.lossy {
		return
	}
	g.k.w.Asked(kafkaPrefix)
	for _, o := range p.order {
		if o == r || o.log == nil {
			continue
		}
		for at := max(from, r.copy.first, o.copy.first); at < min(r.copy.end, o.copy.end); at++ {
			a, b := r.copy.entry(at), o.copy.entry(at)
			if a.epoch == b.epoch && a.present && b.present && !a.same(b) {
				g.violate(kafkaPrefix, "at %d of %s, %s has %s and %s has %s", at, p.tp, r.id, a.says(), o.id, b.says())
				return
			}
		}
	}
}

// told: a replica leads, or follows, or has another idea of the ISR.
func (g *kafkaWatch) told(p *kafkaPart, r *kafkaReplica, now replica.Glance, m *sim.Machine) {
	if now.Epoch < r.epoch {
		g.violate(kafkaMonotonic, "%s goes back from leader epoch %d of %s to %d", r.id, r.epoch, p.tp, now.Epoch)
	}
	elected := now.Leading && (!r.leading || now.Epoch != r.epoch)
	if now.Epoch != r.epoch || now.Leading != r.leading {
		r.hw = min(r.hw, now.Log.HighWatermark()) // across epochs it may fall
	}
	r.leading, r.epoch, r.version = now.Leading, now.Epoch, now.Version
	if !elected {
		return
	}
	p.compare(r) // a leader that has died since may have committed something in its last handler
	g.k.w.Asked(kafkaOneLeader)
	led, ok := p.leaders[now.Epoch]
	if ok && led.id != r.id {
		g.violate(kafkaOneLeader, "%s and %s both lead %s in leader epoch %d", led.id, r.id, p.tp, now.Epoch)
	}
	p.leaders[now.Epoch] = kafkaLed{r.id, m.Incarnation()}
	if ok && led.incarnation != m.Incarnation() && r.tainted {
		g.k.w.Asked(kafkaMuddles)
		p.muddled = true
		g.forgive(p, r)
	}
	if !ok && r.tainted && p.state.Leader == r.broker && p.state.LeaderEpoch == now.Epoch && r.match < int64(len(p.committed)) {
		g.forgive(p, r) // it was elected before anybody could see what it had lost
	}
	if r.unclean > 0 && now.Epoch >= r.unclean {
		if r.unclean = 0; r.match < int64(len(p.committed)) {
			g.forgive(p, r)
		}
	}
	p.deletes(r)
	g.inISR(p, r)
}

// inISR: who is in the stored ISR has all that was committed.
func (g *kafkaWatch) inISR(p *kafkaPart, r *kafkaReplica) {
	if r.log == nil || r.tainted || r.unclean > 0 || p.muddled || !slices.Contains(p.state.ISR, r.broker) || r.match >= int64(len(p.committed)) || !g.runs(r) {
		return
	}
	switch {
	case r.match < r.copy.end:
		g.violate(kafkaStrongISR, "%s is in the ISR of %s, and has %s at %d, where %s was committed", r.id, p.tp, r.copy.entry(r.match).says(), r.match, p.committed[r.match].says())
	case p.state.Leader == r.broker:
		g.violate(kafkaComplete, "%s leads %s and ends at %d, and %s was committed at %d", r.id, p.tp, r.copy.end, p.committed[r.match].says(), r.match)
	default:
		g.violate(kafkaCandidate, "%s is in the ISR of %s and ends at %d, and %s was committed at %d", r.id, p.tp, r.copy.end, p.committed[r.match].says(), r.match)
	}
}

// runs tells whether the process is up that the ghost has seen last: of a process that has just started it knows nothing yet.
func (g *kafkaWatch) runs(r *kafkaReplica) bool {
	m := g.k.w.U.Machine(r.id)
	return m.Up() && m.Incarnation() == r.incarnation
}

// watermarks: a high watermark or a last stable offset has moved.
func (g *kafkaWatch) watermarks(p *kafkaPart, r *kafkaReplica, now replica.Glance, hw, lso int64) {
	w := g.k.w
	w.Asked(kafkaBounds)
	l := now.Log
	if start, end := l.StartOffset(), l.EndOffset(); start > hw || hw > end || lso > hw || lso < start && lso != hw {
		g.violate(kafkaBounds, "%s has log start %d, last stable offset %d, high watermark %d and log end %d of %s", r.id, start, lso, hw, end, p.tp)
	}
	r.top = max(r.top, hw)
	if r.copy.txns {
		// Where a new leader has the high watermark fall, a transaction whose marker had been below it stays one that has ended
		// (ProducerStateManager.onHighWatermarkUpdated forgets it): what was below it is committed. And a snapshot of producers, from which they
		// are taken when a log is loaded or truncated, holds the transactions that are open where it was made and no others.
		w.Asked(kafkaStable)
		if want := r.stable(hw); lso != want && !r.forgets(hw, lso) {
			g.violate(kafkaStable, "%s has last stable offset %d of %s, and its log and high watermark %d say %d", r.id, lso, p.tp, hw, want)
		}
	}
	was := r.hw
	r.hw, r.lso = hw, lso
	if now.Leading {
		g.leads(p, r, now, was)
		return
	}
	w.Asked(kafkaMatching)
	p.compare(r)
	if !p.lossy && !r.tainted && r.match < hw {
		g.exposes(kafkaMatching, p, r, hw)
	}
}

// leads: what is below a leader's high watermark is committed.
func (g *kafkaWatch) leads(p *kafkaPart, r *kafkaReplica, now replica.Glance, was int64) {
	w := g.k.w
	w.Asked(kafkaHWFalls)
	if r.hw < was {
		g.violate(kafkaHWFalls, "the high watermark of %s on its leader %s falls from %d to %d in leader epoch %d", p.tp, r.id, was, r.hw, r.epoch)
	}
	if p.muddled || p.lossy && r.epoch < p.state.LeaderEpoch {
		return
	}
	p.compare(r)
	for r.match == int64(len(p.committed)) && r.match < r.hw {
		p.committed = append(p.committed, r.copy.entry(r.match))
		g.commits(p, r.match)
		r.match++
	}
	if r.match < r.hw && !r.tainted {
		g.exposes(kafkaStrongISR, p, r, r.hw)
	}
	w.Asked(kafkaStrongISR)
	w.Asked(kafkaComplete)
	for _, o := range p.order {
		if o != r && o.log != nil {
			p.compare(o)
		}
		g.inISR(p, o)
		if slices.Contains(now.ISR, o.broker) && !o.tainted && o.log != nil && g.runs(o) && o.match < r.hw && !p.lossy &&
			(!o.dropped || r.epoch == p.state.LeaderEpoch) {
			g.violate(kafkaWeakISR, "%s has high watermark %d of %s, and %s of its ISR %v has the first %d alone", r.id, r.hw, p.tp, o.id, now.ISR, o.match)
		}
	}
}

// died looks at a replica of a process that has ended within a handler: what it had told others counts. What it had appended in the
// same handler nobody can read any more.
func (g *kafkaWatch) died(m *sim.Machine, now replica.Glance) {
	p := g.byTP[now.Partition]
	if p != nil { // what it was told in its last handler it may have answered
		p.copies[m.ID()].near.highest = max(p.copies[m.ID()].near.highest, now.Epoch)
	}
	if p == nil || now.Log == nil || p.copies[m.ID()].log != now.Log {
		return
	}
	r := p.copies[m.ID()]
	r.died = max(r.copy.end, now.Log.EndOffset())
	if now.Leading && r.died > r.copy.end {
		p.reigns.ends(now.Epoch)
	}
	hw := now.Log.HighWatermark()
	if !now.Leading || now.Epoch != r.epoch || hw <= r.hw || p.muddled || p.lossy && r.epoch < p.state.LeaderEpoch {
		return
	}
	for p.compare(r); r.match == int64(len(p.committed)) && r.match < min(hw, r.copy.end); r.match++ {
		p.committed = append(p.committed, r.copy.entry(r.match))
		g.commits(p, r.match)
	}
	if r.match < hw {
		p.muddled, p.lossy = true, true
	}
}

// exposes: a replica shows what was not committed, or something else than was.
func (g *kafkaWatch) exposes(property string, p *kafkaPart, r *kafkaReplica, hw int64) {
	if r.match < int64(len(p.committed)) {
		g.violate(property, "%s has high watermark %d of %s and %s at %d, where %s was committed", r.id, hw, p.tp, r.copy.entry(r.match).says(), r.match, p.committed[r.match].says())
		return
	}
	g.violate(property, "%s follows %s with high watermark %d, and only %d records were committed", r.id, p.tp, hw, len(p.committed))
}

// commits: a record is committed.
func (g *kafkaWatch) commits(p *kafkaPart, at int64) {
	e := p.committed[at]
	if !e.present || p.lossy {
		return
	}
	g.settles(p, at, e)
	if e.pid < 0 {
		return
	}
	was, ok := p.producers[e.pid]
	g.k.w.Asked(kafkaFenced)
	if ok && e.pepoch < was.epoch {
		g.violate(kafkaFenced, "producer %d has epoch %d in %s, and at %d comes a record of its epoch %d", e.pid, was.epoch, p.tp, at, e.pepoch)
		return
	}
	g.sequences(p, at, e)
}

// ended: no broker stops by itself, unless its disk has failed or it was asked to.
func (g *kafkaWatch) ended(m *sim.Machine, last nodes.Node) {
	if s, ok := last.(*zab.Server); ok {
		g.applied(s) // what it has applied in its last handler is committed, and it may have told that
		return
	}
	b, ok := last.(*broker.Broker)
	if !ok {
		return
	}
	if r := b.Replicas(); r != nil {
		r.Glances(func(now replica.Glance) { g.died(m, now) })
	}
	for _, p := range g.parts {
		if r := p.copies[m.ID()]; r.incarnation == m.Incarnation() {
			r.under = g.brokers[r.broker]
		}
	}
	g.k.w.Asked(kafkaStarts)
	err := m.Exit()
	if err != nil && strings.HasPrefix(err.Error(), "kafka: no session with ZooKeeper") { // it gives a start up that takes too long
		return
	}
	if err != nil && !errors.Is(err, nodes.ErrIO) && !errors.Is(err, nodes.ErrNoSpace) && !errors.Is(err, broker.ErrShutdown) {
		g.violate(kafkaStarts, "%s stops: %v", m.ID(), err)
	}
}
