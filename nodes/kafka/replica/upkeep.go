package replica

import (
	"errors"
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
)

// compactionPause lies between two steps of a compaction.
const compactionPause = time.Millisecond

// upkeep does what time asks for: checkpoints, retention and flushes, compaction.
func (m *Manager) upkeep(env nodes.Env, what string) {
	d := env.Disk()
	switch what {
	case tagCheckpoint:
		env.SetTimer(nodes.Tag{Name: what}, m.cfg.CheckpointInterval)
		m.must(env, "writing the checkpoints", m.logs.Checkpoint(d))
	case tagTick:
		env.SetTimer(nodes.Tag{Name: what}, m.cfg.TickInterval)
		m.must(env, "retention", m.logs.Tick(d, env.Now()))
		m.sessions.expire(env.Monotonic())
		for _, p := range m.parts {
			m.touch(p) // retention moves log start offsets, and DeleteRecords waits for them
		}
	case tagClean:
		env.SetTimer(nodes.Tag{Name: what}, m.cfg.CleanerBackoff)
		m.beginCompaction(env)
	case tagCompact:
		m.stepCompaction(env)
	}
}

// beginCompaction chooses the log with the largest part that is dirty; one is compacted at a time.
func (m *Manager) beginCompaction(env nodes.Env) {
	if m.compaction != nil {
		return
	}
	var best *partition
	most := int64(0) // parts per million
	for _, p := range m.parts {
		if p.log == nil || p.damaged || !p.log.Config().Compact || p.log.Failed() != nil {
			continue
		}
		dirty, clean, err := p.log.Dirty(env.Disk(), env.Now())
		if m.damage(env, p, err) || dirty == 0 {
			continue
		}
		if part := dirty * 1_000_000 / (dirty + clean); part > most {
			best, most = p, part
		}
	}
	if best == nil {
		return
	}
	c, err := best.log.Compact(env.Disk(), env.Now(), false)
	if m.damage(env, best, err) {
		return
	}
	m.cleaning = best
	if m.compaction = c; c != nil {
		env.SetTimer(nodes.Tag{Name: tagCompact}, 0)
	}
}

func (m *Manager) stepCompaction(env nodes.Env) {
	if m.compaction == nil {
		return
	}
	done, err := m.compaction.Step(env.Disk())
	if errors.Is(err, log.ErrAborted) {
		done, err = true, nil
	}
	if m.damage(env, m.cleaning, err) || done {
		m.compaction = nil
		return
	}
	env.SetTimer(nodes.Tag{Name: tagCompact}, compactionPause)
}

// damage tells whether a log cannot be compacted because it is damaged, and leaves it alone from then on: reading it says what to
// do. Any other error halts.
func (m *Manager) damage(env nodes.Env, p *partition, err error) bool {
	var corrupt *log.CorruptError
	if errors.As(err, &corrupt) {
		p.damaged = true
		m.note(env, func() string { return "does not compact " + p.tp.String() + ": " + err.Error() })
		return true
	}
	m.must(env, "compaction of "+p.tp.String(), err)
	return false
}
