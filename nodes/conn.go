package nodes

import (
	"errors"
	"strconv"
)

// Conn names one end of a connection, on the machine that holds that end.
// The zero Conn names none.
type Conn struct {
	N      uint64 // unique in this process
	Port   int    // the port that was dialled, or accepted on
	Dialed bool   // true on the side that dialled
}

// String prints the connection as "conn#3".
func (c Conn) String() string { return "conn#" + strconv.FormatUint(c.N, 10) }

// Framing says how bytes become frames on a connection. Both ends must agree.
// The zero Framing is frames of at most DefaultMaxFrame bytes, each behind
// its length as four bytes, big-endian: the framing of Kafka's protocol and of
// ZooKeeper's.
type Framing struct {
	// Stream asks for bytes as they come, with no frames: Received may be called
	// with any part of what was written.
	Stream bool
	// MaxFrame is the longest frame that is accepted, in bytes; a longer one ends the
	// connection with ErrFrame before more than its length was read. 0 means DefaultMaxFrame.
	MaxFrame int
}

// DefaultMaxFrame is the longest frame, in bytes, where Framing names none.
const DefaultMaxFrame = 64 << 20

// Max is the longest frame that f accepts, in bytes.
func (f Framing) Max() int {
	if f.MaxFrame == 0 {
		return DefaultMaxFrame
	}
	return f.MaxFrame
}

// What Listen, Write and Closed report. They are compared with errors.Is.
var (
	ErrInUse   = errors.New("port in use")
	ErrClosed  = errors.New("connection is closed")
	ErrRefused = errors.New("connection refused")
	ErrTimeout = errors.New("connection timed out")
	ErrReset   = errors.New("connection reset")
	ErrFrame   = errors.New("frame is too long or malformed")
)
