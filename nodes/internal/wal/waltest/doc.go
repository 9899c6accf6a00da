// Package waltest is a disk in memory for the tests of protocols: it ends a sync when the
// test says so, and lets the test choose what a crash leaves.
//
// It has a volatile and a durable image of each file and of the directory. What a sync that has
// ended covered is durable; of everything else a crash keeps, loses or tears what the
// test chooses, name by name and sector by sector.
package waltest
