// Package lock is the distributed lock in the four forms in which people run it, with the resource that it is meant to
// protect: a lock that protects nothing cannot be seen to fail.
//
//   - [Row]: a row of a database with an owner, a token that grows and an expiry in the database's time. Whoever waits stands in
//     a queue that is part of the row.
//   - [Cache]: a key of a cache, "SET key value NX PX ttl", given back by compare-and-delete; in memory only. On one node, or
//     on five as Redlock: a majority of the nodes within the time that the key lives.
//   - The same [Ledger] as the row's, kept as one value in Multi-Paxos (package paxos) and changed by compare-and-set. There is
//     no common clock: whoever waits takes the lock over when he has seen the holder's beat stand still for longer than a lease.
//   - [Store]: the resource. It may be fenced: then it refuses a token that is smaller than the largest that it has accepted.
//
// The token is what the generation number is in a sequencer of Chubby's. There is one lock here, and one mode, so a sequencer
// has nothing else to say.
//
// A [Client] takes the lock, writes to the resource some times, and gives it back.
//
// The sources are Burrows, "The Chubby lock service" (OSDI 2006), sections 2.4 (sequencers and the lock-delay) and 2.8;
// Kleppmann, "How to do distributed locking" (2016), and Sanfilippo's "Distributed locks with Redis" and "Is Redlock safe?"
// (2016).
//
// # Fault model
//
// Messages may be lost, late, doubled and reordered; machines crash and lose what they had not synced; processes pause. None of
// this may ever hurt a fenced resource behind a Row or a Ledger on Paxos. Without fencing, exclusion rests on assumptions, and a
// Client spells them out as its configuration: [ClientConfig].Guard bounds what may pass between its look at its lease and
// the effect at the resource (its own pauses, the delay of the message), [ClientConfig].DriftPPM by how much the
// rates of two clocks differ. A Row and a Cache count on their own wall clock besides, and a Cache on its memory, unless it
// stays silent for the time of a lease after each start ([CacheConfig].Silence).
//
// What a Client holds it measures by its monotonic clock, from the moment at which it asked.
package lock
