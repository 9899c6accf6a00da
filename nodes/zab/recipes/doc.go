// Package recipes is what people build on ZooKeeper: locks, elections, barriers, queues, counters, commitment, discovery of
// services, and configuration that is watched.
//
// ZooKeeper has none of these. It has nodes, versions, sequence numbers and watches, and a page that says how to put them together.
// Most programs that do so by hand get some of it wrong, and always the same: so each recipe here is given in the form that is
// correct, and its Quirks give back the wrong forms that one meets, each with where it is known from. The zero Quirks have none.
//
// A recipe is straight-line code for a task (package task): its calls wait. Who calls it is a [Party].
//
// # What a recipe can promise
//
// ZooKeeper tells a client late, or never, that its session is over. So whoever holds a lock, leads, or stands in a list holds it in
// the order of transactions (zxids), and not in time: a process that was stopped for longer than its time-out goes on believing,
// while another one is let in. What he then does to the world is refused only if the world compares fencing tokens. Every grant
// here carries one: the zxid at which the holder's node was created, which grows from grant to grant.
//
// CONNECTIONLOSS is not a failure. It says that nobody knows: a request may have been carried out, may be carried out yet, or never.
// Each recipe says how it finds out, or that it cannot.
//
// # Invariants
//
//   - For any two holds of a lock, the node of the one was deleted, by its zxid, before the other was granted; readers share.
//   - A party never waits for a node that it has created itself.
//   - No item of a queue is handed out twice, and none is put in twice.
//   - A counter has counted each Add that was acknowledged once, and no Add twice.
//   - A transaction has one decision, and it is commit only if all sites have voted for it.
package recipes
