package client

import (
	"fmt"

	"orrery/nodes"
	"orrery/nodes/task"
)

// note puts a sentence into the story of the run.
func note(t *task.T, format string, args ...any) {
	if env := t.Env(); nodes.Noting(env) {
		nodes.Note(env, fmt.Sprintf(format, args...))
	}
}

// String is the partition as Kafka writes it, "orders-0".
func (p TopicPartition) String() string { return fmt.Sprintf("%s-%d", p.Topic, p.Partition) }
