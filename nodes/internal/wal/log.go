package wal

import (
	"errors"
	"fmt"
	"io/fs"
	"sort"

	"orrery/nodes"
)

// The tags of this package's syncs, which the node passes on to [Log.Synced].
const (
	TagFile = "wal"     // of the log's file
	TagDir  = "wal-dir" // of the directory, when a generation begins
)

// Log is the writing end. It belongs to one node and lives as long as one
// incarnation.
//
// A node adds the records of a handler and calls Commit. The first Commit writes
// them as one batch and begins a sync; what is added while that sync is under way
// waits in memory and goes out as the next batch when it ends: group commit.
type Log struct {
	opt        Options
	generation uint64
	lsn        uint64 // of the last record added
	durable    uint64 // every record up to this one is durable

	buf   []byte // the next batch: room for its header, then records
	count int    // of records in buf

	file    string
	size    int64  // of file, in bytes
	written uint64 // the last record written to file
	waiting int    // syncs that must still end for written to be durable
	syncs   uint64 // numbers the syncs of TagFile and TagDir

	// Where the batches lie, for Where. before is the generation that a
	// roll replaces, until the new one is durable.
	places     []place
	before     []place
	beforeFile string
	stale      []string // files to remove once the present one is durable
	sealed     bool     // nothing lies behind the last records but an empty batch
}

// place says that the records up to lsn end at the byte end.
type place struct {
	lsn uint64
	end int64
}

// Add puts a record into the next batch, and returns its number. data is copied.
// Nothing is written before Commit.
func (l *Log) Add(kind byte, data []byte) (lsn uint64) {
	l.reserve()
	l.buf = appendRecord(l.buf, kind, data)
	l.count++
	l.lsn++
	return l.lsn
}

func (l *Log) reserve() {
	if len(l.buf) == 0 {
		l.buf = append(l.buf, zeros[:batchHead]...)
	}
}

// Commit writes what was added and begins to sync it, unless a sync is under way:
// then the end of that sync does. An error is the disk's; the caller can only halt,
// because part of the batch may have been written.
func (l *Log) Commit(env nodes.Env) error {
	if l.file == "" {
		panic("wal: Commit before the first Roll")
	}
	if l.waiting > 0 || l.count == 0 {
		return nil
	}
	return l.write(env)
}

// write puts the batch in buf, which may be empty, behind the file and syncs it.
func (l *Log) write(env nodes.Env) error {
	l.reserve()
	first := l.lsn - uint64(l.count) + 1
	l.sealed = l.count == 0
	l.buf = sealBatch(l.buf, l.generation, first, l.count)
	if err := env.Disk().Append(l.file, l.buf); err != nil {
		return fmt.Errorf("log %s: %w", l.file, err)
	}
	l.size += int64(len(l.buf))
	l.buf, l.count = l.buf[:0], 0
	l.written = l.lsn
	l.places = append(l.places, place{l.lsn, l.size})
	l.sync(env, 1)
	return nil
}

func (l *Log) sync(env nodes.Env, waiting int) {
	l.syncs++
	l.waiting = waiting
	env.Disk().Sync(l.file, nodes.Tag{Name: TagFile, N: l.syncs})
}

// Synced takes the end of a sync of this log and says whether more records are
// durable than before. If records were added meanwhile, their batch
// is written. An error, of the sync or of that write, leaves the caller nothing but to
// halt: after a failed sync the pages may be gone.
func (l *Log) Synced(env nodes.Env, tag nodes.Tag, err error) (more bool, _ error) {
	if tag.Name != TagFile && tag.Name != TagDir {
		panic("wal: not a sync of the log: " + tag.String())
	}
	if err != nil {
		return false, fmt.Errorf("log %s: sync: %w", l.file, err)
	}
	if tag.N != l.syncs {
		return false, nil // of a generation that has been replaced
	}
	if l.waiting == 0 {
		panic("wal: a sync ended twice: " + tag.String())
	}
	if l.waiting--; l.waiting > 0 {
		return false, nil
	}
	more = l.written > l.durable
	l.durable = l.written
	if err := l.removeStale(env.Disk()); err != nil {
		return more, err
	}
	return more, l.Commit(env)
}

