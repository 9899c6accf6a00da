package memory

import (
	"cmp"
	"fmt"
	"slices"

	"orrery/checker"
	"orrery/checker/guarantee"
)

const none = -1

// Options bound a check and tell what the history cannot.
type Options struct {
	// Initial is what every key holds before the first write; the zero Value means unset.
	Initial checker.Value
	// Steps bounds the work, in operations looked at; 0 is 50,000,000. It ends a check at the same place on every machine.
	Steps int
	// Order tells Sessions which place a value has among the versions of its key, as offsets, versions and zxids do, larger
	// being later. Without it, or where it does not know, Sessions judges by what must be so.
	Order func(key string, v checker.Value) (place int64, ok bool)
}

// An op is one operation that has to be explained.
type op struct {
	src   int32 // in the history
	chain int32 // its session; a write with an unknown end is a chain of its own, because nothing follows it
	pos   int32 // in the chain
	key   int32
	val   int32 // what it wrote or read
	from  int32 // a read's write; none if it read the initial value
	write bool
	after int32 // of a chain's first: the operation of another chain that precedes it, or none
}

// A value is one value of a key.
type value struct {
	key     int32
	writer  int32 // the last write of it, or none
	writers int
	readers int
	failed  int32 // a failed write of it, in the history, or none
}

// memory is a history, prepared.
type memory struct {
	h       checker.History
	ops     []op      // by chain, and in it in order
	chains  [][]int32 // operations by chain
	keys    []string
	vals    []value
	initial []int32     // by key, its initial value
	writes  [][][]int32 // by key, its writes in the chains that have some, in order
	twice   int32       // an operation of the history whose value had been written before, or none
	session []string    // by chain
	r       *guarantee.Report
	steps   int
}

// prepare sorts the history into sessions. It returns what makes it no history, or "".
func prepare(check string, h checker.History, opt Options) (*memory, string) {
	m := &memory{h: h, twice: none, r: guarantee.NewReport(check), steps: opt.Steps}
	if m.steps == 0 {
		m.steps = 50_000_000
	}
	if err := h.Validate(); err != nil {
		return m, err.Error()
	}
	for i := range h {
		switch h[i].F {
		case checker.Read, checker.Get, checker.Write, checker.Put:
		default:
			return m, fmt.Sprintf("operation %d (%s): a memory has read and write, or get and put", i, h[i].String())
		}
	}
	initial := opt.Initial
	if !initial.Said() {
		initial = checker.Unset
	}
	ids := m.intern(initial)
	m.split(ids)
	m.index()
	return m, ""
}

type valueKey struct {
	key int32
	val checker.Value
}

// intern names keys and values by small integers, and returns the value of each operation.
func (m *memory) intern(initial checker.Value) []int32 {
	keys, vals := make(map[string]int32), make(map[valueKey]int32)
	ids := make([]int32, len(m.h))
	get := func(k valueKey) int32 {
		id, ok := vals[k]
		if !ok {
			id = int32(len(m.vals))
			vals[k] = id
			m.vals = append(m.vals, value{key: k.key, writer: none, failed: none})
		}
		return id
	}
	for i := range m.h {
		o := &m.h[i]
		k, ok := keys[o.Key]
		if !ok {
			k = int32(len(m.keys))
			keys[o.Key] = k
			m.keys = append(m.keys, o.Key)
			m.initial = append(m.initial, get(valueKey{k, initial}))
		}
		v := o.In
		if reads(o) {
			v = o.Out
		}
		ids[i] = none
		if v.Said() {
			ids[i] = get(valueKey{k, v})
		}
		switch {
		case reads(o) && o.Status == checker.OK:
			m.vals[ids[i]].readers++
		case !reads(o) && o.Status == checker.Fail:
			m.vals[ids[i]].failed = int32(i)
		}
	}
	for _, v := range m.initial {
		m.vals[v].writers++ // it is there without anybody writing it
	}
	return ids
}

func reads(o *checker.Op) bool { return o.F == checker.Read || o.F == checker.Get }

func session(o *checker.Op) string {
	if o.Session != "" {
		return "session " + o.Session
	}
	return "client " + o.Client
}

