package replica

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
)

// TagPrefix is what the names of this package's timers begin with.
const TagPrefix = "replica/"

// The timers.
const (
	tagCheckpoint = TagPrefix + "checkpoint"
	tagTick       = TagPrefix + "tick"
	tagClean      = TagPrefix + "clean"
	tagCompact    = TagPrefix + "compact"
	tagISR        = TagPrefix + "isr"
	tagAlter      = TagPrefix + "alter"    // N: a partition
	tagExpand     = TagPrefix + "expand"   // N: a partition
	tagTruncate   = TagPrefix + "truncate" // N: a partition
	tagWait       = TagPrefix + "wait"     // N: a request that waits
	tagFetcher    = TagPrefix + "fetcher"  // N: a leader's broker id
)

// Peer is who sent a request.
type Peer struct {
	ClientID string
	Host     string
}

// Manager is Kafka's ReplicaManager for one broker: the replicas of partitions that it has, those it leads and those it
// fetches. It belongs to one node and lives as long as one incarnation. After each call, take its events with
// [Manager.Take].
type Manager struct {
	cfg      Config
	logs     *log.Manager
	eligible func(int32, int64) bool
	events   []Event
	last     uint64 // number of the last call, partition or wait

	parts []*partition // by topic and partition
	byTP  map[log.TopicPartition]*partition
	byN   map[uint64]*partition
	dirty []*partition // to be settled

	controllerEpoch int32
	brokerEpoch     int64
	tagged          struct { // what fetches are tagged with under an epoch
		epoch int64
		tags  kmsg.Tags
	}
	order    Order
	stopping bool
	stopped  bool

	waits    map[uint64]waiting // by number
	held     int64              // bytes of them
	sessions sessions
	fetchers []*fetcher // by leader
	calls    map[uint64]outgoing
	deleting []*stopping // StopReplica requests that wait for files to go

	outs []outcome // memory for the next fetch

	compaction *log.Compaction
	cleaning   *partition // whose compaction it is
	ready      readiness
}

// New makes a Manager; [Manager.Boot] starts it.
func New(cfg Config) *Manager {
	m := &Manager{cfg: cfg.withDefaults(), byTP: map[log.TopicPartition]*partition{}, byN: map[uint64]*partition{},
		waits: map[uint64]waiting{}, calls: map[uint64]outgoing{}, controllerEpoch: -1, brokerEpoch: -1}
	m.eligible = m.mayBeInISR
	m.sessions.init(m.cfg)
	return m
}

// Boot opens the logs and starts the timers. Until a controller says who leads, no partition is served. The error is that of the disk,
// or names the logs that must not be used.
func (m *Manager) Boot(env nodes.Env) error {
	logs, report, err := log.Open(env.Disk(), env.Now(), log.Options{
		Config: func(tp log.TopicPartition) log.Config { return m.cfg.Topic(tp.Topic).Log },
		Quirks: m.cfg.Quirks.Log,
	})
	if err != nil {
		return fmt.Errorf("replica: opening the log directory: %w", err)
	}
	if len(report.Failed) > 0 {
		var all []error
		for _, f := range report.Failed {
			all = append(all, fmt.Errorf("%v: %w", f.Partition, f.Err))
		}
		return fmt.Errorf("replica: %d logs must not be used: %w", len(all), errors.Join(all...))
	}
	m.logs = logs
	for _, l := range logs.Logs() {
		m.add(l.Partition())
	}
	env.SetTimer(nodes.Tag{Name: tagCheckpoint}, m.cfg.CheckpointInterval)
	env.SetTimer(nodes.Tag{Name: tagTick}, m.cfg.TickInterval)
	env.SetTimer(nodes.Tag{Name: tagClean}, m.cfg.CleanerBackoff)
	env.SetTimer(nodes.Tag{Name: tagISR}, m.cfg.ReplicaLagTime/2)
	return nil
}

