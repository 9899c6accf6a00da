package txn

import "github.com/twmb/franz-go/pkg/kmsg"

// State is the state of a transactional id, by its number in __transaction_state.
type State int8

// The states. PrepareEpochFence is never written: it is the promise that the next transition is a PrepareAbort with a
// higher epoch.
const (
	Empty State = iota
	Ongoing
	PrepareCommit
	PrepareAbort
	CompleteCommit
	CompleteAbort
	Dead
	PrepareEpochFence
)

var stateNames = [...]string{"Empty", "Ongoing", "PrepareCommit", "PrepareAbort", "CompleteCommit", "CompleteAbort", "Dead", "PrepareEpochFence"}

// String is the state's name, as ListTransactions has it.
func (s State) String() string {
	if s < 0 || int(s) >= len(stateNames) {
		return "Unknown"
	}
	return stateNames[s]
}

// StateNamed is the state with that name.
func StateNamed(name string) (State, bool) {
	for i, n := range stateNames {
		if n == name {
			return State(i), true
		}
	}
	return 0, false
}

// predecessors are, for each state, those it may follow on (KIP-98, TransactionMetadata; KIP-360 adds PrepareEpochFence).
var predecessors = [...][]State{
	Empty:             {Empty, CompleteCommit, CompleteAbort},
	Ongoing:           {Ongoing, Empty, CompleteCommit, CompleteAbort},
	PrepareCommit:     {Ongoing},
	PrepareAbort:      {Ongoing, PrepareEpochFence},
	CompleteCommit:    {PrepareCommit},
	CompleteAbort:     {PrepareAbort},
	Dead:              {Empty, CompleteCommit, CompleteAbort},
	PrepareEpochFence: {Ongoing},
}

// MayFollow tells whether the table has a transition from one state to the other.
func (s State) MayFollow(from State) bool {
	if s < 0 || int(s) >= len(predecessors) {
		return false
	}
	for _, p := range predecessors[s] {
		if p == from {
			return true
		}
	}
	return false
}

// known tells whether a record of the journal may have this state.
func known(s kmsg.TransactionState) bool { return s >= 0 && int(s) < int(PrepareEpochFence) }
