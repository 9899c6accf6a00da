package viewer

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"strconv"

	"orrery/trace"
)

// The form in which a run lies in its page: the bytes
//
//	length of the header, 4 bytes little-endian · header, JSON · columns
//
// raw-deflated, then base64. Every column has a value for every event, as zigzag varints; what grows
// slowly is written as the difference to the event before. A column that is all zero is not there.
// The header says which columns there are, in their order, and holds the strings that they count.

// formVersion is the version of the form; the page is built for one.
const formVersion = 1

// header is the JSON part of the form.
type header struct {
	Version  int      `json:"v"`
	Title    string   `json:"title"`
	Scenario string   `json:"scenario"`
	Seed     string   `json:"seed"` // decimal: JavaScript's numbers are too short
	Hash     string   `json:"hash,omitempty"`
	Verdict  string   `json:"verdict,omitempty"`
	Property string   `json:"property,omitempty"`
	Sentence string   `json:"sentence,omitempty"`
	Replay   string   `json:"replay,omitempty"`
	By       string   `json:"by,omitempty"`
	Events   int      `json:"events"` // that are in the page
	Total    int      `json:"total"`  // that there were
	Kinds    []string `json:"kinds"`
	Nodes    []string `json:"nodes"`
	Strings  []string `json:"strings"`
	Columns  []string `json:"columns"`
	Sides    []string `json:"sides,omitempty"` // of a comparison: what its two runs are called, if not A and B
	Warnings []string `json:"warnings,omitempty"`

	Operations []Operation `json:"operations,omitempty"`
	Why        string      `json:"why,omitempty"`
	Faults     []Fault     `json:"faults,omitempty"`
	Curve      []Point     `json:"curve,omitempty"`
	NoReturn   uint64      `json:"noReturn,omitempty"`
	Jumps      []Jump      `json:"jumps,omitempty"`
	Marks      []Mark      `json:"marks,omitempty"`
}

// column is one field of all events.
type column struct {
	name string
	data []byte
	some bool // a value is not zero
}

func (c *column) add(v int64) {
	c.some = c.some || v != 0
	c.data = binary.AppendVarint(c.data, v)
}

// table numbers strings in the order in which they come; "" is 0.
type table struct {
	index map[string]int64
	list  []string
}

func newTable() table { return table{index: map[string]int64{"": 0}, list: []string{}} }

func (t *table) of(s string) int64 {
	n, known := t.index[s]
	if !known {
		t.list = append(t.list, s)
		n = int64(len(t.list))
		t.index[s] = n
	}
	return n
}

func (p *Page) encode() ([]byte, error) {
	most := p.Most
	if most <= 0 {
		most = MostEvents
	}
	sets := p.sets()
	kept := window(p.Events, sets, most)
	nodes, strings := newTable(), newTable()
	columns := p.columns(kept, sets, &nodes, &strings)
	h := header{
		Version: formVersion, Title: p.Title, Scenario: p.Scenario, Seed: strconv.FormatUint(p.Seed, 10), Hash: p.Hash,
		Verdict: p.Verdict, Property: p.Property, Sentence: p.Sentence, Replay: p.Replay, By: p.By,
		Events: len(kept), Total: len(p.Events), Nodes: nodes.list, Strings: strings.list, Warnings: p.Warnings, Sides: p.names,
		Operations: p.Operations, Why: p.Why, Faults: p.Faults, Curve: p.Curve, NoReturn: p.NoReturn, Jumps: p.Jumps, Marks: p.Marks,
	}
	if h.Title == "" {
		h.Title = p.Scenario + ", seed " + h.Seed
	}
	h.Kinds = append(h.Kinds, trace.Kind(0).String())
	for _, k := range trace.Kinds() {
		h.Kinds = append(h.Kinds, k.String())
	}
	for _, c := range columns {
		if c.some {
			h.Columns = append(h.Columns, c.name)
		}
	}
	head, err := json.Marshal(&h)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	z, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	_, _ = z.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(head)))) // a buffer takes everything
	_, _ = z.Write(head)
	for _, c := range columns {
		if c.some {
			_, _ = z.Write(c.data)
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// columns lays out the events that are kept.
func (p *Page) columns(kept []int, sets []byte, nodes, strings *table) []*column {
	var all []*column
	col := func(name string) *column {
		c := &column{name: name, data: make([]byte, 0, len(kept))}
		all = append(all, c)
		return c
	}
	seq, sub, at, local, cause := col("seq"), col("sub"), col("at"), col("local"), col("cause")
	kind, node, peer, inc := col("kind"), col("node"), col("peer"), col("inc")
	name, text, msg, file := col("name"), col("text"), col("msg"), col("file")
	off, length, state, set := col("off"), col("len"), col("state"), col("set")
	var before trace.Event
	drift := map[string]int64{}
	for _, i := range kept {
		e := &p.Events[i]
		seq.add(int64(e.Seq - before.Seq))
		sub.add(int64(e.Sub))
		at.add(int64(e.At - before.At))
		d := int64(e.Local - e.At)
		if e.Node == "" {
			d = drift[""]
		}
		local.add(d - drift[e.Node])
		drift[e.Node] = d
		back := int64(0)
		if e.CauseSeq != 0 {
			back = int64(e.Seq-e.CauseSeq) + 1
		}
		cause.add(back)
		kind.add(int64(e.Kind))
		node.add(nodes.of(e.Node))
		peer.add(nodes.of(e.Peer))
		inc.add(int64(e.Incarnation))
		name.add(strings.of(e.Name))
		text.add(strings.of(e.Text))
		msg.add(strings.of(p.called(e)))
		file.add(strings.of(e.File))
		off.add(e.Off)
		length.add(e.Len)
		state.add(strings.of(e.State))
		set.add(int64(sets[i]))
		before = *e
	}
	return all
}

// called is what the protocol calls a message, if that is more than its name.
func (p *Page) called(e *trace.Event) string {
	if p.Describe == nil {
		return ""
	}
	switch e.Kind {
	case trace.Deliver, trace.Received, trace.Posted, trace.Send, trace.Drop:
		if s := p.Describe(e); s != e.Name {
			return s
		}
	}
	return ""
}
