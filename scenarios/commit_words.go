package scenarios

import (
	"orrery/nodes/commit"
	"orrery/trace"
)

// describeCommit names a message with its transaction: "Vote c1.1.7 yes".
func describeCommit() func(*trace.Event) string {
	codec := commit.Codec()
	return func(e *trace.Event) string {
		if len(e.Payload) == 0 {
			return ""
		}
		m, err := codec.Decode(e.Payload)
		if err != nil || m.Kind() != e.Name {
			return ""
		}
		return m.(*commit.Message).String()
	}
}
