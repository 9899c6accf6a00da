package scenarios

import (
	"fmt"
	"time"

	"orrery/nodes/lock"
	"orrery/trace"
)

// describeLock names a message with what it is about: "WRITE #3 token 7 step 2".
func describeLock() func(*trace.Event) string {
	codec, inner := lock.NewCodec(), describePaxos()
	return func(e *trace.Event) string {
		if len(e.Payload) == 0 {
			return ""
		}
		m, err := codec.Decode(e.Payload)
		if err != nil || m.Kind() != e.Name {
			return ""
		}
		if l, is := m.(*lock.Message); is {
			return lockWords(l)
		}
		return inner(e)
	}
}

func lockWords(m *lock.Message) string {
	s := fmt.Sprintf("%s #%d", m.Kind(), m.N)
	refused := func(yes, no string) string {
		if m.OK {
			return s + yes
		}
		return s + no
	}
	token := ""
	if m.Token > 0 {
		token = fmt.Sprintf(" token %d", m.Token)
	}
	switch m.Type {
	case lock.SetNX, lock.ExtendIf:
		return fmt.Sprintf("%s %04x PX %v", s, m.Value>>48, time.Duration(m.TTL).Round(time.Millisecond))
	case lock.DeleteIf:
		return fmt.Sprintf("%s %04x", s, m.Value>>48)
	case lock.Write:
		return fmt.Sprintf("%s%s step %d", s, token, m.Step)
	case lock.Written:
		return refused(token+" accepted", token+" refused")
	case lock.Answered:
		return refused(" granted"+token, " wait")
	case lock.Cached:
		return refused(" OK"+token, " no")
	}
	return s
}
