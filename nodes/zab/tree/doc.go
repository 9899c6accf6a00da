// Package tree is ZooKeeper's data tree: the znodes, their versions and ACLs, who watches
// them, and the table of global sessions. It does no input or output and has no clock.
//
// A [Tree] changes by [Tree.Apply] alone, which takes the transactions that the ensemble has agreed on, and so
// is a function of them. It returns the [Event]s that watches have seen instead of calling
// anybody. The requests that become those transactions are judged by package prep.
//
// A snapshot is a [Walk], in steps that fall between transactions, and is fuzzy as the original's: it is
// made whole by applying once more the transactions that were applied while it was taken. [Loader] reads one.
//
// # Memory
//
// A znode takes 136 bytes in a slab, some 12 in the index, the bytes of its name, and its data. There is
// no table of paths. BenchmarkBytesPerZnode reports what it comes to.
//
// # Differences from the original
//
//   - The order of things that the original keeps in hash sets is defined here: children in the order of their creation, watches
//     in the order of registration, the znodes of a closed session sorted by path.
//   - A znode that is deleted takes with it what is below. Only a replay over a snapshot of the original can have
//     that, and there it leaves orphans, which their parent does not list once they are "created" again.
//   - The ACL of a znode and its number in snapshots are apart, so that no replay can give a znode the ACL of another.
//   - The count of a znode's children goes on behind 2147483647, as negative numbers; the original stops there, and a
//     sequential name is used twice.
//   - What in the content of a quota would throw, and end the server, is ignored.
//
// # Invariants
//
// Zxid only grows, and moves when all of a transaction has been applied. Digest is the sum of NodeDigest over all
// znodes. Every znode but the root is a child of another. A session's ephemerals are exactly the znodes that it owns.
// No answer depends on the order of a map.
package tree
