package zk

import (
	"fmt"
	"strconv"

	"orrery/nodes/kafka/log"
)

// Kind is what sort of record a Key names.
type Kind uint8

// The kinds of records, with their paths.
const (
	KindNone            Kind = iota
	KindBroker               // /brokers/ids/<Number>, ephemeral. Listed: the brokers that live
	KindTopic                // /brokers/topics/<Name>. Listed: the topics
	KindPartition            // /brokers/topics/<Name>/partitions/<Number>/state
	KindController           // /controller, ephemeral
	KindControllerEpoch      // /controller_epoch
	KindConfig               // /config/<Name>: Name is "topics/orders", "brokers/1", "brokers/<default>", "clients/c". Listed: Name is "topics"
	KindConfigChange         // /config/changes/config_change_<sequence>. Listed: the notifications
	KindDeleteTopic          // /admin/delete_topics/<Name>. Listed: the topics to delete
	KindReassign             // /admin/reassign_partitions
	KindPreferred            // /admin/preferred_replica_election
	KindISRChange            // /isr_change_notification/isr_change_<sequence>. Listed: the notifications
	KindLogDirEvent          // /log_dir_event_notification/log_dir_event_<sequence>. Listed: the notifications
	KindProducerIDBlock      // /latest_producer_id_block
	KindClusterID            // /cluster/id
)

// Key names a record: which of these fields count depends on the kind.
type Key struct {
	Kind   Kind
	Name   string
	Number int32
}

// PartitionKey names the state of a partition.
func PartitionKey(tp log.TopicPartition) Key {
	return Key{Kind: KindPartition, Name: tp.Topic, Number: tp.Partition}
}

// BrokerKey names the registration of a broker.
func BrokerKey(id int32) Key { return Key{Kind: KindBroker, Number: id} }

// TopicKey names the assignment of a topic.
func TopicKey(topic string) Key { return Key{Kind: KindTopic, Name: topic} }

// ConfigKey names the configuration of an entity: "topics", "orders".
func ConfigKey(entity, name string) Key { return Key{Kind: KindConfig, Name: entity + "/" + name} }

// Partition is the partition whose state the key names.
func (k Key) Partition() log.TopicPartition {
	return log.TopicPartition{Topic: k.Name, Partition: k.Number}
}

// String is the record's path.
func (k Key) String() string { return k.Path() }

// Path is the record's path below the chroot.
func (k Key) Path() string {
	switch k.Kind {
	case KindBroker:
		return "/brokers/ids/" + strconv.Itoa(int(k.Number))
	case KindTopic:
		return "/brokers/topics/" + k.Name
	case KindPartition:
		return "/brokers/topics/" + k.Name + "/partitions/" + strconv.Itoa(int(k.Number)) + "/state"
	case KindConfig:
		return "/config/" + k.Name
	case KindController, KindControllerEpoch, KindReassign, KindPreferred, KindProducerIDBlock, KindClusterID:
		return singles[k.Kind]
	case KindConfigChange, KindDeleteTopic, KindISRChange, KindLogDirEvent:
		return lists[k.Kind] + "/" + k.Name
	}
	panic(fmt.Sprintf("zk: no record is of kind %d", k.Kind))
}

// ListPath is the path whose children are the records of the kind; see Kind.
func (k Key) ListPath() string {
	if k.Kind == KindConfig {
		return "/config/" + k.Name
	}
	if p, ok := lists[k.Kind]; ok {
		return p
	}
	panic(fmt.Sprintf("zk: records of kind %d are not listed", k.Kind))
}

var singles = map[Kind]string{
	KindController:      "/controller",
	KindControllerEpoch: "/controller_epoch",
	KindReassign:        "/admin/reassign_partitions",
	KindPreferred:       "/admin/preferred_replica_election",
	KindProducerIDBlock: "/latest_producer_id_block",
	KindClusterID:       "/cluster/id",
}

var lists = map[Kind]string{
	KindBroker:       "/brokers/ids",
	KindTopic:        "/brokers/topics",
	KindConfigChange: "/config/changes",
	KindDeleteTopic:  "/admin/delete_topics",
	KindISRChange:    "/isr_change_notification",
	KindLogDirEvent:  "/log_dir_event_notification",
}

// The names that sequential records begin with; the number follows.
const (
	ConfigChangePrefix = "config_change_"
	ISRChangePrefix    = "isr_change_"
	LogDirEventPrefix  = "log_dir_event_"
)

// persistent are the paths that every broker makes sure of when it starts.
var persistent = []string{
	"/consumers", "/brokers", "/brokers/ids", "/brokers/topics", "/brokers/seqid", "/config", "/config/changes", "/config/topics",
	"/config/clients", "/config/users", "/config/brokers", "/admin", "/admin/delete_topics", "/isr_change_notification",
	"/log_dir_event_notification", "/latest_producer_id_block", "/cluster",
}
