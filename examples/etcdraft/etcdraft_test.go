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
	"orrery/sim/vdisk"
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

// A sync that has failed is not made good by the next one: what it gave up stays readable, and never becomes durable.
func TestFailedSyncsAreNotTakenForGood(t *testing.T) {
	for _, from := range []time.Duration{0, 3 * time.Second} { // of the log's name, and of what is in it
		k := newCluster(stormy(1), config{members: 3, clients: 3, keys: 2, until: 16 * time.Second, bulk: 2000})
		k.After(from, "the disks break", func() {
			fault := k.DisturbDisks("syncs fail", k.peers, sim.DiskFault{SyncErrorPPM: 1_000_000})
			k.After(500*time.Millisecond, "and are repaired", fault.End)
		})
		for at := time.Duration(0); at < 16*time.Second; at += 100 * time.Millisecond {
			k.After(at, "start", k.startAll)
		}
		for i, n := range []int{0, 1, 2, 0, 2, 1} { // one by one, for a leader to remember what a member has forgotten
			k.After(time.Duration(5+2*i)*time.Second, "power cut", func() { k.Machine(k.peers[n]).Kill(vdisk.LoseUnsynced) })
		}
		k.Run(20 * time.Second)
		requireNoViolation(t, k)
		res := k.verdict()
		require.Equal(t, checker.Holds, res.Verdict, "from %v: %s", from, res.Reason)
		require.GreaterOrEqual(t, k.Stats().SyncErrors, uint64(3))
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
