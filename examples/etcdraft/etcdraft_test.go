package etcdraft_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/examples/etcdraft"
	"orrery/sim"
)

// run is a universe of three members and four clients that goes through a storm of 20 s. Afterwards the clients
// have 10 s in which everything must work again.
func run(world sim.Config, q etcdraft.Quirks) *cluster {
	k := newCluster(world, config{members: 3, clients: 4, keys: 4, think: 10 * time.Millisecond, until: 30 * time.Second, quirks: q})
	k.storm(20 * time.Second)
	k.Run(40 * time.Second)
	return k
}

func TestHistoriesAreLinearizableThroughStorms(t *testing.T) {
	for seed := range seeds() {
		t.Run(fmt.Sprintf("seed=%#02x", seed), func(t *testing.T) {
			k := run(stormy(seed), etcdraft.Quirks{})
			requireNoViolation(t, k)
			res := k.verdict()
			require.Equal(t, checker.Holds, res.Verdict, res.Reason)
			require.True(t, k.servesAfter(25*time.Second), "nothing is served after the storm")
		})
	}
}

// seeds is how many universes a test runs: ORRERY_SEEDS, or 30.
func seeds() uint64 {
	if n, err := strconv.ParseUint(os.Getenv("ORRERY_SEEDS"), 10, 32); err == nil {
		return n
	}
	return 30
}

// servesAfter tells whether every client was answered after a time.
func (k *cluster) servesAfter(at time.Duration) bool {
	served := map[string]bool{}
	for _, op := range k.history.History() {
		if op.Status != checker.Maybe && time.Duration(op.Call) > at {
			served[op.Client] = true
		}
	}
	return len(served) == 4
}

func requireNoViolation(t *testing.T, k *cluster) {
	t.Helper()
	if v := k.Violation(); v != nil {
		require.FailNow(t, v.Property, "%s\n%s", v.Detail, v.Stack)
	}
}

// TestSendingBeforeSyncIsFound plants the defect against which the library's contract warns: an acknowledgement
// that overtakes its sync. Mostly it is the library itself that notices, when a leader
// commits what a member has forgotten.
func TestSendingBeforeSyncIsFound(t *testing.T) {
	for seed := range uint64(50) {
		k := run(stormy(seed), etcdraft.Quirks{SendBeforeSync: true})
		if v := k.Violation(); v != nil {
			t.Logf("seed %d: %v", seed, v)
			return
		}
		if res := k.verdict(); res.Verdict == checker.Violated {
			t.Logf("seed %d: %s", seed, res.Reason)
			return
		}
	}
	t.Fatal("50 seeds have not found it")
}
