package scenarios

import (
	"fmt"

	"orrery/nodes/paxos"
	"orrery/trace"
)

// describePaxos names a message with its ballot and slots: "P2a 3.n1 slot 7".
func describePaxos() func(*trace.Event) string {
	codec := paxos.NewCodec()
	return func(e *trace.Event) string {
		if len(e.Payload) == 0 {
			return ""
		}
		m, err := codec.Decode(e.Payload)
		if err != nil || m.Kind() != e.Name {
			return ""
		}
		switch m := m.(type) {
		case *paxos.P1a:
			return fmt.Sprintf("P1a %v from slot %d", m.Ballot, m.From)
		case *paxos.P1b:
			if m.Promised != m.Ballot {
				return fmt.Sprintf("P1b refusing %v for %v", m.Ballot, m.Promised)
			}
			return fmt.Sprintf("P1b %v with %s", m.Ballot, votes(len(m.Votes)))
		case *paxos.P2a:
			return fmt.Sprintf("P2a %v%s", m.Ballot, slots(m.First, m.First+paxos.Slot(len(m.Values))-1))
		case *paxos.P2b:
			if m.Promised != m.Ballot {
				return fmt.Sprintf("P2b refusing %v for %v", m.Ballot, m.Promised)
			}
			return fmt.Sprintf("P2b %v%s", m.Ballot, slots(m.First, m.Last))
		case *paxos.Heartbeat:
			return fmt.Sprintf("Heartbeat %v commit %d", m.Ballot, m.Commit)
		case *paxos.CatchUp:
			return fmt.Sprintf("CatchUp from slot %d", m.From)
		case *paxos.Chosen:
			return fmt.Sprintf("Chosen%s", slots(m.First, m.First+paxos.Slot(len(m.Values))-1))
		case *paxos.SnapshotPart:
			return fmt.Sprintf("SnapshotPart up to slot %d", m.Slot)
		case *paxos.Reply:
			return fmt.Sprintf("Reply %v", m.Status)
		}
		return ""
	}
}

// slots is " slot 7", " slots 7-9", or nothing.
func slots(first, last paxos.Slot) string {
	switch {
	case last < first:
		return ""
	case last == first:
		return fmt.Sprintf(" slot %d", first)
	}
	return fmt.Sprintf(" slots %d-%d", first, last)
}

func votes(n int) string {
	if n == 1 {
		return "1 vote"
	}
	return fmt.Sprintf("%d votes", n)
}
