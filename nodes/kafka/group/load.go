package group

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/record"
)

// loadTag is the timer of the next step of a load.
func loadTag(n int32) nodes.Tag { return nodes.Tag{Name: TagPrefix + "load", N: uint64(n)} }

// loader reads a partition of OffsetsTopic from its beginning. The last record of a key wins, and what a transaction has
// staged counts from its marker on.
type loader struct {
	next    int64 // offset
	target  int64 // the log's end when the load began: what a coordinator before has acknowledged lies below it
	began   bool
	groups  map[string]stored
	offsets map[key]committed
	staged  map[int64]map[key]committed
	skipped int             // records that could not be read
	kept    map[string]bool // groups that earlier reads have brought: by a defect
	reader  record.Reader
}

func (c *Coordinator) beginLoad(env nodes.Env, p *partition) {
	p.load = &loader{groups: map[string]stored{}, offsets: map[key]committed{}, staged: map[int64]map[key]committed{}}
	env.SetTimer(loadTag(p.n), 0)
}

// stepLoad reads some more. The load has ended when it has come to the end that the log had, and to the high watermark, which takes
// a while to reach that end after an election. Where that has been reached and yet nothing more is read, compaction has left nothing
// more: whoever waited for it would wait for ever (KAFKA-9065).
func (c *Coordinator) stepLoad(env nodes.Env, p *partition) {
	l := p.load
	f, err := c.journal.Read(env, p.n, l.next, c.cfg.LoadBytes)
	if record.CodeOf(err) == record.OffsetOutOfRange && f.Start > l.next {
		l.next = f.Start
		env.SetTimer(loadTag(p.n), 0)
		return
	}
	if err != nil { // the disk, or the leadership is lost, of which Resigned will tell
		env.SetTimer(loadTag(p.n), c.cfg.LoadBackoff)
		return
	}
	if !l.began {
		l.began, l.target, l.next = true, f.End, max(l.next, f.Start)
	}
	read := l.readAll(f.Records, c.cfg.Quirks)
	l.keep(c.cfg.Quirks)
	switch {
	case read:
		env.SetTimer(loadTag(p.n), 0)
	case l.next < l.target && f.HighWatermark < l.target:
		nodes.Reachable(env, markLoadWaits)
		env.SetTimer(loadTag(p.n), c.cfg.LoadBackoff)
	default:
		c.endLoad(env, p)
	}
}

// readAll reads batches, and tells whether there was one.
func (l *loader) readAll(p []byte, q Quirks) (some bool) {
	for len(p) > 0 {
		b, rest, err := record.Next(p)
		if err != nil {
			return some
		}
		p = rest
		if b.NextOffset() <= l.next {
			continue
		}
		l.readBatch(b, q)
		l.next, some = b.NextOffset(), true
	}
	return some
}

// keep closes, by a defect, the groups that have been read so far.
func (l *loader) keep(q Quirks) {
	if !q.LoadKeepsFirstRead {
		return
	}
	if l.kept == nil {
		l.kept = map[string]bool{}
	}
	for _, k := range sortedBy(l.offsets) {
		l.kept[k.group] = true
	}
}

// readBatch takes a batch in. What cannot be read is counted and passed over: it would keep all groups of the partition from
// ever being served.
func (l *loader) readBatch(b record.Batch, q Quirks) {
	if b.Control() {
		m, err := l.reader.Control(b)
		if err != nil {
			l.skipped++
			return
		}
		if m.Type == record.Commit || m.Type == record.Abort {
			l.end(b.ProducerID(), m.Type == record.Commit)
		}
		return
	}
	if l.reader.Reset(b) != nil {
		l.skipped++
		return
	}
	var r record.Record
	for l.reader.Next(&r) {
		if l.take(b, &r, q) != nil {
			l.skipped++
		}
	}
	if l.reader.Err() != nil {
		l.skipped++
	}
}

