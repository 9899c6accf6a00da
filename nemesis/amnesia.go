package nemesis

import (
	"errors"

	"orrery/nodes"
	"orrery/sim/vdisk"
)

// Wipe ends processes, empties their disks, and starts them again when it ends: nodes of the
// same names that remember nothing of what they have promised. Only for systems that say
// that they allow it, and never for more than f nodes in a run.
type Wipe struct{ Who Target }

func (f *Wipe) fields() []field { return []field{arg(targetValue{&f.Who})} }

// String implements [Fault].
func (f Wipe) String() string { return write("wipe", &f) }

// Kind implements [Fault].
func (Wipe) Kind() *Kind { return kindNamed("wipe") }

func (f Wipe) begin(r *run) error {
	return r.first(f.Who, func(ids []nodes.ID) error {
		if err := r.forget(ids, r.n.c.AllowWipe); err != nil {
			return err
		}
		if _, err := r.keepDown(ids); err != nil {
			return err
		}
		r.n.kill(r, ids, vdisk.LoseUnsynced)
		for _, id := range ids {
			m := r.n.u.Machine(id)
			if m.Disk().Used() > 0 {
				r.strike(1)
			}
			m.Wipe()
		}
		r.endByRestart()
		return nil
	})
}

// forget notes that nodes are going to lose their memory, if that is allowed.
func (r *run) forget(ids []nodes.ID, allowed bool) error {
	for _, id := range ids {
		if err := r.n.mayDamage(id, "", allowed); err != nil {
			return err
		}
	}
	for _, id := range ids {
		r.n.atlas.add(id, "")
	}
	return nil
}

// Rollback ends processes when it ends, and starts them again on their disks as these were
// when it began: a machine that is restored from a snapshot, and has forgotten what it
// promised since. Only for systems that say that they bear it.
type Rollback struct{ Who Target }

func (f *Rollback) fields() []field { return []field{arg(targetValue{&f.Who})} }

// String implements [Fault].
func (f Rollback) String() string { return write("rollback", &f) }

// Kind implements [Fault].
func (Rollback) Kind() *Kind { return kindNamed("rollback") }

func (f Rollback) begin(r *run) error {
	if r.entry.Until == 0 {
		return errors.New("a rollback goes back to its beginning when it ends, and has no end")
	}
	return r.first(f.Who, func(ids []nodes.ID) error {
		if err := r.forget(ids, r.n.c.AllowLies); err != nil {
			return err
		}
		r.mark()
		r.touch(ids...)
		for _, id := range ids {
			m := r.n.u.Machine(id)
			image := m.Disk().Clone()
			r.atEnd = append(r.atEnd, func() {
				up := r.n.kill(r, []nodes.ID{id}, vdisk.LoseUnsynced) > 0
				if m.Disk().Hash() != image.Hash() {
					r.strike(1)
				}
				m.Disk().Restore(image)
				if up {
					m.Start(0)
				}
			})
		}
		return nil
	})
}
