package log

import (
	"errors"
	"fmt"

	"orrery/nodes/kafka/record"
)

// Why a log does not do what it is asked to. They are compared with errors.Is, and record.CodeOf gives the protocol's code.
var (
	// ErrBusy says that a truncation of this log waits for the disk, or that the partition is being deleted: ask again
	// after the event.
	ErrBusy error = &record.Error{Code: record.KafkaStorageError, Why: "log: a change of its files is under way"}
	// ErrStopped says that the log is shut down.
	ErrStopped error = &record.Error{Code: record.KafkaStorageError, Why: "log: it is shut down"}
	// ErrExists says that the partition has a log already.
	ErrExists = errors.New("log: the partition has a log already")
	// ErrFailed says that a write has failed before: what the file ends with is not known until the next start.
	ErrFailed error = &record.Error{Code: record.KafkaStorageError, Why: "log: a write has failed; it takes no more until the next start"}
)

// CorruptError says that a file holds damage that no crash can have made: below the recovery point, where all had been
// synced. What is damaged is not served.
type CorruptError struct {
	File   string
	Offset int64 // in bytes
	Why    string
}

// Error names the place, the evidence, and what to do.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("%s is corrupt at byte %d: %s; remove the partition's directory and let the replica fetch it from its leader, or restore it", e.File, e.Offset, e.Why)
}

// Unwrap makes record.CodeOf find the code KAFKA_STORAGE_ERROR.
func (e *CorruptError) Unwrap() error {
	return &record.Error{Code: record.KafkaStorageError, Why: e.Why}
}

func refuse(c record.Code, format string, args ...any) error {
	return &record.Error{Code: c, Why: fmt.Sprintf(format, args...)}
}
