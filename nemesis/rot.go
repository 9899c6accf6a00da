package nemesis

import (
	"errors"
	"fmt"

	"orrery/nodes"
	"orrery/sim/vdisk"
	"orrery/trace"
)

// mayDamage refuses a fault that destroys the last good copies, or that the cluster
// does not allow at all.
func (n *Nemesis) mayDamage(id nodes.ID, piece string, allowed bool) error {
	switch {
	case !allowed:
		return errors.New("the cluster does not allow it")
	case !n.atlas.allows(id, piece):
		return &overBudget{n.c.Tolerates}
	case piece == "":
		return n.admitLoss(id)
	}
	return nil
}

// admitLoss tells whether the budget allows that a node is lost for good.
func (n *Nemesis) admitLoss(id nodes.ID) error {
	if n.mode != Budgeted {
		return nil
	}
	g := n.healthGraph()
	g.apply(&disturbance{ids: []nodes.ID{id}, down: true}, n.c.Timescale)
	if !g.hasQuorum(n.c.Quorum) {
		return &overBudget{n.c.Tolerates}
	}
	return nil
}

// CorruptDisk flips bits in sectors of what is durable on a disk, as though the medium had
// rotted. They stay flipped until they are overwritten: reading again does not
// help. Never more than f nodes have rotten copies of the same piece of data.
type CorruptDisk struct {
	Who     Target
	Sectors int // 0 means 1
}

func (f *CorruptDisk) fields() []field {
	return []field{arg(targetValue{&f.Who}), opt("sectors", countValue{&f.Sectors, 10_000})}
}

// String implements [Fault].
func (f CorruptDisk) String() string { return write("corrupt-disk", &f) }

// Kind implements [Fault].
func (CorruptDisk) Kind() *Kind { return kindNamed("corrupt-disk") }

func (f CorruptDisk) begin(r *run) error {
	return r.first(f.Who, func(ids []nodes.ID) error {
		var refused error
		flips := uint64(0)
		for _, id := range ids {
			for i := range uint64(max(f.Sectors, 1)) {
				flip, err := r.rot(id, i)
				if err != nil {
					refused = err
					continue
				}
				flips += uint64(flip.Bits)
				if r.n.u.Recording() {
					r.n.u.Note(id, fmt.Sprintf("%d bits of %s at %d have rotted", flip.Bits, flip.Name, flip.Off))
				}
			}
			r.touch(id)
		}
		if flips == 0 && refused != nil {
			return refused
		}
		r.n.u.Strike(r.name, flips)
		r.strike(flips)
		r.end() // it is over as soon as it has happened
		return nil
	})
}

// rot flips bits of one sector that may rot, if the atlas allows it for the piece that lies there.
func (r *run) rot(id nodes.ID, number uint64) (vdisk.Flip, error) {
	n, disk := r.n, r.n.u.Machine(id).Disk()
	var refused error
	for try := range uint64(rotTries) {
		draws := trace.Mix(number, try)
		where, ok := disk.Clone().CorruptAt(r.rotDraws(id, draws))
		if !ok {
			return where, errors.New("nothing durable is on the disk")
		}
		if n.c.MayRot != nil && !n.c.MayRot(id, where.Name, where.Off) {
			refused = errors.New("nothing was found that may rot")
			continue
		}
		piece := ""
		if n.c.Chunk != nil {
			piece = n.c.Chunk(id, where.Name, where.Off)
		}
		if err := n.mayDamage(id, piece, n.c.AllowCorrupt); err != nil {
			return vdisk.Flip{}, err
		}
		flip, _ := disk.CorruptAt(r.rotDraws(id, draws))
		n.atlas.add(id, piece)
		return flip, nil
	}
	return vdisk.Flip{}, refused
}

// rotTries is how many sectors are looked at to find one that may rot.
const rotTries = 8

// rotDraws makes the draws for one sector: the same each time it is called.
func (r *run) rotDraws(id nodes.ID, number uint64) func(uint64) uint64 {
	k := uint64(0)
	return func(limit uint64) uint64 {
		k++
		return r.draw("rot "+string(id), trace.Mix(number, k), limit)
	}
}

// MisdirectWrite lets one sector of the next sync arrive at another place of the same
// file: what stood there is gone, and where it belongs stands the old content. Nobody
// notices before the machine's next crash. If no sync comes before the fault ends, it
// is called off.
type MisdirectWrite struct{ Who Target }

func (f *MisdirectWrite) fields() []field { return []field{arg(targetValue{&f.Who})} }

// String implements [Fault].
func (f MisdirectWrite) String() string { return write("misdirect-write", &f) }

// Kind implements [Fault].
func (MisdirectWrite) Kind() *Kind { return kindNamed("misdirect-write") }

func (f MisdirectWrite) begin(r *run) error {
	return r.spoil(f.Who, func(d *vdisk.Disk, pick uint64) { d.Misdirect("", pick) },
		func(h vdisk.Harm) int64 { return h.MisdirectedSectors })
}

// LoseWrite lets sectors of the next sync keep what they had, although the sync succeeds: a
// disk that lies. Nobody notices before the machine's next crash. If no sync comes
// before the fault ends, it is called off.
type LoseWrite struct {
	Who     Target
	Sectors int // 0 means 1
}

func (f *LoseWrite) fields() []field {
	return []field{arg(targetValue{&f.Who}), opt("sectors", countValue{&f.Sectors, 10_000})}
}

// String implements [Fault].
func (f LoseWrite) String() string { return write("lose-write", &f) }

// Kind implements [Fault].
func (LoseWrite) Kind() *Kind { return kindNamed("lose-write") }

func (f LoseWrite) begin(r *run) error {
	return r.spoil(f.Who, func(d *vdisk.Disk, pick uint64) { d.LoseWrite("", max(f.Sectors, 1), pick) },
		func(h vdisk.Harm) int64 { return h.LostSectors })
}

// spoil orders that writes go wrong, and counts at the end how many have.
func (r *run) spoil(t Target, order func(*vdisk.Disk, uint64), harm func(vdisk.Harm) int64) error {
	n := r.n
	return r.first(t, func(ids []nodes.ID) error {
		for _, id := range ids {
			if err := n.mayDamage(id, "", n.c.AllowLies); err != nil {
				return err
			}
			n.atlas.add(id, "")
		}
		r.mark()
		for _, id := range ids {
			disk := n.u.Machine(id).Disk()
			before := harm(disk.Harm())
			order(disk, r.draw("where", trace.String(string(id)), 1<<32))
			r.touch(id)
			r.atEnd = append(r.atEnd, func() {
				r.strike(uint64(harm(disk.Harm()) - before))
				disk.Disarm()
			})
		}
		return nil
	})
}
