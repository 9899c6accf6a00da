package store

// Options of a Store. The zero value is sensible.
type Options struct {
	// PreAlloc is by how many bytes a log grows at a time, filled with zeros (ZooKeeper: 64 MiB). 0 lets it
	// grow as it is written.
	PreAlloc int64
	// TrustGaps makes a reader take the log as it is, as the original does: with transactions missing from its middle, and
	// with such as are older than the one before, which are replayed in that order. It is for defects whose trace
	// that is. Otherwise the former is corruption, and the latter are left out as repetitions.
	TrustGaps bool
	// NoMarks writes nothing that Apache would not write. Then a power failure that keeps a later part of
	// the last batch and loses an earlier one looks like corruption, as it does to Apache.
	NoMarks bool

	Quirks Quirks
}
