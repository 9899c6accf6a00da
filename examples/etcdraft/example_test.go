package etcdraft_test

import (
	"fmt"
	"time"

	"orrery/examples/etcdraft"
	"orrery/sim/vdisk"
)

// One universe, in which every member loses its power in the middle of the work.
func Example() {
	k := newCluster(stormy(42), config{members: 3, clients: 3, keys: 2, until: 10 * time.Second})
	k.After(5*time.Second, "power cut", func() {
		for _, id := range k.peers {
			k.Machine(id).Kill(vdisk.Torn)
			k.Machine(id).Start(time.Second)
		}
	})
	k.Run(20 * time.Second)
	fmt.Println("linearizable:", k.verdict().Verdict)
	// Output: linearizable: ok
}

// A planted defect is found, and the seed that found it finds it again.
func ExampleQuirks() {
	for seed := uint64(0); ; seed++ {
		k := run(stormy(seed), etcdraft.Quirks{SendBeforeSync: true})
		if k.Violation() == nil {
			continue
		}
		again := run(stormy(seed), etcdraft.Quirks{SendBeforeSync: true})
		fmt.Println("the same violation:", again.Violation().Detail == k.Violation().Detail)
		fmt.Println("the same run:", again.Hash() == k.Hash())
		return
	}
	// Output:
	// the same violation: true
	// the same run: true
}
