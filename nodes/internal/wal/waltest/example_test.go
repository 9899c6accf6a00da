package waltest_test

import (
	"fmt"

	"orrery/nodes"
	"orrery/nodes/internal/wal/waltest"
)

// What was not synced may be lost, and here is: every choice is for the worse.
func Example() {
	d := &waltest.Disk{}
	_ = d.Append("log", []byte("synced"))
	d.Sync("log", nodes.Tag{Name: "file"})
	d.SyncDir("", nodes.Tag{Name: "dir"})
	for d.Pending() > 0 {
		d.End(0)
	}
	_ = d.Append("log", []byte(", and not"))
	d.Crash(func(n int) int { return min(1, n-1) })
	p, _ := d.ReadFile("log")
	fmt.Printf("%s\n", p)
	// Output: synced
}
