package txn

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
)

// Elected tells that this broker leads a partition of __transaction_state in that epoch: it begins to load it. Until it has,
// COORDINATOR_LOAD_IN_PROGRESS is answered. An epoch that is not above the one it knows is ignored.
func (c *Coordinator) Elected(env nodes.Env, n, leaderEpoch int32) {
	if p := c.partitions[n]; p != nil {
		if leaderEpoch <= p.epoch {
			return
		}
		c.drop(p)
	}
	c.partitions[n] = &partition{n: n, epoch: leaderEpoch, loading: true, target: -1, ids: map[string]*metadata{}}
	c.note(env, "loads %s-%d as its coordinator in epoch %d", StateTopic, n, leaderEpoch)
	env.SetTimer(nodes.Tag{Name: tagLoad, N: uint64(n)}, 0)
}

// Resigned tells that this broker no longer leads a partition, as of that epoch: what it knew is dropped, who waits is told
// NOT_COORDINATOR, and no more markers are sent. An epoch below the one of Elected is late and ignored; -1 stands for any.
func (c *Coordinator) Resigned(env nodes.Env, n, leaderEpoch int32) {
	p := c.partitions[n]
	if p == nil || leaderEpoch >= 0 && leaderEpoch < p.epoch {
		return
	}
	c.drop(p)
	env.StopTimer(nodes.Tag{Name: tagLoad, N: uint64(n)})
	c.note(env, "no longer coordinates %s-%d", StateTopic, n)
}

// drop forgets a partition and all that was under way for it. Requests with markers that are on their way stay
// where they are: their answers will find nobody.
func (c *Coordinator) drop(p *partition) {
	delete(c.partitions, p.n)
	for _, call := range slices.Sorted(maps.Keys(c.appends)) {
		if a := c.appends[call]; a.p == p.n {
			delete(c.appends, call)
			c.answer(a.reply, proto.NotCoordinator)
		}
	}
	for _, broker := range slices.Sorted(maps.Keys(c.queues)) {
		c.queues[broker] = slices.DeleteFunc(c.queues[broker], func(m *marker) bool { return m.x.p == p.n })
		if len(c.queues[broker]) == 0 {
			delete(c.queues, broker)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.completing)) {
		if c.completing[id].p == p.n {
			delete(c.completing, id)
		}
	}
}

// load reads the next piece of a partition. All that the log had when this broker was elected must be committed before it decides
// anything: a verdict that is read above the high watermark may yet be one that no later coordinator finds.
func (c *Coordinator) load(env nodes.Env, n int32) {
	p := c.partitions[n]
	if p == nil || !p.loading {
		return
	}
	tag := nodes.Tag{Name: tagLoad, N: uint64(n)}
	if epoch, ok := c.journal.LeaderEpoch(n); !ok || epoch != p.epoch {
		env.SetTimer(tag, c.cfg.RetryBackoff) // word of that is on its way
		return
	}
	f, err := c.journal.Read(env, n, p.next, c.cfg.LoadBytes)
	if err != nil {
		if record.CodeOf(err) == proto.OffsetOutOfRange && f.Start > p.next {
			p.next = f.Start
		}
		env.SetTimer(tag, c.cfg.RetryBackoff)
		return
	}
	if p.target < 0 {
		p.target = f.End
	}
	from := p.next
	if err := p.replay(f); err != nil {
		c.note(env, "cannot load %s-%d: %v", StateTopic, n, err)
		env.SetTimer(tag, c.cfg.AbortEvery) // it decides nothing by half a journal
		return
	}
	switch {
	case p.next >= p.target || f.HighWatermark >= p.target && p.next == from:
		c.loaded(env, p)
	case p.next > from:
		env.SetTimer(tag, 0)
	default:
		nodes.Reachable(env, "kafka/txn: a coordinator waits until what it has read is committed")
		env.SetTimer(tag, c.cfg.RetryBackoff)
	}
}

// replay applies what was read: of each id the last record counts.
func (p *partition) replay(f log.Fetched) error {
	var reader record.Reader
	for rest := f.Records; ; {
		b, after, err := record.Next(rest)
		if errors.Is(err, record.ErrShort) {
			return nil
		}
		if err == nil {
			err = b.Check()
		}
		if err != nil {
			return err
		}
		if rest = after; b.NextOffset() <= p.next {
			continue
		}
		if !b.Control() {
			if err := p.replayBatch(&reader, b); err != nil {
				return fmt.Errorf("offset %d: %w", b.BaseOffset(), err)
			}
		}
		p.next = b.NextOffset()
	}
}

func (p *partition) replayBatch(reader *record.Reader, b record.Batch) error {
	if err := reader.Reset(b); err != nil {
		return err
	}
	var r record.Record
	for reader.Next(&r) {
		if r.Offset < p.next {
			continue
		}
		id, m, err := decode(r.Key, r.Value)
		if err != nil {
			return err
		}
		if m == nil {
			delete(p.ids, id)
			continue
		}
		p.ids[id] = m
	}
	return reader.Err()
}

// loaded begins to serve, and goes on with the transactions that have their verdict.
func (c *Coordinator) loaded(env nodes.Env, p *partition) {
	p.loading = false
	c.note(env, "coordinates %s-%d in epoch %d: %d transactional ids", StateTopic, p.n, p.epoch, len(p.ids))
	for _, id := range p.sortedIDs() {
		m := p.ids[id]
		if m.state == PrepareCommit || m.state == PrepareAbort {
			nodes.Reachable(env, "kafka/txn: a new coordinator takes over a verdict")
			c.complete(env, p, m)
		}
	}
}

func (c *Coordinator) note(env nodes.Env, format string, args ...any) {
	if nodes.Noting(env) {
		nodes.Note(env, fmt.Sprintf(format, args...))
	}
}
