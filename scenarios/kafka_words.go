package scenarios

import "orrery/trace"

func describeKafka() func(*trace.Event) string { return func(*trace.Event) string { return "" } }