// split makes the chains: what succeeded in a session, in the order of the calls, and each unknown write that was read.
func (m *memory) split(ids []int32) {
	order := make([]int32, len(m.h))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(m.h[a].Call, m.h[b].Call), cmp.Compare(m.h[a].Ret, m.h[b].Ret))
	})
	names := make(map[string]int32)
	lists := [][]int32{}
	alone := make(map[int32]int32) // by history place of an unknown write, what its session had done before, as a history place
	for _, i := range order {
		o := &m.h[i]
		if o.Status == checker.Fail || o.Status == checker.Maybe && (reads(o) || m.vals[ids[i]].readers == 0) {
			continue
		}
		s := session(o)
		c, ok := names[s]
		if !ok {
			c = int32(len(lists))
			names[s] = c
			lists, m.session = append(lists, nil), append(m.session, s)
		}
		if o.Status == checker.OK {
			lists[c] = append(lists[c], i)
			continue
		}
		alone[int32(len(lists))] = none
		if n := len(lists[c]); n > 0 {
			alone[int32(len(lists))] = lists[c][n-1]
		}
		lists, m.session = append(lists, []int32{i}), append(m.session, s)
	}
	place := make([]int32, len(m.h))
	for c, list := range lists {
		m.chains = append(m.chains, nil)
		for pos, i := range list {
			place[i] = int32(len(m.ops))
			m.chains[c] = append(m.chains[c], int32(len(m.ops)))
			m.ops = append(m.ops, op{src: i, chain: int32(c), pos: int32(pos), key: m.vals[ids[i]].key, val: ids[i],
				from: none, after: none, write: !reads(&m.h[i])})
		}
	}
	for c, before := range alone {
		if before != none {
			m.ops[m.chains[c][0]].after = place[before]
		}
	}
}

// index finds the writers of values and the writes of keys.
func (m *memory) index() {
	m.writes = make([][][]int32, len(m.keys))
	for c := range m.chains {
		at := make(map[int32]int) // by key, where this chain's writes are
		for _, n := range m.chains[c] {
			o := &m.ops[n]
			if !o.write {
				continue
			}
			v := &m.vals[o.val]
			if v.writers++; v.writers > 1 && m.twice == none {
				m.twice = o.src
			}
			v.writer = n
			i, ok := at[o.key]
			if !ok {
				i = len(m.writes[o.key])
				at[o.key] = i
				m.writes[o.key] = append(m.writes[o.key], nil)
			}
			m.writes[o.key][i] = append(m.writes[o.key][i], n)
		}
	}
	for n := range m.ops {
		if o := &m.ops[n]; !o.write {
			o.from = m.vals[o.val].writer
		}
	}
}

// thin reports reads of what nobody wrote.
func (m *memory) thin() {
	for n := range m.ops {
		o := &m.ops[n]
		if o.write || o.from != none || o.val == m.initial[o.key] {
			continue
		}
		if f := m.vals[o.val].failed; f != none {
			m.r.Found(ThinAirRead, m.keys[o.key], m.cite(int32(n)), "%s, but the write of that had failed", m.text(int32(n)))
			continue
		}
		m.r.Found(ThinAirRead, m.keys[o.key], m.cite(int32(n)), "%s, but nobody wrote that", m.text(int32(n)))
	}
}

// cite names operations for a finding, each once.
func (m *memory) cite(ns ...int32) []guarantee.Op {
	var out []guarantee.Op
	for _, n := range ns {
		i := int(m.ops[n].src)
		if !slices.ContainsFunc(out, func(o guarantee.Op) bool { return o.Index == i }) {
			out = append(out, guarantee.Op{Index: i, Text: m.h[i].String()})
		}
	}
	return out
}

// text says what an operation did.
func (m *memory) text(n int32) string {
	o := &m.h[m.ops[n].src]
	if reads(o) {
		return fmt.Sprintf("%s read %s=%s", session(o), o.Key, o.Out)
	}
	return fmt.Sprintf("%s wrote %s=%s", session(o), o.Key, o.In)
}

// ambiguous ends a check that needs to know which write each read saw.
func (m *memory) ambiguous() guarantee.Report {
	o := &m.h[m.twice]
	return m.r.Unknown("%s is written to %s more than once, so it is open which write a read of it saw", o.In, o.Key)
}

// measure says how much the history put to the test.
func (m *memory) measure() {
	cross, writes, sessions := 0, 0, make(map[string]bool)
	for n := range m.ops {
		o := &m.ops[n]
		sessions[m.session[o.chain]] = true
		switch {
		case o.write:
			writes++
		case m.vals[o.val].writers > 1 && o.val != m.initial[o.key]:
			cross++ // which of them it saw is open
		case o.from != none && m.session[m.ops[o.from].chain] != m.session[o.chain]:
			cross++
		}
	}
	m.r.Measure("sessions", len(sessions), 2)
	m.r.Measure("writes", writes, 1)
	m.r.Measure("reads", len(m.ops)-writes, 1)
	m.r.Measure("reads of another session's write", cross, 1)
}
