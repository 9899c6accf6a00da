package live_test

import (
	"os"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/nodestest"
)

// open counts the file descriptors of this test, or is 0 where that cannot be told.
func open() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}

func TestAProcessThatHasEndedLeavesNothingBehind(t *testing.T) {
	var rules []nodestest.Rule
	for _, r := range nodestest.Rules() {
		switch r.Name {
		case "CloseDeliversWhatWasWritten", "FramesArriveWholeAndInOrderBothWays", "ADialToNobodyIsRefused",
			"ARenameAfterASyncIsOldOrNewNeverMixed", "HandlersRunOneAtATime", "ATaskRunsAsANode":
			rules = append(rules, r)
		}
	}
	require.Len(t, rules, 6)
	goroutines, files := runtime.NumGoroutine(), open()
	for _, r := range rules {
		require.NoError(t, r.Check(newCluster(t)))
	}
	cfg1, cfg2 := couple(t)
	p1 := start(t, cfg1, &nodestest.Echo{Port: 7001})
	p2 := start(t, cfg2, &nodestest.Pinger{To: nodes.ID("n1"), Every: 1})
	require.NoError(t, p1.Stop())
	require.NoError(t, p2.Stop())
	eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines && open() <= files },
		"as many goroutines and files as before")
}
