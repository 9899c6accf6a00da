package vdisk_test

import (
	"fmt"

	"orrery/sim/vdisk"
)

// A node that tells its peers before its sync has ended has promised what a crash
// can take back.
func Example() {
	disk := vdisk.New(vdisk.Config{})
	_ = disk.Append("log", []byte("promise 1\n"))
	c, _ := disk.BeginSync("log")
	disk.EndSync(c)
	disk.EndSync(disk.BeginSyncDir(""))
	fmt.Println("promise 1 is durable:", disk.DurableThrough("log", 10))

	_ = disk.Append("log", []byte("promise 2\n"))
	c, _ = disk.BeginSync("log") // in flight when the power fails
	fmt.Println("promise 2 is durable:", disk.DurableThrough("log", 20))

	loss := disk.Crash(vdisk.LoseUnsynced, nil)
	disk.EndSync(c) // comes too late
	content, _ := disk.ReadFile("log")
	fmt.Printf("%d bytes lost, left is %q\n", loss.Bytes, content)

	// Output:
	// promise 1 is durable: true
	// promise 2 is durable: false
	// 10 bytes lost, left is "promise 1\n"
}

// A crash is a function of the disk and of the numbers drawn, so that one disk can be
// crashed in every way.
func ExampleDisk_Crash() {
	disk := vdisk.New(vdisk.Config{SectorSize: 8})
	_ = disk.Append("f", []byte("12345678abcdefgh"))
	disk.EndSync(disk.BeginSyncDir(""))
	for fate := range uint64(4) {
		// One number for the size of the file, three for each of its two sectors, of
		// which the first decides whether the sector is kept (0) or lost (4).
		numbers := []uint64{0, fate % 2 * 4, 0, 0, fate / 2 * 4, 0, 0}
		crashed := disk.Clone()
		crashed.Crash(vdisk.LoseSubset, func(uint64) uint64 {
			n := numbers[0]
			numbers = numbers[1:]
			return n
		})
		content, _ := crashed.ReadFile("f")
		fmt.Printf("%q\n", content)
	}

	// Output:
	// "12345678abcdefgh"
	// "\x00\x00\x00\x00\x00\x00\x00\x00abcdefgh"
	// "12345678\x00\x00\x00\x00\x00\x00\x00\x00"
	// "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
}
