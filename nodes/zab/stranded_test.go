package zab

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/sim/vdisk"
)

// strand is an ensemble that serves, and its last server, which had been killed and comes back: it has led twice meanwhile, as far as the
// file in which it accepts its own epoch, and nobody has heard of it.
func strand(t *testing.T, q Quirks) (r *rig, epoch int64) {
	t.Helper()
	r = newRig(t, 1, 3, 0, q)
	require.True(t, r.u.RunUntil(r.serving, 30*time.Second))
	z3 := r.u.Machine("z3")
	z3.Kill(vdisk.LoseNothing)
	leads := func() bool {
		for _, id := range []int{0, 1} {
			if e, ok := r.server(r.ids[id]).Leads(); ok && e > 1 {
				epoch = e
				return true
			}
		}
		return false
	}
	require.True(t, r.u.RunUntil(leads, 30*time.Second))
	require.NoError(t, z3.Disk().WriteAt("version-2/acceptedEpoch", []byte{'0' + byte(epoch) + 2}, 0))
	z3.Start(0)
	return r, epoch
}

// A server that has accepted a later epoch than that of the leader may not follow it. The leader gives way, and leads the next time with
// an epoch that all accept.
func TestALeaderGivesWayToWhoHasAcceptedALaterEpoch(t *testing.T) {
	r, before := strand(t, Quirks{})
	require.True(t, r.u.RunUntil(r.serving, 10*time.Second))
	for _, id := range r.ids {
		require.Equal(t, before+3, r.server(id).CurrentEpoch(), "one election is enough")
	}
}

// As the original has it, nothing ever brings them together.
func TestALeaderThatStaysLeavesWhoHasAcceptedALaterEpochAlone(t *testing.T) {
	r, _ := strand(t, Quirks{LeavesStranded: true})
	require.False(t, r.u.RunUntil(r.serving, 5*time.Minute))
}
