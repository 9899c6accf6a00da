package config

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
)

const needed = "broker.id=1\nzookeeper.connect=zk:2181\n"

func TestAFileThatSaysLittleHasKafkasDefaults(t *testing.T) {
	c, err := Parse("server.properties", []byte(needed))
	require.NoError(t, err)
	require.Empty(t, c.Notes)
	require.Equal(t, "/tmp/kafka-logs", c.LogDir)
	require.Equal(t, []Listener{{"PLAINTEXT", "", 9092}}, c.Listeners)
	require.Equal(t, "PLAINTEXT", c.InterBroker)
	require.Equal(t, 10*time.Second, c.ReplicaLagTime)
	require.Equal(t, int32(50), c.Group.Partitions)
	topic, err := c.Topic(nil)
	require.NoError(t, err)
	require.Equal(t, int32(1), topic.MinISR)
	require.Equal(t, int64(1<<30), topic.Log.SegmentBytes)
	require.Equal(t, 7*24*time.Hour, topic.Log.RetentionTime)
	require.True(t, topic.Log.Delete && !topic.Log.Compact && topic.Log.VerifyNewTxns)
	require.Zero(t, topic.Log.FlushMessages)
}

func TestListenersAreAdvertisedAsTheyAreUnlessTheFileSaysOtherwise(t *testing.T) {
	for text, want := range map[string][]Listener{
		"listeners=PLAINTEXT://127.0.0.1:19091":                          {{"PLAINTEXT", "127.0.0.1", 19091}},
		"listeners=PLAINTEXT://0.0.0.0:19091":                            {{"PLAINTEXT", "", 19091}},
		"listeners=PLAINTEXT://:1\nadvertised.listeners=PLAINTEXT://k:2": {{"PLAINTEXT", "k", 2}},
		"port=7": {{"PLAINTEXT", "", 7}},
		"host.name=h\nport=7\nadvertised.host.name=a": {{"PLAINTEXT", "a", 7}},
		"advertised.listeners=PLAINTEXT://k:2":        {{"PLAINTEXT", "k", 2}},
	} {
		c, err := Parse("f", []byte(needed+text))
		require.NoError(t, err, text)
		require.Equal(t, want, c.Advertised, text)
	}
}

func TestARealFileIsRead(t *testing.T) {
	c, err := Parse("server.properties", []byte(`# Licensed to nobody
broker.id=3
listeners=CLIENT://:9092,\
          BROKERS://10.0.0.3:9093
advertised.listeners=CLIENT://kafka3.example.org:19092
listener.security.protocol.map=CLIENT:PLAINTEXT,BROKERS:PLAINTEXT
inter.broker.listener.name=BROKERS
num.network.threads=3
log.dirs=/var/lib/kafka
log.retention.hours=2
log.roll.ms=60000
log.roll.hours=1
offsets.topic.replication.factor = 1
zookeeper.connect=zk1:2181,[::1]:2182,zk3/kafka/a
broker.rack=r1
unclean.leader.election.enable=TRUE
leader.imbalance.per.broker.percentage=25
log.cleaner.min.cleanable.ratio=0.05
some.plugin.key=x
num.partition=4
`), "num.partitions=7", "compression.type=producer")
	require.NoError(t, err)
	require.Equal(t, []nodes.Addr{{ID: "zk1", Port: 2181}, {ID: "::1", Port: 2182}, {ID: "zk3", Port: 2181}}, c.ZooKeeper)
	require.Equal(t, "/kafka/a", c.Chroot)
	require.Equal(t, []Listener{{"CLIENT", "kafka3.example.org", 19092}, {"BROKERS", "10.0.0.3", 9093}}, c.Advertised)
	require.Equal(t, "BROKERS", c.InterBroker)
	require.Equal(t, int32(7), c.NumPartitions)
	require.Equal(t, int64(250_000), c.RebalancePPM)
	topic, err := c.Topic(map[string]string{"min.insync.replicas": "2", "cleanup.policy": "compact,delete"})
	require.NoError(t, err)
	require.Equal(t, 2*time.Hour, topic.Log.RetentionTime)
	require.Equal(t, time.Minute, topic.Log.SegmentAge, "the finer unit counts")
	require.Equal(t, int64(50_000), topic.Log.DirtyPPM)
	require.True(t, topic.Unclean && topic.Log.Compact && topic.Log.Delete)
	require.Equal(t, int32(2), topic.MinISR)
	require.Equal(t, []string{
		"server.properties:8: num.network.threads has no effect: one loop does what threads do in the original",
		"server.properties:19: some.plugin.key is not known",
		"server.properties:20: num.partition is not known; did you mean num.partitions?",
	}, c.Notes)
}

