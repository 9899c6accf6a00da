package storm

import (
	"time"

	"orrery/nodes"
)

// What a memory answers.
const (
	askRead      = "read"
	askCommitted = "committed"
	askCommit    = "commit"
)

// Memory is a machine that holds partitions of records in its memory, and can be read again and again: a replayable source for
// topologies that have no broker. It appends what it is given at an even pace.
type Memory struct {
	cfg       MemoryConfig
	codec     nodes.Codec
	committed []int64
	visible   []int // records of each partition that are there by now
}

// MemoryConfig says what a Memory holds.
type MemoryConfig struct {
	Records [][]string    // by partition
	Every   time.Duration // between two records of a partition; 0 means that all are there from the start
	// Committed is told of every commit, for those who look from outside.
	Committed func(partition int32, offset int64)
}

// NewMemory makes a memory. It is to be made once, for a restart loses everything.
func NewMemory(cfg MemoryConfig) *Memory {
	m := &Memory{cfg: cfg, codec: NewCodec(), committed: make([]int64, len(cfg.Records)), visible: make([]int, len(cfg.Records))}
	if cfg.Every == 0 {
		m.showAll()
	}
	return m
}

func (m *Memory) showAll() {
	for p := range m.visible {
		m.visible[p] = len(m.cfg.Records[p])
	}
}

// Append appends records to a partition, at once.
func (m *Memory) Append(partition int32, values ...string) {
	m.cfg.Records[partition] = append(m.cfg.Records[partition], values...)
	m.showAll()
}

// Records are all records of a partition, those too that are still to come.
func (m *Memory) Records(partition int32) []string { return m.cfg.Records[partition] }

// CommittedAll tells whether everything that there is has been committed.
func (m *Memory) CommittedAll() bool {
	for p, o := range m.committed {
		if o < int64(len(m.cfg.Records[p])) {
			return false
		}
	}
	return true
}

// Codec implements nodes.Node.
func (m *Memory) Codec() nodes.Codec { return m.codec }

const tagAppend = "append"

// Boot implements nodes.Node.
func (m *Memory) Boot(env nodes.Env) error {
	if m.cfg.Every > 0 {
		env.SetTimer(nodes.Tag{Name: tagAppend}, m.cfg.Every)
	}
	return nil
}

// Fire implements nodes.Node: the next record of each partition is there.
func (m *Memory) Fire(env nodes.Env, _ nodes.Tag) {
	more := false
	for p := range m.visible {
		if m.visible[p] < len(m.cfg.Records[p]) {
			m.visible[p]++
			more = true
		}
	}
	if more {
		env.SetTimer(nodes.Tag{Name: tagAppend}, m.cfg.Every)
	}
}

// Synced implements nodes.Node.
func (m *Memory) Synced(nodes.Env, nodes.Tag, error) {}

// Deliver implements nodes.Node.
func (m *Memory) Deliver(env nodes.Env, from nodes.ID, message nodes.Message) {
	a, is := message.(*Ask)
	if !is {
		return
	}
	p := a.Args.Int(0)
	if p < 0 || p >= int64(len(m.visible)) {
		env.Send(from, &Reply{N: a.N})
		return
	}
	r := &Reply{N: a.N, OK: true}
	switch a.What {
	case askRead:
		end := min(a.Args.Int(1)+a.Args.Int(2), int64(m.visible[p]))
		for o := a.Args.Int(1); o < end; o++ {
			r.Values = append(r.Values, m.cfg.Records[p][o])
		}
	case askCommitted:
		r.Values = Values{m.committed[p]}
	case askCommit:
		m.committed[p] = max(m.committed[p], a.Args.Int(1)) // a copy of an earlier commit may come late
		if m.cfg.Committed != nil {
			m.cfg.Committed(int32(p), m.committed[p])
		}
	default:
		r.OK = false
	}
	env.Send(from, r)
}

// MemorySource reads the Memory on a machine. patience is how long it waits for an answer, in which it asks up to four times.
func MemorySource(machine nodes.ID, patience time.Duration) func() Source {
	return func() Source { return &memorySource{machine, patience} }
}

type memorySource struct {
	machine  nodes.ID
	patience time.Duration
}

func (s *memorySource) ask(c *Context, what string, args ...any) *Reply {
	for range 4 {
		if r := c.Ask(s.machine, what, Values(args), s.patience/4); r != nil && r.OK {
			return r
		}
	}
	return nil
}

// Read implements Source.
func (s *memorySource) Read(c *Context, partition int32, offset int64, most int) (list []Record, ok bool) {
	r := s.ask(c, askRead, int64(partition), offset, int64(most))
	if r == nil {
		return nil, false
	}
	for i := range r.Values {
		list = append(list, Record{offset + int64(i), r.Values.String(i)})
	}
	return list, true
}

// Committed implements Source.
func (s *memorySource) Committed(c *Context, partition int32) (int64, bool) {
	r := s.ask(c, askCommitted, int64(partition))
	if r == nil {
		return 0, false
	}
	return r.Values.Int(0), true
}

// Commit implements Source.
func (s *memorySource) Commit(c *Context, partition int32, offset int64) bool {
	return s.ask(c, askCommit, int64(partition), offset) != nil
}
