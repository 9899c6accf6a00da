package scenarios

import (
	"fmt"
	"strings"

	"orrery/nodes/storm"
	"orrery/trace"
)

// describeStorm names a message with what it is about: "TUPLE 1→3 ant root 5f".
func describeStorm() func(*trace.Event) string {
	codec := storm.NewCodec()
	return func(e *trace.Event) string {
		if len(e.Payload) == 0 {
			return ""
		}
		m, err := codec.Decode(e.Payload)
		if err != nil || m.Kind() != e.Name {
			return ""
		}
		return stormWordsOf(m)
	}
}

func stormWordsOf(m any) string {
	switch m := m.(type) {
	case *storm.Transfer:
		return transferWords(m)
	case *storm.Launch:
		return fmt.Sprintf("LAUNCH %s tasks %v", m.Topology, m.Tasks)
	case *storm.Beat:
		return strings.TrimSpace(fmt.Sprintf("BEAT %s %v", m.Topology, m.Tasks))
	case *storm.Pressure:
		if m.Congested {
			return "PRESSURE congested"
		}
		return "PRESSURE relieved"
	case *storm.Ask:
		return fmt.Sprintf("ASK %s %v", m.What, []any(m.Args))
	case *storm.Reply:
		if !m.OK {
			return "REPLY no"
		}
		return fmt.Sprintf("REPLY %v", []any(m.Values))
	}
	return ""
}

func transferWords(m *storm.Transfer) string {
	s := fmt.Sprintf("%s %d→%d", m.Kind(), m.From, m.To)
	if m.Type != storm.Data {
		s += fmt.Sprintf(" root %04x", m.Root>>48)
		if m.Type == storm.Init || m.Type == storm.Ack {
			s += fmt.Sprintf(" val %04x", m.Val>>48)
		}
		return s
	}
	if len(m.Values) > 0 {
		s += fmt.Sprintf(" %v", m.Values[0])
	}
	for _, a := range m.Anchors {
		s += fmt.Sprintf(" root %04x edge %04x", a.Root>>48, a.Edge>>48)
	}
	return s
}
