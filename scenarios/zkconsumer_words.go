package scenarios

import "orrery/trace"

// describeZKConsumer says what consumers and brokers ask of brokers, as in a cluster of Kafka. What goes over a session with the ensemble is a
// stream of bytes, of which the consumers' notes tell.
func describeZKConsumer() func(*trace.Event) string { return describeKafka() }
