package broker

import (
	"time"

	"orrery/nodes/kafka/broker/config"
	"orrery/nodes/kafka/controller"
	"orrery/nodes/kafka/group"
	"orrery/nodes/kafka/replica"
	"orrery/nodes/kafka/txn"
	"orrery/nodes/kafka/zk"
)

// Options say what a broker is. Config is needed. It is not changed, so that brokers, and incarnations of one, can share it.
type Options struct {
	Config *config.Config
	// Hostname is what clients and brokers are told to connect to where no listener names a host; "" is the machine's own ID.
	Hostname string
	// EpochRequests lets followers find where to truncate with OffsetForLeaderEpoch, as 0.11 to 2.7 did, and not by fetching.
	EpochRequests bool
	// OldOffsets writes groups and their offsets in version 1 of their formats, as brokers do whose inter.broker.protocol.version is below 2.1.
	OldOffsets bool
	// TellLater tells clients of the requests of later releases that are served: what looks for transactions that hang (KIP-664).
	TellLater bool
	// SlowStops, if it is not 0, lets one in three StopReplica requests wait for a request handler, for up to so long. It is carried out then also if its
	// connection has ended meanwhile.
	SlowStops time.Duration
	// Departed, if it is set, is called when the broker has shut down in order. Without it the broker halts with ErrShutdown.
	Departed func()
	Quirks   Quirks
}

// Quirks are the historical defects of a whole broker, module by module. The zero value has none. Those of the log are
// in Replica.Log.
type Quirks struct {
	Broker     Own
	Replica    replica.Quirks
	Controller controller.Quirks
	ZK         zk.Quirks
	Group      group.Quirks
	Txn        txn.Quirks
}

// Own are the defects of what lies between the modules.
type Own struct {
	// session-lost-in-become-follower, KAFKA-9307 (broken 2.2.0, fixed 2.4.1): a broker that is told to follow looks into ZooKeeper on the way; if the
	// session is lost just then the coordinators never hear that they have resigned, and the next election finds them half loaded.
	SessionLostInBecomeFollower bool
	// data-plane-deadlock, KAFKA-3994 and KAFKA-4399, seen as KAFKA-4477 (0.10.1.0, fixed 0.10.1.1): a group's timer and the end
	// of an append to the offsets topic take two locks in opposite orders, and all request handlers end up waiting. The session with
	// ZooKeeper lives on, so that nobody takes over.
	DataPlaneDeadlock bool
	// metadata-from-old-controller, the UpdateMetadata half of KAFKA-901's epochs: a request of a controller that was deposed is
	// believed, and clients are sent to leaders that are none.
	MetadataFromOldController bool
}
