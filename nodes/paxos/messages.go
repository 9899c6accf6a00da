package paxos

import "orrery/nodes"

// The messages, with the names of "Paxos Made Moderately Complex". Where they go by
// pointer they are scratch: the codec decodes into structures of its own, which are valid
// until the next message.

// P1a asks an acceptor to promise Ballot for all slots, and to tell what it has accepted from
// slot From on.
type P1a struct {
	Ballot Ballot
	From   Slot
}

// Vote is what an acceptor has accepted in a slot.
type Vote struct {
	Slot   Slot
	Ballot Ballot
	Value  []byte
}

// P1b answers P1a. It is a promise if Promised is Ballot, else a refusal.
//
// An acceptor does not repeat what it knows to be chosen, but it never hides it: it knows all
// slots up to Commit to be chosen, and holds them above Base (and as a snapshot up to
// it). The candidate fetches those before it proposes anything.
type P1b struct {
	Ballot   Ballot // the ballot that is answered
	Promised Ballot // the acceptor's
	Commit   Slot
	Base     Slot
	Last     Slot   // the last slot in which the acceptor has accepted anything, or Base
	Votes    []Vote // in the slots above Commit, and from P1a's From on, in order
}

// P2a asks an acceptor to accept Values in the slots from First on, in ballot Ballot.
type P2a struct {
	Ballot Ballot
	Commit Slot // the leader's
	// Probe numbers the leader's rounds of messages: P2b and HeartbeatAck give it back, and so
	// tell that their sender had not promised a higher ballot when it got the message.
	Probe  uint64
	First  Slot
	Values [][]byte
}

// P2b answers P2a: if Promised is Ballot, its sender has accepted that ballot's values in
// the slots First to Last (none if First is above Last); else it has refused.
type P2b struct {
	Ballot      Ballot
	Promised    Ballot
	Probe       uint64
	First, Last Slot
	Commit      Slot // the acceptor's
}

// Heartbeat tells that the leader of Ballot is there, and up to which slot it knows
// all to be chosen.
type Heartbeat struct {
	Ballot Ballot
	Commit Slot
	Probe  uint64
	Ask    bool // an answer is wanted
	Lease  bool // and with it, a lease
}

// HeartbeatAck answers a Heartbeat that asks, or refuses one.
type HeartbeatAck struct {
	Ballot   Ballot
	Promised Ballot // above Ballot if the sender has promised a higher one
	Probe    uint64
	Commit   Slot
	Lease    bool // the sender has granted a lease
}

// CatchUp asks for what is chosen from slot From on. To someone who holds From
// only as part of a snapshot it asks for the part of that snapshot at Offset, if Snapshot is still
// its newest.
type CatchUp struct {
	From     Slot
	Snapshot Slot
	Offset   uint64
}

// Chosen answers CatchUp: the values of the slots from First on, all chosen.
type Chosen struct {
	First  Slot
	Values [][]byte
	Commit Slot // the sender's
}

// SnapshotPart answers CatchUp: Data is at Offset of a snapshot of Size bytes with
// the sum Sum, which replaces all slots up to Slot.
type SnapshotPart struct {
	Slot   Slot
	Size   uint64
	Sum    uint32
	Offset uint64
	Data   []byte
}

// Request is a command of a client. Session 0 asks for a session, and Seq is
// then a number by which the client knows the answer.
type Request struct {
	Session uint64
	Seq     uint64
	Command []byte // an Op, encoded
}

// Reply answers a Request.
type Reply struct {
	Session uint64
	Seq     uint64
	Status  Status
	Leader  nodes.ID // where to ask instead; "" if unknown
	Result  []byte   // an Answer, encoded
}

// Status is what has become of a request.
type Status uint8

// The statuses.
const (
	StatusOK        Status = iota // it was executed, once; Result says how
	StatusNotLeader               // this replica does not lead; Leader may know who does
	StatusBusy                    // too many requests wait; try again later
	StatusExpired                 // there is no such session (any more)
	StatusStale                   // a later command of the session was executed already
	StatusBad                     // the command cannot be read
	statuses
)

// String is the status in lower case.
func (s Status) String() string {
	if s >= statuses {
		return "unknown"
	}
	return [...]string{"ok", "not leader", "busy", "expired", "stale", "bad"}[s]
}

// The kinds of message.
const (
	KindP1a          = "P1a"
	KindP1b          = "P1b"
	KindP2a          = "P2a"
	KindP2b          = "P2b"
	KindHeartbeat    = "Heartbeat"
	KindHeartbeatAck = "HeartbeatAck"
	KindCatchUp      = "CatchUp"
	KindChosen       = "Chosen"
	KindSnapshotPart = "SnapshotPart"
	KindRequest      = "Request"
	KindReply        = "Reply"
)

// Kind implements nodes.Message.
func (*P1a) Kind() string { return KindP1a }

// Kind implements nodes.Message.
func (*P1b) Kind() string { return KindP1b }

// Kind implements nodes.Message.
func (*P2a) Kind() string { return KindP2a }

// Kind implements nodes.Message.
func (*P2b) Kind() string { return KindP2b }

// Kind implements nodes.Message.
func (*Heartbeat) Kind() string { return KindHeartbeat }

// Kind implements nodes.Message.
func (*HeartbeatAck) Kind() string { return KindHeartbeatAck }

// Kind implements nodes.Message.
func (*CatchUp) Kind() string { return KindCatchUp }

// Kind implements nodes.Message.
func (*Chosen) Kind() string { return KindChosen }

// Kind implements nodes.Message.
func (*SnapshotPart) Kind() string { return KindSnapshotPart }

// Kind implements nodes.Message.
func (*Request) Kind() string { return KindRequest }

// Kind implements nodes.Message.
func (*Reply) Kind() string { return KindReply }
