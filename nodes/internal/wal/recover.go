package wal

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"orrery/nodes"
)

// Record is one entry of the log.
type Record struct {
	LSN  uint64 // log sequence number: 1, 2, 3… over all generations
	Type byte
	Data []byte
}

// CorruptError says that the log holds damage that no crash can have made: something
// that had been synced cannot be read. The machine must not go on as
// if it had never written it.
type CorruptError struct {
	File   string
	Offset int64 // of the first damaged batch, in bytes
	Why    string
}

// Error names the place and the evidence.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("log %s is corrupt at byte %d: %s", e.File, e.Offset, e.Why)
}

// Recovery is what Open found.
type Recovery struct {
	Records []Record // of the generation that counts: its checkpoint first
	Meta    []byte   // what the file's header says of its owner; nil if there is no log
	File    string   // the file that counts; "" if there is no log
	// Torn is the number of bytes of a torn tail that were left out.
	Torn int64
	// Dropped names the corruption that was taken for a torn tail, where
	// Options.TrustNothingAfterDamage asked for that; nil otherwise.
	Dropped *CorruptError
}

// Options of a log. The zero value is sensible.
type Options struct {
	// Prefix of the file names: generation 12 is Prefix + "0000000c". "" means
	// "wal-". It must not contain a slash: all files lie in the top directory.
	Prefix string
	// TrustNothingAfterDamage makes Open cut the log at the first damage, whatever
	// lies behind it. It is how LogCabin and ZooKeeper lost data ("Redundancy Does
	// Not Imply Fault Tolerance", FAST'17), and exists to be found.
	TrustNothingAfterDamage bool
}

func (o Options) prefix() string {
	if o.Prefix == "" {
		return "wal-"
	}
	return o.Prefix
}

func (o Options) name(generation uint64) string {
	return fmt.Sprintf("%s%08x", o.prefix(), generation)
}

// generations returns the generations that have a file, oldest first, and the
// names of their files.
func generations(d nodes.Disk, o Options) (gens []uint64, err error) {
	names, err := d.List("")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		digits, ours := strings.CutPrefix(name, o.prefix())
		if !ours {
			continue
		}
		g, err := strconv.ParseUint(digits, 16, 64)
		if err != nil || o.name(g) != name {
			return nil, &CorruptError{File: name, Why: "the name is not that of a log file"}
		}
		gens = append(gens, g)
	}
	return gens, nil // List sorts, and the names are padded: oldest first
}

// Open reads the log and returns it positioned behind what it found. Nothing is
// written: the caller rebuilds its state from the records and then begins a generation
// with [Log.Roll], before it adds anything.
//
// Errors: *CorruptError, ErrVersion (wrapped), or the disk's own.
func Open(d nodes.Disk, o Options) (*Log, Recovery, error) {
	gens, err := generations(d, o)
	if err != nil {
		return nil, Recovery{}, err
	}
	l := &Log{opt: o, lsn: 0}
	for i := len(gens) - 1; i >= 0; i-- {
		l.generation = max(l.generation, gens[i])
		r, whole, err := readGeneration(d, o, gens[i])
		if err != nil {
			return nil, Recovery{}, err
		}
		if !whole {
			l.stale = append(l.stale, o.name(gens[i]))
			continue // it never became durable: the one before it counts
		}
		for _, g := range gens[:i+1] {
			l.stale = append(l.stale, o.name(g))
		}
		l.lsn = lastLSN(r.Records)
		l.durable = l.lsn
		return l, r, nil
	}
	return l, Recovery{}, nil
}

func lastLSN(rs []Record) uint64 {
	if len(rs) == 0 {
		return 0
	}
	return rs[len(rs)-1].LSN
}

// readGeneration reads one file. whole is false if its checkpoint never became
// durable as a whole.
func readGeneration(d nodes.Disk, o Options, generation uint64) (r Recovery, whole bool, err error) {
	name := o.name(generation)
	p, err := d.ReadFile(name)
	if err != nil {
		return r, false, fmt.Errorf("log %s: %w", name, err)
	}
	g, meta, err := readFileHeader(p)
	switch {
	case errors.Is(err, errTorn):
		whole, err = nothingBehind(p, name, 0, generation, o, &r)
		return r, false, err
	case err != nil:
		return r, false, fmt.Errorf("log %s: %w", name, err)
	case g != generation:
		return r, false, &CorruptError{File: name, Why: fmt.Sprintf("it holds generation %d", g)}
	}
	r.File, r.Meta = name, meta
	off := sectorSize
	for off < len(p) {
		b, ok := readBatch(p[off:], generation)
		if ok && len(r.Records) > 0 && b.lsn != lastLSN(r.Records)+1 {
			ok = false // sound, but of another place: a misdirected write
		}
		if !ok {
			_, err := nothingBehind(p, name, off, generation, o, &r)
			return r, off > sectorSize, err
		}
		if r.Records, err = readRecords(r.Records, b); err != nil {
			return r, false, &CorruptError{File: name, Offset: int64(off), Why: err.Error()}
		}
		off += b.size
	}
	return r, off > sectorSize, nil
}

// nothingBehind decides what the damage at off is. A sound batch behind it was written
// after the damaged one had been synced: then it is corruption. Otherwise it is
// the trace of a crash.
func nothingBehind(p []byte, name string, off int, generation uint64, o Options, r *Recovery) (bool, error) {
	first := off + sectorSize
	if off == 0 {
		first = 2 * sectorSize // header and checkpoint are written together
	}
	// The damaged batch may itself span sectors, and its data may look like a
	// header: what a client wrote cannot be told from what we wrote but by the
	// lsn, which must be behind all that was read.
	for at := first; at+batchHead <= len(p); at += sectorSize {
		b, ok := readBatch(p[at:], generation)
		if !ok || b.lsn <= lastLSN(r.Records) {
			continue
		}
		err := &CorruptError{File: name, Offset: int64(off),
			Why: fmt.Sprintf("it cannot be read, but was durable before record %d was written, which can", b.lsn)}
		if !o.TrustNothingAfterDamage {
			return false, err
		}
		r.Dropped = err
		break
	}
	r.Torn = int64(len(p) - off)
	return true, nil
}
