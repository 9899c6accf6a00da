// Package zk is what Kafka keeps in ZooKeeper: the paths of its znodes, their bytes as Kafka 2.4 writes them, and a Store through
// which one broker reads, writes and watches them in one session.
//
// A record is named by a Key and holds a Value; the package alone knows paths and JSON. The Store is a state machine in the
// manner of nodes/zab/client, which it wraps: the node hands it connections and timers, and takes what comes of them with
// Store.Take.
//
// # What is certain
//
// A read whose connection broke is asked again. A write whose connection broke may have been carried out, or may be yet: its
// result is ErrUncertain, and whoever made it reads again before it decides. Where the record itself tells (an ephemeral one
// that the own session owns, an ISR that is the one that was to be written), the Store reads it and decides: Create of an
// ephemeral record and AlterISR never end so while the session lives.
//
// When a session expires everything that was under way ends with ErrExpired, SessionExpired is told, and a new session begins by
// itself. Watches do not outlive a session.
//
// A guarded write is carried out only while /controller_epoch has the version that its writer won it with (KAFKA-6082):
// otherwise it ends with ErrFenced.
//
// # Invariants
//
// Results come in the order of the calls' ends, each call ends exactly once; bytes that come from others are decoded without a panic.
package zk
