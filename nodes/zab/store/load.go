package store

import (
	"cmp"
	"errors"
	"fmt"
	"io"

	"orrery/nodes"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// Database is what is loaded: the tree and the sessions.
type Database interface {
	// Fresh makes it that of a new server: there is no snapshot.
	Fresh()
	// Begin empties it: a snapshot follows. It is called again if that turns out not to be valid.
	Begin()
	Loader
	// Loaded tells that the snapshot was whole; the zxid is that in its name. digest is of version 0 if there is none.
	// An error says that it is not a tree, and then an older snapshot is tried.
	Loaded(zxid int64, digest proto.ZxidDigest) error
	// Replay applies a transaction of the log, some of which the snapshot may have seen already. An
	// error ends the load.
	Replay(txn *proto.Transaction) error
}

// Found is what a load found.
type Found struct {
	// Empty says that there is nothing: a new server, or one that has lost its disk. Its log waits
	// until a first snapshot is saved.
	Empty    bool
	Zxid     int64 // of the last transaction
	Snapshot int64 // that was loaded; -1 if none
	Replayed int   // transactions of the log
	Torn     int64 // bytes behind the last transaction that are not padding: of a write that a crash cut short
}

// Load loads the newest valid snapshot and replays the log behind it: as [Boot] does it, and again when a
// TRUNC has ended. Errors are ErrNoSnapshot, wrapped, *CorruptError, the database's and the disk's.
func (s *Store) Load(d nodes.Disk, db Database) (Found, error) {
	found, _, err := s.load(d, db)
	return found, err
}

// load also returns the iterator that has read to the end of the log.
func (s *Store) load(d nodes.Disk, db Database) (Found, *Iterator, error) {
	f := Found{Snapshot: -1}
	alone, err := replacing(d)
	if err != nil {
		return f, nil, err
	}
	snap, err := s.loadSnapshot(d, db, alone)
	if err != nil {
		return f, nil, err
	}
	from, prev := snap+1, snap
	if snap < 0 {
		from, prev = 0, -1
		db.Fresh()
	}
	f.Snapshot, f.Zxid, f.Empty = snap, max(snap, 0), snap < 0
	it := s.iterate(d, from, prev)
	if alone >= 0 {
		it.files = nil
	}
	var reader jute.Decoder
	for it.Next() {
		if f.Empty && !s.opt.Quirks.TrustEmptyDB {
			return f, nil, fmt.Errorf("%w: the log begins with %s", ErrNoSnapshot, proto.ZxidString(it.Zxid()))
		}
		var txn proto.Transaction
		if err := decodeTxn(&txn, &reader, it.Txn()); err != nil {
			return f, nil, &CorruptError{it.end.file, it.start, fmt.Sprintf("transaction %s is sound but not one: %v", proto.ZxidString(it.Zxid()), err)}
		}
		if err := db.Replay(&txn); err != nil {
			return f, nil, fmt.Errorf("store: transaction %s: %w", proto.ZxidString(it.Zxid()), err)
		}
		f.Zxid, f.Replayed, f.Empty = it.Zxid(), f.Replayed+1, false
	}
	if it.Err() != nil {
		return f, nil, it.Err()
	}
	f.Torn, err = it.torn()
	return f, it, err
}

func decodeTxn(txn *proto.Transaction, d *jute.Decoder, p []byte) error {
	d.Reset(p)
	return txn.Decode(d)
}

// torn is how many bytes behind the end are not padding.
func (it *Iterator) torn() (int64, error) {
	if it.end.file == "" {
		return 0, nil
	}
	end, err := content(it.d, it.end.file, it.end.off, it.end.size)
	return end - it.end.off, err
}

// loadSnapshot loads the newest snapshot that is valid, or the one that alone counts; -1 if there is none at all.
func (s *Store) loadSnapshot(d nodes.Disk, db Database, alone int64) (zxid int64, err error) {
	snaps, err := list(d, snapPrefix)
	if err != nil {
		return -1, err
	}
	if alone >= 0 {
		snaps = []int64{alone}
	}
	var why error
	for i := len(snaps) - 1; i >= 0; i-- {
		db.Begin()
		err := readSnapshot(d, snaps[i], db)
		if err == nil {
			return snaps[i], nil
		}
		if !errors.Is(err, ErrSnapshot) {
			return -1, err
		}
		if why == nil {
			why = err
		}
	}
	if why != nil && !s.opt.Quirks.TrustEmptyDB {
		return -1, fmt.Errorf("%w: %w", ErrNoSnapshot, why)
	}
	return -1, nil
}

// plausible tells, by its end alone, whether a snapshot is likely to be whole. The error is the disk's.
func plausible(d nodes.Disk, name string) (bool, error) {
	size, err := d.Size(name)
	if err != nil || size < 10 {
		return false, err
	}
	p := make([]byte, 5)
	if _, err := d.ReadAt(name, p, size-5); err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("%s: %w", name, err)
	}
	return string(p) == "\x00\x00\x00\x01/", nil
}

// readSnapshot loads one snapshot. Errors are ErrSnapshot, wrapped, and the disk's.
func readSnapshot(d nodes.Disk, zxid int64, db Database) error {
	name := snapName(zxid)
	if sealed, err := plausible(d, name); err != nil || !sealed {
		return cmp.Or(err, fmt.Errorf("%w: %s is not sealed", ErrSnapshot, name))
	}
	size, err := d.Size(name)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	c := newFileDecoder(db)
	p := make([]byte, min(window, size+1)) // one more, so that the end is seen
	for off, more := int64(0), true; more; {
		n, err := d.ReadAt(name, p, off)
		more = n > 0 && err == nil
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("%s: %w", name, err)
		}
		if _, _, err := c.Feed(p[:n]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		off += int64(n)
	}
	if err := c.end(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := db.Loaded(zxid, c.Digest); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrSnapshot, name, err)
	}
	return nil
}
