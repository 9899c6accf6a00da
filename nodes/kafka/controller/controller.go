package controller

import (
	"cmp"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/zk"
)

// Storage is where the cluster's metadata is: records with versions, of which some end with the session that made them. *zk.Store
// is the one of ZooKeeper's days. What it has to report comes through Controller.Stored.
type Storage interface {
	// Do begins operations and returns the number that their zk.Done will carry; see zk.Store.Do.
	Do(env nodes.Env, guard int32, ops ...zk.Op) uint64
	// Session is the number of the present session; 0 before there is one.
	Session() int64
}

// Config is what a controller is told. Broker and Endpoints are needed.
type Config struct {
	Broker    int32
	Endpoints []zk.Endpoint // where this broker listens; the first is the one that brokers use among themselves
	Rack      string

	// Validate refuses a setting of a topic ("topics"), broker ("brokers") or client ("clients"); nil allows those that Kafka 2.4
	// knows for topics with a value of the right sort, and all of the others.
	Validate func(entity, name, value string) error

	DefaultPartitions  int32 // num.partitions; 0 is 1
	DefaultReplication int16 // default.replication.factor; 0 is 1

	NoTopicDeletion   bool          // delete.topic.enable=false
	NoAutoRebalance   bool          // auto.leader.rebalance.enable=false
	RebalanceInterval time.Duration // leader.imbalance.check.interval.seconds; 0 is 300 s
	ImbalancePercent  int           // leader.imbalance.per.broker.percentage; 0 is 10
	UncleanElection   bool          // unclean.leader.election.enable, where a topic does not say otherwise
	RetryBackoff      time.Duration // between attempts at a request to a broker; 0 is 100 ms
	ShutdownTries     int           // controlled.shutdown.max.retries; 0 is 3, negative is none
	ShutdownBackoff   time.Duration // controlled.shutdown.retry.backoff.ms; 0 is 5 s

	Quirks Quirks
}

// Event is what has come about.
type Event interface{ event() }

// Done ends a Handle with its answer.
type Done struct {
	Call     uint64
	Response kmsg.Response
}

// Send asks for a request to be sent to a broker: LeaderAndIsr, StopReplica and UpdateMetadata, one at a time to each broker, and
// ControlledShutdown. What comes of it goes to Answered; an error of it breaks the connection, so that nothing late overtakes what follows.
type Send struct {
	To       int32
	Endpoint zk.Endpoint // where To listens for brokers
	Call     uint64
	Request  kmsg.Request
}

// Registered tells that the broker is registered, under a new broker epoch. It comes again after each Disowned.
type Registered struct{ BrokerEpoch int64 }

// Became tells that this broker is the controller, or no longer. Epoch is the controller epoch of its own that has begun or ended.
type Became struct {
	Active bool
	Epoch  int32
}

// Leads tells which broker is the controller, as the record says; zk.NoLeader if none.
type Leads struct{ Broker int32 }

// ConfigChanged tells what is set for a topic ("topics", "orders"), a broker ("brokers", "1" or "<default>") or a client
// ("clients", "c"). It comes for all that has settings when the broker starts, and then for every change.
type ConfigChanged struct {
	Entity, Name string
	Values       zk.Settings // none if nothing is set any more
}

// Disowned tells that the session has expired: other brokers take this one for dead. Registered follows if it comes back.
type Disowned struct{}

// ShutdownReady ends a Shutdown: this broker leads no more partitions that another could lead (Clean), or nobody could be found
// who would take them.
type ShutdownReady struct{ Clean bool }

func (Done) event()          {}
func (Send) event()          {}
func (Registered) event()    {}
func (Became) event()        {}
func (Leads) event()         {}
func (ConfigChanged) event() {}
func (Disowned) event()      {}
func (ShutdownReady) event() {}

// Controller is a broker's part in the metadata.
type Controller struct {
	cfg    Config
	store  Storage
	events []Event
	calls  uint64

	ctl     thread // the controller's event thread
	admin   thread // administrative requests
	configs thread // notifications of configuration

	session     int64 // of the storage, or the last one
	brokerEpoch int64 // -1 if not registered
	leader      int32 // who the controller is, as far as this broker knows
	active      bool
	epoch       int32 // the controller epoch that this broker knows: its own, if active
	guard       int32 // the version of that epoch's record
	ctx         clusterContext
	batch       requestBatch
	queues      []*queue // by broker
	waits       []wait   // administrative requests that wait for leaders
	lastChange  string   // the last notification of a configuration that was carried out
	closing     *shutdown
}

