package commit

import (
	"fmt"

	"orrery/nodes"
)

// State is how far a participant is with a transaction.
type State uint8

// The states. Prepared is in doubt in both protocols: it has voted yes, and may not change its mind alone.
const (
	Unknown      State = iota // it has not voted
	Prepared                  // it has voted yes
	PreCommitted              // and knows that everybody has
	Committed
	Aborted
)

// String is the state in a word.
func (s State) String() string {
	return [...]string{"unknown", "prepared", "precommitted", "committed", "aborted"}[min(s, Aborted)]
}

// Prepare asks for a vote, PreCommit tells that all have voted yes, Outcome how it ends. T numbers transactions.
type Prepare struct{ T uint64 }

// PreCommit tells that all have voted yes.
type PreCommit struct{ T uint64 }

// Outcome is how the transaction ends.
type Outcome struct {
	T      uint64
	Commit bool
}

// Ask asks another participant how far it is.
type Ask struct{ T uint64 }

// Is tells how far a participant is: its vote, its acknowledgements, and its answer to Ask.
type Is struct {
	T     uint64
	State State
}

// Kind is the message's name.
func (Prepare) Kind() string { return "Prepare" }

// Kind is the message's name.
func (PreCommit) Kind() string { return "PreCommit" }

// Kind is the message's name.
func (Outcome) Kind() string { return "Outcome" }

// Kind is the message's name.
func (Ask) Kind() string { return "Ask" }

// Kind is the message's name.
func (Is) Kind() string { return "Is" }

// String says what the message says.
func (m Prepare) String() string { return fmt.Sprintf("Prepare %d", m.T) }

// String says what the message says.
func (m PreCommit) String() string { return fmt.Sprintf("PreCommit %d", m.T) }

// String says what the message says.
func (m Outcome) String() string {
	if m.Commit {
		return fmt.Sprintf("Commit %d", m.T)
	}
	return fmt.Sprintf("Abort %d", m.T)
}

// String says what the message says.
func (m Ask) String() string { return fmt.Sprintf("Ask %d", m.T) }

// String says what the message says.
func (m Is) String() string { return fmt.Sprintf("Is %v %d", m.State, m.T) }

func codec() nodes.Codec {
	return nodes.JSONCodec(Prepare{}, PreCommit{}, Outcome{}, Ask{}, Is{})
}
