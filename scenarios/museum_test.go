package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Every historical defect is found within the seeds that its entry names. That the correct
// protocol passes the same seeds is the business of the campaigns of CI.
func TestEveryDefectOfTheMuseumIsFoundInItsSeeds(t *testing.T) {
	if testing.Short() {
		t.Skip("29 defects take some seconds")
	}
	paxos := Paxos()
	require.GreaterOrEqual(t, len(paxos.Bugs), 14)
	for _, b := range paxos.Bugs {
		requireFound(t, paxos, b)
	}
}
