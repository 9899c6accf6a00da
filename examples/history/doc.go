// Package history shows how the checkers are used as a library, on a program that knows nothing of simulators: a
// read-through cache in front of a store.
//
// A reader that misses asks the store and then fills the cache. A writer writes the store and then invalidates the
// cache. If a writer does both while a reader is between its two steps, the reader fills the cache with what has just
// been overwritten, and everybody reads that until somebody writes again. Leases close the gap (Nishtala et al.,
// "Scaling Memcache at Facebook", NSDI 2013, section 3.2.1): an invalidation takes back the right to fill.
//
// The test beside it does what any test with a history can do: record what clients saw, ask whether it is linearizable,
// print why not, keep the history and a picture of it, and make sure that the check could have failed.
package history
