package scenarios

import "orrery/trace"

func describeZKConsumer() func(*trace.Event) string { return func(*trace.Event) string { return "" } }
