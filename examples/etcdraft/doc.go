// Package etcdraft runs other people's code in a universe: etcd's raft library
// (go.etcd.io/raft/v3), as it comes from the module proxy, below a key-value store.
//
// [Node] is the whole adaptation. It hands messages and ticks to a raft.RawNode and does what
// the library's Ready asks for, with storage writes that are asynchronous in the sense of
// raft.Config.AsyncStorageWrites: what has to wait for the disk leaves after Synced.
//
// What holds: a write that was answered survives every loss of power; it takes effect once, however often
// it is sent; a get sees every write that was answered before it was asked; and one seed is one run,
// because the time-outs that the library draws from crypto/rand are never put to use (see [Node.Fire]).
// Left out are snapshots and changes of membership: a restart replays the whole log.
package etcdraft
