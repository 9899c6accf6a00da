package scenarios

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/zkconsumer"
	"orrery/nodes/zab"
	"orrery/nodes/zab/proto"
	"orrery/sim"
	"orrery/trace"
)

// What is promised of a group without a coordinator.
const (
	zkcOneOwner = "zkconsumer: one live session owns a partition" // and nobody gives up what is another's
	zkcClaimed  = "zkconsumer: who reads has claimed"             // or its session is over, and it has not heard yet
	zkcForward  = "zkconsumer: offsets never go back"
	zkcRead     = "zkconsumer: what is stored was read"
	zkcNothing  = "zkconsumer: who gives up owns nothing"
	zkcOwned    = "zkconsumer: all is owned within the retries"
	zkcOnce     = "zkconsumer: every record is read"
)

const zkcRoot = "/consumers/" + zkcGroup

// zkcGhost knows what the ensemble has committed of the group, and what each record has come to.
type zkcGhost struct {
	k          *zkcWorld
	committed  zkCommitted
	parts      []zkcPart
	sessions   map[int64]time.Duration // that are over: since when
	ids        map[string]int64        // members' nodes, and their sessions
	lastChange time.Duration
	healed     time.Duration

	changes   int                     // of the members
	woken     int                     // rebalances
	attempts  int                     // of them
	moves     int                     // claims that were made
	repeated  int                     // records that were handed over again
	zombie    int                     // records that were handed over to whose session was over
	window    map[int64]time.Duration // by session that is over: how long it was still read under
	unowned   time.Duration           // summed over partitions, from the first claim on
	readTotal int
}

// zkcPart is the ghost of a partition.
type zkcPart struct {
	owner    int64 // the session whose node is there; 0 is none
	since    time.Duration
	begun    bool
	stored   int64
	read     []bool // by offset
	frontier int64  // all before it was read
	acked    []int64
}

func newZKCGhost(k *zkcWorld) *zkcGhost {
	return &zkcGhost{k: k, parts: make([]zkcPart, k.partitions), sessions: map[int64]time.Duration{}, ids: map[string]int64{}, window: map[int64]time.Duration{}}
}

func (g *zkcGhost) now() time.Duration { return g.k.w.U.Now() }

func (g *zkcGhost) violate(property, format string, args ...any) {
	g.k.w.U.Violate(property, fmt.Sprintf(format, args...))
}

// watch takes the milestones of a server.
func (g *zkcGhost) watch(_ *zab.Server, m zab.Milestone) {
	list, err := g.committed.take(m)
	if err != nil {
		g.violate(recipeReadable, "%v", err)
	}
	for _, t := range list {
		g.apply(t)
	}
}

// apply takes one transaction. A consumer does nothing in a multi.
func (g *zkcGhost) apply(t *proto.Transaction) {
	session := t.Header.ClientID
	switch b := t.Body.(type) {
	case *proto.CreateTxn:
		g.create(session, b)
	case *proto.DeleteTxn:
		g.remove(session, b.Path)
	case *proto.SetDataTxn:
		g.store(b.Path, b.Data)
	}
	if t.Header.Type == proto.OpCloseSession {
		g.expire(session)
	}
}

func (g *zkcGhost) create(session int64, b *proto.CreateTxn) {
	if name, ok := strings.CutPrefix(b.Path, zkcRoot+"/ids/"); ok {
		g.ids[name] = session
		g.changed()
		return
	}
	if p, ok := g.part(b.Path, "owners"); ok {
		g.k.w.Asked(zkcOneOwner)
		x := &g.parts[p]
		if _, over := g.sessions[session]; over || x.owner != 0 {
			g.violate(zkcOneOwner, "session %x owns partition %d, which %x owns (over: %v)", session, p, x.owner, over)
		}
		if x.begun {
			g.unowned += g.now() - x.since
		}
		x.owner, x.begun = session, true
		g.moves++
		return
	}
	g.store(b.Path, b.Data)
}

func (g *zkcGhost) remove(session int64, path string) {
	if name, ok := strings.CutPrefix(path, zkcRoot+"/ids/"); ok {
		delete(g.ids, name)
		g.changed()
	}
	if p, ok := g.part(path, "owners"); ok {
		if g.parts[p].owner != session {
			g.violate(zkcOneOwner, "session %x gives up partition %d, which %x owns", session, p, g.parts[p].owner)
		}
		g.parts[p].owner, g.parts[p].since = 0, g.now()
	}
}

// expire ends a session, and its nodes with it.
func (g *zkcGhost) expire(session int64) {
	g.sessions[session] = g.now()
	for p := range g.parts {
		if g.parts[p].owner == session {
			g.parts[p].owner, g.parts[p].since = 0, g.now()
		}
	}
	for name, s := range g.ids {
		if s == session {
			delete(g.ids, name)
			g.changed()
		}
	}
}

func (g *zkcGhost) changed() {
	g.changes++
	g.lastChange = g.now()
}

// part is the partition of a path below /consumers/G/KIND/T.
func (g *zkcGhost) part(path, kind string) (int, bool) {
	rest, ok := strings.CutPrefix(path, zkcRoot+"/"+kind+"/"+zkcTopic+"/")
	if !ok {
		return 0, false
	}
	p, err := strconv.Atoi(rest)
	return p, err == nil && p < len(g.parts)
}

