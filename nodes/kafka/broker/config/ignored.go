package config

import "math"

const (
	noTLS     = "TLS is not there"
	noSASL    = "SASL is not there"
	noACLs    = "there are no ACLs"
	noQuotas  = "clients are held back by the bound on memory alone"
	oneThread = "one loop does what threads do in the original"
	noJMX     = "there is no JMX; the broker's state is in what it shows of itself"
	builtIn   = "it is always so"
)

// ignored makes a key that Kafka knows and that has no effect here.
func ignored(name string, k kind, def, why string) key {
	return key{name: name, kind: k, def: def, low: math.MinInt64, high: math.MaxInt64, without: why}
}

var withoutEffect = []key{
	ignored("num.network.threads", kindInt, "3", oneThread),
	ignored("num.io.threads", kindInt, "8", oneThread),
	ignored("queued.max.requests", kindInt, "500", "a request is handled when it is read; what waits behind it is bounded by queued.max.request.bytes"),
	ignored("background.threads", kindInt, "10", oneThread),
	ignored("num.replica.fetchers", kindInt, "1", oneThread),
	ignored("num.recovery.threads.per.data.dir", kindInt, "1", oneThread),
	ignored("num.replica.alter.log.dirs.threads", kindInt, "", oneThread),
	ignored("log.cleaner.threads", kindInt, "1", oneThread),
	ignored("log.cleaner.dedupe.buffer.size", kindLong, "134217728", "compaction goes by segments, and needs what their keys need"),
	ignored("log.cleaner.io.buffer.size", kindInt, "524288", "compaction reads a batch at a time"),
	ignored("log.cleaner.io.buffer.load.factor", kindDouble, "0.9", "compaction goes by segments"),
	ignored("log.cleaner.io.max.bytes.per.second", kindDouble, "1.7976931348623157E308", "compaction is not held back"),
	ignored("log.cleaner.enable", kindBoolean, "true", builtIn),
	ignored("log.flush.offset.checkpoint.interval.ms", kindInt, "60000", "checkpoints are written together, see replica.high.watermark.checkpoint.interval.ms"),
	ignored("log.flush.start.offset.checkpoint.interval.ms", kindInt, "60000", "checkpoints are written together, see replica.high.watermark.checkpoint.interval.ms"),
	ignored("socket.receive.buffer.bytes", kindInt, "102400", "the operating system's buffer is used"),
	ignored("replica.socket.receive.buffer.bytes", kindInt, "65536", "the operating system's buffer is used"),
	ignored("connection.failed.authentication.delay.ms", kindInt, "100", noSASL),
	ignored("connections.max.reauth.ms", kindLong, "0", noSASL),
	ignored("fetch.purgatory.purge.interval.requests", kindInt, "1000", "what waits is removed at once"),
	ignored("producer.purgatory.purge.interval.requests", kindInt, "1000", "what waits is removed at once"),
	ignored("delete.records.purgatory.purge.interval.requests", kindInt, "1", "what waits is removed at once"),
	ignored("zookeeper.max.in.flight.requests", kindInt, "10", "requests to ZooKeeper are pipelined"),
	ignored("zookeeper.sync.time.ms", kindInt, "2000", "Kafka itself no longer uses it"),
	ignored("zookeeper.set.acl", kindBoolean, "false", noACLs),
	ignored("broker.id.generation.enable", kindBoolean, "true", "broker.id must be given"),
	ignored("reserved.broker.max.id", kindInt, "1000", "broker.id must be given"),
	ignored("inter.broker.protocol.version", kindString, "2.4-IV1", "brokers speak 2.4 with the epochs of later ones among themselves"),
	ignored("log.message.format.version", kindString, "2.4-IV1", "there is one format, v2"),
	ignored("create.topic.policy.class.name", kindString, "", "there are no plug-ins"),
	ignored("alter.config.policy.class.name", kindString, "", "there are no plug-ins"),
	ignored("kafka.metrics.reporters", kindList, "", noJMX),
	ignored("kafka.metrics.polling.interval.secs", kindInt, "10", noJMX),
	ignored("metric.reporters", kindList, "", noJMX),
	ignored("metrics.num.samples", kindInt, "2", noJMX),
	ignored("metrics.recording.level", kindString, "INFO", noJMX),
	ignored("metrics.sample.window.ms", kindLong, "30000", noJMX),
	ignored("confluent.support.metrics.enable", kindBoolean, "false", noJMX),
	ignored("quota.consumer.default", kindLong, "9223372036854775807", noQuotas),
	ignored("quota.producer.default", kindLong, "9223372036854775807", noQuotas),
	ignored("quota.window.num", kindInt, "11", noQuotas),
	ignored("quota.window.size.seconds", kindInt, "1", noQuotas),
	ignored("replication.quota.window.num", kindInt, "11", noQuotas),
	ignored("replication.quota.window.size.seconds", kindInt, "1", noQuotas),
	ignored("alter.log.dirs.replication.quota.window.num", kindInt, "11", noQuotas),
	ignored("alter.log.dirs.replication.quota.window.size.seconds", kindInt, "1", noQuotas),
	ignored("client.quota.callback.class", kindString, "", noQuotas),
	ignored("password.encoder.secret", kindString, "", "no secrets are kept"),
	ignored("super.users", kindString, "", noACLs),
	ignored("allow.everyone.if.no.acl.found", kindBoolean, "false", noACLs),
	ignored("principal.builder.class", kindString, "", noACLs),
	ignored("sasl.enabled.mechanisms", kindList, "GSSAPI", noSASL),
	ignored("sasl.mechanism.inter.broker.protocol", kindString, "GSSAPI", noSASL),
	ignored("ssl.client.auth", kindString, "none", noTLS),
	ignored("ssl.protocol", kindString, "TLS", noTLS),
	ignored("ssl.enabled.protocols", kindList, "", noTLS),
	ignored("delegation.token.max.lifetime.ms", kindLong, "604800000", noSASL),
	ignored("delegation.token.expiry.time.ms", kindLong, "86400000", noSASL),
	ignored("delegation.token.expiry.check.interval.ms", kindLong, "3600000", noSASL),
}

// refused are the keys that must not be ignored: who sets them counts on something that is not there.
var refused = []key{
	{name: "security.inter.broker.protocol", kind: kindString, def: "PLAINTEXT", allowed: "PLAINTEXT",
		refuse: "only PLAINTEXT is there; leave the key out, and keep the brokers in a private network"},
	{name: "offsets.commit.required.acks", kind: kindShort, def: "-1", allowed: "-1",
		refuse: "offsets count when all in-sync replicas have them; leave the key out"},
	{name: "authorizer.class.name", kind: kindString,
		refuse: "there are no ACLs, so that nobody would be kept out; leave the key out, and keep the brokers in a private network"},
	{name: "ssl.keystore.location", kind: kindString, refuse: "TLS is not there; leave the key out, and put a TLS proxy before the listener"},
	{name: "ssl.truststore.location", kind: kindString, refuse: "TLS is not there; leave the key out, and put a TLS proxy before the listener"},
	{name: "delegation.token.master.key", kind: kindString, refuse: "SASL is not there; leave the key out"},
}
