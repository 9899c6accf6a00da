// Package client is a client of Kafka as straight-line code on tasks: what a workload, a lesson or a console tool needs to
// write, to read, to take part in a group and to administer a cluster.
//
//	cluster := client.New(client.Config{Bootstrap: []nodes.Addr{client.Addr("n1", 9092)}})
//	producer := client.NewProducer(cluster, client.ProducerConfig{})
//	result := producer.Send(t, client.Record{Topic: "orders", Value: []byte("1")}).Wait(t)
//
// It does what the Java client does: it looks for leaders and coordinators, follows them when they move, retries in order,
// fences by leader epochs. A method that may block takes the T of the task that calls it; tasks of one machine may
// share a Cluster and a Producer. A Consumer belongs to one task.
//
// # What a caller can count on
//
//   - The outcome of a write has three values. Failed is said only where no attempt can have had an effect: an answer that
//     was lost, or a code behind which the record may be in the log all the same, leaves it Indeterminate.
//   - Everything that chance decides is drawn from the machine's own stream, and nothing depends on the order of a map.
//   - A task that calls T.Wait does not wait for the tasks of this package.
//
// # Defects
//
// Quirks are switches for defects that clients have had, see Defects.
package client
