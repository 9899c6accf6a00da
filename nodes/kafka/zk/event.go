package zk

import (
	"errors"
	"time"

	"orrery/nodes/kafka/log"
)

// What becomes of an operation that is not carried out, or not known to be. Compare with errors.Is.
var (
	ErrNoNode     = errors.New("zk: there is no such record")
	ErrNodeExists = errors.New("zk: the record exists")
	ErrBadVersion = errors.New("zk: the record has another version")
	ErrNotEmpty   = errors.New("zk: the record has children")
	// ErrUncertain tells that the connection broke before the answer: the write may have been carried out, or may be yet.
	ErrUncertain = errors.New("zk: the connection was lost, the outcome is not known")
	// ErrFenced tells that there is a newer controller than the one that asked.
	ErrFenced = errors.New("zk: the controller epoch has moved on")
	// ErrIneligible tells that a broker that was to join an ISR is not registered, or has registered anew since.
	ErrIneligible = errors.New("zk: a new member of the ISR is not eligible")
	// ErrExpired tells that the session ended before the answer.
	ErrExpired = errors.New("zk: the session has expired")
	// ErrMalformed tells that a record's bytes are not what Kafka writes there.
	ErrMalformed = errors.New("zk: the record cannot be read")
	// ErrRefused is any other refusal of the servers (no permission, quota, bad path).
	ErrRefused = errors.New("zk: refused")
)

// Event is what has come about.
type Event interface{ event() }

// Connected tells that a server answers: at first, and each time after Disconnected. New is whether the session is a new one, in
// which nothing is registered and nothing watched.
type Connected struct {
	Session int64
	New     bool
}

// Disconnected tells that no server is reached at the moment. The session lives on as far as anybody knows.
type Disconnected struct{}

// SessionExpired tells that the session is over, and its ephemeral records with it. A new one is being opened.
type SessionExpired struct{}

// Done ends a Do.
type Done struct {
	Call    uint64
	Results []Result // one for each operation, in order
}

// Watched tells that a watch has seen something, and is used up. With List, the children of Key's list have changed; else the
// record has been created, changed or deleted.
type Watched struct {
	Key  Key
	List bool
}

// ISRAltered ends an AlterISR. Err is nil, ErrBadVersion (somebody else has changed the state: the controller, as a rule, who
// will tell), ErrFenced (by the state: there is a newer leader epoch or the record is gone), ErrIneligible, ErrUncertain or ErrExpired. Version is the
// record's new one, if Err is nil.
type ISRAltered struct {
	Call      uint64
	Partition log.TopicPartition
	Version   int32
	Err       error
}

// ProducerIDs ends an AllocateProducerIDs: Count ids from First, which nobody else is ever given. Err is nil or ErrExpired.
type ProducerIDs struct {
	Call         uint64
	First, Count int64
	Err          error
}

func (Connected) event()      {}
func (Disconnected) event()   {}
func (SessionExpired) event() {}
func (Done) event()           {}
func (Watched) event()        {}
func (ISRAltered) event()     {}
func (ProducerIDs) event()    {}

// Verb is what an operation does.
type Verb uint8

// The verbs.
const (
	Get    Verb = iota // the value, version and epoch of a record
	Exists             // whether there is a record; with Watch it waits for one to come too
	List               // the names of the records of a kind
	Create             // makes a record, and what is missing above it
	Set                // replaces a value, if the record has the version; -1 is any
	Delete             // removes a record, if it has the version; -1 is any. A topic goes with all below it
	Atomic             // all of Ops (Create, Set and Delete, each of one record), or none
)

// Op is one operation.
type Op struct {
	Verb       Verb
	Key        Key
	Value      Value
	Version    int32
	Watch      bool // of Get, Exists and List: tell with Watched of the next change
	Ephemeral  bool // of Create: the record ends with the session. If there is one that the own session has made, it counts as created
	Sequential bool // of Create: the path ends with a number that the servers give
	Ops        []Op // of Atomic
}

// Result is what became of an operation.
type Result struct {
	Key     Key
	Err     error
	Value   Value     // of Get
	Version int32     // of Get, Exists, Create and Set
	Czxid   int64     // of Get, Exists and Create: when the record was made, in ZooKeeper's order
	Mzxid   int64     // of Get, Exists, Create and Set: when it was written last, in the same order
	Owner   int64     // of Get and Exists: the session that it ends with; 0 if none
	Names   []string  // of List, ascending
	Created time.Time // of Get, Exists and Create: when, by the servers' clocks
	Failed  int       // of an Atomic with Err: which of Ops was refused
}
