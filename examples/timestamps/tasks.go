package timestamps

import (
	"orrery/nodes"
	"orrery/nodes/task"
)

// NewTask returns the oracle as straight-line code. Questions that come while it waits for the
// disk stay in its inbox.
func NewTask(q Quirks) nodes.Node {
	return task.New(Codec(), func(t *task.T) {
		window, err := lastWindow(t.Disk())
		for left := uint64(0); err == nil; {
			from, m, _ := t.Recv(task.Forever)
			if left == 0 {
				window, left = window+1, size
				err = begin(t, fileOf(window), q)
			}
			if ask, ok := m.(Ask); ok && err == nil {
				t.Send(from, Answer{ask.Question, (window+1)*size - left})
				left--
			}
		}
		t.Halt(err)
	})
}

// begin makes the file, and waits until its name is durable.
func begin(t *task.T, file string, q Quirks) error {
	if err := t.Disk().Append(file, nil); err != nil || q.TellBeforeSync {
		return err
	}
	if q.SyncFileOnly {
		return t.Sync(file)
	}
	return t.SyncDir("")
}
