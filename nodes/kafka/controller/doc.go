// Package controller is what a Kafka broker does with the cluster's metadata, as in 0.8 to 2.4: it registers the broker, follows
// changes of configuration, takes part in the election of the controller, and, once elected, is the controller: KafkaController,
// its state machines of partitions and replicas, and the administrative requests.
//
// # How it is used
//
// The broker hands on what its Storage reports (Controller.Stored), the requests of clients (Controller.Handle), what came of a
// Send (Controller.Answered), and timers (Controller.Fire), and takes what comes of them with Controller.Take.
//
// What is a thread in the original is a stack of tasks: the uppermost runs until it waits for the storage, and its fields are all
// that it knows. There are three: the controller's event thread, on which one event is handled at a time; one for administrative
// requests; one for notifications of configuration.
//
// # What the controller writes, and when it believes what it wrote
//
// A partition's state is written under the version that was read, and all writes of the event thread under the version of
// /controller_epoch that its term of office began with. A write that was not answered is not believed: what is there is read, and
// decided about anew; so a leader epoch may be skipped, and none is used twice. A write that is fenced ends the term at once.
//
// # What differs from the original
//
//   - /controller and /controller_epoch are written in one step, as since KAFKA-6082; a broker whose election was answered by a
//     lost connection finds its own session in /controller and takes office.
//   - What a cancelled reassignment would have added leaves the ISR before the assignment is written: ISR and replicas never
//     disagree.
//   - A broker that shuts down is told to stop what it has led, too; so it does not come back into an ISR (KIP-841).
//   - CreatePartitions runs on the event thread, so that no reassignment writes over it.
//   - StopReplica carries leader epochs (KIP-570).
//   - A controller that takes over gives a leader that has registered anew since its election a new leader epoch: nobody has seen
//     it go, and with a log that lost its end it must not lead in an epoch in which its followers have that end.
//
// What 2.4 leaves behind is left behind: a replica whose broker was taken for gone when it was to be deleted stays on that
// broker's disk, and a topic that is created again begins with leader epoch 0 (KAFKA-12257).
//
// # Invariants
//
// The ISR is never empty, and within the replicas; the leader is in it, or there is none. Of a partition, the leader epoch and
// the controller epoch never fall, and a leader epoch has one leader. No controller writes a state in any epoch but the stored
// one. Requests to a broker do not overtake each other.
package controller
