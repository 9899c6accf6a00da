// Package task lets straight-line code run as a node: a body that sends, waits
// for an answer, sleeps, syncs a file, and reads like a script. Workload
// clients and lessons want that; protocols are better written as handlers.
//
// A body is a coroutine (package iter), not a goroutine. It runs inside the
// handlers of package nodes, from one blocking call of its [T] to the next, and
// so it runs on every runtime and keeps the contract's promise: the same events
// in the same order make the same run.
//
//	client := task.New(codec, func(t *task.T) {
//		for t.Monotonic() < time.Minute {
//			if _, ok := t.Request("n1", Ping{}, time.Second, nil); ok {
//				t.Sleep(10 * time.Millisecond)
//			}
//		}
//	})
//
// # What holds
//
//   - One task of a machine runs at a time, and only a blocking call (Recv, Request,
//     Sleep, Sync, SyncDir, Wait, Dial, Accept, Read, Signal.Wait) lets another one run, so that
//     tasks of a machine share variables without locks.
//   - Tasks that become ready run in the order in which they did.
//   - A message that a body has received stays valid: the codec of the node
//     decodes from a copy of the bytes. The codec must make a new message each time.
//   - What arrives while no task waits for it queues up, Config.Inbox messages
//     at most; then the oldest is dropped, as a network would do.
//   - A body that returns leaves its machine up and idle.
//   - When the process ends, a body that is blocked is unwound: its deferred calls run,
//     and every method of T that they call unwinds further. A body must not
//     recover from what it does not know and carry on.
//   - A panic in a body, or of a kill at an effect boundary, comes out of the
//     handler that ran the body, with its own value.
package task
