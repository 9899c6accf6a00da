package wal_test

import (
	"fmt"

	"orrery/nodes/internal/wal"
	"orrery/nodes/internal/wal/waltest"
)

// A record may be told of once Durable has reached its number.
func Example() {
	disk := &waltest.Disk{}
	machine := env{disk}

	log, found, _ := wal.Open(disk, wal.Options{})
	fmt.Println("found", len(found.Records), "records")
	_ = log.Roll(machine, []byte("n1"), func() { log.Add(0, []byte("begin")) })

	n := log.Add(1, []byte("promise 3.n2"))
	_ = log.Commit(machine)
	fmt.Println("may tell:", log.Durable() >= n)
	for disk.Pending() > 0 {
		_, _ = log.Synced(machine, disk.End(0), nil)
	}
	fmt.Println("may tell:", log.Durable() >= n)
	// Output:
	// found 0 records
	// may tell: false
	// may tell: true
}
