package record

import (
	"errors"
	"fmt"
)

// Code is an error code of Kafka's protocol.
type Code int16

// The codes that a log or a batch can be refused with, by their names in the protocol.
const (
	None                         Code = 0
	UnknownServerError           Code = -1
	OffsetOutOfRange             Code = 1
	CorruptMessage               Code = 2
	MessageTooLarge              Code = 10
	InvalidTimestamp             Code = 32
	OutOfOrderSequenceNumber     Code = 45
	InvalidProducerEpoch         Code = 47
	InvalidTxnState              Code = 48
	TransactionCoordinatorFenced Code = 52
	KafkaStorageError            Code = 56
	UnsupportedCompressionType   Code = 76
	InvalidRecord                Code = 87
)

// Error is why a batch or a request was refused, as the protocol says it.
type Error struct {
	Code Code
	Why  string
}

// Error is the reason and the code.
func (e *Error) Error() string { return fmt.Sprintf("%s (error %d)", e.Why, e.Code) }

// CodeOf is the protocol's code for an error: that of an *Error in its chain, None for nil, else UnknownServerError.
func CodeOf(err error) Code {
	var e *Error
	switch {
	case err == nil:
		return None
	case errors.As(err, &e):
		return e.Code
	}
	return UnknownServerError
}

func refuse(c Code, format string, args ...any) error {
	return &Error{c, fmt.Sprintf(format, args...)}
}

// ErrShort says that the bytes end before the batch does: more may come, or a write was torn.
var ErrShort = errors.New("record: the batch is cut off")