// New returns a controller that knows nothing yet.
func New(cfg Config, s Storage) *Controller {
	cfg.DefaultPartitions = cmp.Or(cfg.DefaultPartitions, 1)
	cfg.DefaultReplication = cmp.Or(cfg.DefaultReplication, 1)
	cfg.RebalanceInterval = cmp.Or(cfg.RebalanceInterval, 300*time.Second)
	cfg.ImbalancePercent = cmp.Or(cfg.ImbalancePercent, 10)
	cfg.RetryBackoff = cmp.Or(cfg.RetryBackoff, 100*time.Millisecond)
	cfg.ShutdownTries, cfg.ShutdownBackoff = cmp.Or(cfg.ShutdownTries, shutdownTries), cmp.Or(cfg.ShutdownBackoff, shutdownBackoff)
	if cfg.Validate == nil {
		cfg.Validate = ValidateSetting
	}
	c := &Controller{cfg: cfg, store: s, brokerEpoch: -1, leader: zk.NoLeader}
	c.ctl.clear()
	c.admin.clear()
	c.configs.clear()
	return c
}

// Start begins: once the storage has told that it is connected, the broker is registered, and takes part in the election.
func (c *Controller) Start(env nodes.Env) { c.run(env) }

// The names of the controller's timers.
const (
	tagRegister  = "controller/register"  // tries again to register the broker
	tagRetry     = "controller/retry"     // sends again to broker N
	tagRebalance = "controller/rebalance" // looks for leaders that are not the preferred ones
	tagWait      = "controller/wait"      // the time of administrative request N is up
	tagShutdown  = "controller/shutdown"  // tries again to be let go
)

// Stored takes what the storage has to report; false is for what is not the controller's (zk.ISRAltered, zk.ProducerIDs).
func (c *Controller) Stored(env nodes.Env, ev zk.Event) bool {
	switch ev := ev.(type) {
	case zk.Connected:
		if ev.New {
			c.begin(ev.Session)
		}
	case zk.Disconnected:
	case zk.SessionExpired:
		c.expired(env)
	case zk.Done:
		for _, t := range []*thread{&c.ctl, &c.admin, &c.configs} {
			if t.waiting == ev.Call {
				t.waiting, t.results = 0, ev.Results
			}
		}
	case zk.Watched:
		c.watched(ev)
	default:
		return false
	}
	c.run(env)
	return true
}

// begin begins a session: nothing is registered and nothing watched.
func (c *Controller) begin(session int64) {
	was := c.session
	c.session = session
	c.ctl.enqueue(&register{previous: was})
	c.configs.enqueue(&loadConfigs{})
}

// expired ends one. What was being done is left where it is: whoever is elected next finds it in the storage.
func (c *Controller) expired(env nodes.Env) {
	c.resign(env)
	c.ctl.clear()
	c.failAdmin(env)
	c.configs.clear()
	c.leader = zk.NoLeader
	if c.brokerEpoch >= 0 {
		c.brokerEpoch = -1
		c.tell(Disowned{})
	}
}

// watched lets the event's task run.
func (c *Controller) watched(w zk.Watched) {
	switch {
	case w.Key.Kind == zk.KindController:
		c.ctl.enqueue(&elect{})
	case w.Key.Kind == zk.KindConfigChange && w.List:
		c.configs.enqueue(&followConfigs{})
	case w.Key == zk.BrokerKey(c.cfg.Broker) && c.brokerEpoch < 0:
		c.ctl.enqueue(&register{previous: -1})
	case c.active:
		c.noticed(w)
	}
}

