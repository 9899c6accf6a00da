package lock

import (
	"encoding/binary"
	"time"

	"orrery/nodes"
	"orrery/nodes/internal/wire"
)

// RowConfig says what a Row is.
type RowConfig struct {
	// LockDelay is for how long a lock whose lease has run out is kept from others, for the sake of resources that do
	// not look at tokens ("The Chubby lock service", section 2.4). A lock that is given back is free at once.
	LockDelay time.Duration
	Quirks    Quirks
}

// Row is a database with one row, the lock's: a Ledger and the time at which the lease of the holder expires, by the
// database's own wall clock. It implements nodes.Node.
type Row struct {
	cfg     RowConfig
	journal journal
	ledger  Ledger
	expires int64  // nanoseconds since the epoch
	ttl     uint64 // that the last request asked for
}

// NewRow makes a row.
func NewRow(cfg RowConfig) *Row { return &Row{cfg: cfg} }

var tagExpire = nodes.Tag{Name: "expire"}

// Codec implements nodes.Node.
func (*Row) Codec() nodes.Codec { return NewCodec() }

// Ledger is the row's state; it must not be changed.
func (r *Row) Ledger() *Ledger { return &r.ledger }

// Boot reads the row.
func (r *Row) Boot(env nodes.Env) error {
	state, err := r.journal.open(env)
	if err != nil {
		return err
	}
	if state != nil {
		in := wire.NewReader(state)
		r.expires, r.ttl = int64(in.Uint()), in.Uint()
		if r.ledger = readLedger(&in); !in.Done() {
			return errLedger
		}
	}
	return r.journal.roll(env, r.state())
}

func (r *Row) state() []byte {
	b := binary.AppendUvarint(binary.AppendUvarint(nil, uint64(r.expires)), r.ttl)
	return r.ledger.Append(b)
}

// Synced implements nodes.Node.
func (r *Row) Synced(env nodes.Env, tag nodes.Tag, err error) {
	started := r.journal.ready
	if r.journal.synced(env, tag, err); r.journal.ready && !started {
		r.evict(env)
	}
}

// Fire looks whether the lease has run out.
func (r *Row) Fire(env nodes.Env, _ nodes.Tag) { r.evict(env) }

// Deliver takes a request.
func (r *Row) Deliver(env nodes.Env, from nodes.ID, message nodes.Message) {
	m, is := message.(*Message)
	if !is || !r.journal.ready {
		return // as if it had been lost
	}
	r.evict(env)
	claim := Claim{from, m.N}
	switch m.Type {
	case Lock:
		r.ttl = m.TTL
		if !r.ledger.Knows(claim) {
			r.change(env, func() { r.ledger.Join(claim, r.cfg.Quirks) })
		}
		r.renew(env, from, m)
	case Renew:
		r.renew(env, from, m)
	case Unlock:
		if r.cfg.Quirks.ReleasesAnyones {
			claim, _ = r.ledger.Holder()
		}
		if r.ledger.Knows(claim) {
			r.change(env, func() { r.ledger.Leave(claim, r.cfg.Quirks) })
		}
		r.answer(env, from, Message{Type: Answered, OK: true, N: m.N, Seq: m.Seq})
	}
}

// renew gives the holder a new lease, if the old one has not run out, and tells everybody else to wait.
func (r *Row) renew(env nodes.Env, from nodes.ID, m *Message) {
	a := Message{Type: Answered, N: m.N, Seq: m.Seq}
	if r.ledger.Holds(Claim{from, m.N}) && env.Now().UnixNano() < r.expires {
		a.OK, a.Token = true, r.ledger.Token
		r.ledger.Beat++
		r.expires = env.Now().Add(time.Duration(m.TTL)).UnixNano()
		r.journal.put(env, r.state())
		r.wait(env)
	}
	r.answer(env, from, a)
}

// answer tells what is durable.
func (r *Row) answer(env nodes.Env, to nodes.ID, m Message) {
	if r.cfg.Quirks.AnswersUnsynced {
		env.Send(to, &m)
		return
	}
	r.journal.tell(env, to, m)
}

// change changes the queue. A new holder gets a lease, and is told to ask for it.
func (r *Row) change(env nodes.Env, change func()) {
	before, _ := r.ledger.Holder()
	change()
	if holder, held := r.ledger.Holder(); held && holder != before {
		r.expires = env.Now().Add(time.Duration(r.ttl)).UnixNano()
		r.journal.put(env, r.state())
		r.answer(env, holder.Owner, Message{Type: Turn, N: holder.N})
		r.wait(env)
		return
	}
	r.journal.put(env, r.state())
}

// evict takes the lock from a holder whose lease has run out, and from whom the lock-delay protects nobody any more.
func (r *Row) evict(env nodes.Env) {
	holder, held := r.ledger.Holder()
	if !r.journal.ready || !held {
		return
	}
	if env.Now().UnixNano() >= r.expires+int64(r.cfg.LockDelay) {
		r.change(env, func() { r.ledger.Leave(holder, r.cfg.Quirks) })
		return
	}
	r.wait(env)
}

// wait sets the timer for the expiry. The wall clock can be set meanwhile, so it looks again before long.
func (r *Row) wait(env nodes.Env) {
	left := time.Duration(r.expires + int64(r.cfg.LockDelay) - env.Now().UnixNano())
	env.SetTimer(tagExpire, min(max(left, time.Millisecond), max(time.Duration(r.ttl)/4, time.Millisecond)))
}
