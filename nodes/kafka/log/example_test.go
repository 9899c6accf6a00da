package log_test

import (
	"fmt"
	"strings"

	"orrery/nodes/kafka/log"
	"orrery/sim/vdisk"
)

// What is appended survives the death of the process at once, and a loss of power when it is flushed.
func Example() {
	disk := newDisk()
	m, _, _ := log.Open(disk, epoch, log.Options{})
	l, _ := m.Create(disk, epoch, tp)
	a, err := l.AppendAsLeader(disk, epoch, plain(0, "k=v", "k=w"), 5, log.Client, 0)
	fmt.Println(a.First, a.Last, err)

	_ = l.Flush(disk)
	for len(disk.syncs) > 0 { // the machine ends them in its own time
		_ = disk.end(m, 0)
	}
	for _, e := range m.Events() {
		fmt.Println(e.Kind, e.Partition, e.Offset)
	}

	disk.crash(vdisk.LoseUnsynced, lose)
	m, _, _ = log.Open(disk, epoch, log.Options{})
	l = m.Log(tp)
	f, err := l.Read(disk, nil, 1, 1<<20, true, log.LogEnd)
	fmt.Println(strings.Join(records(nil, f.Records, 1), " "), l.EndOffset(), l.LatestEpoch(), err)
	// Output:
	// 0 1 <nil>
	// Flushed t-0 2
	// Created t-0 0
	// 1:k=w 2 5 <nil>
}
