// Package controller is what a Kafka broker does with the cluster's metadata, as in 0.8 to 2.4: it registers the broker, follows changes
// of configuration, takes part in the election of the controller, and, once elected, is the controller: KafkaController,
// its state machines of partitions and replicas, and the administrative requests.
package controller
