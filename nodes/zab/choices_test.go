package zab_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/zab"
)

// A learner's last transaction is not in the leader's history: it keeps what they have in common.
func TestWhatTheLeaderDoesNotHaveIsNotKept(t *testing.T) {
	history := []int64{0x100000001, 0x100000002, 0x200000001}
	require.EqualValues(t, 0x100000002, zab.Standard{}.Keeps(0x100000003, history))
	require.EqualValues(t, 0x200000001, zab.Standard{}.Keeps(0x200000002, history))
	require.EqualValues(t, 0, zab.Standard{}.Keeps(0x000000007, history))
	require.EqualValues(t, 0, zab.Standard{}.Keeps(0x100000003, nil))
}

func TestNoEpochIsAcceptedBelowTheLast(t *testing.T) {
	require.EqualValues(t, 5, zab.Standard{}.LastAccepted(5, 0x300000007))
	require.True(t, zab.Standard{}.Accepts(5, 5))
	require.True(t, zab.Standard{}.Accepts(6, 5))
	require.False(t, zab.Standard{}.Accepts(4, 5))
}
