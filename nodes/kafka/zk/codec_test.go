package zk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/log"
)

// at is a time that Kafka would have written.
var at = time.UnixMilli(1574170000123).UTC()

// golden are bytes as a broker of 2.4 leaves them in ZooKeeper.
var golden = []struct {
	key   Key
	path  string
	value Value
	text  string
}{
	{BrokerKey(1), "/brokers/ids/1",
		Broker{ID: 1, Endpoints: []Endpoint{{"PLAINTEXT", "PLAINTEXT", "b1", 9092}}, Timestamp: at, JMXPort: -1},
		`{"listener_security_protocol_map":{"PLAINTEXT":"PLAINTEXT"},"endpoints":["PLAINTEXT://b1:9092"],"jmx_port":-1,"host":"b1","timestamp":"1574170000123","port":9092,"version":4}`},
	{BrokerKey(2), "/brokers/ids/2",
		Broker{ID: 2, Endpoints: []Endpoint{{"IN", "SSL", "b2", 9093}, {"OUT", "PLAINTEXT", "::1", 9092}}, Rack: "us-east-1a", Timestamp: at, JMXPort: 9999},
		`{"listener_security_protocol_map":{"IN":"SSL","OUT":"PLAINTEXT"},"endpoints":["IN://b2:9093","OUT://::1:9092"],"rack":"us-east-1a","jmx_port":9999,"host":"::1","timestamp":"1574170000123","port":9092,"version":4}`},
	{BrokerKey(3), "/brokers/ids/3",
		Broker{ID: 3, Endpoints: []Endpoint{{"IN", "SSL", "b3", 9093}}, Timestamp: at, JMXPort: -1},
		`{"listener_security_protocol_map":{"IN":"SSL"},"endpoints":["IN://b3:9093"],"jmx_port":-1,"host":null,"timestamp":"1574170000123","port":-1,"version":4}`},
	{TopicKey("orders"), "/brokers/topics/orders",
		Topic{Partitions: []Assignment{{Partition: 0, Replicas: []int32{1, 2}}, {Partition: 1, Replicas: []int32{3, 2, 1}, Adding: []int32{3}, Removing: []int32{1}}}},
		`{"version":2,"partitions":{"0":[1,2],"1":[3,2,1]},"adding_replicas":{"1":[3]},"removing_replicas":{"1":[1]}}`},
	{TopicKey("t"), "/brokers/topics/t", Topic{Partitions: []Assignment{{Partition: 0, Replicas: []int32{0}}}},
		`{"version":2,"partitions":{"0":[0]},"adding_replicas":{},"removing_replicas":{}}`},
	{PartitionKey(log.TopicPartition{Topic: "t", Partition: 7}), "/brokers/topics/t/partitions/7/state", PartitionState{Leader: 0, LeaderEpoch: 4, ISR: []int32{0, 2}, ControllerEpoch: 6},
		`{"controller_epoch":6,"leader":0,"version":1,"leader_epoch":4,"isr":[0,2]}`},
	{Key{Kind: KindController}, "/controller", Controller{Broker: 2, Timestamp: at}, `{"version":1,"brokerid":2,"timestamp":"1574170000123"}`},
	{Key{Kind: KindControllerEpoch}, "/controller_epoch", ControllerEpoch(12), `12`},
	{ConfigKey("topics", "orders"), "/config/topics/orders", Settings{{"cleanup.policy", "compact"}, {"retention.ms", "1000"}},
		`{"version":1,"config":{"cleanup.policy":"compact","retention.ms":"1000"}}`},
	{Key{Kind: KindConfigChange, Name: "config_change_0000000001"}, "/config/changes/config_change_0000000001", ConfigChange("topics/orders"), `{"version":2,"entity_path":"topics/orders"}`},
	{Key{Kind: KindReassign}, "/admin/reassign_partitions", Reassignments{{log.TopicPartition{Topic: "t", Partition: 1}, []int32{1, 2}}},
		`{"version":1,"partitions":[{"topic":"t","partition":1,"replicas":[1,2]}]}`},
	{Key{Kind: KindPreferred}, "/admin/preferred_replica_election", Partitions{{Topic: "t", Partition: 1}, {Topic: "u"}},
		`{"version":1,"partitions":[{"topic":"t","partition":1},{"topic":"u","partition":0}]}`},
	{Key{Kind: KindISRChange, Name: "isr_change_0000000003"}, "/isr_change_notification/isr_change_0000000003", Partitions{{Topic: "t"}},
		`{"version":1,"partitions":[{"topic":"t","partition":0}]}`},
	{Key{Kind: KindLogDirEvent, Name: "log_dir_event_0000000000"}, "/log_dir_event_notification/log_dir_event_0000000000", LogDirEvent{Broker: 1}, `{"version":1,"broker":1,"event":1}`},
	{Key{Kind: KindProducerIDBlock}, "/latest_producer_id_block", ProducerIDBlock{Broker: 1, Start: 1000, End: 1999}, `{"version":1,"broker":1,"block_start":"1000","block_end":"1999"}`},
	{Key{Kind: KindClusterID}, "/cluster/id", ClusterID("cMr3GpVESX2L3byPGf93lQ"), `{"version":"1","id":"cMr3GpVESX2L3byPGf93lQ"}`},
}

