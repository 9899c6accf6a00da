// Package lock judges mutual exclusion by what clients of a lock and of the resource behind it saw.
//
// A lock that is held until it is released excludes its clients from each other. A lease does not: a client that was paused
// past its expiry still believes that it holds the lock, so what can be promised is that the resource is protected by fencing
// tokens, which grow with every grant, and of which the resource refuses all that are smaller than the largest it has accepted
// (Burrows, "The Chubby lock service", OSDI 2006; Kleppmann, "How to do distributed locking", 2016). Options say which is
// claimed: to check exclusion of holders under leases gives false alarms, and to check tokens alone misses two holders.
//
// What holds throughout:
//
//   - An acquisition with an unknown end holds nothing for certain, and one with an unknown release holds nothing after the
//     release was called; so a violation is certain.
//   - Time is O(n log n).
//   - Nothing is ok about nothing: it takes two clients that held the same lock.
package lock
