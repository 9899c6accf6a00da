package scenarios

import (
	"testing"

	"orrery/sim/simtest"
)

// Whatever the size of the cluster, the work of the clients and the plan of the faults.
func TestPaxosAsAProperty(t *testing.T) {
	simtest.Property(t, Paxos().Build, 6, 80)
}

// FuzzPaxos lets a fuzzer choose: its bytes are the draws of the run.
func FuzzPaxos(f *testing.F) { simtest.Fuzz(f, Paxos().Build) }
