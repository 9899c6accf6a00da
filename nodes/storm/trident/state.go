package trident

import (
	"maps"
	"slices"

	"orrery/nodes"
	"orrery/nodes/storm"
)

// key of a batch in memory.
type attemptKey struct{ txid, attempt int64 }

// gathered is what has come of an attempt: it is complete once every emitter has told how much there is, and that much has come.
type gathered struct {
	deltas  map[string]int64
	got     int64
	ends    map[int32]bool
	claimed int64
}

// state gathers what is its own of each batch, and writes it to the store when the batch is committed. Its keys are a partition
// of the store that no other task of the component writes.
type state struct {
	cfg      *Config
	c        *storm.Context
	emitters int
	batches  map[attemptKey]*gathered
}

// Prepare implements storm.Bolt.
func (s *state) Prepare(c *storm.Context) {
	s.c, s.batches, s.emitters = c, map[attemptKey]*gathered{}, len(c.Topology().Tasks(emitterName))
}

// Execute implements storm.Bolt.
func (s *state) Execute(out *storm.Collector, in *storm.Tuple) {
	k := attemptKey{in.Values.Int(0), in.Values.Int(1)}
	if in.Stream == commitStream {
		if s.commit(k) {
			out.Ack(in)
		} else {
			out.Fail(in)
		}
		return
	}
	g := s.batches[k]
	if g == nil {
		s.forget(k)
		g = &gathered{deltas: map[string]int64{}, ends: map[int32]bool{}}
		s.batches[k] = g
	}
	if in.Stream == coordStream {
		g.ends[in.Task] = true
		g.claimed += in.Values.Int(2)
	} else {
		g.got++
		g.deltas[in.Values.String(2)]++
	}
	out.Ack(in)
}

// forget drops earlier attempts of a txid, and batches that are long over.
func (s *state) forget(k attemptKey) {
	old := k.txid - 2*int64(s.cfg.MaxActive)
	for _, o := range slices.SortedFunc(maps.Keys(s.batches), func(a, b attemptKey) int { return int(a.txid - b.txid) }) {
		if o.txid < old || o.txid == k.txid && o.attempt < k.attempt {
			delete(s.batches, o)
		}
	}
}

// row is a value of the store: with the one before it, and the txid that it is of.
type row struct{ value, prev, txid int64 }

// commit writes a batch. It fails if this task does not have all of it: it may have been restarted since.
func (s *state) commit(k attemptKey) bool {
	g := s.batches[k]
	if g == nil || len(g.ends) != s.emitters || g.claimed != g.got {
		nodes.Reachable(s.c.Env(), "trident: a state task has not got the batch that it is to commit")
		return false
	}
	keys := slices.Sorted(maps.Keys(g.deltas))
	version, rows, ok := s.read(k.txid, keys)
	if !ok {
		return false
	}
	changed := map[string]row{}
	for _, key := range keys {
		if r, changes := s.apply(rows[key], g.deltas[key], k.txid); changes {
			changed[key] = r
		}
	}
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		_, touched := g.deltas[key]
		if r := rows[key]; s.opaque() && !touched && r.txid == k.txid && !s.cfg.Quirks.KeepsLeftovers {
			nodes.Reachable(s.c.Env(), "trident: what an earlier attempt left is taken back")
			changed[key] = row{r.prev, r.prev, k.txid}
		}
	}
	if s.cfg.Quirks.NotAtomic {
		bare := map[string]row{}
		for _, key := range slices.Sorted(maps.Keys(changed)) {
			bare[key] = row{changed[key].value, changed[key].value, rows[key].txid}
		}
		if !s.write(k, version, bare) {
			return false
		}
		version++
	}
	return s.write(k, version, changed)
}

func (s *state) opaque() bool { return s.cfg.Kind == Opaque && !s.cfg.Quirks.TransactionalState }

// apply is what becomes of a value: OpaqueMap and TransactionalMap.
func (s *state) apply(r row, delta, txid int64) (next row, changes bool) {
	if !s.opaque() {
		if r.txid == txid {
			return r, false
		}
		return row{r.value + delta, r.value, txid}, true
	}
	base := r.value
	if r.txid == txid {
		base = r.prev
	}
	return row{base + delta, base, txid}, true
}

// read reads rows by their keys, and all that a txid has written.
func (s *state) read(txid int64, keys []string) (version int64, rows map[string]row, ok bool) {
	args := storm.Values{int64(s.c.Index()), txid}
	for _, key := range keys {
		args = append(args, key)
	}
	var r *storm.Reply
	for i := 0; i < 4 && r == nil; i++ {
		r = s.c.Ask(s.cfg.Store, askGet, args, s.cfg.Patience/4)
	}
	if r == nil || !r.OK {
		return 0, nil, false
	}
	rows = map[string]row{}
	for i := 1; i+3 < len(r.Values); i += 4 {
		rows[r.Values.String(i)] = row{r.Values.Int(i + 1), r.Values.Int(i + 2), r.Values.Int(i + 3)}
	}
	return r.Values.Int(0), rows, true
}

// write writes rows, all or none, if nobody has written since they were read.
func (s *state) write(k attemptKey, version int64, rows map[string]row) bool {
	args := storm.Values{int64(s.c.Index()), version, k.txid, k.attempt}
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		r := rows[key]
		args = append(args, key, r.value, r.prev, r.txid)
	}
	r := s.c.Ask(s.cfg.Store, askPut, args, s.cfg.Patience)
	return r != nil && r.OK
}
