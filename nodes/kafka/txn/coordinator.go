package txn

import (
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/record"
)

// Coordinator is the transaction coordinator of one broker, for the partitions of __transaction_state that it leads. It belongs
// to one node and lives as long as one incarnation.
type Coordinator struct {
	cfg     Config
	journal Journal
	events  []Event
}

// New makes a coordinator that leads nothing yet.
func New(cfg Config, j Journal) *Coordinator {
	return &Coordinator{cfg: cfg.withDefaults(), journal: j}
}

// Start sets the timers that look for transactions and transactional ids whose time is over.
func (c *Coordinator) Start(env nodes.Env) {}

// Handle takes a request: InitProducerId, AddPartitionsToTxn, AddOffsetsToTxn, EndTxn, DescribeTransactions or ListTransactions.
// It is answered by a Done of that call, now or later. It returns false for any other request.
func (c *Coordinator) Handle(env nodes.Env, call uint64, from Peer, r kmsg.Request) bool { return false }

// Take returns the next thing to do, in order; ok is false if there is none.
func (c *Coordinator) Take() (e Event, ok bool) {
	if len(c.events) == 0 {
		return nil, false
	}
	e, c.events = c.events[0], c.events[1:]
	return e, true
}

// Elected tells that this broker leads a partition of __transaction_state in that epoch: it begins to load it. Until it has,
// COORDINATOR_LOAD_IN_PROGRESS is answered.
func (c *Coordinator) Elected(env nodes.Env, partition, leaderEpoch int32) {}

// Resigned tells that this broker no longer leads a partition, as of that epoch: what it knew is dropped, who waits is told
// NOT_COORDINATOR, and no more markers are sent. An epoch below the one of Elected is late and ignored; -1 stands for any.
func (c *Coordinator) Resigned(env nodes.Env, partition, leaderEpoch int32) {}

// Appended tells what became of an append to the journal.
func (c *Coordinator) Appended(env nodes.Env, call uint64, offset int64, code record.Code) {}

// Answered tells the answer to a Send, or why there is none. It ignores a call that is not this package's.
func (c *Coordinator) Answered(env nodes.Env, call uint64, resp kmsg.Response, err error) {}

// ProducerIDs tells which block of producer ids NeedProducerIDs has got, or why none.
func (c *Coordinator) ProducerIDs(env nodes.Env, call uint64, first, count int64, err error) {}

// MetadataChanged tells that Cluster has: markers that wait for a leader may find one. Without it they look
// every Config.RetryBackoff.
func (c *Coordinator) MetadataChanged(env nodes.Env) {}

// Fire takes a timer; it returns false for one that is not this package's.
func (c *Coordinator) Fire(env nodes.Env, tag nodes.Tag) bool { return false }

// PartitionFor is the partition of __transaction_state whose leader coordinates a transactional id.
func (c *Coordinator) PartitionFor(transactionalID string) int32 { return 0 }

// View is the state of a coordinator, for people and checkers.
type View struct {
	Partitions []PartitionView
	Queued     []QueueView // markers that wait, by broker; -1 is for want of a leader
	NextID     int64       // of the producer ids in store
	IDsLeft    int64
}

// PartitionView is a partition of __transaction_state.
type PartitionView struct {
	Partition   int32
	LeaderEpoch int32
	Loading     bool
	Loaded      int64 // offset up to which the journal was read
	Ids         []IDView
}

// IDView is what is known of a transactional id.
type IDView struct {
	TransactionalID string
	ProducerID      int64
	ProducerEpoch   int16
	State           string
	Pending         string `json:",omitempty"`
	Partitions      []string
	Timeout         time.Duration
}

// QueueView is how many markers wait for a broker, and whether a request to it is under way.
type QueueView struct {
	Broker   int32
	Markers  int
	InFlight bool
}

// Inspect returns a View.
func (c *Coordinator) Inspect() any { return View{} }
