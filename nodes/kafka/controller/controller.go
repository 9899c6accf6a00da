package controller

import (
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/zk"
)

// Storage is where the cluster's metadata is: records with versions, of which some end with the session that made them. *zk.Store is the one
// of ZooKeeper's days. What it has to report comes through Controller.Stored.
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

	// Validate refuses a setting of a topic ("topics"), broker ("brokers") or client ("clients"); nil allows those that Kafka 2.4 knows for topics
	// with a value of the right sort, and all of the others.
	Validate func(entity, name, value string) error

	DefaultPartitions  int32 // num.partitions; 0 is 1
	DefaultReplication int16 // default.replication.factor; 0 is 1

	NoTopicDeletion   bool          // delete.topic.enable=false
	NoAutoRebalance   bool          // auto.leader.rebalance.enable=false
	RebalanceInterval time.Duration // leader.imbalance.check.interval.seconds; 0 is 300 s
	ImbalancePercent  int           // leader.imbalance.per.broker.percentage; 0 is 10
	UncleanElection   bool          // unclean.leader.election.enable, where a topic does not say otherwise
	RetryBackoff      time.Duration // between attempts at a request to a broker; 0 is 100 ms

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

// ConfigChanged tells what is set for a topic ("topics", "orders"), a broker ("brokers", "1" or "<default>") or a client ("clients", "c"). It comes
// for all that has settings when the broker starts, and then for every change.
type ConfigChanged struct {
	Entity, Name string
	Values       zk.Settings // none if nothing is set any more
}

// Disowned tells that the session has expired: other brokers take this one for dead. Registered follows if it comes back.
type Disowned struct{}

// ShutdownReady ends a Shutdown: this broker leads no more partitions that another could lead (Clean), or nobody could be found who would take them.
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
type Controller struct{}

// New returns a controller that knows nothing yet.
func New(cfg Config, s Storage) *Controller { return &Controller{} }

// Start begins: once the storage has told that it is connected, the broker is registered, and takes part in the election.
func (c *Controller) Start(env nodes.Env) {}

// Stored takes what the storage has to report; false is for what is not the controller's (zk.ISRAltered, zk.ProducerIDs).
func (c *Controller) Stored(env nodes.Env, ev zk.Event) bool { return false }

// Handle takes a request, whose answer comes with Done; false is for those of which it is not in charge. It is in charge of CreateTopics,
// DeleteTopics, CreatePartitions, ElectLeaders, AlterPartitionAssignments, ListPartitionReassignments and ControlledShutdown, of which
// only the active controller does more than refuse, and of AlterConfigs and IncrementalAlterConfigs, on any broker.
func (c *Controller) Handle(env nodes.Env, call uint64, r kmsg.Request) bool { return false }

// AutoCreate creates topics on behalf of a broker that was asked for one that does not exist; it works on any broker, as it did. It ends with a Done whose
// response is that of r, without waiting for the leaders.
func (c *Controller) AutoCreate(env nodes.Env, call uint64, r *kmsg.CreateTopicsRequest) {}

// Answered takes what came of a Send: its response, or why there is none.
func (c *Controller) Answered(env nodes.Env, call uint64, resp kmsg.Response, err error) {}

// Fire takes a timer, if it is the controller's: their names begin with "controller/".
func (c *Controller) Fire(env nodes.Env, tag nodes.Tag) bool { return false }

// Shutdown asks the controller, whoever it is, to take from this broker what it leads. It ends with ShutdownReady.
func (c *Controller) Shutdown(env nodes.Env) {}

// Take returns the next thing that has come about. It is to be called after every other call, until ok is false.
func (c *Controller) Take() (ev Event, ok bool) { return nil, false }

// Active tells whether this broker is the controller, as far as it knows, and under which epoch.
func (c *Controller) Active() (epoch int32, ok bool) { return 0, false }

// Leader is which broker is the controller, as far as this one knows; zk.NoLeader if it knows of none.
func (c *Controller) Leader() int32 { return zk.NoLeader }

// BrokerEpoch is the epoch under which this broker is registered; -1 if it is not.
func (c *Controller) BrokerEpoch() int64 { return -1 }

// StaleBrokerEpoch tells whether a request that was made for the incarnation told must be refused by, or for, a broker that is registered as own
// (STALE_BROKER_EPOCH): if it is for an earlier one (KIP-380). One that is for a later one is welcome: the broker has not yet heard of its own
// registration (KAFKA-9839). -1 stands for a sender that knows no epochs.
func StaleBrokerEpoch(own, told int64, q Quirks) bool { return false }
