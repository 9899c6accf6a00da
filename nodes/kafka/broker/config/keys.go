package config

import (
	"errors"
	"math"
	"time"
)

const (
	maxInt  = math.MaxInt32
	maxLong = math.MaxInt64
)

// keys are the keys that a broker obeys, then those that it knows and that have no effect. Defaults are those of Kafka 2.4.
var keys = join(serverKeys, networkKeys, replicaKeys, logKeys, coordinatorKeys, withoutEffect, refused)

func join(tables ...[]key) []key {
	var all []key
	for _, t := range tables {
		all = append(all, t...)
	}
	return all
}

// byName finds a key. The table is small, and read when a broker starts.
func byName(name string) *key {
	for i := range keys {
		if keys[i].name == name {
			return &keys[i]
		}
	}
	return nil
}

var serverKeys = []key{
	whole("broker.id", -1, -1, maxInt, func(c *Config) *int32 { return &c.BrokerID }),
	{name: "broker.rack", kind: kindString, set: func(c *Config, v value) error { c.Rack = v.text; return nil }},
	{name: "log.dirs", kind: kindString, set: oneDirectory},
	{name: "log.dir", kind: kindString, def: "/tmp/kafka-logs", set: func(c *Config, v value) error {
		if _, given := c.values["log.dirs"]; given {
			return nil
		}
		return oneDirectory(c, v)
	}},
	{name: "zookeeper.connect", kind: kindString, set: ensemble},
	short(duration("zookeeper.session.timeout.ms", 6_000, 1, func(c *Config) *time.Duration { return &c.SessionTimeout })),
	short(duration("zookeeper.connection.timeout.ms", 18_000, 1, func(c *Config) *time.Duration { return &c.ZooKeeperWithin })),
	boolean("auto.create.topics.enable", true, func(c *Config) *bool { return &c.AutoCreateTopics }),
	boolean("delete.topic.enable", true, func(c *Config) *bool { return &c.DeleteTopics }),
	whole("num.partitions", 1, 1, maxInt, func(c *Config) *int32 { return &c.NumPartitions }),
	whole("default.replication.factor", 1, 1, math.MaxInt16, func(c *Config) *int16 { return &c.ReplicationFactor }),
	boolean("auto.leader.rebalance.enable", true, func(c *Config) *bool { return &c.AutoRebalance }),
	{name: "leader.imbalance.per.broker.percentage", kind: kindInt, def: "10", low: 0, high: 100, set: func(c *Config, v value) error {
		c.RebalancePPM = v.n * 10_000
		return nil
	}},
	duration("leader.imbalance.check.interval.seconds", 300, 1, func(c *Config) *time.Duration { return &c.RebalanceInterval }),
	boolean("controlled.shutdown.enable", true, func(c *Config) *bool { return &c.ControlledShutdown }),
	whole("controlled.shutdown.max.retries", 3, 0, maxInt, func(c *Config) *int32 { return &c.ShutdownRetries }),
	duration("controlled.shutdown.retry.backoff.ms", 5_000, 0, func(c *Config) *time.Duration { return &c.ShutdownBackoff }),
	short(duration("controller.socket.timeout.ms", 30_000, 1, func(c *Config) *time.Duration { return &c.ControllerWait })),
}

var networkKeys = []key{
	{name: "listeners", kind: kindString, set: func(c *Config, v value) (err error) {
		c.Listeners, err = listeners(v.text, true)
		return err
	}},
	{name: "advertised.listeners", kind: kindString, set: func(c *Config, v value) (err error) {
		c.Advertised, err = listeners(v.text, false)
		return err
	}},
	{name: "port", kind: kindInt, def: "9092", low: 0, high: 65535},
	{name: "host.name", kind: kindString},
	{name: "advertised.host.name", kind: kindString},
	{name: "advertised.port", kind: kindInt, low: 1, high: 65535},
	text("inter.broker.listener.name", "", func(c *Config) *string { return &c.InterBroker }),
	{name: "listener.security.protocol.map", kind: kindString, def: "PLAINTEXT:PLAINTEXT"},
	whole("socket.request.max.bytes", 104_857_600, 1, maxInt, func(c *Config) *int { return &c.MaxRequestSize }),
	whole("socket.send.buffer.bytes", 102_400, -1, maxInt, func(c *Config) *int { return &c.SendBuffer }),
	whole("queued.max.request.bytes", -1, -1, maxLong, func(c *Config) *int64 { return &c.QueuedBytes }),
	whole("max.connections", maxInt, 0, maxInt, func(c *Config) *int { return &c.MaxConnections }),
	whole("max.connections.per.ip", maxInt, 0, maxInt, func(c *Config) *int { return &c.MaxPerIP }),
	{name: "max.connections.per.ip.overrides", kind: kindList, set: perHosts},
	duration("connections.max.idle.ms", 600_000, -1, func(c *Config) *time.Duration { return &c.IdleTimeout }),
	short(duration("request.timeout.ms", 30_000, 1, func(c *Config) *time.Duration { return &c.RequestTimeout })),
	whole("fetch.max.bytes", 57_671_680, 1024, maxInt, func(c *Config) *int32 { return &c.FetchMaxBytes }),
	whole("max.incremental.fetch.session.cache.slots", 1_000, 0, maxInt, func(c *Config) *int { return &c.FetchSessions }),
}

