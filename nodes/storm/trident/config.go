package trident

import (
	"cmp"
	"time"

	"orrery/nodes"
	"orrery/nodes/storm"
)

// Kind is what a spout promises of the batch of a txid, and what a state makes of it.
type Kind uint8

// The kinds.
const (
	Transactional Kind = iota // a txid is always the same records
	Opaque                    // it may be others, when it is attempted again
)

// String is the kind in a word.
func (k Kind) String() string { return [...]string{"transactional", "opaque"}[k] }

// Config says what topology to build. Source, Partitions, Keys and Store are needed.
type Config struct {
	Name       string
	Kind       Kind
	Source     func() storm.Source
	Partitions int32
	Keys       func(record string) []string // each of which counts one
	Store      nodes.ID                     // the machine with the database

	Workers, Emitters, States int           // 1 each
	MaxActive                 int           // batches that are processed at a time: 3
	BatchSize                 int           // records of a partition in a batch, at most: 16
	Interval                  time.Duration // between two new batches, at least: 20 ms
	Patience                  time.Duration // with ZooKeeper, the source and the store: 100 ms
	Quirks                    Quirks
	Probe                     func(Event)
}

// Quirks are defects. The zero value is correct.
type Quirks struct {
	// AnyOrder commits whichever batch is processed, the last one first (Trident State: "state updates are ordered among batches").
	AnyOrder bool
	// TransactionalState has a state take an opaque spout for a transactional one (Trident State: the table of what goes with what).
	TransactionalState bool
	// NotAtomic writes the values first, and the txids that they are from behind them (Trident State: "stored atomically").
	NotAtomic bool
	// ReusesTxids begins at txid 1 again after a restart, as if ZooKeeper had lost the coordinator's node.
	ReusesTxids bool
	// TwoCoordinators has a coordinator write its state whatever another one has written since (a worker that was replaced and runs on).
	TwoCoordinators bool
	// KeepsLeftovers leaves what a failed attempt has written to keys that the next attempt does not touch. That is Storm's OpaqueMap, which
	// looks at the keys of the present batch only.
	KeepsLeftovers bool
	// EmitsUnrecorded has a transactional spout emit a batch before it has written down what is in it (Trident spouts).
	EmitsUnrecorded bool
}

// EventKind is what an Event tells.
type EventKind uint8

// The kinds of event.
const (
	Begun     EventKind = iota // the coordinator has begun an attempt
	Ranged                     // an emitter emits From to To of a partition
	Committed                  // the coordinator has moved on from a txid
	StoodDown                  // the coordinator has found that another one is at work
)

// Event is what a task has done, for checkers.
type Event struct {
	Kind          EventKind
	Worker        nodes.ID
	Session       uint64
	Txid, Attempt int64
	Partition     int32
	From, To      int64
}

// The components, and the streams of the coordinator and of emitters.
const (
	coordinatorName = "$mastercoord"
	emitterName     = "emitter"
	stateName       = "state"
	batchStream     = "$batch"
	commitStream    = "$commit"
	coordStream     = "$coord"
)

// Build makes the topology.
func Build(cfg Config) *storm.Topology {
	cfg.Workers, cfg.Emitters, cfg.States = cmp.Or(cfg.Workers, 1), cmp.Or(cfg.Emitters, 1), cmp.Or(cfg.States, 1)
	cfg.MaxActive, cfg.BatchSize = cmp.Or(cfg.MaxActive, 3), cmp.Or(cfg.BatchSize, 16)
	cfg.Interval, cfg.Patience = cmp.Or(cfg.Interval, 20*time.Millisecond), cmp.Or(cfg.Patience, 100*time.Millisecond)
	cfg.Name = cmp.Or(cfg.Name, "trident")
	c := &cfg
	t := storm.NewTopology(cfg.Name).Workers(cfg.Workers)
	t.Spout(coordinatorName, 1, func() storm.Spout { return &coordinator{cfg: c} }).
		DeclareStream(batchStream, "txid", "attempt").DeclareStream(commitStream, "txid", "attempt").Blocking()
	e := t.Bolt(emitterName, cfg.Emitters, func() storm.Bolt { return &emitter{cfg: c} }).
		Declare("txid", "attempt", "key").DeclareStream(coordStream, "txid", "attempt", "count").
		Subscribe(coordinatorName, batchStream, storm.ToAll).Blocking()
	if cfg.Kind == Opaque {
		e.Subscribe(coordinatorName, commitStream, storm.ToAll)
	}
	t.Bolt(stateName, cfg.States, func() storm.Bolt { return &state{cfg: c} }).
		Direct(emitterName).Subscribe(emitterName, coordStream, storm.Directed).
		Subscribe(coordinatorName, commitStream, storm.ToAll).Blocking()
	return t
}

func (c *Config) probe(ctx *storm.Context, e Event) {
	if c.Probe != nil {
		e.Worker, e.Session = ctx.Self(), ctx.Session()
		c.Probe(e)
	}
}
