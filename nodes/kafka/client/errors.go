package client

import (
	"errors"
	"fmt"

	"orrery/nodes/kafka/proto"
)

// Outcome is what is known of a write. The zero value claims nothing.
type Outcome uint8

// The three outcomes.
const (
	// Indeterminate: it may have taken effect, or take effect later, or never.
	Indeterminate Outcome = iota
	// Acknowledged: the cluster has said that it has taken effect.
	Acknowledged
	// Failed: it has not taken effect and never will.
	Failed
)

// String is the outcome in lower case.
func (o Outcome) String() string {
	switch o {
	case Acknowledged:
		return "acknowledged"
	case Failed:
		return "failed"
	}
	return "indeterminate"
}

// What a client reports of itself. They are compared with errors.Is.
var (
	ErrTimeout     = errors.New("kafka: nothing was heard in time")
	ErrNoBroker    = errors.New("kafka: no broker can be reached")
	ErrClosed      = errors.New("kafka: the client is closed")
	ErrFenced      = errors.New("kafka: another instance has taken over")
	ErrAbort       = errors.New("kafka: the transaction can only be aborted")
	ErrState       = errors.New("kafka: not in this state")
	ErrNoOffset    = errors.New("kafka: the partition has no offset to read from")
	ErrCommit      = errors.New("kafka: the partitions belong to another member now")
	ErrUnsupported = errors.New("kafka: the broker does not speak a version of this request")
)

// CodeError is a refusal by a broker.
type CodeError struct {
	Code    proto.Code
	Message string // the broker's own words, mostly none
}

// Error is the code's name, and what the broker says.
func (e *CodeError) Error() string {
	if e.Message != "" {
		return fmt.Sprintf("kafka: %s: %s", e.Code, e.Message)
	}
	return "kafka: " + e.Code.String()
}

// Is says that two refusals are the same if their codes are.
func (e *CodeError) Is(target error) bool {
	o, ok := target.(*CodeError)
	return ok && o.Code == e.Code
}

// codeError is nil for 0.
func codeError(code int16) error {
	if code == 0 {
		return nil
	}
	return &CodeError{Code: proto.Code(code)}
}

// CodeOf is the protocol's code in an error's chain: None for nil, and NetworkException for what no broker has said.
func CodeOf(err error) proto.Code {
	var e *CodeError
	switch {
	case err == nil:
		return proto.None
	case errors.As(err, &e):
		return e.Code
	}
	return proto.NetworkException
}

// LostError says that a request has no answer, because its connection ended.
type LostError struct {
	Sent bool  // it may have reached the broker
	Err  error // why the connection ended
}

// Error says which, and why.
func (e *LostError) Error() string {
	if e.Sent {
		return "kafka: the answer is lost: " + e.Err.Error()
	}
	return "kafka: not sent: " + e.Err.Error()
}

// Unwrap is why the connection ended.
func (e *LostError) Unwrap() error { return e.Err }

// mayHaveArrived tells that a request which ended in err may have reached its broker, and been carried out.
func mayHaveArrived(err error) bool {
	var lost *LostError
	return errors.As(err, &lost) && lost.Sent
}

// appended are the codes of a produce response behind which the records may be in the log all the same, and survive:
// the leader appended them and lost its leadership or its followers while it waited, or does not know (KAFKA-13574).
// What was refused with any other code was refused before the append.
func appended(c proto.Code) bool {
	switch c {
	case proto.UnknownServerError, proto.RequestTimedOut, proto.NotLeaderForPartition, proto.NotEnoughReplicasAfterAppend,
		proto.UnknownTopicOrPartition, proto.LeaderNotAvailable, proto.NetworkException, proto.KafkaStorageError,
		proto.ReplicaNotAvailable, proto.FencedLeaderEpoch:
		return true
	}
	return false
}

// undecided are the codes of a coordinator behind which its journal may have a verdict, or the offsets of a group, all the same: the append
// took too long, or the leader of the journal was deposed while it waited. The next coordinator finds them then.
func undecided(c proto.Code) bool {
	return c == proto.CoordinatorNotAvailable || c == proto.NotCoordinator
}
