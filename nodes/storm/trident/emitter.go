package trident

import (
	"fmt"
	"slices"

	"orrery/nodes"
	"orrery/nodes/storm"
)

// batch is what belongs to a txid, of one partition.
type batch struct {
	Txid    int64 `json:"txid"`
	Attempt int64 `json:"attempt"`
	From    int64 `json:"from"`
	To      int64 `json:"to"`
}

// share is a partition that an emitter reads, and its batches, ascending by txid.
type share struct {
	n      int32
	node   *znode
	loaded bool
	kept   []batch // as they stand in ZooKeeper
	open   []batch // of an opaque spout: not committed
}

// emitter emits what belongs to a batch: of its own partitions.
type emitter struct {
	cfg    *Config
	c      *storm.Context
	source storm.Source
	shares []*share
	states []int32
}

// Prepare implements storm.Bolt.
func (e *emitter) Prepare(c *storm.Context) {
	e.c, e.source, e.states = c, e.cfg.Source(), c.Topology().Tasks(stateName)
	for p := int32(c.Index()); p < e.cfg.Partitions; p += int32(c.Of()) {
		path := fmt.Sprintf("%s/user/%d", rootOf(e.cfg), p)
		e.shares = append(e.shares, &share{n: p, node: &znode{c: c, path: path, patience: e.cfg.Patience}})
	}
}

// Execute implements storm.Bolt.
func (e *emitter) Execute(out *storm.Collector, in *storm.Tuple) {
	txid, attempt := in.Values.Int(0), in.Values.Int(1)
	ok := false
	if in.Stream == batchStream {
		ok = e.emit(out, in, txid, attempt)
	} else {
		ok = e.commit(txid, attempt)
	}
	if ok {
		out.Ack(in)
	} else {
		out.Fail(in)
	}
}

// emit emits a batch, and tells each state task how much of it is its own.
func (e *emitter) emit(out *storm.Collector, in *storm.Tuple, txid, attempt int64) bool {
	counts := map[int32]int64{}
	for _, s := range e.shares {
		if !s.loaded && !s.load() {
			return false
		}
		b, list, ok := e.choose(s, txid, attempt)
		if !ok {
			return false
		}
		e.cfg.probe(e.c, Event{Kind: Ranged, Txid: txid, Attempt: attempt, Partition: s.n, From: b.From, To: b.To})
		for _, r := range list {
			for _, key := range e.cfg.Keys(r.Value) {
				task := e.states[hash(key)%uint64(len(e.states))]
				counts[task]++
				out.EmitDirect(task, storm.DefaultStream, storm.Values{txid, attempt, key}, in)
			}
		}
	}
	for _, task := range e.states {
		out.EmitDirect(task, coordStream, storm.Values{txid, attempt, counts[task]}, in)
	}
	return true
}

// choose says what belongs to a batch, and reads it.
func (e *emitter) choose(s *share, txid, attempt int64) (b batch, list []storm.Record, ok bool) {
	if e.cfg.Kind == Opaque {
		return e.chooseOpaque(s, txid, attempt)
	}
	if i := find(s.kept, txid); i >= 0 {
		b = s.kept[i]
		list, ok = e.source.Read(e.c, s.n, b.From, int(b.To-b.From))
		return b, list, ok && int64(len(list)) == b.To-b.From
	}
	from, ok := endOf(s.kept, txid-1)
	if !ok && e.cfg.Quirks.EmitsUnrecorded && len(s.kept) > 0 {
		from, ok = s.kept[len(s.kept)-1].To, true // as far as is written down
	}
	if !ok {
		return b, nil, false
	}
	if list, ok = e.source.Read(e.c, s.n, from, e.cfg.BatchSize); !ok {
		return b, nil, false
	}
	b = batch{txid, attempt, from, from + int64(len(list))}
	s.kept = append(s.kept, b)
	if e.cfg.Quirks.EmitsUnrecorded && txid%8 != 0 {
		return b, list, true
	}
	return b, list, s.save(2*e.cfg.MaxActive + 2)
}

// chooseOpaque takes what comes behind the batch before. A partition that cannot be read has an empty batch.
func (e *emitter) chooseOpaque(s *share, txid, attempt int64) (b batch, list []storm.Record, ok bool) {
	if i := find(s.open, txid); i >= 0 && s.open[i].Attempt > attempt {
		return b, nil, false // it is a batch of the past
	}
	s.open = slices.DeleteFunc(s.open, func(o batch) bool { return o.Txid >= txid })
	from, ok := int64(0), true
	if i := find(s.open, txid-1); i >= 0 {
		from = s.open[i].To
	} else if from, ok = endOf(s.kept, txid-1); !ok {
		return b, nil, false
	}
	list, read := e.source.Read(e.c, s.n, from, e.cfg.BatchSize)
	nodes.Sometimes(e.c.Env(), !read, "trident: an opaque batch leaves out a partition")
	b = batch{txid, attempt, from, from + int64(len(list))}
	s.open = append(s.open, b)
	return b, list, true
}

// commit writes down where the batches of an opaque spout have ended.
func (e *emitter) commit(txid, attempt int64) bool {
	for _, s := range e.shares {
		if !s.loaded && !s.load() {
			return false
		}
		i := find(s.open, txid)
		if i < 0 || s.open[i].Attempt != attempt {
			return false
		}
		b := s.open[i]
		if k := find(s.kept, txid); k >= 0 {
			if s.kept[k].Attempt > attempt {
				return false
			}
			s.kept = s.kept[:k]
		}
		s.kept = append(s.kept, b)
		if !s.save(3) {
			return false
		}
		s.open = slices.DeleteFunc(s.open, func(o batch) bool { return o.Txid < txid })
	}
	return true
}

// find is the index of a txid; -1 if it is not there.
func find(list []batch, txid int64) int {
	return slices.IndexFunc(list, func(b batch) bool { return b.Txid == txid })
}

// endOf is where the batch of a txid ended. Before the first batch that is the start; ok is false if nobody knows.
func endOf(list []batch, txid int64) (to int64, ok bool) {
	if txid == 0 {
		return 0, true
	}
	if i := find(list, txid); i >= 0 {
		return list[i].To, true
	}
	return 0, false
}

func (s *share) load() bool {
	s.kept, s.open = nil, nil
	s.loaded = s.node.load(&s.kept)
	return s.loaded
}

// save writes the last batches. If it is not certain that they were written they are read anew.
func (s *share) save(most int) bool {
	if len(s.kept) > most {
		s.kept = s.kept[len(s.kept)-most:]
	}
	if s.node.save(s.kept) == written {
		return true
	}
	s.loaded = false
	return false
}

// hash is FNV-1a, with its high bits mixed in.
func hash(key string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(key) {
		h = (h ^ uint64(key[i])) * 1099511628211
	}
	return h ^ h>>29
}
