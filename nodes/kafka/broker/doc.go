// Package broker is a Kafka broker: one [nodes.Node] that speaks Kafka's wire protocol to clients and to other brokers, keeps
// its partitions on its disk, and has the cluster's metadata from ZooKeeper.
//
// What a broker does is done by its modules, which are state machines without clocks or connections of their own. The
// broker is what lies between them: it takes requests from connections, hands each to the module that is in
// charge, and carries out what the modules ask for.
//
//	replica     the logs, leading and following partitions     Produce, Fetch, LeaderAndIsr …
//	controller  the registration, the controller               CreateTopics, ControlledShutdown …
//	zk          the session with ZooKeeper
//	group       the group coordinator                          JoinGroup, OffsetCommit …
//	txn         the transaction coordinator                    InitProducerId, EndTxn …
//	broker      connections, the metadata cache                Metadata, FindCoordinator, ApiVersions, UpdateMetadata …
//
// # How requests go
//
// As in the original a connection has one request in process at a time, and is muted meanwhile: what comes
// behind waits, and answers go out in the order of the requests. Requests to other brokers go over one connection for each
// purpose, so that a fetch that waits for data holds up no LeaderAndIsr. What a broker sends to itself takes the same way,
// through a stage instead of a connection.
//
// # Differences from the original
//
//   - Network threads, request handlers and schedulers are one loop; what would be a lock between two of them is the order of its
//     events. Where a historical defect lives in such a lock, a quirk plants its effect.
//   - A frame that is no request of the protocol closes its connection, and is counted.
//   - Only PLAINTEXT is spoken.
//
// # Invariants
//
//   - Each request is answered once, or its connection is closed; answers of a connection are in the order of its requests.
//   - Nobody is served before the broker has been registered once.
//   - Metadata and controller's requests of an earlier controller epoch, or for an earlier broker epoch, change nothing.
package broker
