package vdisk

import (
	"io/fs"
	"math/bits"

	"orrery/nodes"
)

// Config describes a disk. The zero value is a disk of 512-byte sectors without a limit.
type Config struct {
	// SectorSize is the unit, in bytes, that a crash keeps or loses: a power of two from 8
	// to 65536. 0 stands for 512.
	SectorSize int
	// Capacity is how many bytes the files may have together; 0 for no limit.
	Capacity int64
}

// MaxFileSize is the largest size of a file, in bytes. A write beyond it gets
// [nodes.ErrNoSpace]: a node that computes a wild offset must not take the simulator's
// memory with it.
const MaxFileSize = 1 << 30

// Disk is the disk of one machine. Make one with [New]. It is not for concurrent use.
type Disk struct {
	shift    uint8 // log2 of the sector size
	capacity int64
	used     int64 // bytes in files that have a name

	seq   uint64 // number of the last operation: the order of all writes and name operations
	inode uint64 // number of the last inode

	names   table    // as the machine sees them, and as a crash would leave them at worst
	journal journal  // name operations that are not durable, in their order
	inodes  []*inode // everything reachable from the two above, in the order of creation
	pool    *pool    // pages for the inodes
	touched []*inode // scratch of flushNames

	captures []capture // syncs in flight; freed slots have id 0
	free     []uint32  // the freed slots
	syncs    uint64    // id of the last capture

	armed []armed
	harm  Harm
}

// New makes an empty disk. It panics if cfg is not valid.
func New(cfg Config) *Disk {
	size := cfg.SectorSize
	if size == 0 {
		size = 512
	}
	assert(size >= 8 && size <= maxSector && size&(size-1) == 0, "the sector size is a power of two from 8 to 65536")
	assert(cfg.Capacity >= 0, "the capacity is not negative")
	return &Disk{
		shift:    uint8(bits.TrailingZeros(uint(size))),
		capacity: cfg.Capacity,
		names:    newTable(),
		pool:     newPool(uint8(bits.TrailingZeros(uint(size)))),
	}
}

// SectorSize is the size of a sector in bytes.
func (d *Disk) SectorSize() int { return 1 << d.shift }

// Used is how many bytes the files have together, as the machine sees them.
func (d *Disk) Used() int64 { return d.used }

// Capacity is the limit on Used in bytes; 0 for none.
func (d *Disk) Capacity() int64 { return d.capacity }

// SetCapacity changes the limit; 0 for none. A limit below Used takes nothing away:
// it only lets no file grow until enough has been removed.
func (d *Disk) SetCapacity(n int64) {
	assert(n >= 0, "the capacity is not negative")
	d.capacity = n
}

// hasRoom tells whether a file may grow from size to end bytes.
func (d *Disk) hasRoom(size, end int64) bool {
	if end <= size {
		return true
	}
	return end <= MaxFileSize && (d.capacity == 0 || d.used+end-size <= d.capacity)
}

// create makes an empty file under a name that is not in use.
func (d *Disk) create(op, name string) (*inode, error) {
	e, err := d.place(op, name)
	if err != nil {
		return nil, err
	}
	d.inode++
	f := newInode(d.inode, d.pool, d.shift)
	f.named = true
	d.inodes = append(d.inodes, f)
	e.setNow(f)
	d.note(nameOp{newName: e.path, to: e, file: f})
	return f, nil
}

// fail is the error of an operation on a file. It costs no formatting until printed.
func fail(op, name string, err error) error {
	return &fs.PathError{Op: op, Path: name, Err: err}
}

func missing(op, name string) error { return fail(op, name, nodes.ErrNotExist) }

// assert panics if what must be true of the disk is not. The simulator turns the
// panic into the end of the run, with its seed.
func assert(ok bool, what string) {
	if !ok {
		panic("vdisk: broken: " + what)
	}
}
