// Package partition is the cluster of the lessons on Kafka: one partition with three replicas, the controller that names its leader, and
// producers.
//
// What is decided about replication is decided by package nodes/kafka/replica/isr, as in the broker: how far the high watermark goes, who is
// in the ISR, which fetch counts. What is around it is small: a log is a list of records, messages are datagrams, and a broker that
// writes to its disk hears nothing until that is done, so that the page of a lesson stays small. The controller and the network between it and
// the brokers are honest; the controller is never down.
//
// What the lessons are about stands in [Rules]. [Standard] are the right ones, and a lesson puts a learner's in the place of some.
//
// Fault model: brokers crash and come back with what their disk has, are paused and cut off; datagrams are lost and come twice. If a broker
// flushes in the background, a loss of power takes what it had not flushed.
package partition
