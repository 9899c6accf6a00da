package scenarios

import "orrery/trace"

// describeZooKeeper says what a stage is handed; what goes over connections is a stream of bytes, of which the servers' notes tell.
func describeZooKeeper() func(*trace.Event) string {
	return func(e *trace.Event) string { return "" }
}
