package leases

import (
	"cmp"
	"fmt"
	"time"

	"orrery/nodes"
)

// Stamp says which of two values is newer: by the epoch of the leader that wrote it, then by number.
type Stamp struct{ Epoch, Number uint64 }

// Compare orders stamps.
func (s Stamp) Compare(t Stamp) int {
	return cmp.Or(cmp.Compare(s.Epoch, t.Epoch), cmp.Compare(s.Number, t.Number))
}

// Heartbeat is sent by a leader; Sent comes back in the answer.
type Heartbeat struct {
	Epoch uint64
	Sent  time.Duration
}

// Heard answers a heartbeat: for Patience from now on the replica votes for nobody else.
type Heard Heartbeat

// Ask asks for a vote.
type Ask struct{ Epoch uint64 }

// Vote is one, with the newest value that the voter has.
type Vote struct {
	Epoch uint64
	Stamp Stamp
	Value uint64
}

// Write has a replica store a value.
type Write struct {
	Epoch uint64
	Stamp Stamp
	Value uint64
}

// Written says that it has.
type Written struct {
	Epoch uint64
	Stamp Stamp
}

// Put asks for a new value; Done says that it is in force.
type Put struct{ Value uint64 }

// Done answers Put.
type Done struct{ Value uint64 }

// Get asks for the value; N comes back in the answer.
type Get struct{ N uint64 }

// Is answers Get.
type Is struct{ N, Value uint64 }

// Kind is the message's name.
func (Heartbeat) Kind() string { return "Heartbeat" }

// Kind is the message's name.
func (Heard) Kind() string { return "Heard" }

// Kind is the message's name.
func (Ask) Kind() string { return "Ask" }

// Kind is the message's name.
func (Vote) Kind() string { return "Vote" }

// Kind is the message's name.
func (Write) Kind() string { return "Write" }

// Kind is the message's name.
func (Written) Kind() string { return "Written" }

// Kind is the message's name.
func (Put) Kind() string { return "Put" }

// Kind is the message's name.
func (Done) Kind() string { return "Done" }

// Kind is the message's name.
func (Get) Kind() string { return "Get" }

// Kind is the message's name.
func (Is) Kind() string { return "Is" }

// String says what the message says.
func (m Heartbeat) String() string { return fmt.Sprintf("Heartbeat of epoch %d", m.Epoch) }

// String says what the message says.
func (m Heard) String() string { return fmt.Sprintf("Heard of epoch %d", m.Epoch) }

// String says what the message says.
func (m Ask) String() string { return fmt.Sprintf("Ask for epoch %d", m.Epoch) }

// String says what the message says.
func (m Vote) String() string { return fmt.Sprintf("Vote for epoch %d, has %d", m.Epoch, m.Value) }

// String says what the message says.
func (m Write) String() string { return fmt.Sprintf("Write %d of epoch %d", m.Value, m.Epoch) }

// String says what the message says.
func (m Written) String() string { return fmt.Sprintf("Written of epoch %d", m.Epoch) }

// String says what the message says.
func (m Put) String() string { return fmt.Sprintf("Put %d", m.Value) }

// String says what the message says.
func (m Done) String() string { return fmt.Sprintf("Done %d", m.Value) }

// String says what the message says.
func (m Get) String() string { return "Get" }

// String says what the message says.
func (m Is) String() string { return fmt.Sprintf("Is %d", m.Value) }

func codec() nodes.Codec {
	return nodes.JSONCodec(Heartbeat{}, Heard{}, Ask{}, Vote{}, Write{}, Written{}, Put{}, Done{}, Get{}, Is{})
}
