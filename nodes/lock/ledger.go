package lock

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"orrery/nodes"
	"orrery/nodes/internal/wire"
)

// Claim is one client's wish for the lock, from its asking to its giving back.
type Claim struct {
	Owner nodes.ID
	N     uint64 // the owner's acquisition
}

// String prints the claim as "c1#3".
func (c Claim) String() string { return fmt.Sprintf("%s#%d", c.Owner, c.N) }

// Ledger is the state of one lock: who holds it and who waits, in the order in which they came. Its methods are
// functions of its state, so that a database and a replicated log keep it alike.
type Ledger struct {
	Token uint64  // the generation of the lock: it grows whenever the lock changes hands
	Beat  uint64  // it grows with every renewal
	Queue []Claim // the first holds the lock
}

// Holder is who holds the lock.
func (l *Ledger) Holder() (c Claim, held bool) {
	if len(l.Queue) == 0 {
		return Claim{}, false
	}
	return l.Queue[0], true
}

// Holds tells whether c is who holds the lock.
func (l *Ledger) Holds(c Claim) bool { return len(l.Queue) > 0 && l.Queue[0] == c }

// Knows tells whether c holds the lock or waits for it.
func (l *Ledger) Knows(c Claim) bool { return slices.Contains(l.Queue, c) }

// Join puts a claim at the end of the queue. Older claims of its owner leave: a client wants the lock once. If there is a
// newer one, c is of a request that comes late, and wanted no more.
func (l *Ledger) Join(c Claim, q Quirks) {
	if slices.ContainsFunc(l.Queue, func(o Claim) bool { return o.Owner == c.Owner && o.N > c.N }) {
		return
	}
	for i := len(l.Queue) - 1; i >= 0; i-- {
		if o := l.Queue[i]; o.Owner == c.Owner && o != c {
			l.Leave(o, q)
		}
	}
	if l.Knows(c) {
		return
	}
	if q.Barges && len(l.Queue) > 0 {
		l.Queue = slices.Insert(l.Queue, 1, c)
		return
	}
	l.Queue = append(l.Queue, c)
	if len(l.Queue) == 1 {
		l.handed(q)
	}
}

// Leave takes a claim out of the queue. If it held the lock, the next in the queue does.
func (l *Ledger) Leave(c Claim, q Quirks) {
	i := slices.Index(l.Queue, c)
	if i < 0 {
		return
	}
	l.Queue = slices.Delete(l.Queue, i, i+1)
	if i == 0 && len(l.Queue) > 0 {
		l.handed(q)
	}
}

// handed begins a generation.
func (l *Ledger) handed(q Quirks) {
	l.Beat++
	if !q.TokenStays || l.Token == 0 {
		l.Token++
	}
}

// Clone is a copy that shares nothing.
func (l *Ledger) Clone() Ledger {
	return Ledger{Token: l.Token, Beat: l.Beat, Queue: slices.Clone(l.Queue)}
}

// Append appends the ledger's encoding to b.
func (l *Ledger) Append(b []byte) []byte {
	b = binary.AppendUvarint(binary.AppendUvarint(b, l.Token), l.Beat)
	b = binary.AppendUvarint(b, uint64(len(l.Queue)))
	for _, c := range l.Queue {
		b = binary.AppendUvarint(wire.AppendString(b, string(c.Owner)), c.N)
	}
	return b
}

var errLedger = errors.New("lock: what is kept of the lock cannot be read")

// ReadLedger reads what Append has written.
func ReadLedger(p []byte) (Ledger, error) {
	r := wire.NewReader(p)
	l := readLedger(&r)
	if !r.Done() {
		return Ledger{}, errLedger
	}
	return l, nil
}

func readLedger(r *wire.Reader) Ledger {
	l := Ledger{Token: r.Uint(), Beat: r.Uint()}
	n := r.Uint()
	for i := uint64(0); i < n && !r.Failed(); i++ {
		l.Queue = append(l.Queue, Claim{nodes.ID(r.String()), r.Uint()})
	}
	return l
}
