// Package group is Kafka's GroupCoordinator with the classic protocol, as of 2.4: who is a member of which group, in which
// generation, with which partitions, and how far each group has read.
package group
