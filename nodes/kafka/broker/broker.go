package broker

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"orrery/nodes"
	"orrery/nodes/kafka/broker/config"
	"orrery/nodes/kafka/controller"
	"orrery/nodes/kafka/group"
	"orrery/nodes/kafka/record"
	"orrery/nodes/kafka/replica"
	"orrery/nodes/kafka/txn"
	"orrery/nodes/kafka/zk"
)

type listener = config.Listener

// Broker is a Kafka broker. It is one machine's [nodes.Node], and lives as long as one incarnation.
type Broker struct {
	opts      Options
	cfg       *config.Config
	id        int32
	clientIDs [verifying + 1]string // of the requests to other brokers

	store    *zk.Store
	ctrl     *controller.Controller
	replicas *replica.Manager
	groups   *group.Coordinator
	txns     *txn.Coordinator

	stage      stage
	connected  bool         // with ZooKeeper
	cluster    zk.ClusterID // of meta.properties
	frozen     bool         // by a quirk: no request is handled any more
	journalled int          // appends to the offsets topic that have not ended
	stats      Stats

	cache         cache
	leaders       map[int32]nodes.Addr // of leaders, as LeaderAndIsr has told them
	topicSettings map[string]map[string]string
	topicConfigs  map[string]replica.TopicConfig
	settled       map[string]bool // the topics whose settings are known
	lacking       map[uint64]lacking
	creating      map[string]bool

	channels    map[nodes.Conn]*channel
	accepted    []*channel // the same, by their ids
	channelIDs  uint64
	hosts       map[string]int // connections, by host
	readied     []*channel     // whose next request may be taken
	slow        []*channel     // who do not read their answers
	slowSet     bool
	idling      bool
	queuedBytes int64
	pending     map[uint64]pending // requests in process, by call
	stops       map[uint64]queued  // those of them that wait for a request handler
	calls       uint64
	out         []byte // what is being written

	links         map[linkKey]*link
	linkOrder     []*link
	linkIDs       uint64
	dialled       map[nodes.Conn]*link
	failures      []failure
	alters        map[uint64]uint64 // the replica manager's calls, by the store's
	reads         map[uint64]uint64
	producerIDs   map[uint64]uint64 // the transaction coordinator's
	verifying     map[uint64]verification
	verifications uint64
}

// New makes a broker. It panics if there is no configuration.
func New(o Options) *Broker {
	b := &Broker{opts: o, cfg: o.Config, id: o.Config.BrokerID, cache: newCache(),
		leaders: map[int32]nodes.Addr{}, topicSettings: map[string]map[string]string{}, topicConfigs: map[string]replica.TopicConfig{},
		settled: map[string]bool{}, lacking: map[uint64]lacking{}, creating: map[string]bool{}, channels: map[nodes.Conn]*channel{}, hosts: map[string]int{}, pending: map[uint64]pending{},
		links: map[linkKey]*link{}, dialled: map[nodes.Conn]*link{}, alters: map[uint64]uint64{}, reads: map[uint64]uint64{},
		producerIDs: map[uint64]uint64{}, verifying: map[uint64]verification{}}
	for p := range b.clientIDs {
		b.clientIDs[p] = fmt.Sprintf("broker-%d-%s", b.id, purpose(p))
	}
	return b
}

// modules makes the parts of the broker.
func (b *Broker) modules(env nodes.Env) {
	c, q := b.cfg, b.opts.Quirks
	b.store = zk.New(zk.Config{Servers: c.ZooKeeper, Chroot: c.Chroot, Timeout: c.SessionTimeout, Quirks: q.ZK})
	t, _ := c.Topic(nil)
	b.ctrl = controller.New(controller.Config{Broker: b.id, Endpoints: b.endpoints(env), Rack: c.Rack, Validate: validate,
		DefaultPartitions: c.NumPartitions, DefaultReplication: c.ReplicationFactor, NoTopicDeletion: !c.DeleteTopics,
		NoAutoRebalance: !c.AutoRebalance, RebalanceInterval: c.RebalanceInterval, ImbalancePercent: int(c.RebalancePPM / 10_000),
		UncleanElection: t.Unclean, ShutdownTries: int(orNone(int64(c.ShutdownRetries))), ShutdownBackoff: c.ShutdownBackoff,
		Quirks: q.Controller}, b.store)
	b.replicas = replica.New(replica.Config{Broker: b.id, Rack: c.Rack, Dir: c.LogDir, Topic: b.topicConfig, Cluster: clusterView{b},
		ReplicaLagTime: c.ReplicaLagTime, FetchWaitMax: c.FetchWaitMax, FetchMinBytes: c.FetchMinBytes, ReplicaFetchBytes: c.FetchBytes,
		FetchResponseBytes: c.FetchResponse, FetchBackoff: c.FetchBackoff, RequestTimeout: c.RequestTimeout, FetchMaxBytes: c.FetchMaxBytes,
		FetchSessions: int(orNone(int64(c.FetchSessions))), RackAware: c.RackAware, CheckpointInterval: c.CheckpointEvery,
		TickInterval: min(c.FlushScheduler, c.RetentionCheck), CleanerBackoff: c.CleanerBackoff,
		MemoryLimit: max(c.QueuedBytes, 0), EpochRequests: b.opts.EpochRequests, Quirks: q.Replica})
	b.groups = group.New(group.Config{Partitions: c.Group.Partitions, MinSession: c.Group.MinSession, MaxSession: c.Group.MaxSession,
		InitialDelay: cmp.Or(c.Group.InitialDelay, -1), MaxSize: size(c.Group.MaxSize), MaxMetadata: int(c.Group.MaxMetadata),
		OffsetRetention: c.Group.Retention, ExpireEvery: c.Group.RetentionCheck, CommitTimeout: c.Group.CommitTimeout,
		LoadBytes: int(c.Group.LoadBuffer), Codec: record.Codec(c.Group.Codec), Verify: c.VerifyPartitions, OldValues: b.opts.OldOffsets,
		Quirks: q.Group}, journal{b, group.OffsetsTopic})
	b.txns = txn.New(txn.Config{Cluster: clusterView{b}, Partitions: c.Txn.Partitions, OffsetsPartitions: c.Group.Partitions,
		MaxTimeout: c.Txn.MaxTimeout, IDExpiry: c.Txn.IDExpiry, AbortEvery: c.Txn.AbortCheck, RemoveEvery: c.Txn.ExpiryCheck,
		LoadBytes: int(c.Txn.LoadBuffer), AppendTimeout: c.RequestTimeout, Quirks: q.Txn}, journal{b, txn.StateTopic})
}