func (l *Log) removeStale(d nodes.Disk) error {
	for _, name := range l.stale {
		if err := d.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("log %s: %w", name, err)
		}
	}
	l.stale, l.before, l.beforeFile = nil, nil, ""
	return nil
}

// Roll begins a new generation, whose checkpoint is the records that add adds: all
// that a reader will need. They take the place of everything before, also of what was
// added and not yet written. meta, of at most 480 bytes, says whose log it is. Older
// generations are removed when the new one is durable.
func (l *Log) Roll(env nodes.Env, meta []byte, add func()) error {
	l.buf, l.count = l.buf[:0], 0
	l.reserve()
	add()
	if l.count == 0 {
		panic("wal: a checkpoint of no records")
	}
	if l.file != "" {
		l.stale = append(l.stale, l.file)
	}
	if l.before == nil {
		l.before, l.beforeFile = l.places, l.file
	}
	l.generation++
	l.file, l.places, l.sealed = l.opt.name(l.generation), nil, false
	d := env.Disk()
	if err := d.Append(l.file, appendFileHeader(nil, l.generation, meta)); err != nil {
		return fmt.Errorf("log %s: %w", l.file, err)
	}
	l.size = sectorSize
	first := l.lsn - uint64(l.count) + 1
	l.buf = sealBatch(l.buf, l.generation, first, l.count)
	if err := d.Append(l.file, l.buf); err != nil {
		return fmt.Errorf("log %s: %w", l.file, err)
	}
	l.size += int64(len(l.buf))
	l.buf, l.count = l.buf[:0], 0
	l.written = l.lsn
	l.places = []place{{l.lsn, l.size}}
	l.sync(env, 2)
	d.SyncDir("", nodes.Tag{Name: TagDir, N: l.syncs})
	return nil
}

// Seal writes an empty batch behind the last records if the log is idle and they have
// none behind them, so that damage of theirs can be told from a torn tail. A node calls it
// when it has had nothing to write for a while.
func (l *Log) Seal(env nodes.Env) error {
	if l.waiting > 0 || l.count > 0 || l.sealed || l.file == "" {
		return nil
	}
	return l.write(env)
}

// Attested tells whether a durable batch behind the byte at off of the file bears witness that
// it had been durable: so that damage to it cannot be taken for a torn tail.
func (l *Log) Attested(off int64) bool {
	last := len(l.places) - 1
	for last >= 0 && (l.places[last].lsn > l.durable || l.waiting > 0 && l.places[last].end == l.size) {
		last--
	}
	return last > 0 && off < l.places[last-1].end
}

// Durable is the number of the last record that is certain to survive a crash, with
// all before it. 0 means none.
func (l *Log) Durable() uint64 { return l.durable }

// Last is the number of the last record added.
func (l *Log) Last() uint64 { return l.lsn }

// File is the name of the present generation's file; "" before the first Roll.
func (l *Log) File() string { return l.file }

// Size is the length of that file, in bytes.
func (l *Log) Size() int64 { return l.size }

// Where tells in which file the record lies, and at which byte its batch ends: it is
// durable once that much of the file is. For a record that is not yet
// written it is a place that the file does not reach.
func (l *Log) Where(lsn uint64) (file string, end int64) {
	if l.before != nil && lsn <= l.durable {
		if end, ok := find(l.before, lsn); ok {
			return l.beforeFile, end
		}
	}
	if end, ok := find(l.places, lsn); ok {
		return l.file, end
	}
	return l.file, l.size + 1
}

func find(ps []place, lsn uint64) (end int64, ok bool) {
	i := sort.Search(len(ps), func(i int) bool { return ps[i].lsn >= lsn })
	if i == len(ps) {
		return 0, false
	}
	return ps[i].end, true
}
