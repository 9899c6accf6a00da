package tasks

import (
	"time"

	"orrery/nodes"
	"orrery/nodes/task"
)

func New() nodes.Node {
	return task.New(nil, func(t *task.T) {
		time.Sleep(time.Second) // want `time.Sleep reaches outside the universe`
	})
}