func TestWhatIsWrongIsNamedByFileLineAndKey(t *testing.T) {
	for text, want := range map[string]string{
		"num.partitions=0":                            `server.properties:3: num.partitions: "0" is out of place; want a whole number from 1 to 2147483647`,
		"num.partitions=many":                         `server.properties:3: num.partitions: "many" is out of place`,
		"auto.create.topics.enable=yes":               `server.properties:3: auto.create.topics.enable: "yes" is out of place; want true or false`,
		"log.cleaner.min.cleanable.ratio=1.5":         `want a decimal number from 0.0 to 1.0`,
		"log.cleanup.policy=remove":                   `"remove" is out of place; want some of compact, delete`,
		"compression.type=gzip":                       `server.properties:3: compression.type: "gzip" is out of place; want one of producer`,
		"listeners=PLAINTEXT:9092":                    `"PLAINTEXT:9092" is no listener`,
		"listeners=PLAINTEXT://a:9092,B://a:9092":     `have the same port 9092`,
		"listeners=SSL://a:9092":                      `SSL would have to speak SSL, and only PLAINTEXT is there`,
		"advertised.listeners=PLAINTEXT://:9092":      `tells clients no host`,
		"advertised.listeners=OTHER://a:9092":         `OTHER is not among listeners`,
		"inter.broker.listener.name=X":                `X is not among listeners`,
		"log.dirs=/a,/b":                              `names several directories`,
		"log.dirs=":                                   `log.dirs: has no value`,
		"zookeeper.connect=zk:port":                   `"zk:port" is no server`,
		"zookeeper.connect=zk:1/a/,zk2:1":             `is no path of a znode`,
		"authorizer.class.name=kafka.Acl":             `there are no ACLs`,
		"security.inter.broker.protocol=SSL":          `only PLAINTEXT is there`,
		"replica.selector.class=com.example.Mine":     `names a class that is not there`,
		"replica.fetch.wait.max.ms=20000":             `want at most replica.lag.time.max.ms`,
		"queued.max.request.bytes=1000":               `the longest request could never be read`,
		"max.connections.per.ip.overrides=a":          `want hosts with their numbers`,
		"offsets.commit.required.acks=1":              `offsets count when all in-sync replicas have them`,
		`num.partitions=\u00`:                         `has an escape \u without four hexadecimal digits`,
		"=4":                                          `line 3 has a value and no key`,
		"group.min.session.timeout.ms=1800001":        `want at most group.max.session.timeout.ms`,
		"connections.max.idle.ms=9223372036854775808": `is out of place`,
	} {
		_, err := Parse("server.properties", []byte(needed+text+"\n"))
		require.ErrorContains(t, err, want, text)
		var e *Error
		require.ErrorAs(t, err, &e)
	}
	_, err := Parse("x", []byte("port=1"))
	require.ErrorContains(t, err, "x: broker.id: is not set")
	require.ErrorContains(t, err, "x: zookeeper.connect: is not set")
	_, err = Parse("x", []byte("broker.id=one\nzookeeper.connect=zk:2181"))
	require.EqualError(t, err, `x:1: broker.id: "one" is out of place; want a whole number from -1 to 2147483647`)
	_, err = Parse("x", []byte(needed), "num.partitions")
	require.ErrorContains(t, err, `--override: "num.partitions" is no setting`)
}

