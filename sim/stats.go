package sim

// DropReason says why a datagram did not arrive.
type DropReason uint8

// The reasons.
const (
	DropNot       DropReason = iota // it did arrive
	DropUnknown                     // there is no machine of that name
	DropDown                        // no process runs on the receiver
	DropLost                        // by chance
	DropCut                         // the link is cut
	DropFull                        // too many are under way on the link
	DropCorrupt                     // bits were flipped, and the checksum noticed
	DropMalformed                   // the receiver's codec refused it
	DropOmitted                     // Config.Omit names it
	dropReasons
	dropHeld    // not lost: a clog holds it back
	dropFlipped // not lost: damaged, and nobody noticed
)

// String says the reason in a word or two.
func (d DropReason) String() string {
	return [...]string{"arrived", "no such machine", "machine is down", "lost", "link is cut",
		"link is full", "corrupt", "malformed", "left out", "", "held", "flipped"}[d]
}

// Stats counts what has happened in a universe.
type Stats struct {
	Events     uint64 // events handled
	Sent       uint64 // datagrams
	BytesSent  uint64 // in datagrams
	Delivered  uint64 // datagrams
	Duplicated uint64
	Corrupted  uint64 // datagrams with flipped bits that nobody noticed
	Dropped    [dropReasons]uint64
	Syncs      uint64 // syncs of files and directories that ended
	SyncErrors uint64
	Crashes    uint64 // processes that ended, in whichever way
	BytesLost  uint64 // bytes that were not synced, and that a crash took
	Frames     uint64 // frames that arrived on connections
	Resets     uint64 // connections that broke
}

// Stats is what has happened so far.
func (u *Universe) Stats() Stats { return u.stats }
