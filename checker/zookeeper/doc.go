// Package zookeeper tells whether what clients of a ZooKeeper ensemble saw is what ZooKeeper promises.
//
// Its promises are peculiar: writes are linearizable, each session's operations keep their order, reads may be stale but never
// go back within a session, and a watch event comes before any answer that shows the change. Together that is ordered
// sequential consistency (Lev-Ari, Bortnikov, Keidar and Shraer, "Modular composition of coordination services", USENIX ATC
// 2016), which is neither local nor cheap to decide for a black box. But every answer carries the zxid of the last transaction
// that its server had applied, and that is a witness: operations sorted by zxid are replayed once on a tree of znodes, every
// answer is compared with the tree as it was at its zxid, and the order of the zxids is compared with that of real time and of
// sessions. Check takes O(n log n).
//
// What happened to operations whose answer was lost is known if the history brings the log of the committed transactions.
// Without the log, they are found by the traces they left in the stats that others read; those that left none make the nodes
// they may have changed uncertain, and answers about these are then compared no further than is certain, and counted as exempt.
//
// Watched are one-shot watches, on the connection on which they were set: what a client learns of them after it reconnected
// has documented gaps. Access control is not judged.
//
// What holds throughout:
//
//   - Violated is certain, exempt answers aside.
//   - Nothing is ok about nothing: without an acknowledged write and a read that was compared the verdict is vacuous.
//   - Memory is linear in the history; a report is a function of the history and the options.
package zookeeper
