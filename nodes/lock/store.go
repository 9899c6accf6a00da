package lock

import (
	"encoding/binary"

	"orrery/nodes"
	"orrery/nodes/internal/wire"
)

// StoreConfig says what a Store is.
type StoreConfig struct {
	// Fenced has the store refuse a write whose token is smaller than the largest that it has accepted.
	Fenced bool
	Quirks Quirks
}

// Store is the resource behind the lock. It implements nodes.Node.
type Store struct {
	cfg     StoreConfig
	journal journal
	largest uint64 // token
}

// NewStore makes a store.
func NewStore(cfg StoreConfig) *Store { return &Store{cfg: cfg} }

// Codec implements nodes.Node.
func (*Store) Codec() nodes.Codec { return NewCodec() }

// Boot reads the largest token.
func (s *Store) Boot(env nodes.Env) error {
	state, err := s.journal.open(env)
	if err != nil {
		return err
	}
	if state != nil && !s.cfg.Quirks.FenceForgotten {
		in := wire.NewReader(state)
		if s.largest = in.Uint(); !in.Done() {
			return errLedger
		}
	}
	return s.journal.roll(env, s.state())
}

func (s *Store) state() []byte { return binary.AppendUvarint(nil, s.largest) }

// Fire implements nodes.Node; there are no timers.
func (*Store) Fire(nodes.Env, nodes.Tag) {}

// Synced implements nodes.Node.
func (s *Store) Synced(env nodes.Env, tag nodes.Tag, err error) { s.journal.synced(env, tag, err) }

// Deliver takes a write. The answer, and the effect with it, waits until the token is durable: what the store has let in
// it knows after a crash, too.
func (s *Store) Deliver(env nodes.Env, from nodes.ID, message nodes.Message) {
	m, is := message.(*Message)
	if !is || m.Type != Write || !s.journal.ready {
		return
	}
	a := Message{Type: Written, N: m.N, Seq: m.Seq, Token: m.Token}
	if s.cfg.Fenced && !s.cfg.Quirks.NoToken && m.Token < s.largest {
		env.Send(from, &a)
		return
	}
	a.OK = true
	s.largest = max(s.largest, m.Token)
	s.journal.put(env, s.state())
	s.journal.tell(env, from, a)
}
