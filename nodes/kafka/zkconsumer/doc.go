// Package zkconsumer is the high-level consumer of Kafka 0.8: a group that has no coordinator. Its members keep what they
// know of each other in ZooKeeper, and each decides for itself which partitions are its own.
//
//	/consumers/G/ids/ID         ephemeral: the consumer, and what it subscribes to
//	/consumers/G/owners/T/P     ephemeral: the stream that reads the partition
//	/consumers/G/offsets/T/P    how far the group has read
//
// Any change of the members, or of a topic, wakes every consumer of the group (the herd). Each reads all members and all partitions,
// stops reading, gives up what it owns, computes what is its own by the same rule as everybody else, and claims that. A claim that meets another's
// is taken back, and all is tried again after a while, for the other may have seen another cluster, or not have given up yet. After
// Config.MaxRetries attempts it gives up, and reads nothing until something changes.
//
// Nobody can tell that the whole group has succeeded. And ZooKeeper tells a consumer late that its session is over: while it was
// stopped, or cut off, others have taken its partitions, and until it notices both read them.
//
// # How it is used
//
// A [Consumer] is straight-line code for a task: [Consumer.Run] is the body, or part of one. It talks to ZooKeeper in a session of
// nodes/zab/client, and to brokers through a [Fetcher].
//
// # What differs from the original
//
// The zero [Quirks] has what was a defect there put right: offsets are stored only by the session whose claim they were read
// under, fetchers stop before their partition is given up and as soon as the session is known to be over, an owner's node counts as
// one's own only if it is of this session, and each attempt reads the cluster anew. Offsets are read behind the claim, not before it. A rebalance
// that could not reach ZooKeeper is tried again.
//
// # Invariants
//
//   - At most one live session owns a partition: ZooKeeper's ephemeral nodes see to that.
//   - A consumer that reads a partition has claimed it in its present session, as far as it knows; it is wrong for at most the time that
//     it takes to notice that the session is over.
//   - A stored offset is one that its owner had read up to; while no session ends it only moves as owners move it.
//   - Every partition of the subscribed topics is owned when the members have stopped changing and their retries last.
package zkconsumer
