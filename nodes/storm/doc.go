// Package storm is the runtime of Apache Storm: topologies of spouts and bolts, ackers that know when a tree of tuples
// is complete, workers that run them, supervisors that start workers, and a nimbus that assigns them, by way of ZooKeeper.
//
// A [Topology] is what a user writes. A [Worker] is a slot: a machine that runs the tasks it was told to. A [Supervisor] tells it
// so, and a [Nimbus] decides, two of them with one leader. Each is a [nodes.Node].
//
// # At least once
//
// A spout emits a tuple with a message id; the runtime gives it a root id, and one edge id for each task that receives it. A bolt that
// emits anchored tuples draws an edge id for each, and when it acks its input, it tells the acker of the root the XOR of the input's
// edge id and of those it has made. Every edge id reaches the acker twice, once from who made it and once from who acked it, so
// the XOR of all is 0 when the tree is complete, and by chance once in 2^64 before. What is not complete in time fails, and a spout
// on a replayable source emits it again, under a new root id.
//
// That rests on three things, each of which is a defect to plant ([Bugs]): the ids are drawn from 64 bits by streams that differ
// from task to task; a bolt acks after it has emitted; and no message reaches an acker twice, for XOR takes the second for an undo.
// Storm leaves the last to its connections. Here links may also be datagrams, which networks double: then the receiver drops what it
// has had, by the sender's task, incarnation and number ([Config].Links). That is our addition.
//
// # Who keeps what
//
// Nimbus and supervisors keep nothing: what matters is in ZooKeeper, below /storm, as in Storm. Workers run on when either dies.
// A worker that is cut off runs on too when its tasks were given to others: for a while there are two of a task, which at least once
// can bear. Package trident builds exactly once on top.
//
// Invariants: a message that was acked to its spout was processed by every bolt of its tree; a root that was emitted is acked or
// failed within two message time-outs, unless its worker ends; an acker forgets a root within three rotations; a task's queue never
// holds more than its bound.
//
// The specification is Storm's own Acker.java, SpoutExecutor.java, BoltOutputCollectorImpl.java and "Guaranteeing Message Processing".
package storm
