package storm

import (
	"slices"
	"time"

	"orrery/nodes"
)

// Record is one thing that a source holds, under an offset of its partition.
type Record struct {
	Offset int64
	Value  string
}

// Source is where a reliable spout reads: partitions of records that can be read again from any offset, and a place where the spout keeps
// how far it is. Its methods are called by a Blocking spout and may wait. ok is false if nothing could be learnt, or done; then the
// spout tries again later. Kafka is one, and [Memory] another.
type Source interface {
	// Read reads at most most records of a partition from an offset on. None and ok means that there are none yet.
	Read(c *Context, partition int32, offset int64, most int) (list []Record, ok bool)
	// Committed is from where on a partition is to be read.
	Committed(c *Context, partition int32) (offset int64, ok bool)
	// Commit says that everything before offset is done with.
	Commit(c *Context, partition int32, offset int64) (ok bool)
}

// SourceConfig says how a spout reads a source. The zero value will do but for Partitions.
type SourceConfig struct {
	Partitions  int32
	Most        int           // records in one read; 0 means 16
	CommitEvery time.Duration // 0 means 50 ms
}

// FromSource makes a spout that emits the records of a source: (value string, partition int64, offset int64). Each task reads the
// partitions whose number is its own, modulo the number of tasks. What fails is emitted again, and what was acked without a gap
// is committed. The component must be declared Blocking.
func FromSource(source func() Source, cfg SourceConfig) func() Spout {
	if cfg.Most == 0 {
		cfg.Most = 16
	}
	if cfg.CommitEvery == 0 {
		cfg.CommitEvery = 50 * time.Millisecond
	}
	return func() Spout { return &sourceSpout{cfg: cfg, source: source()} }
}

// sourceSpout is the spout of a source.
type sourceSpout struct {
	cfg    SourceConfig
	source Source
	c      *Context
	parts  []*partition
	turn   int
	last   time.Duration // of the commits
}

// partition is how far a spout is with one partition.
type partition struct {
	n         int32
	known     bool             // committed was read
	committed int64            // as it stands at the source
	next      int64            // to be read
	open      map[int64]string // emitted, or to be: not acked
	again     []int64          // those of them that are to be emitted (again), ascending
	done      int64            // all before it are acked
}

// idOf is the message id of a record: the partition, and one more than the offset.
func idOf(p int32, offset int64) MessageID { return MessageID(uint64(p)<<40 | uint64(offset+1)) }

// RecordOf is the partition and the offset that a spout of FromSource knows a tuple by.
func RecordOf(id MessageID) (partition int32, offset int64) {
	return int32(id >> 40), int64(id&(1<<40-1)) - 1
}

// Open implements Spout.
func (s *sourceSpout) Open(c *Context) {
	s.c = c
	for p := int32(c.Index()); p < s.cfg.Partitions; p += int32(c.Of()) {
		s.parts = append(s.parts, &partition{n: p, open: map[int64]string{}})
	}
}

// Next implements Spout: it emits one record of the next partition that has any.
func (s *sourceSpout) Next(out *SpoutCollector) {
	if s.c.Monotonic()-s.last >= s.cfg.CommitEvery {
		s.last = s.c.Monotonic()
		s.commit()
	}
	for range s.parts {
		p := s.parts[s.turn%len(s.parts)]
		s.turn++
		if len(p.again) == 0 {
			s.fetch(p)
		}
		if len(p.again) > 0 {
			o := p.again[0]
			p.again = p.again[1:]
			out.Emit(Values{p.open[o], int64(p.n), o}, idOf(p.n, o))
			return
		}
	}
}

// fetch reads what comes next.
func (s *sourceSpout) fetch(p *partition) {
	if !p.known {
		if o, ok := s.source.Committed(s.c, p.n); ok {
			p.known, p.committed, p.next, p.done = true, o, o, o
		}
		return
	}
	list, _ := s.source.Read(s.c, p.n, p.next, s.cfg.Most)
	for _, r := range list {
		p.open[r.Offset] = r.Value
		p.again = append(p.again, r.Offset)
		p.next = r.Offset + 1
	}
}

// Ack implements Spout.
func (s *sourceSpout) Ack(id MessageID) {
	n, o := RecordOf(id)
	p := s.part(n)
	delete(p.open, o)
	p.done = p.next
	for open := range p.open { // lint:maporder the least of them is the same in any order
		p.done = min(p.done, open)
	}
}

// Fail implements Spout: the record is emitted again, under a new root.
func (s *sourceSpout) Fail(id MessageID) {
	n, o := RecordOf(id)
	p := s.part(n)
	if i, there := slices.BinarySearch(p.again, o); !there {
		p.again = slices.Insert(p.again, i, o)
	}
	nodes.Reachable(s.c.Env(), "a record is emitted again")
}

func (s *sourceSpout) part(n int32) *partition {
	i := slices.IndexFunc(s.parts, func(p *partition) bool { return p.n == n })
	return s.parts[i]
}

// commit commits what was acked without a gap.
func (s *sourceSpout) commit() {
	for _, p := range s.parts {
		upTo := p.done
		if s.c.Quirks().CommitsEmitted {
			upTo = p.next
		}
		if p.known && upTo > p.committed && s.source.Commit(s.c, p.n, upTo) {
			p.committed = upTo
		}
	}
}