// orNone is a number of which 0 means none, for modules to which 0 means the default.
func orNone(n int64) int64 {
	if n == 0 {
		return -1
	}
	return n
}

// size is group.max.size, of which Kafka's default is no limit.
func size(n int32) int {
	if n == math.MaxInt32 {
		return 0
	}
	return int(n)
}

// endpoints are where the broker is to be reached, that of the other brokers first.
func (b *Broker) endpoints(env nodes.Env) []zk.Endpoint {
	var all []zk.Endpoint
	for _, l := range b.cfg.Advertised {
		e := zk.Endpoint{Listener: l.Name, Protocol: "PLAINTEXT", Host: l.Host, Port: int32(l.Port)}
		if e.Host == "" {
			e.Host = cmp.Or(b.opts.Hostname, string(env.Self()))
		}
		if l.Name == b.cfg.InterBroker {
			all = append([]zk.Endpoint{e}, all...)
		} else {
			all = append(all, e)
		}
	}
	return all
}

// Codec implements [nodes.Node]: the only datagram that a broker takes is [Terminate].
func (b *Broker) Codec() nodes.Codec { return Codec() }

// Boot implements [nodes.Node].
func (b *Broker) Boot(env nodes.Env) error {
	if err := b.checkMeta(env.Disk()); err != nil {
		return err
	}
	b.modules(env)
	if err := b.replicas.Boot(env); err != nil {
		return err
	}
	for _, l := range b.cfg.Listeners {
		if err := env.Listen(l.Port, b.framing()); err != nil {
			return fmt.Errorf("kafka: listener %s at port %d: %w", l.Name, l.Port, err)
		}
	}
	env.SetTimer(nodes.Tag{Name: tagZooKeeper}, b.cfg.ZooKeeperWithin)
	b.store.Start(env)
	b.ctrl.Start(env)
	b.groups.Start(env)
	b.txns.Start(env)
	b.drain(env)
	return nil
}

// Deliver implements [nodes.Node].
func (b *Broker) Deliver(env nodes.Env, _ nodes.ID, m nodes.Message) {
	if _, ok := m.(Terminate); ok {
		b.Shutdown(env)
	}
}

// Fire implements [nodes.Node].
func (b *Broker) Fire(env nodes.Env, tag nodes.Tag) {
	module, _, _ := strings.Cut(tag.Name, "/")
	switch module {
	case "replica":
		b.replicas.Fire(env, tag)
	case "zk":
		b.store.Fire(env, tag)
	case "controller":
		b.ctrl.Fire(env, tag)
	case "group":
		b.deadlock(env)
		b.groups.Fire(env, tag)
	case "txn":
		b.txns.Fire(env, tag)
	case "broker":
		b.fire(env, tag)
	}
	b.drain(env)
}

// fire takes a timer of the broker's own.
func (b *Broker) fire(env nodes.Env, tag nodes.Tag) {
	switch tag.Name {
	case tagIdle:
		b.closeIdle(env)
	case tagSlow:
		b.retrySlow()
	case tagHandler:
		b.stopNow(env, tag.N)
	case tagLink:
		b.linkTimer(env, tag.N)
	case tagZooKeeper:
		env.Halt(fmt.Errorf("kafka: no session with ZooKeeper at %v within %v (zookeeper.connection.timeout.ms); want an ensemble that serves", b.cfg.ZooKeeper, b.cfg.ZooKeeperWithin))
	case tagTerminate:
		b.Shutdown(env)
	case tagExit:
		b.depart(env)
	}
}

// Synced implements [nodes.Node].
func (b *Broker) Synced(env nodes.Env, tag nodes.Tag, err error) {
	switch tag.Name {
	case syncMeta, syncMetaDir:
		b.metaSynced(env, tag, err)
	default:
		b.replicas.Synced(env, tag, err)
	}
	b.drain(env)
}

// deadlock is KAFKA-4477's: a timer of a group meets the end of an append.
func (b *Broker) deadlock(env nodes.Env) {
	if b.opts.Quirks.Broker.DataPlaneDeadlock && b.journalled > 0 {
		nodes.Reachable(env, markFrozen)
		b.frozen = true
	}
}

// Terminate asks a broker to shut down in order: it is SIGTERM, for a machine that has no signals.
type Terminate struct{}

// Kind implements [nodes.Message].
func (Terminate) Kind() string { return "SIGTERM" }

// SIGTERM is the timer that asks a broker to shut down in order, where the runtime can make signals timers.
func SIGTERM() nodes.Tag { return nodes.Tag{Name: tagTerminate} }

// Codec makes and reads the datagrams that brokers take.
func Codec() nodes.Codec { return nodes.JSONCodec(Terminate{}) }
