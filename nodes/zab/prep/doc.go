// Package prep judges requests that change something, and makes transactions of them: what
// ZooKeeper's PrepRequestProcessor does on a leader.
//
// A request is judged by the state that it will meet when it is applied, not by the tree as it is: between the two lie
// the transactions that have been proposed and not yet committed. So a [Prep] keeps, of each znode that these change,
// how they will leave it. A transaction therefore says only what to do, never under which condition, and every server
// that applies it gets the same.
//
// Every request that is judged takes a zxid, also one that is refused: its transaction is an error, and is replicated
// like any other.
//
// # Differences from the original
//
//   - "/" and "" are one znode for requests that are under way too; the original keeps two records of the root, and
//     lets a create overtake a setACL.
//   - A closeSession under way takes the children that it deletes from their parents' counts, so that the delete of a parent
//     behind it succeeds, as it would a moment later.
//   - The kind of znode that create makes depends on the operation alone, where operation and flags
//     contradict each other outside a multi; with createTTL and flags without one it is refused instead of making a transaction that no
//     server can apply.
//   - A request that cannot be read takes a zxid of its own, and not once more that of the one before.
//
// # Invariants
//
// A transaction that is made here, applied after those before it, succeeds. Digest in it is the digest that the tree
// then has. A refused request leaves no trace but its zxid.
package prep
