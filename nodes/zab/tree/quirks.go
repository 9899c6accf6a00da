package tree

// Quirks are historical defects of ZooKeeper's data tree, of its watches and of the preparation of requests, each placed
// where history had it. The zero value is correct. Beside each stands its name and its ticket.
//
// NoClosingFlag concerns the session tracker as well: session.Config has a switch of the same name, to be set together.
type Quirks struct {
	// multi-zxid-early, ZOOKEEPER-3127 (fixed 3.5.5): the first part of a multi advances the zxid
	// that is processed, so that a snapshot which begins then holds half a multi, and the log is not replayed for the rest.
	MultiZxidEarly bool
	// replay-pzxid, ZOOKEEPER-3125 (fixed 3.5.5): deleting a znode that a fuzzy snapshot has not got leaves
	// its parent's pzxid as it was, and a child watch that is set again later sees no change.
	ReplayPzxid bool
	// replay-cversion, ZOOKEEPER-3249 (fixed 3.5.5): creating a znode again sets its parent's cversion and pzxid even if they
	// are further already, so that the next sequential name is one that was used before.
	ReplayCversion bool
	// closesession-no-paths, ZOOKEEPER-3145 (fixed 3.6.0): a closeSession does not say which znodes it deletes, so that
	// its replay over a fuzzy snapshot that has lost them already leaves their parents' pzxid as it was.
	CloseSessionNoPaths bool
	// session-after-zxid, ZOOKEEPER-3144 (fixed 3.5.5, 3.6.0): the table of sessions changes after the zxid that
	// is processed, so that a snapshot which begins between them lacks a session, or has one that is closed.
	SessionAfterZxid bool
	// acl-cache-fuzzy, ZOOKEEPER-4846 (fixed 3.9.3): a znode that a fuzzy snapshot already holds keeps the number of an
	// ACL that the snapshot does not hold, when its creation is replayed.
	ACLCacheFuzzy bool
	// no-closing-flag, ZOOKEEPER-1208 (fixed 3.3.4): an ephemeral znode may be created behind the
	// closeSession of its session, and outlives it for ever.
	NoClosingFlag bool
	// setwatches-exists-type, ZOOKEEPER-1667 (fixed 3.4.6): watches that are set again after a reconnect fire
	// with the wrong type: a data watch with NodeCreated, an exists watch with NodeDataChanged.
	SetWatchesExistsType bool
	// watchmode-overwrite, ZOOKEEPER-4466 (3.6 to 3.8, fixed 3.9.0): a connection has one watch a path and table, so
	// that a second one of another mode silently takes the place of the first.
	WatchModeOverwrite bool
	// addwatch-no-acl, CVE-2024-23944 (3.6.0 to 3.8.3, 3.9.0 to 3.9.1): events are delivered without a look at the
	// ACL of the znode, and tell paths to those who may not read them.
	AddWatchNoACL bool
	// getacl-no-check, CVE-2019-0201 (before 3.4.14): anybody may ask for an ACL, and gets the
	// hashes of the passwords in it.
	GetACLNoCheck bool
}
