package store_test

import (
	"fmt"

	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/store"
)

// A transaction may be acknowledged when an event has told that it is durable.
func Example() {
	disk, tree := newDisk(), &history{}
	s, found, err := store.Boot(disk, store.Options{}, tree)
	fmt.Println("empty:", found.Empty, err)

	// A new server saves a snapshot of the empty tree first.
	_ = s.BeginSnapshot(tree.walk(), false)
	_, _ = s.StepSnapshot(disk, 1<<20, proto.ZxidDigest{})

	s.Append(1, tree.add(1, "a", 3), true)
	_ = s.Flush(disk)
	for len(disk.syncs) > 0 { // the machine ends them in its own time
		_ = disk.end(s, 0)
	}
	for _, e := range s.Events() {
		fmt.Println(e.Kind, e.Zxid)
	}
	// Output:
	// empty: true <nil>
	// SnapshotSaved 0
	// Recovered 0
	// LogDurable 1
}
