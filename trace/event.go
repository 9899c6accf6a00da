package trace

import (
	"strconv"
	"time"
)

// Kind says what sort of thing happened.
type Kind uint8

// The kinds of event. Those up to Script are taken from the simulator's queue, one
// at a time, and have a Seq of their own; those after it are effects, which
// happen inside one of the former and share its Seq.
const (
	Boot     Kind = iota + 1 // a process starts: Boot was called
	Deliver                  // a datagram arrives
	Fire                     // a timer fires
	Synced                   // a sync of the disk ends
	Posted                   // a stage takes a message from its queue
	Opened                   // a connection stands
	Received                 // a frame arrives on a connection
	Closed                   // a connection has ended
	Script                   // the test, the workload or the nemesis acts

	Send      // a datagram is sent
	Drop      // a datagram is lost: Name is the message, Text the reason
	Write     // a file is written: File, Off, Len
	Sync      // a sync is asked for
	Crash     // a process ends: Text says how
	FaultOn   // a fault begins
	FaultOff  // a fault ends: Text says what it did
	Note      // a node says something: Text
	Invoke    // a client begins an operation
	Return    // a client's operation ends
	Violation // a property does not hold: Name is the property

	// These are recorded with the machines' states only: they are many, or say in detail what a Crash sums up.

	TimerSet  // a timer is set, or set again: Name, and Len nanoseconds by the machine's own clock until it is due
	TimerStop // a timer that ran is stopped: Name
	Lost      // a crash takes from a file what was not durable: File, Len bytes, none of them before Off
	Torn      // a crash leaves Len sectors of File as nobody had written them
)

// lastKind is the last of the kinds.
const lastKind = Torn

// Kinds are all kinds, in the order of their numbers.
func Kinds() []Kind {
	all := make([]Kind, 0, lastKind)
	for k := Boot; k <= lastKind; k++ {
		all = append(all, k)
	}
	return all
}

var kindNames = [...]string{
	Boot: "boot", Deliver: "deliver", Fire: "fire", Synced: "synced", Posted: "posted",
	Opened: "opened", Received: "received", Closed: "closed", Script: "script",
	Send: "send", Drop: "drop", Write: "write", Sync: "sync", Crash: "crash",
	FaultOn: "fault-on", FaultOff: "fault-off", Note: "note",
	Invoke: "invoke", Return: "return", Violation: "violation",
	TimerSet: "timer-set", TimerStop: "timer-stop", Lost: "bytes-lost", Torn: "torn",
}

// String is the kind's name in the JSONL form.
func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return "kind-" + strconv.Itoa(int(k))
}

// KindNamed is the inverse of Kind.String; ok is false for an unknown name.
func KindNamed(name string) (k Kind, ok bool) {
	for i, n := range kindNames {
		if n == name && n != "" {
			return Kind(i), true
		}
	}
	return 0, false
}

// isAside tells of the kinds that a picture leaves out unless it is asked for them: half of
// what another event tells whole, and details of one.
func (k Kind) isAside() bool {
	switch k {
	case Send, Sync, Posted, Script, TimerSet, TimerStop, Lost, Torn:
		return true
	}
	return false
}

// IsEffect tells whether events of this kind happen inside another event.
func (k Kind) IsEffect() bool { return k > Script }

// Event is one thing that happened in a run.
type Event struct {
	Seq      uint64        // position in the run, from 1; effects have the Seq of the event that they happened in
	Sub      uint32        // 0, or for an effect its position among the effects of its event, from 1
	At       time.Duration // virtual time since the start of the run
	Local    time.Duration // the machine's own wall clock, since the start of the run by virtual time 0
	ID       uint64        // causal identity: the same in every run in which the same thing happens
	CauseSeq uint64        // Seq of the event that this one follows from; 0 for none

	Kind        Kind
	Node        string // the machine that it happens on; "" for none
	Peer        string // the other machine: the sender of what is delivered or dropped, the receiver of what is sent
	Incarnation uint32 // how many times the machine's process has been started, from 1

	Name    string // the message's kind, the timer's, stage's or sync's tag, the fault, the operation, the property
	Text    string // the rest in words
	File    string // the file of a Write, Sync, Synced, Lost or Torn
	Off     int64  // where in the file a Write begins, in bytes
	Len     int64  // how many bytes were written, sent, delivered or lost; of some kinds another number
	Payload []byte // the bytes of a message, as they crossed the network
	State   string // what changed in the node's state, where that was recorded
}
