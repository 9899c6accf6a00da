// Package session keeps a ZooKeeper server's sessions: who is alive, who owns it, and when it
// expires.
//
// A [Tracker] is one table with an expiry queue (SessionTrackerImpl). A [Leader] decides over
// global sessions, and expires them; a [Learner] knows them from the replicated table, and only notes
// who was heard of, for the leader to be told with the next PING. Either may also have local sessions, which
// are in no transaction, and which become global when they first need an ephemeral znode.
//
// There is no clock in here. Times are monotonic, from any origin, and come from the caller: a session
// that is touched at now with a timeout lives until the end of the tick in which now + timeout lies, and so at
// least its timeout and at most one tick more.
//
// Identifiers and passwords are those of the original: an identifier starts with the server's number, and a
// password is a function of the identifier alone, so that a session outlives the server, of whichever make, that
// created it.
//
// Invariants: a session that is closing is never touched, owned or checked successfully again; Expire
// returns a session at most once; and no answer depends on the order of a map.
package session
