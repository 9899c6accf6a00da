package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Every defect of atomic commitment is found within the seeds that its entry names.
func TestEveryDefectOfAtomicCommitmentIsFoundInItsSeeds(t *testing.T) {
	if testing.Short() {
		t.Skip("10 defects take some seconds")
	}
	s := CommitScenario()
	require.Len(t, s.Bugs, 10)
	for _, b := range s.Bugs {
		requireFound(t, s, b)
	}
}