func TestATopicsKeysAreChecked(t *testing.T) {
	c := Default()
	for text, want := range map[string]string{
		"retention.m=1":            "retention.m is no key of a topic; did you mean retention.ms?",
		"x=1":                      "x is no key of a topic",
		"segment.bytes=13":         "segment.bytes: \"13\" is out of place",
		"cleanup.policy=":          "cleanup.policy: has no value",
		"message.timestamp.type=x": "want one of CreateTime, LogAppendTime",
	} {
		k, v, _ := strings.Cut(text, "=")
		_, err := c.Topic(map[string]string{k: v})
		require.ErrorIs(t, err, ErrValue)
		require.ErrorContains(t, err, want)
	}
	inherited, list := c.ListKey("cleanup.policy")
	require.True(t, list)
	require.Equal(t, "delete", inherited)
	_, list = c.ListKey("retention.ms")
	require.False(t, list)
}

func TestAZeroThatKafkaMeansIsNotTakenForADefault(t *testing.T) {
	topic, err := Default().Topic(map[string]string{"retention.ms": "0", "delete.retention.ms": "0", "flush.ms": "0", "min.cleanable.dirty.ratio": "0"})
	require.NoError(t, err)
	for _, d := range []time.Duration{topic.Log.RetentionTime, topic.Log.TombstoneLife, topic.Log.FlushInterval, time.Duration(topic.Log.DirtyPPM)} {
		require.Equal(t, time.Duration(1), d)
	}
}

func TestADescriptionSaysWhereEachValueComesFrom(t *testing.T) {
	c, err := Parse("f", []byte(needed+"log.retention.hours=1\npassword.encoder.secret=abc\n"))
	require.NoError(t, err)
	find := func(all []Entry, name string) Entry {
		for _, e := range all {
			if e.Name == name {
				return e
			}
		}
		require.Fail(t, name)
		return Entry{}
	}
	inherited := find(c.DescribeTopic(nil), "retention.ms")
	require.Equal(t, "3600000", *inherited.Value)
	require.Equal(t, FromFile, inherited.Source)
	require.Equal(t, "log.retention.hours", inherited.Synonyms[0].Name)
	own := find(c.DescribeTopic(map[string]string{"retention.ms": "5"}), "retention.ms")
	require.Equal(t, "5", *own.Value)
	require.Equal(t, FromTopic, own.Source)
	require.Len(t, own.Synonyms, 3)
	def := find(c.DescribeBroker(), "num.partitions")
	require.Equal(t, "1", *def.Value)
	require.Equal(t, FromDefault, def.Source)
	secret := find(c.DescribeBroker(), "password.encoder.secret")
	require.True(t, secret.Sensitive)
	require.Nil(t, secret.Value)
	require.Nil(t, find(c.DescribeBroker(), "broker.rack").Value)
}

func TestEachKeyIsInTheTableOnceAndItsDefaultIsInItsRange(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range keys {
		require.False(t, seen[k.name], k.name)
		seen[k.name] = true
		if k.def != "" && k.without == "" && k.refuse == "" {
			_, err := k.read(k.def)
			require.NoError(t, err, k.name)
		}
	}
	for _, k := range topicKeys {
		require.NoError(t, CheckTopic(k.name, k.def), k.name)
		require.True(t, k.broker == "" || seen[k.broker], k.broker)
	}
}

// FuzzParse: no file makes the parser panic; what is wrong with it names the file; what is accepted can be described, and has
// topics.
func FuzzParse(f *testing.F) {
	f.Add([]byte(needed + "listeners=A://[::1]:1,B://:2\nlistener.security.protocol.map=A:PLAINTEXT,B:PLAINTEXT\nlog.roll.hours=9\n"))
	f.Add([]byte("broker.id=1\nzookeeper.connect=a:1,b/c\nmax.connections.per.ip.overrides=a:1,[::]:2\n\\u12"))
	f.Fuzz(func(t *testing.T, p []byte) {
		c, err := Parse("server.properties", p)
		if err != nil {
			require.ErrorContains(t, err, "server.properties")
			return
		}
		require.NotEmpty(t, c.ZooKeeper)
		require.Len(t, c.Advertised, len(c.Listeners))
		require.NotEmpty(t, c.DescribeBroker())
		require.Len(t, c.DescribeTopic(nil), len(topicKeys))
		_, err = c.Topic(nil)
		require.NoError(t, err)
	})
}