// Take returns the next event; ok is false if there is none.
func (m *Manager) Take() (e Event, ok bool) {
	if len(m.events) == 0 {
		return nil, false
	}
	e = m.events[0]
	m.events[0] = nil
	if m.events = m.events[1:]; len(m.events) == 0 {
		m.events = nil
	}
	return e, true
}

func (m *Manager) tell(e Event) { m.events = append(m.events, e) }

func (m *Manager) done(call uint64, r kmsg.Response) { m.tell(Done{Call: call, Response: r}) }

func (m *Manager) number() uint64 {
	m.last++
	return m.last
}

// Handle takes a request: Produce, Fetch, ListOffsets, OffsetForLeaderEpoch, DeleteRecords, LeaderAndISR, StopReplica, WriteTxnMarkers,
// DescribeLogDirs, DescribeProducers. It returns false for any other. The answer is a [Done] with the call, at once or later. The bytes
// of r may be changed (a leader gives batches their offsets in place), and are not kept.
func (m *Manager) Handle(env nodes.Env, call uint64, from Peer, r kmsg.Request) bool {
	switch r := r.(type) {
	case *kmsg.ProduceRequest:
		m.handleProduce(env, call, from, r)
	case *kmsg.FetchRequest:
		m.handleFetch(env, call, r)
	case *kmsg.ListOffsetsRequest:
		m.handleListOffsets(env, call, r)
	case *kmsg.OffsetForLeaderEpochRequest:
		m.handleOffsetForLeaderEpoch(call, r)
	case *kmsg.DeleteRecordsRequest:
		m.handleDeleteRecords(env, call, r)
	case *kmsg.LeaderAndISRRequest:
		m.handleLeaderAndISR(env, call, r)
	case *kmsg.StopReplicaRequest:
		m.handleStopReplica(env, call, r)
	case *kmsg.WriteTxnMarkersRequest:
		m.handleWriteTxnMarkers(env, call, r)
	case *kmsg.DescribeLogDirsRequest:
		m.handleDescribeLogDirs(call, r)
	case *kmsg.DescribeProducersRequest:
		m.handleDescribeProducers(call, r)
	default:
		return false
	}
	m.after(env)
	return true
}

// Fire takes a timer; false if it is not one of this package.
func (m *Manager) Fire(env nodes.Env, tag nodes.Tag) bool {
	if !strings.HasPrefix(tag.Name, TagPrefix) {
		return false
	}
	switch tag.Name {
	case tagCheckpoint, tagTick, tagClean, tagCompact:
		m.upkeep(env, tag.Name)
	case tagISR:
		m.checkISRs(env)
	case tagAlter:
		m.fireAlter(env, m.byN[tag.N])
	case tagExpand:
		m.fireExpand(env, m.byN[tag.N])
	case tagTruncate:
		m.fireTruncate(env, m.byN[tag.N])
	case tagWait:
		if w := m.waits[tag.N]; w != nil {
			w.expire(m, env)
		}
	case tagFetcher:
		m.stepFetcher(env, m.fetcherOf(int32(tag.N)))
	}
	m.after(env)
	return true
}

// Synced takes the end of a sync; false if it is not one of the logs'. It halts the node after a failed one.
func (m *Manager) Synced(env nodes.Env, tag nodes.Tag, err error) bool {
	if tag.Name != log.TagName {
		return false
	}
	m.must(env, "a sync", m.logs.Synced(env.Disk(), tag, err))
	m.after(env)
	return true
}

// must halts the node if the log directory has failed: nobody knows any more what it holds.
func (m *Manager) must(env nodes.Env, what string, err error) {
	if err != nil && !errors.Is(err, log.ErrStopped) {
		env.Halt(fmt.Errorf("replica: log directory %s has failed: %s: %w", m.cfg.Dir, what, err))
	}
}

// after ends every call: what the logs tell is dealt with, who waits goes on, and fetchers take their next step.
func (m *Manager) after(env nodes.Env) {
	for {
		events := m.logs.Events()
		if len(events) == 0 {
			break
		}
		for _, e := range events {
			m.logEvent(env, e)
		}
	}
	m.settle(env)
	m.stepReady(env)
}

