package replica

import "orrery/nodes/kafka/log"

// Quirks are defects that Kafka's replication had, to be found. The zero value has none. [Defects] tells their histories.
type Quirks struct {
	Log log.Quirks
}
