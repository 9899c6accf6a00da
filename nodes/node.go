package nodes

import (
	"math/rand/v2"
	"time"
)

// Node is one machine's part of a protocol. Its handlers run one at a time and
// to completion. The model is etcd raft's state machine with asynchronous
// storage writes, in the shape of a handler API.
type Node interface {
	// Codec gives the bytes of this node's datagrams. It is asked once, before
	// Boot, and must not depend on the node's state.
	Codec() Codec

	// Boot is called once for each incarnation, at the first start and at every
	// restart. The node is fresh: what it knows, it reads from env.Disk().
	// An error refuses the start: the process ends without another call, and
	// the runtime reports the error.
	Boot(env Env) error

	// Deliver hands over a datagram. It may be late, doubled, out of order, or
	// from an earlier incarnation of its sender. m is valid only during the call
	// if the codec says so.
	Deliver(env Env, from ID, m Message)

	// Fire tells that the timer tag has expired. It is late at will, never early
	// by this machine's monotonic clock.
	Fire(env Env, tag Tag)

	// Synced tells that the sync named tag has ended. A nil err means that all that
	// was written to that file (or changed in that directory) before Sync was
	// called will survive a crash. After an error the pages may be gone although
	// they can still be read: the only safe answer is to stop, see [Env.Halt].
	Synced(env Env, tag Tag, err error)
}

// ConnHandler is what a Node also implements if it speaks over connections:
// ordered and reliable, until they break.
type ConnHandler interface {
	// Opened tells that a dialled connection stands, or that one was accepted
	// on a port that this node listens on. peer is the other side as the runtime
	// knows it: a machine's ID in the simulator, "host:port" on live.
	Opened(env Env, c Conn, peer string)
	// Received hands over one frame (or, for a Stream, some bytes) in order.
	// p is valid only during the call.
	Received(env Env, c Conn, p []byte)
	// Closed tells that the connection has ended, or that the dial failed: err is
	// nil if the other side closed it in order, else one of ErrRefused, ErrTimeout,
	// ErrReset, ErrFrame. It is the last word about c, and is not called for a
	// connection that this node itself closed or reset.
	Closed(env Env, c Conn, err error)
}

// StageHandler is what a Node also implements if it hands work between stages
// with [Env.Post]. A stage is what a thread with a queue is in the
// original systems: ZooKeeper's SyncRequestProcessor, Kafka's purgatory.
type StageHandler interface {
	// Posted runs the stage on one message. Messages of one stage arrive in the order
	// in which they were posted; between stages there is no order.
	Posted(env Env, stage Tag, m Message)
}

// Halter is what a Node also implements if it holds something of the runtime's
// own that must be let go when its process ends (a coroutine). Halted is called
// once, with no Env: the process is already gone, and nothing can be done or told.
type Halter interface{ Halted() }

// Env is the machine, as a node sees it. It is valid only during the call that
// received it. (A library that must reach it from below may find it in a field of the node, if
// every handler puts it there first.)
type Env interface {
	// Self is this machine's name.
	Self() ID

	// Now is this machine's own wall clock: it drifts, steps and lies.
	Now() time.Time
	// Monotonic is the time since this process started, by this machine's own
	// monotonic clock: it may run fast or slow, or stand still while the
	// process is paused, but never goes back and is not set.
	Monotonic() time.Duration
	// Rand is this machine's own stream of randomness.
	Rand() *rand.Rand

	// Send sends a datagram, and forgets it: m is encoded before Send returns, and may be used
	// again. A node may send to itself; that message too passes through the codec and the
	// scheduler.
	Send(to ID, m Message)

	// SetTimer asks for Fire(tag) after d of this machine's monotonic time. A
	// timer of the same tag that is still running is replaced.
	SetTimer(tag Tag, d time.Duration)
	// StopTimer makes sure that Fire(tag) is not called, until it is set again.
	StopTimer(tag Tag)

	// Post hands m to a stage of this machine; the node must implement
	// StageHandler. Nothing is encoded: stages share memory, and a crash
	// loses what waits in their queues.
	Post(stage Tag, m Message)

	// Listen accepts connections on a port of this machine, until the process
	// ends. ErrInUse tells that this process or another holds it already.
	Listen(port int, f Framing) error
	// Dial begins a connection and returns its name at once. What comes of it
	// is told by Opened or Closed. Bytes may be written before Opened.
	Dial(to Addr, f Framing) Conn
	// Write queues one frame (or, for a Stream, some bytes). It never blocks;
	// p may be reused after it returns. ErrClosed tells that c has ended.
	Write(c Conn, p []byte) error
	// Unsent is how many bytes were written to c and have not left this machine.
	Unsent(c Conn) int
	// Close ends c in order: what was written is still sent.
	Close(c Conn)
	// Reset ends c at once: what was written may be lost, on both sides.
	Reset(c Conn)

	// Disk is this machine's disk.
	Disk() Disk

	// Halt ends this process and does not return. It is for what a node cannot
	// survive (a failed sync). err says why.
	Halt(err error)
}

// Inspector is what a Node implements to show its state to people and to tools.
// The value is read at once, must not be changed by the reader, and prints as
// JSON.
type Inspector interface{ Inspect() any }
