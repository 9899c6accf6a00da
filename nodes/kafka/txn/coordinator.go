package txn

import (
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
)

// Coordinator is the transaction coordinator of one broker, for the partitions of __transaction_state that it leads. It belongs
// to one node and lives as long as one incarnation.
type Coordinator struct {
	cfg     Config
	journal Journal
	events  []Event
	calls   uint64

	partitions map[int32]*partition
	appends    map[uint64]*appending // by the journal's call
	batches    map[uint64]*batch     // by the call of the request
	ids        producerIDs

	completing map[string]*completion // by transactional id: those whose markers are being written
	queues     map[int32][]*marker    // by broker; waiting stands for none
	sent       map[int32]*sending     // by broker
	ticking    bool                   // the timer for what waits is set
	checks     map[uint64]*completion // for Quirks.CompletionTwice and CompletionMissed
	builder    record.Builder
}

// partition is one of __transaction_state that this broker leads.
type partition struct {
	n       int32
	epoch   int32 // of the leader: the coordinator's epoch
	loading bool
	next    int64 // offset up to which it is loaded
	target  int64 // the log's end when the loading began, -1 before
	ids     map[string]*metadata
}

// New makes a coordinator that leads nothing yet.
func New(cfg Config, j Journal) *Coordinator {
	return &Coordinator{
		cfg: cfg.withDefaults(), journal: j,
		partitions: map[int32]*partition{}, appends: map[uint64]*appending{}, batches: map[uint64]*batch{},
		completing: map[string]*completion{}, queues: map[int32][]*marker{}, sent: map[int32]*sending{}, checks: map[uint64]*completion{},
	}
}

// The timers.
const (
	tagAbort   = TagPrefix + "abort"   // transactions that are open for too long
	tagExpire  = TagPrefix + "expire"  // transactional ids that nobody uses
	tagLoad    = TagPrefix + "load"    // N: the partition
	tagWaiting = TagPrefix + "waiting" // markers without a leader, completions whose append failed
	tagCheck   = TagPrefix + "check"   // N: of Coordinator.checks
)

// Start sets the timers that look for transactions and transactional ids whose time is over.
func (c *Coordinator) Start(env nodes.Env) {
	env.SetTimer(nodes.Tag{Name: tagAbort}, c.cfg.AbortEvery)
	env.SetTimer(nodes.Tag{Name: tagExpire}, c.cfg.RemoveEvery)
}

// Handle takes a request: InitProducerId, AddPartitionsToTxn, AddOffsetsToTxn, EndTxn, DescribeTransactions or ListTransactions.
// It is answered by a Done of that call, now or later. It returns false for any other request.
func (c *Coordinator) Handle(env nodes.Env, call uint64, from Peer, r kmsg.Request) bool {
	switch q := r.(type) {
	case *kmsg.InitProducerIDRequest:
		c.initProducerID(env, reply{call: call, req: q})
	case *kmsg.AddPartitionsToTxnRequest:
		c.addPartitionsToTxn(env, call, q)
	case *kmsg.AddOffsetsToTxnRequest:
		c.addOffsets(env, reply{call: call, req: q}, q)
	case *kmsg.EndTxnRequest:
		c.end(env, reply{call: call, req: q}, ending{id: q.TransactionalID, pid: q.ProducerID, epoch: q.ProducerEpoch, commit: q.Commit, client: true})
	case *kmsg.DescribeTransactionsRequest:
		c.emit(Done{call, c.describe(q)})
	case *kmsg.ListTransactionsRequest:
		c.emit(Done{call, c.list(env, q)})
	default:
		return false
	}
	return true
}

// Take returns the next thing to do, in order; ok is false if there is none.
func (c *Coordinator) Take() (e Event, ok bool) {
	if len(c.events) == 0 {
		return nil, false
	}
	e, c.events = c.events[0], c.events[1:]
	return e, true
}

func (c *Coordinator) emit(e Event) { c.events = append(c.events, e) }

func (c *Coordinator) newCall() uint64 {
	c.calls++
	return c.calls
}

// Fire takes a timer; it returns false for one that is not this package's.
func (c *Coordinator) Fire(env nodes.Env, tag nodes.Tag) bool {
	switch tag.Name {
	case tagAbort:
		c.abortOverdue(env)
		env.SetTimer(tag, c.cfg.AbortEvery)
	case tagExpire:
		c.removeExpired(env)
		env.SetTimer(tag, c.cfg.RemoveEvery)
	case tagLoad:
		c.load(env, int32(tag.N))
	case tagWaiting:
		c.ticking = false
		c.retryWaiting(env)
	case tagCheck:
		x := c.checks[tag.N]
		delete(c.checks, tag.N)
		c.checkLate(env, x)
	default:
		return false
	}
	return true
}

// PartitionFor is the partition of __transaction_state whose leader coordinates a transactional id.
func (c *Coordinator) PartitionFor(transactionalID string) int32 {
	return proto.HashOf(transactionalID, c.cfg.Partitions)
}

// find returns what is known of a transactional id, nil if nothing is; or why this broker cannot say.
func (c *Coordinator) find(id string) (*partition, *metadata, proto.Code) {
	p := c.partitions[c.PartitionFor(id)]
	switch {
	case p == nil:
		return nil, nil, proto.NotCoordinator
	case p.loading:
		return nil, nil, proto.CoordinatorLoadInProgress
	}
	return p, p.ids[id], proto.None
}

// current tells whether the coordinator that has the metadata is still the one of that epoch.
func (c *Coordinator) current(n, epoch int32, m *metadata) bool {
	p := c.partitions[n]
	return p != nil && p.epoch == epoch && !p.loading && p.ids[m.id] == m
}

// leading are the partitions that this broker leads, sorted.
func (c *Coordinator) leading() []int32 { return slices.Sorted(maps.Keys(c.partitions)) }

// sortedIDs are the transactional ids of a partition.
func (p *partition) sortedIDs() []string { return slices.Sorted(maps.Keys(p.ids)) }

// known tells whether the cluster has the partition.
func (c *Coordinator) known(tp log.TopicPartition) bool {
	_, ok := c.cfg.Cluster.Leader(tp.Topic, tp.Partition)
	return ok
}

func now(env nodes.Env) int64 { return env.Now().UnixMilli() }