// take takes a record in.
func (l *loader) take(b record.Batch, r *record.Record, q Quirks) error {
	k, ok, err := readKey(r.Key)
	if err != nil || !ok || k.offset && l.kept[k.group] {
		return err
	}
	switch {
	case !k.offset && r.Value == nil:
		delete(l.groups, k.group)
	case !k.offset:
		s, err := readStored(r.Value)
		if err != nil {
			return err
		}
		l.groups[k.group] = s
	case r.Value == nil:
		l.remove(k)
	default:
		v, err := readCommitted(r.Value, q)
		if err != nil {
			return err
		}
		v.at = r.Offset
		if !b.Transactional() {
			l.offsets[k] = v
			return nil
		}
		if l.staged[b.ProducerID()] == nil {
			l.staged[b.ProducerID()] = map[key]committed{}
		}
		l.staged[b.ProducerID()][k] = v
	}
	return nil
}

// remove takes a tombstone in: nothing that was said before it counts.
func (l *loader) remove(k key) {
	delete(l.offsets, k)
	for _, id := range slices.Sorted(maps.Keys(l.staged)) {
		delete(l.staged[id], k)
		if len(l.staged[id]) == 0 {
			delete(l.staged, id)
		}
	}
}

// end takes a marker in.
func (l *loader) end(producer int64, commit bool) {
	for _, k := range sortedBy(l.staged[producer]) {
		v := l.staged[producer][k]
		if old, ok := l.offsets[k]; commit && (!ok || old.at < v.at) {
			l.offsets[k] = v
		}
	}
	delete(l.staged, producer)
}

// endLoad serves what was loaded. The sessions of members begin anew.
func (c *Coordinator) endLoad(env nodes.Env, p *partition) {
	l := p.load
	p.load = nil
	for _, id := range slices.Sorted(maps.Keys(l.groups)) {
		c.enterStored(env, p, id, l.groups[id])
	}
	byGroup := func(k key) *group {
		g := p.groups[k.group]
		if g == nil {
			g = newGroup(k.group, p)
			p.groups[k.group] = g
		}
		return g
	}
	for _, k := range sortedBy(l.offsets) {
		byGroup(k).put(k.tp, l.offsets[k], true)
	}
	for _, producer := range slices.Sorted(maps.Keys(l.staged)) {
		nodes.Reachable(env, markLoadedOpen)
		for _, k := range sortedBy(l.staged[producer]) {
			byGroup(k).stage(producer, k.tp, l.staged[producer][k])
		}
	}
	for _, g := range p.sorted() {
		c.weigh(g)
		if c.cfg.MaxSize > 0 && len(g.order) > c.cfg.MaxSize {
			c.prepareRebalance(env, g, "more members than group.max.size")
		}
	}
	c.note(env, func() string {
		return fmt.Sprintf("has loaded %s-%d up to offset %d: %d groups", OffsetsTopic, p.n, l.next, len(p.groups))
	})
}

// enterStored makes a group of what its record says.
func (c *Coordinator) enterStored(env nodes.Env, p *partition, id string, s stored) {
	g := newGroup(id, p)
	g.generation, g.storing, g.protocolType, g.protocol, g.leader, g.since = s.generation, s.generation, s.protocolType, s.protocol, s.leader, s.since
	p.groups[id] = g
	for _, x := range s.members {
		m := &member{id: x.id, instance: x.instance, static: x.static, peer: Peer{x.clientID, x.host},
			session: time.Duration(x.session) * time.Millisecond, rebalance: max(time.Duration(x.rebalance)*time.Millisecond, 0),
			protocols: []protocol{{s.protocol, x.subscription}}, assignment: x.assignment}
		if g.has(m.id) != nil {
			continue
		}
		g.members[m.id] = m
		g.order = append(g.order, m)
		if m.static {
			g.statics[m.instance] = m.id
		}
		c.keep(env, g, m)
	}
	if len(g.order) > 0 {
		g.state = stable
		if g.has(g.leader) == nil {
			g.leader = g.order[0].id
		}
	}
	g.learnSubscriptions()
}

// sortedBy are the keys of a map of offsets, by group and partition.
func sortedBy(m map[key]committed) []key {
	return slices.SortedFunc(maps.Keys(m), func(a, b key) int {
		return cmp.Or(strings.Compare(a.group, b.group), compareTP(a.tp, b.tp))
	})
}

// loaded is up to where a load has come.
func (p *partition) loaded() int64 {
	if p.load == nil {
		return 0
	}
	return p.load.next
}
