package live_test

import (
	"testing"

	"orrery/nodes/nodestest"
)

// The same rules hold package sim.
func TestLiveKeepsTheContract(t *testing.T) {
	nodestest.TestRuntime(t, func(t *testing.T) nodestest.Runtime { return newCluster(t) })
}
