package vdisk

import (
	"bytes"

	"orrery/trace"
)

// surviveSubset makes durable what a crash leaves of a file whose sectors reach the
// disk in any order. It returns how many sectors it tore. It draws one number for the file
// and three for each sector of which a write is pending.
func (f *inode) surviveSubset(torn bool, draw func(n uint64) uint64) (tears int64) {
	l := &f.log
	if len(l.list) == 0 {
		return 0
	}
	cuts, versions := l.cuts(), f.versions(len(l.list))

	// The size goes back by some of the writes. What they had cut off is zero or gone.
	back := int(draw(uint64(len(l.list)) + 1))
	for i := range l.list[:len(l.list)-back] {
		w := &l.list[i]
		if f.durable.size > w.cut {
			f.durable.resize(w.cut)
		}
		f.durable.resize(w.size)
	}

	found := make([]byte, 1<<f.shift)
	for len(versions) > 0 {
		n := 1
		for n < len(versions) && versions[n].sector == versions[0].sector {
			n++
		}
		fate, choice, tear := draw(8), draw(1<<32), draw(8)
		last := versions[n-1]
		keep := true
		switch {
		case fate < 4: // as the machine sees it
			clear(found)
			if kept := cuts[last.op] - last.sector<<f.shift; kept > 0 {
				copy(found[:min(kept, 1<<f.shift)], last.image)
			}
		case fate < 7 || n == 1: // as it was durable
			keep = false
		default: // as an earlier write had left it
			copy(found, versions[choice%uint64(n-1)].image)
		}
		old := f.durable.sector(last.sector, f.shift)
		if keep && old != nil {
			if torn && tearSector(found, old, tear, choice) {
				tears++
			}
			f.durable.put(last.sector, found, f.shift)
		}
		versions = versions[n:]
	}
	return tears
}

// tearSector leaves of the new content of a sector only the first bytes, and of the rest,
// where it differs from the old content, the old bytes, zeros, or garbage. It tells whether
// the sector is now neither old nor new.
func tearSector(content, old []byte, tear, choice uint64) bool {
	if tear < 4 {
		return false
	}
	whole := bytes.Clone(content)
	at := 1 + choice>>16%uint64(len(content)-1)
	for i := at; i < uint64(len(content)); i++ {
		if content[i] == old[i] {
			continue // powersafe overwrite: the write did not change this byte
		}
		switch tear {
		case 4:
			content[i] = old[i]
		case 5:
			content[i] = 0
		default:
			content[i] = byte(trace.Mix(choice, i))
		}
	}
	return !bytes.Equal(content, whole) && !bytes.Equal(content, old)
}
