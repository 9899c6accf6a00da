// Package ensemble is the cluster of the lessons on ZooKeeper: real servers (package nodes/zab), and clients that are programs
// (package nodes/task) with real sessions (package nodes/zab/client).
//
// An ensemble says much that a lesson is not about: elections, pings, ticks, bytes of streams. What is recorded of a lesson is
// what somebody says ([Note], the servers' own notes, what a lesson's probe adds), datagrams between clients, processes
// that start and end, and faults. The run is the same; only the story is shorter.
package ensemble