var replicaKeys = []key{
	duration("replica.lag.time.max.ms", 10_000, 1, func(c *Config) *time.Duration { return &c.ReplicaLagTime }),
	short(duration("replica.socket.timeout.ms", 30_000, 1, func(c *Config) *time.Duration { return &c.ReplicaWait })),
	short(duration("replica.fetch.wait.max.ms", 500, 1, func(c *Config) *time.Duration { return &c.FetchWaitMax })),
	whole("replica.fetch.min.bytes", 1, 0, maxInt, func(c *Config) *int32 { return &c.FetchMinBytes }),
	whole("replica.fetch.max.bytes", 1_048_576, 1, maxInt, func(c *Config) *int32 { return &c.FetchBytes }),
	whole("replica.fetch.response.max.bytes", 10_485_760, 1, maxInt, func(c *Config) *int32 { return &c.FetchResponse }),
	short(duration("replica.fetch.backoff.ms", 1_000, 0, func(c *Config) *time.Duration { return &c.FetchBackoff })),
	duration("replica.high.watermark.checkpoint.interval.ms", 5_000, 1, func(c *Config) *time.Duration { return &c.CheckpointEvery }),
	{name: "replica.selector.class", kind: kindString, set: func(c *Config, v value) error {
		switch v.text {
		case "", "org.apache.kafka.common.replica.LeaderSelector":
			c.RackAware = false
		case "org.apache.kafka.common.replica.RackAwareReplicaSelector":
			c.RackAware = true
		default:
			return errors.New("names a class that is not there; want org.apache.kafka.common.replica.RackAwareReplicaSelector, or nothing")
		}
		return nil
	}},
}

var coordinatorKeys = []key{
	short(duration("group.initial.rebalance.delay.ms", 3_000, 0, func(c *Config) *time.Duration { return &c.Group.InitialDelay })),
	short(duration("group.min.session.timeout.ms", 6_000, 0, func(c *Config) *time.Duration { return &c.Group.MinSession })),
	short(duration("group.max.session.timeout.ms", 1_800_000, 0, func(c *Config) *time.Duration { return &c.Group.MaxSession })),
	whole("group.max.size", maxInt, 1, maxInt, func(c *Config) *int32 { return &c.Group.MaxSize }),
	whole("offsets.topic.num.partitions", 50, 1, maxInt, func(c *Config) *int32 { return &c.Group.Partitions }),
	whole("offsets.topic.replication.factor", 3, 1, math.MaxInt16, func(c *Config) *int16 { return &c.Group.Replication }),
	whole("offsets.topic.segment.bytes", 104_857_600, 1, maxInt, func(c *Config) *int64 { return &c.Group.SegmentBytes }),
	short(duration("offsets.retention.minutes", 10_080, 1, func(c *Config) *time.Duration { return &c.Group.Retention })),
	duration("offsets.retention.check.interval.ms", 600_000, 1, func(c *Config) *time.Duration { return &c.Group.RetentionCheck }),
	short(duration("offsets.commit.timeout.ms", 5_000, 1, func(c *Config) *time.Duration { return &c.Group.CommitTimeout })),
	whole("offsets.load.buffer.size", 5_242_880, 1, maxInt, func(c *Config) *int32 { return &c.Group.LoadBuffer }),
	whole("offset.metadata.max.bytes", 4_096, 0, maxInt, func(c *Config) *int32 { return &c.Group.MaxMetadata }),
	whole("offsets.topic.compression.codec", 0, 0, 4, func(c *Config) *int8 { return &c.Group.Codec }),
	whole("transaction.state.log.num.partitions", 50, 1, maxInt, func(c *Config) *int32 { return &c.Txn.Partitions }),
	whole("transaction.state.log.replication.factor", 3, 1, math.MaxInt16, func(c *Config) *int16 { return &c.Txn.Replication }),
	whole("transaction.state.log.min.isr", 2, 1, maxInt, func(c *Config) *int32 { return &c.Txn.MinISR }),
	whole("transaction.state.log.segment.bytes", 104_857_600, 1, maxInt, func(c *Config) *int64 { return &c.Txn.SegmentBytes }),
	whole("transaction.state.log.load.buffer.size", 5_242_880, 1, maxInt, func(c *Config) *int32 { return &c.Txn.LoadBuffer }),
	short(duration("transaction.max.timeout.ms", 900_000, 1, func(c *Config) *time.Duration { return &c.Txn.MaxTimeout })),
	short(duration("transaction.abort.timed.out.transaction.cleanup.interval.ms", 60_000, 1, func(c *Config) *time.Duration { return &c.Txn.AbortCheck })),
	short(duration("transaction.remove.expired.transaction.cleanup.interval.ms", 3_600_000, 1, func(c *Config) *time.Duration { return &c.Txn.ExpiryCheck })),
	short(duration("transactional.id.expiration.ms", 604_800_000, 1, func(c *Config) *time.Duration { return &c.Txn.IDExpiry })),
	boolean("transaction.partition.verification.enable", true, func(c *Config) *bool { return &c.VerifyPartitions }),
}

// Periods of the log's housekeeping, which are the broker's; the rest of log.* are defaults for topics.
var logKeys = join([]key{
	duration("log.flush.scheduler.interval.ms", maxLong, 1, func(c *Config) *time.Duration { return &c.FlushScheduler }),
	duration("log.retention.check.interval.ms", 300_000, 1, func(c *Config) *time.Duration { return &c.RetentionCheck }),
	duration("log.cleaner.backoff.ms", 15_000, 0, func(c *Config) *time.Duration { return &c.CleanerBackoff }),
	short(duration("producer.id.expiration.ms", 86_400_000, 1, func(c *Config) *time.Duration { return &c.ProducerExpiry })),
}, topicDefaultKeys())
