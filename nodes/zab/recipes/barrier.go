package recipes

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"orrery/nodes/task"
	"orrery/nodes/zab/client"
)

// BarrierQuirks are wrong forms of barriers that are met in programs.
type BarrierQuirks struct {
	// AnyEvent lets through on the first event of the barrier's node, whatever it is: a write of its data too.
	AnyEvent bool
	// SamePath uses one place for all rounds of a double barrier, and leaves the node that says that all are there: who comes to the
	// next round finds it, and goes in alone (a stale ready node).
	SamePath bool
	// ReusePath deletes that node at the end, and then uses the place again: who leaves late takes the nodes of the next round
	// for those of his own, and who enters early finds the node of the last one.
	ReusePath bool
	// LeaveAlone leaves a double barrier without waiting for the others.
	LeaveAlone bool
}

// Barrier holds parties up while the node Path exists.
type Barrier struct {
	Party
	Path   string
	Quirks BarrierQuirks
}

// Raise raises the barrier; it may stand already.
func (b *Barrier) Raise(patience time.Duration) error {
	return b.ensure(b.Path, nil, b.deadline(patience))
}

// Lift lets everybody through.
func (b *Barrier) Lift(patience time.Duration) error {
	_, err := b.again(client.Delete(b.Path, -1), b.deadline(patience))
	return err
}

// Wait waits until the barrier is not there, and returns a zxid as of which it was not.
func (b *Barrier) Wait(patience time.Duration) (zxid int64, err error) {
	deadline := b.deadline(patience)
	for {
		_, zxid, there, err := b.exists(b.Path, true, deadline)
		if err != nil || !there {
			return zxid, err
		}
		w, ok := b.waitFor(b.Path, deadline)
		if !ok {
			return 0, b.late()
		}
		if b.Quirks.AnyEvent {
			return max(w.Zxid, b.S.Client().Zxid()), nil
		}
	}
}

// DoubleBarrier lets Size parties begin a round together, and end it together: no Enter of a round returns before that many have
// called it, and no Leave while the node of another one that takes part is there. A party whose session ends takes no part any more.
//
// Each round has a place of its own below Path: a node for each party, and one, "ready", that the last to come creates. What is left
// of a round, somebody may delete when nobody can come to it any more (Clear).
type DoubleBarrier struct {
	Party
	Path   string
	Size   int
	Quirks BarrierQuirks
}

// place is where a round takes place.
func (b *DoubleBarrier) place(round int) string {
	if b.Quirks.SamePath || b.Quirks.ReusePath {
		return b.Path + "/round"
	}
	return fmt.Sprintf("%s/round-%d", b.Path, round)
}

// own is the party's node of a round.
func (b *DoubleBarrier) own(round int) string { return b.place(round) + "/party-" + b.Name }

// ready is the node that says that all are there. It stands beside the parties' nodes, so that these can be counted.
func (b *DoubleBarrier) ready(round int) string { return b.place(round) + "-ready" }

// Enter waits until Size parties have entered the round. After an error the party takes no part in it.
func (b *DoubleBarrier) Enter(round int, patience time.Duration) error {
	deadline := b.deadline(patience)
	err := b.enter(round, deadline)
	if err != nil && !errors.Is(err, ErrSession) {
		b.remove(b.own(round))
	}
	return err
}

func (b *DoubleBarrier) enter(round int, deadline time.Duration) error {
	for _, path := range []string{b.Path, b.place(round)} {
		if err := b.ensure(path, nil, deadline); err != nil {
			return err
		}
	}
	// A node of an earlier session of the party's own is replaced: it would vanish in the middle of the round.
	if err := b.plant(b.own(round), nil, deadline); err != nil {
		return err
	}
	for {
		// The watch comes first: if the last party creates the node after the list, it is noticed.
		_, _, ready, err := b.exists(b.ready(round), true, deadline)
		if err != nil || ready {
			return err
		}
		names, _, err := b.children(b.place(round), false, deadline)
		if err != nil {
			return err
		}
		if len(names) >= b.Size {
			return b.ensure(b.ready(round), nil, deadline)
		}
		if _, ok := b.waitFor(b.ready(round), deadline); !ok {
			return b.late()
		}
	}
}

// Leave waits until all that take part in the round have left it, or are gone, and returns a zxid as of which nobody's node
// was there.
func (b *DoubleBarrier) Leave(round int, patience time.Duration) (zxid int64, err error) {
	deadline := b.deadline(patience)
	for {
		names, zxid, err := b.children(b.place(round), false, deadline)
		if err != nil {
			b.remove(b.own(round))
			return 0, err
		}
		slices.Sort(names)
		n := len(names)
		if n == 0 {
			if b.Quirks.ReusePath {
				b.remove(b.ready(round))
			}
			return zxid, nil
		}
		// The lowest waits for the highest, the others go and wait for the lowest: so each end wakes one or two, and not all.
		lowest := names[0] == base(b.own(round))
		other := names[0]
		if lowest {
			other = names[n-1]
		}
		if !lowest || n == 1 {
			b.remove(b.own(round))
			if b.Quirks.LeaveAlone {
				return b.S.Client().Zxid(), nil
			}
			if n == 1 {
				continue
			}
		}
		_, _, there, err := b.exists(b.place(round)+"/"+other, true, deadline)
		if err == nil && there {
			if _, ok := b.waitFor(b.place(round)+"/"+other, deadline); !ok {
				err = b.late()
			}
		}
		if err != nil {
			b.remove(b.own(round))
			return 0, err
		}
	}
}

// Clear deletes what is left of a round to which nobody will come any more.
func (b *DoubleBarrier) Clear(round int) {
	_, _ = b.again(client.Delete(b.ready(round), -1), task.Forever)
	_, _ = b.again(client.Delete(b.place(round), -1), task.Forever)
}
