package storm

import (
	"cmp"
	"time"

	"orrery/nodes"
)

// Config is what nimbuses, supervisors and workers know. ZooKeeper and Topologies are needed; the rest has Storm's defaults.
type Config struct {
	ZooKeeper      []nodes.Addr
	SessionTimeout time.Duration // 20 s
	Topologies     []*Topology   // the code of every topology that may be run

	MessageTimeout  time.Duration // topology.message.timeout.secs: 30 s
	TaskTimeout     time.Duration // nimbus.task.timeout.secs: 30 s without a heartbeat
	LaunchTimeout   time.Duration // nimbus.task.launch.secs: 120 s for the first one
	MonitorEvery    time.Duration // nimbus.monitor.freq.secs: 10 s between two looks at the heartbeats
	SyncEvery       time.Duration // how often a supervisor reads the assignments: 10 s
	BeatEvery       time.Duration // worker.heartbeat.frequency.secs: 1 s, to the supervisor
	TaskBeatEvery   time.Duration // task.heartbeat.frequency.secs: 3 s, to ZooKeeper
	RefreshEvery    time.Duration // task.refresh.poll.secs: 10 s between two reads of the assignment, besides its watch
	SpoutWait       time.Duration // how long a spout with nothing to emit sleeps: 1 ms
	Startup         time.Duration // how long a worker takes from its launch until it can take tuples: 0
	MaxPending      int           // topology.max.spout.pending, for each spout task: 0 means no bound
	Queue           int           // receive queue of a task, in transfers: 1024
	HighPPM, LowPPM int           // its watermarks, in parts of a million: 900,000 and 400,000
	Links           Links         // what joins workers
	Quirks          Quirks
	Probe           func(Event) // sees what tasks do, for checkers; nil for none
	Blobs           []string    // of a nimbus: topologies whose code was uploaded to it
	Peers           []nodes.ID  // of a nimbus: the others
	Slots           []nodes.ID  // of a supervisor: its workers
	Supervisor      nodes.ID    // of a worker
}

// Links is what joins two workers.
type Links uint8

// The links.
const (
	// Connections are ordered, and lose what was under way when they break: Storm's own.
	Connections Links = iota
	// Datagrams are lost, doubled and overtaken one by one. The receiver drops copies, which Storm does not.
	Datagrams
)

// withDefaults fills in what was left out.
func (c Config) withDefaults() Config {
	s := time.Second
	c.SessionTimeout = cmp.Or(c.SessionTimeout, 20*s)
	c.MessageTimeout = cmp.Or(c.MessageTimeout, 30*s)
	c.TaskTimeout = cmp.Or(c.TaskTimeout, 30*s)
	c.LaunchTimeout = cmp.Or(c.LaunchTimeout, 120*s)
	c.MonitorEvery = cmp.Or(c.MonitorEvery, 10*s)
	c.SyncEvery = cmp.Or(c.SyncEvery, 10*s)
	c.BeatEvery = cmp.Or(c.BeatEvery, s)
	c.TaskBeatEvery = cmp.Or(c.TaskBeatEvery, 3*s)
	c.RefreshEvery = cmp.Or(c.RefreshEvery, 10*s)
	c.SpoutWait = cmp.Or(c.SpoutWait, time.Millisecond)
	c.Queue = cmp.Or(c.Queue, 1024)
	c.HighPPM = cmp.Or(c.HighPPM, 900_000)
	c.LowPPM = cmp.Or(c.LowPPM, 400_000)
	return c
}

// topology is the topology of that name; nil if there is none.
func (c *Config) topology(name string) *Topology {
	for _, t := range c.Topologies {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// Scaled is Storm's own times, all divided by n: for universes that have no time to lose.
func Scaled(n int) Config {
	c := Config{}.withDefaults()
	for _, d := range []*time.Duration{&c.MessageTimeout, &c.TaskTimeout, &c.LaunchTimeout, &c.MonitorEvery, &c.SyncEvery,
		&c.BeatEvery, &c.TaskBeatEvery, &c.RefreshEvery} {
		*d /= time.Duration(n)
	}
	return c
}
