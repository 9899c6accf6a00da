package store

import (
	"errors"
	"fmt"
)

// Why a server must not start, or cannot do what its leader asks. They are compared with errors.Is.
var (
	// ErrNoSnapshot says that there is a log but no snapshot that it could be replayed over (ZOOKEEPER-2325).
	ErrNoSnapshot = errors.New("store: there are transactions, but no valid snapshot below them: restore one, or empty the directory and let the server fetch the state from its leader")
	// ErrEpoch says that the files of the epochs contradict the log or each other.
	ErrEpoch = errors.New("store: the epochs on disk contradict each other")
	// ErrCannotTruncate says that the log does not reach back to where a TRUNC shall cut.
	ErrCannotTruncate = errors.New("store: nothing to cut back to")
	// ErrBusy says that a snapshot is being written already.
	ErrBusy = errors.New("store: a snapshot is being written")
)

// CorruptError says that a file holds damage that no crash can have made. The server must not go on as if it
// had never written what is damaged.
type CorruptError struct {
	File   string
	Offset int64 // in bytes
	Why    string
}

// Error names the place, the evidence, and what to do.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("%s is corrupt at byte %d: %s; empty the directory and let the server fetch the state from its leader", e.File, e.Offset, e.Why)
}
