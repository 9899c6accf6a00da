package zab_test

import (
	"fmt"

	"orrery/nodes/zab"
)

// The phases of the protocol have the names that ZooKeeper gives them.
func ExampleZabState() {
	fmt.Println(zab.ElectionPhase, zab.Discovery, zab.Synchronization, zab.Broadcast)
	// Output: ELECTION DISCOVERY SYNCHRONIZATION BROADCAST
}
