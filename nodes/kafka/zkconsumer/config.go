package zkconsumer

import (
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/log"
	"orrery/nodes/task"
	"orrery/nodes/zab/client"
)

// Strategy is how partitions are shared out: partition.assignment.strategy.
type Strategy uint8

// The strategies.
const (
	// Range shares out each topic for itself: the first streams get one partition more where the numbers do not divide.
	Range Strategy = iota
	// RoundRobin deals out the partitions of all topics; all consumers must subscribe to the same.
	RoundRobin
)

// Reset is where reading begins without an offset, or with one that the log no longer has: auto.offset.reset.
type Reset int64

// The resets, by their numbers in ListOffsets, less one.
const (
	Largest  Reset = 0
	Smallest Reset = -1
)

// Config is the configuration of a consumer. Group, Topics, ZooKeeper and Handle are needed; other zero fields have Kafka's default.
type Config struct {
	Group      string
	ID         string // consumer.id; "" is drawn
	Topics     []string
	Streams    int           // how many each topic is shared out to within this consumer; 0 is 1
	ZooKeeper  client.Config // its Timeout is zookeeper.session.timeout.ms
	Root       string        // the chroot: "" or "/kafka"
	Strategy   Strategy
	MaxRetries int           // rebalance.max.retries; 0 is 4
	Backoff    time.Duration // rebalance.backoff.ms; 0 is 2 s
	AutoCommit time.Duration // auto.commit.interval.ms; 0 is 60 s, negative is never
	Reset      Reset
	FetchWait  time.Duration // fetch.wait.max.ms; 0 is 100 ms
	FetchBytes int32         // fetch.message.max.bytes; 0 is 1 MiB
	FetchPause time.Duration // refresh.leader.backoff.ms, after a fetch that failed; 0 is 200 ms
	// Handle is given each message, in the order of its partition. It must not block.
	Handle func(m Message)
	Quirks Quirks
}

// Message is a record that was read. Its bytes are the handler's.
type Message struct {
	log.TopicPartition
	Offset     int64
	Key, Value []byte // nil is null
}

// Fetcher is the way to the brokers.
type Fetcher interface {
	// Ask sends a Fetch or a ListOffsets, which names one partition, to that partition's leader, and waits for the answer. An error
	// says that there was none; the consumer asks again after a while. It is called by several tasks.
	Ask(t *task.T, r kmsg.Request) (kmsg.Response, error)
}

func (c Config) withDefaults() Config {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	def(&c.Backoff, 2*time.Second)
	def(&c.AutoCommit, time.Minute)
	def(&c.FetchWait, 100*time.Millisecond)
	def(&c.FetchPause, 200*time.Millisecond)
	c.Streams, c.MaxRetries = max(c.Streams, 1), max(c.MaxRetries, 0)
	if c.MaxRetries == 0 {
		c.MaxRetries = 4
	}
	if c.FetchBytes == 0 {
		c.FetchBytes = 1 << 20
	}
	return c
}
