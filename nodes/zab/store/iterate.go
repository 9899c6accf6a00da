package store

import (
	"fmt"

	"orrery/nodes"
	"orrery/nodes/zab/proto"
)

// Iterator reads the log from a zxid on, over all its files. It reads what has been written to the files, durable
// or not. A file that it has not yet opened must not be purged meanwhile.
type Iterator struct {
	d     nodes.Disk
	files []int64 // that are still to be read
	cur   *logFile
	from  int64
	gaps  bool  // are accepted
	prev  int64 // the last transaction before the present one; -1 if that is not known
	zxid  int64
	txn   []byte
	start int64    // of the present entry in the file
	end   place    // where the log ends, once Next was false
	void  []string // files that never got a header
	err   error
}

// place is where the last log ends.
type place struct {
	file string // "" if there is no log
	off  int64  // behind the last sound entry
	size int64
	zxid int64 // of the last sound entry; 0 if there is none
}

// Log reads the transactions whose zxid is at least from.
func (s *Store) Log(d nodes.Disk, from int64) *Iterator { return s.iterate(d, from, -1) }

// iterate reads the log from a zxid on; prev is the transaction that must stand before the first, -1 if any may.
func (s *Store) iterate(d nodes.Disk, from, prev int64) *Iterator {
	it := &Iterator{d: d, from: from, prev: prev, gaps: s.opt.TrustGaps}
	it.files, it.err = list(d, logPrefix)
	for len(it.files) > 1 && it.files[1] <= from {
		it.files = it.files[1:]
	}
	return it
}

// Next steps to the next transaction. It is false at the end of the log, and on an error.
func (it *Iterator) Next() bool {
	for it.err == nil {
		if it.cur == nil && !it.open() {
			return false
		}
		it.start = it.cur.off
		p, t, err := it.cur.next()
		switch {
		case err != nil:
			it.err = err
		case t != tailNone:
			it.finish(t)
		default:
			z := entryZxid(p)
			it.end.zxid, it.end.off = z, it.cur.off
			if it.accept(z) {
				it.txn, _ = splitEntry(p)
				return true
			}
		}
	}
	return false
}

// open opens the next file; false if there is none, or on an error.
func (it *Iterator) open() bool {
	for len(it.files) > 0 {
		f, err := openLog(it.d, logName(it.files[0]))
		if err != nil {
			it.err = err
			return false
		}
		it.files = it.files[1:]
		whole, err := f.begin(len(it.files) == 0)
		if err != nil {
			it.err = err
			return false
		}
		if whole {
			it.cur = f
			it.end = place{file: f.name, off: f.off, size: f.size, zxid: it.end.zxid}
			return true
		}
		it.void = append(it.void, f.name) // ZOOKEEPER-2332: it holds nothing, and is no reason not to start
	}
	return false
}

// accept tells whether the transaction is to be returned, and whether it follows the one before.
func (it *Iterator) accept(z int64) bool {
	if z < it.from {
		return false
	}
	if z <= it.prev { // Apache logs a transaction twice if its memory had been behind its disk, and replays it twice
		it.zxid = z
		return it.gaps
	}
	follows := proto.Epoch(z) != proto.Epoch(it.prev) || z == it.prev+1
	if it.prev >= 0 && !follows && !it.gaps {
		it.err = &CorruptError{it.cur.name, it.start, fmt.Sprintf("transaction %s follows %s: those between are missing",
			proto.ZxidString(z), proto.ZxidString(it.prev))}
		return false
	}
	it.prev, it.zxid = z, z
	return true
}

// finish decides what the end of a file means.
func (it *Iterator) finish(t tail) {
	f := it.cur
	it.cur = nil
	zxid, damaged, err := f.witness(it.end.zxid)
	switch {
	case err != nil:
		it.err = err
	case damaged:
		it.err = &CorruptError{f.name, f.off, fmt.Sprintf("it cannot be read, but was durable before transaction %s was written, which can",
			proto.ZxidString(zxid))}
	case t == tailBad && len(it.files) > 0:
		it.err = &CorruptError{f.name, f.off, "it cannot be read, but was durable before the next log was begun"}
	}
}

// Zxid is the present transaction's.
func (it *Iterator) Zxid() int64 { return it.zxid }

// Txn is the present transaction, as [Store.Append] took it (with an empty digest, if it had none). It is
// valid until the next call of Next.
func (it *Iterator) Txn() []byte { return it.txn }

// Err is what ended the iteration: nil at the end of the log, a *CorruptError, or the disk's own.
func (it *Iterator) Err() error { return it.err }
