// Package live runs a node of package nodes as a real process: on TCP, on
// files, and on the clocks of this computer. The node is the same one that package sim
// has run through its universes.
//
// One goroutine, the loop, calls the node's handlers. Others wait for the network and for
// fsync, and hand what they get to the loop. Nothing that comes in can fill the memory:
// a reader stops reading while too much of what it read waits for the loop, and TCP
// slows the sender down.
//
// # On the wire
//
// Everything is a frame: its length as four bytes, big-endian, then its bytes. Datagrams
// between two machines share one TCP connection in each direction, which
// begins with a hello (see hello.go), and which is dialled again, with growing and jittered
// pauses, whenever it breaks. A machine that is not in Config.Peers (a client) is
// answered on the connection that it came on. What waits for an unreachable peer
// is bounded: the oldest goes first, as the contract allows of datagrams.
// The connections of nodes.ConnHandler are TCP connections with nothing added.
//
// # On the disk
//
//	DIR/LOCK      held by the process that uses the directory (flock)
//	DIR/VERSION   the version of this layout, and whose directory it is
//	DIR/files/…   the node's own files
//
// A protocol that shares its layout with another program has its files in DIR itself, and may have
// some elsewhere (Config.Bare).
//
// Writes go to the operating system at once; Sync is fsync, and syncs of one file that are
// asked for while one runs share the next. A process may be ended by SIGKILL
// at any moment: it loses what the contract says that it may lose.
//
// # What holds
//
//   - Handlers run one at a time, on one goroutine, and none after the process has ended.
//   - A frame that is longer than the receiver's limit is refused by its header.
//   - A sync that failed stays failed: later syncs of that file fail too, because the pages
//     may be gone while fsync says nothing of it (fsyncgate, PostgreSQL 2018).
//   - Two processes never use one data directory, nor one machine another's.
package live