func TestRecordsAreTheBytesOfKafka(t *testing.T) {
	for _, g := range golden {
		require.Equal(t, g.path, g.key.Path())
		require.Equal(t, g.text, string(g.value.Append(nil)), g.path)
		back, err := Decode(g.key.Kind, g.key.Number, []byte(g.text))
		require.NoError(t, err, g.path)
		require.Equal(t, g.value, back, g.path)
	}
}

func TestOlderAndNewerFormsAreRead(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		text string
		want Value
	}{
		{KindBroker, `{"version":1,"host":"b5","port":9092,"jmx_port":9999,"timestamp":"1574170000123"}`,
			Broker{ID: 5, Endpoints: []Endpoint{{"PLAINTEXT", "PLAINTEXT", "b5", 9092}}, Timestamp: at, JMXPort: 9999}},
		{KindBroker, `{"features":{},"listener_security_protocol_map":{"PLAINTEXT":"PLAINTEXT"},"endpoints":["PLAINTEXT://b5:1"],"jmx_port":-1,"port":1,"host":"b5","version":5,"timestamp":"1574170000123"}`,
			Broker{ID: 5, Endpoints: []Endpoint{{"PLAINTEXT", "PLAINTEXT", "b5", 1}}, Timestamp: at, JMXPort: -1}},
		{KindTopic, `{"version":1,"partitions":{"1":[2],"0":[1]}}`, Topic{Partitions: []Assignment{{Partition: 0, Replicas: []int32{1}}, {Partition: 1, Replicas: []int32{2}}}}},
		{KindTopic, `{"removing_replicas":{},"partitions":{"0":[0]},"topic_id":"SbJQ_jVrRFOYqlkfIgLwNg","adding_replicas":{},"version":3}`, Topic{Partitions: []Assignment{{Replicas: []int32{0}}}}},
		{KindConfigChange, `{"version":1,"entity_type":"topics","entity_name":"orders"}`, ConfigChange("topics/orders")},
		{KindConfig, ``, Settings(nil)},
		{KindConfig, `{"version":1,"config":{}}`, Settings(nil)},
	} {
		got, err := Decode(c.kind, 5, []byte(c.text))
		require.NoError(t, err, c.text)
		require.Equal(t, c.want, got)
	}
}

func TestWhatIsNoRecordIsRefused(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		text string
	}{
		{KindBroker, `{`}, {KindBroker, `{"version":4,"endpoints":["nonsense"]}`}, {KindBroker, `{"version":4,"endpoints":["A://h:x"]}`},
		{KindTopic, `{"partitions":{"x":[1]}}`}, {KindTopic, `{"partitions":{"-1":[1]}}`}, {KindTopic, `{"partitions":{"1":[1],"01":[2]}}`},
		{KindPartition, `[]`}, {KindPartition, `{"leader":99999999999}`}, {KindControllerEpoch, `x`}, {KindControllerEpoch, ``},
		{KindConfigChange, `{"version":2,"entity_path":"topics"}`}, {KindProducerIDBlock, `{"block_start":1}`}, {KindNone, ``},
	} {
		_, err := Decode(c.kind, 0, []byte(c.text))
		require.ErrorIs(t, err, ErrMalformed, c.text)
	}
}

func FuzzDecode(f *testing.F) {
	for _, g := range golden {
		f.Add(uint8(g.key.Kind), []byte(g.text))
	}
	f.Fuzz(func(t *testing.T, kind uint8, p []byte) {
		v, err := Decode(Kind(kind), 1, p)
		if err != nil || v == nil {
			return
		}
		q := v.Append(nil)
		again, err := Decode(Kind(kind), 1, q)
		if b, isBroker := v.(Broker); isBroker && (len(b.Endpoints) == 0 || err != nil) {
			return // listeners' names that no broker has need not survive
		}
		if err != nil {
			t.Fatalf("%q became %q: %v", p, q, err)
		}
		if r := again.Append(nil); string(r) != string(q) {
			t.Fatalf("%q became %q, and then %q", p, q, r)
		}
	})
}
