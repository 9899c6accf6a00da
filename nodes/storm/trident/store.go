package trident

import (
	"maps"
	"slices"

	"orrery/nodes"
	"orrery/nodes/storm"
)

// What a store answers.
const (
	askGet = "get"
	askPut = "put"
)

// Store is a machine with the database that states write to. It keeps its rows in memory, and is not one that fails: what matters here is
// when it is written to. Each state task has a partition; a write of it is all or nothing, and is taken only if the partition is as it was
// when it was read, and from no attempt that was superseded.
type Store struct {
	codec      nodes.Codec
	partitions map[int64]*rows
	// Wrote is told of every write that was taken, for those who look from outside.
	Wrote func(partition, txid, attempt int64)
}

// rows is one partition.
type rows struct {
	version       int64
	txid, attempt int64
	list          map[string]row
}

// NewStore makes a store.
func NewStore() *Store {
	return &Store{codec: storm.NewCodec(), partitions: map[int64]*rows{}}
}

// Values are all values that are not 0, by key.
func (s *Store) Values() map[string]int64 {
	all := map[string]int64{}
	for _, p := range slices.Sorted(maps.Keys(s.partitions)) {
		for _, key := range slices.Sorted(maps.Keys(s.partitions[p].list)) {
			if v := s.partitions[p].list[key].value; v != 0 {
				all[key] += v
			}
		}
	}
	return all
}

// Codec implements nodes.Node.
func (s *Store) Codec() nodes.Codec { return s.codec }

// Boot implements nodes.Node.
func (s *Store) Boot(nodes.Env) error { return nil }

// Fire implements nodes.Node.
func (s *Store) Fire(nodes.Env, nodes.Tag) {}

// Synced implements nodes.Node.
func (s *Store) Synced(nodes.Env, nodes.Tag, error) {}

// Deliver implements nodes.Node.
func (s *Store) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	a, is := m.(*storm.Ask)
	if !is {
		return
	}
	p := s.partitions[a.Args.Int(0)]
	if p == nil {
		p = &rows{list: map[string]row{}}
		s.partitions[a.Args.Int(0)] = p
	}
	switch a.What {
	case askGet:
		env.Send(from, &storm.Reply{N: a.N, OK: true, Values: p.get(a.Args)})
	case askPut:
		ok := s.put(p, a.Args)
		nodes.Sometimes(env, !ok, "trident: the store refuses a write")
		env.Send(from, &storm.Reply{N: a.N, OK: ok})
	}
}

// get returns the version, the rows of the keys that were asked for, and all that are of the txid.
func (p *rows) get(args storm.Values) storm.Values {
	v := storm.Values{p.version}
	wanted := map[string]bool{}
	for i := 2; i < len(args); i++ {
		wanted[args.String(i)] = true
	}
	for _, key := range slices.Sorted(maps.Keys(p.list)) {
		if r := p.list[key]; wanted[key] || r.txid == args.Int(1) {
			v = append(v, key, r.value, r.prev, r.txid)
		}
	}
	return v
}

func (s *Store) put(p *rows, args storm.Values) bool {
	version, txid, attempt := args.Int(1), args.Int(2), args.Int(3)
	stale := txid < p.txid || txid == p.txid && attempt < p.attempt
	if version != p.version || stale {
		return false
	}
	p.version++
	p.txid, p.attempt = txid, attempt
	for i := 4; i+3 < len(args); i += 4 {
		p.list[args.String(i)] = row{args.Int(i + 1), args.Int(i + 2), args.Int(i + 3)}
	}
	if s.Wrote != nil {
		s.Wrote(args.Int(0), txid, attempt)
	}
	return true
}