func (m *Manager) logEvent(env nodes.Env, e log.Event) {
	p := m.at(e.Partition)
	switch e.Kind {
	case log.Truncated:
		if p != nil {
			m.truncated(env, p)
		}
	case log.Deleted:
		m.filesGone(env, e.Partition)
	case log.Stopped:
		m.stopped = true
		m.tell(Stopped{})
	case log.Created, log.Flushed, log.Compacted:
	}
}

// Answered takes the answer to a [Send], or the error that it got none.
func (m *Manager) Answered(env nodes.Env, call uint64, resp kmsg.Response, err error) {
	if o, ok := m.calls[call]; ok {
		delete(m.calls, call)
		m.fetcherAnswered(env, o, resp, err)
	}
	m.after(env)
}

// LeaderEpoch is the epoch in which this broker leads a partition; ok is false if it does not.
func (m *Manager) LeaderEpoch(tp log.TopicPartition) (epoch int32, ok bool) {
	if p := m.at(tp); p != nil && p.role == leading {
		return p.epoch, true
	}
	return -1, false
}

// Log is a replica's log, nil if there is none here.
func (m *Manager) Log(tp log.TopicPartition) *log.Log { return m.logs.Log(tp) }

// BrokerEpoch tells this broker's own epoch, after each registration (KIP-380): LeaderAndISR and StopReplica with an older one are refused
// with STALE_BROKER_EPOCH, with a newer one accepted (KAFKA-9839).
func (m *Manager) BrokerEpoch(epoch int64) { m.brokerEpoch = epoch }

// TopicConfigChanged tells that Config.Topic has another answer for a topic.
func (m *Manager) TopicConfigChanged(env nodes.Env, topic string) {
	c := m.cfg.Topic(topic)
	for _, p := range m.parts {
		if p.tp.Topic != topic {
			continue
		}
		p.cfg = c
		if p.log != nil {
			p.log.SetConfig(c.Log)
		}
		m.raise(env, p) // min.insync.replicas may be smaller now
	}
	m.after(env)
}

// Shutdown stops fetching, answers everything that waits, and closes the logs in order; [Stopped] tells that they are. A broker
// moves its leaderships away before (ControlledShutdown).
func (m *Manager) Shutdown(env nodes.Env) {
	if m.stopping {
		return
	}
	m.stopping = true
	m.stopFetchers(env)
	for _, p := range m.parts {
		if p.role == leading {
			m.resign(env, p, p.epoch)
		}
		p.role = idle
		m.touch(p)
	}
	m.settle(env)
	for _, t := range []string{tagCheckpoint, tagTick, tagClean, tagCompact, tagISR} {
		env.StopTimer(nodes.Tag{Name: t})
	}
	m.compaction = nil
	m.must(env, "closing it", m.logs.Shutdown(env.Disk()))
	m.after(env)
}

// waiting is a request that waits. expire answers it with what there is.
type waiting interface {
	expire(m *Manager, env nodes.Env)
}

// wait parks a request that holds so many bytes, for a time, and returns its number. Negative time is for ever.
func (m *Manager) wait(env nodes.Env, w waiting, bytes int64, d time.Duration) uint64 {
	n := m.number()
	m.waits[n] = w
	m.held += bytes
	env.SetTimer(nodes.Tag{Name: tagWait, N: n}, max(d, 0))
	return n
}

// unwait forgets a request that waited.
func (m *Manager) unwait(env nodes.Env, n uint64, bytes int64) {
	if _, ok := m.waits[n]; ok {
		delete(m.waits, n)
		m.held -= bytes
		env.StopTimer(nodes.Tag{Name: tagWait, N: n})
	}
}

// Full tells that requests that wait hold as much memory as they may: leave what comes unread until it is false.
func (m *Manager) Full() bool { return m.held >= m.cfg.MemoryLimit }