// noticed is watched for the active controller.
func (c *Controller) noticed(w zk.Watched) {
	switch w.Key.Kind {
	case zk.KindBroker:
		c.ctl.enqueue(&brokerChange{modified: !w.List})
	case zk.KindTopic:
		if w.List {
			c.ctl.enqueue(&topicChange{})
		} else {
			c.ctl.enqueue(&partitionChange{topic: w.Key.Name})
		}
	case zk.KindPartition:
		c.ctl.enqueue(&reassignedISRChange{tp: w.Key.Partition()})
	case zk.KindDeleteTopic:
		c.ctl.enqueue(&topicDeletion{})
	case zk.KindReassign:
		c.ctl.enqueue(&zkReassignment{})
	case zk.KindPreferred:
		c.ctl.enqueue(&zkPreferred{})
	case zk.KindISRChange:
		c.ctl.enqueue(&isrChange{})
	case zk.KindLogDirEvent:
		c.ctl.enqueue(&logDirEvent{})
	}
}

// run lets the threads go on, and ends the waits that are over.
func (c *Controller) run(env nodes.Env) {
	c.configs.run(c, env)
	c.admin.run(c, env)
	c.ctl.run(c, env) // the others give it work, and not the other way round
	c.look(env)
}

// Answered takes what came of a Send: its response, or why there is none.
func (c *Controller) Answered(env nodes.Env, call uint64, resp kmsg.Response, err error) {
	if !c.shutdownAnswered(env, call, resp, err) {
		c.queueAnswered(env, call, resp, err)
	}
	c.run(env)
}

// Fire takes a timer, if it is the controller's: their names begin with "controller/".
func (c *Controller) Fire(env nodes.Env, tag nodes.Tag) bool {
	switch tag.Name {
	case tagRegister:
		if c.brokerEpoch < 0 && c.ctl.idle() && c.store.Session() == c.session {
			c.ctl.enqueue(&register{previous: -1})
		}
	case tagRetry:
		c.retry(env, int32(tag.N))
	case tagRebalance:
		if c.active {
			c.ctl.enqueue(&rebalance{})
			env.SetTimer(tag, c.cfg.RebalanceInterval)
		}
	case tagWait:
		c.late(env, tag.N)
	case tagShutdown:
		c.askShutdown(env)
	default:
		return false
	}
	c.run(env)
	return true
}

// Take returns the next thing that has come about. It is to be called after every other call, until ok is false.
func (c *Controller) Take() (ev Event, ok bool) {
	if len(c.events) == 0 {
		return nil, false
	}
	ev = c.events[0]
	c.events = slices.Delete(c.events, 0, 1)
	return ev, true
}

func (c *Controller) tell(ev Event) { c.events = append(c.events, ev) }

func (c *Controller) next() uint64 {
	c.calls++
	return c.calls
}

// Active tells whether this broker is the controller, as far as it knows, and under which epoch.
func (c *Controller) Active() (epoch int32, ok bool) { return c.epoch, c.active }

// LetsGo tells whether this broker, as the controller, is about to take from a broker that shuts down in order what it leads.
func (c *Controller) LetsGo(broker int32) bool {
	return c.active && c.ctx.handing != nil && c.ctx.handing.req.BrokerID == broker
}

// Leader is which broker is the controller, as far as this one knows; zk.NoLeader if it knows of none.
func (c *Controller) Leader() int32 { return c.leader }

// BrokerEpoch is the epoch under which this broker is registered; -1 if it is not.
func (c *Controller) BrokerEpoch() int64 { return c.brokerEpoch }

// StaleBrokerEpoch tells whether a request that was made for the incarnation told must be refused by, or for, a broker that is
// registered as own (STALE_BROKER_EPOCH): if it is for an earlier one (KIP-380). One that is for a later one is welcome: the
// broker has not yet heard of its own registration (KAFKA-9839). -1 stands for a sender that knows no epochs.
func StaleBrokerEpoch(own, told int64, q Quirks) bool {
	if told < 0 || q.NoBrokerEpoch {
		return false
	}
	if q.NewerBrokerEpochRefused {
		return told != own
	}
	return told < own
}

// unclean tells whether a partition of a topic may be led by a replica that is not in sync.
func (c *Controller) unclean(topic zk.Settings) bool {
	if c.cfg.Quirks.UncleanByDefault {
		return true
	}
	if v, ok := topic.Get("unclean.leader.election.enable"); ok {
		return v == "true"
	}
	return c.cfg.UncleanElection
}

// note says something in the story of the run about a partition's state.
func (c *Controller) note(env nodes.Env, tp log.TopicPartition, s zk.PartitionState) {
	if nodes.Noting(env) {
		nodes.Note(env, tp.String()+": "+describe(s))
	}
}