// store: an offset that is stored is one up to which all was read, and not before the last one.
func (g *zkcGhost) store(path string, data []byte) {
	p, ok := g.part(path, "offsets")
	if !ok {
		return
	}
	n, err := strconv.ParseInt(string(data), 10, 64)
	x := &g.parts[p]
	g.k.w.Asked(zkcForward)
	g.k.w.Asked(zkcRead)
	switch {
	case err != nil || n > x.frontier:
		g.violate(zkcRead, "offset %q of partition %d is stored, and what was read ends at %d", data, p, x.frontier)
	case n < x.stored:
		g.violate(zkcForward, "the offset of partition %d goes back from %d to %d", p, x.stored, n)
	}
	x.stored = n
}

// wrote notes an acknowledged record.
func (g *zkcGhost) wrote(part int32, offset int64) {
	g.parts[part].acked = append(g.parts[part].acked, offset)
}

// handed takes a record that a consumer reads.
func (g *zkcGhost) handed(m *zkcMember, c *zkconsumer.Consumer, msg zkconsumer.Message) {
	x := &g.parts[msg.Partition]
	session := c.Inspect().Session
	g.readTotal++
	g.k.w.Asked(zkcClaimed)
	ended, over := g.sessions[session]
	if !over && x.owner != session {
		g.violate(zkcClaimed, "%s reads offset %d of partition %d in session %x, and %x owns it", m.id, msg.Offset, msg.Partition, session, x.owner)
	}
	if over {
		g.zombie++
		g.window[session] = g.now() - ended
	}
	for int64(len(x.read)) <= msg.Offset {
		x.read = append(x.read, false)
	}
	if x.read[msg.Offset] {
		g.repeated++
	}
	x.read[msg.Offset] = true
	for x.frontier < int64(len(x.read)) && x.read[x.frontier] {
		x.frontier++
	}
}

// after looks at consumers that have given up, and at partitions that nobody owns although nothing stands in the way.
func (g *zkcGhost) after(m *sim.Machine, _ trace.Kind) {
	if g.healed > 0 && !g.k.squatting {
		g.owned()
	}
	for _, x := range g.k.all() {
		if x.id == m.ID() && x.up && m.Up() {
			g.gaveUp(x, x.consumer.Inspect())
		}
	}
}

// gaveUp: who has given up owns nothing, until something changes. Without a session there is nobody who could own anything.
func (g *zkcGhost) gaveUp(x *zkcMember, v zkconsumer.View) {
	if _, over := g.sessions[v.Session]; over || v.Session == 0 || v.Closed || !v.Failed {
		return
	}
	g.k.w.Asked(zkcNothing)
	for p := range g.parts {
		if g.parts[p].owner == v.Session {
			g.violate(zkcNothing, "%s has given up, and owns partition %d, which it does not read", x.id, p)
		}
	}
}

// owned: once everything is healed, what nobody owns is owned before the retries that the last change has begun are over.
func (g *zkcGhost) owned() {
	g.k.w.Asked(zkcOwned)
	limit := time.Duration(g.k.group.MaxRetries) * g.k.group.Backoff
	since := max(g.lastChange, g.healed)
	if len(g.ids) == 0 || g.now()-since <= limit {
		return
	}
	for p := range g.parts {
		if g.parts[p].owner == 0 && g.now()-g.parts[p].since > limit {
			g.violate(zkcOwned, "nobody owns partition %d, %v after the last change of %d members, whose retries last %v", p, g.now()-since, len(g.ids), limit)
		}
	}
}

// ended sees processes end that nobody has asked.
func (g *zkcGhost) ended(m *sim.Machine, _ nodes.Node) {
	for _, x := range g.k.all() {
		if x.id == m.ID() {
			if x.up {
				g.gather(x)
			}
			x.up = false
		}
	}
}

// gather counts what a consumer's life has cost.
func (g *zkcGhost) gather(m *zkcMember) {
	if m.consumer != nil {
		v := m.consumer.Inspect()
		g.woken, g.attempts = g.woken+v.Rebalances, g.attempts+v.Attempts
	}
	m.consumer = nil
}

// whole tells whether every partition is read by who owns it, and every acknowledged record was.
func (g *zkcGhost) whole() (bool, string) {
	readers := make([]int, len(g.parts))
	for _, m := range g.k.all() {
		if !m.up {
			continue
		}
		v := m.consumer.Inspect()
		if v.Failed {
			return false, fmt.Sprintf("%s has given up", m.id)
		}
		for _, c := range v.Claims {
			if c.Reading && g.parts[c.Partition].owner == v.Session {
				readers[c.Partition]++
			}
		}
	}
	for p, n := range readers {
		if n != 1 {
			return false, fmt.Sprintf("partition %d is read by %d consumers", p, n)
		}
		g.k.w.Asked(zkcOnce)
		for _, o := range g.parts[p].acked {
			if o >= g.parts[p].frontier {
				return false, fmt.Sprintf("offset %d of partition %d is acknowledged, and was not read", o, p)
			}
		}
	}
	return true, ""
}
