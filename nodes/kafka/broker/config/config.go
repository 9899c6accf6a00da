package config

import (
	"time"

	"orrery/nodes"
)

// Config is what a server.properties says, with Kafka 2.4's defaults where it says nothing. Times that Kafka counts in
// milliseconds are durations; sizes are in bytes. Each field is named after its key.
type Config struct {
	File  string
	Notes []string // keys that were accepted without effect, and those that nobody knows

	BrokerID        int32
	Rack            string
	LogDir          string // log.dirs, of which there must be one
	Listeners       []Listener
	Advertised      []Listener // one for each of Listeners, by name
	InterBroker     string     // the name of the listener that brokers use among themselves
	ZooKeeper       []nodes.Addr
	Chroot          string        // behind the last server of zookeeper.connect; "" is the root
	SessionTimeout  time.Duration // zookeeper.session.timeout.ms
	ZooKeeperWithin time.Duration // zookeeper.connection.timeout.ms: how long a start waits for a session

	AutoCreateTopics   bool
	DeleteTopics       bool
	NumPartitions      int32
	ReplicationFactor  int16 // default.replication.factor
	AutoRebalance      bool  // auto.leader.rebalance.enable
	RebalancePPM       int64 // leader.imbalance.per.broker.percentage, as parts per million
	RebalanceInterval  time.Duration
	ControlledShutdown bool
	ShutdownRetries    int32
	ShutdownBackoff    time.Duration

	MaxRequestSize   int           // socket.request.max.bytes
	QueuedBytes      int64         // queued.max.request.bytes; negative is no bound
	MaxConnections   int           // max.connections
	MaxPerIP         int           // max.connections.per.ip
	MaxPerIPOf       []PerHost     // max.connections.per.ip.overrides
	IdleTimeout      time.Duration // connections.max.idle.ms
	RequestTimeout   time.Duration
	ControllerWait   time.Duration // controller.socket.timeout.ms
	SendBuffer       int           // socket.send.buffer.bytes; -1 is the operating system's
	FetchMaxBytes    int32
	FetchSessions    int
	ReplicaLagTime   time.Duration
	ReplicaWait      time.Duration // replica.socket.timeout.ms
	FetchWaitMax     time.Duration
	FetchMinBytes    int32
	FetchBytes       int32 // replica.fetch.max.bytes
	FetchResponse    int32 // replica.fetch.response.max.bytes
	FetchBackoff     time.Duration
	CheckpointEvery  time.Duration // replica.high.watermark.checkpoint.interval.ms
	RackAware        bool          // replica.selector.class names Kafka's RackAwareReplicaSelector
	FlushScheduler   time.Duration // log.flush.scheduler.interval.ms
	RetentionCheck   time.Duration
	CleanerBackoff   time.Duration
	ProducerExpiry   time.Duration // producer.id.expiration.ms
	VerifyPartitions bool          // transaction.partition.verification.enable

	Group  Group
	Txn    Txn
	topics topicDefaults
	values map[string]string // as they stand in the file, by key
}

// Group is what concerns groups of consumers and their offsets.
type Group struct {
	InitialDelay   time.Duration // group.initial.rebalance.delay.ms
	MinSession     time.Duration
	MaxSession     time.Duration
	MaxSize        int32
	Partitions     int32 // offsets.topic.num.partitions
	Replication    int16
	SegmentBytes   int64
	Retention      time.Duration // offsets.retention.minutes
	RetentionCheck time.Duration
	CommitTimeout  time.Duration
	LoadBuffer     int32
	MaxMetadata    int32 // offset.metadata.max.bytes
	Codec          int8  // offsets.topic.compression.codec, as record.Codec counts
}

// Txn is what concerns transactions.
type Txn struct {
	Partitions   int32 // transaction.state.log.num.partitions
	Replication  int16
	MinISR       int32
	SegmentBytes int64
	LoadBuffer   int32
	MaxTimeout   time.Duration
	AbortCheck   time.Duration // transaction.abort.timed.out.transaction.cleanup.interval.ms
	ExpiryCheck  time.Duration // transaction.remove.expired.transaction.cleanup.interval.ms
	IDExpiry     time.Duration // transactional.id.expiration.ms
}

// PerHost is how many connections one host may have.
type PerHost struct {
	Host string
	Max  int
}

// Listener is one end of listeners or advertised.listeners. All of them speak PLAINTEXT.
type Listener struct {
	Name string
	Host string // "" is every interface, or the default one
	Port int
}

// Default is the configuration of a file that says nothing.
func Default() *Config {
	c := defaults()
	c.finish(&problems{})
	return c
}

// defaults has the defaults of all keys, before it is worked out what several of them say together.
func defaults() *Config {
	c := unsaid
	c.values = map[string]string{}
	return &c
}

// unsaid is what a file says that says nothing. It is read once, for nobody changes what a default is: a universe has many brokers.
var unsaid = readDefaults()

func readDefaults() Config {
	c := &Config{}
	wrong := &problems{}
	for _, k := range keys {
		if k.set != nil && k.def != "" {
			k.assign(c, k.def, wrong)
		}
	}
	if err := wrong.err(); err != nil {
		panic(err) // the table is wrong
	}
	return *c
}
