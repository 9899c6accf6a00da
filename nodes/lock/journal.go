package lock

import (
	"errors"
	"fmt"

	"orrery/nodes"
	"orrery/nodes/internal/wal"
)

// journal keeps one small state on disk: every change adds the whole of it to a write-ahead log, and what is told of a
// change is held back until it is durable.
type journal struct {
	log   *wal.Log
	held  []heldAnswer
	ready bool // what was found at the start is durable, so that it may be told
}

type heldAnswer struct {
	lsn uint64
	to  nodes.ID
	m   Message
}

const (
	recordState byte = 1
	rollBytes        = 256 << 10 // a longer log begins anew with the present state
)

// open reads the last state that was written; nil if there is none.
func (j *journal) open(env nodes.Env) (state []byte, err error) {
	log, found, err := wal.Open(env.Disk(), wal.Options{})
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	j.log = log
	if n := len(found.Records); n > 0 {
		state = found.Records[n-1].Data
	}
	return state, nil
}

// roll begins a generation of the log with the present state.
func (j *journal) roll(env nodes.Env, state []byte) error {
	return j.log.Roll(env, nil, func() { j.log.Add(recordState, state) })
}

// put writes the state.
func (j *journal) put(env nodes.Env, state []byte) {
	err := error(nil)
	if j.log.Size() > rollBytes {
		err = j.roll(env, state)
	} else {
		j.log.Add(recordState, state)
		err = j.log.Commit(env)
	}
	if err != nil {
		env.Halt(err)
	}
}

// tell sends a message once all that was put so far is durable.
func (j *journal) tell(env nodes.Env, to nodes.ID, m Message) {
	if lsn := j.log.Last(); lsn > j.log.Durable() {
		j.held = append(j.held, heldAnswer{lsn, to, m})
		return
	}
	env.Send(to, &m)
}

// synced sends what is due.
func (j *journal) synced(env nodes.Env, tag nodes.Tag, err error) {
	if err != nil {
		env.Halt(errors.Join(errors.New("lock: the disk did not sync"), err))
	}
	if _, err := j.log.Synced(env, tag, err); err != nil {
		env.Halt(err)
	}
	if j.log.Durable() == 0 {
		return
	}
	j.ready = true
	due := 0
	for due < len(j.held) && j.held[due].lsn <= j.log.Durable() {
		env.Send(j.held[due].to, &j.held[due].m)
		due++
	}
	j.held = j.held[due:]
}
