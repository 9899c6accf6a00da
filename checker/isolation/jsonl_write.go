package isolation

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"orrery/checker"
)

// WriteHistory writes h as JSON lines that ReadHistory reads, after a header. The error is one of w.
func WriteHistory(w io.Writer, h []Txn) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "{\"format\":%q,\"version\":%d}\n", format, formatVersion)
	for i := range h {
		t := &h[i]
		fmt.Fprintf(b, `{"id":%d,"process":%d,"type":%q,"mops":[`, t.ID, t.Process, t.Type)
		for j, m := range t.Mops {
			if j > 0 {
				b.WriteByte(',')
			}
			if err := m.write(b); err != nil {
				return err
			}
		}
		fmt.Fprintf(b, `],"invoke":%d`, t.Invoke)
		if t.Return != checker.Never {
			fmt.Fprintf(b, `,"return":%d`, t.Return)
		}
		b.WriteString("}\n")
	}
	return b.Flush()
}

// write writes the micro-operation as Jepsen has it. An empty list is [], so that it stays a list.
func (m *Mop) write(b *bufio.Writer) error {
	key, err := json.Marshal(m.Key)
	if err != nil {
		return err
	}
	switch m.F {
	case FAppend:
		fmt.Fprintf(b, `["append",%s,%d]`, key, m.Val)
	case FWrite:
		fmt.Fprintf(b, `["w",%s,%d]`, key, m.Val)
	case FReadReg:
		text := m.value()
		if m.Unset {
			text = "null"
		}
		fmt.Fprintf(b, `["r",%s,%s]`, key, text)
	default:
		fmt.Fprintf(b, `["r",%s,[`, key)
		for i, e := range m.List {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprint(b, e)
		}
		b.WriteString("]]")
	}
	return nil
}
