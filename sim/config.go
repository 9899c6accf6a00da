package sim

import (
	"math"
	"time"

	"orrery/trace"
)

// Config says which universe this is. The zero Config is a calm one, of seed 0.
type Config struct {
	Seed      uint64
	Net       NetConfig
	Disk      DiskConfig
	Clocks    ClockConfig
	Stage     Dist // how long a message waits for its stage, see nodes.Env.Post
	LateTimer Dist // how much later than asked a timer fires

	// EventsMax ends a run as Exhausted after so many events; 0 means 50 million. A run that chooses under a Window ends so as
	// well when that was too much work: see the outcome Exhausted.
	EventsMax uint64
	lookedMax uint64 // at how many pending events, see picker
	// IdleMax is the number of events without progress, while an operation is open,
	// after which the run is a livelock; 0 means never.
	IdleMax uint64

	// Window lets an event come before those whose time is up to so much earlier, if the Scheduler (or
	// an override of its picks) says so. 0 means that time alone decides. It is virtual time.
	Window    time.Duration
	Scheduler Scheduler // picks the next event, within the Window
	// Omit are the identities of datagrams that get lost, and of other events that never come, whatever
	// else happens: timers, ends of syncs, starts of processes.
	Omit []DrawID
	// Only, if it is not nil, are the identities of the events that may happen: a start of a process, a
	// datagram, a timer, the end of a sync, or something on a connection that is not among them never comes,
	// and a connection stalls there, as if its link were cut. All of these may be late without bound, so a run
	// of few events is one that can happen. What a process posts to itself and what scripts do is never
	// kept back. A Fork ends the list's force: after it everything may happen that had not been kept back.
	Only []DrawID

	Overrides   []Override // draws that are pinned
	Source      Source     // answers draws instead of the seed
	Fork        *Fork      // other choices from some event on
	RecordDraws *[]Draw    // receives every draw, in order
	Recorder    Recorder   // receives the trace; changes nothing in the run
	// States asks for the change of a node's state (nodes.Inspector) with every
	// recorded event; for timers that are set and stopped, and for what a crash does to
	// each file. It is slow, and changes nothing in the run.
	States bool
}

// Recorder receives the events of a run as they happen. The event is valid only during
// the call.
type Recorder interface{ Record(e *trace.Event) }

// NetConfig is how the network is when no fault is active.
type NetConfig struct {
	// Delay is the time that a datagram or a frame needs between two machines.
	// Each is drawn for itself, so datagrams overtake each other.
	Delay Dist
	// SlowPairPPM of a million directed pairs of machines are slow for the whole
	// run, by an extra delay that is log-uniform between 1 ms and SlowPairMax.
	SlowPairPPM uint64
	SlowPairMax time.Duration
	// LossPPM and DuplicatePPM are of a million datagrams.
	LossPPM      uint64
	DuplicatePPM uint64
	// CorruptPPM is of a million datagrams: bits are flipped, and the checksum
	// of the transport notices, so that the datagram is lost.
	CorruptPPM uint64
	// CorruptUnseenPPM is of a million datagrams whose flipped bits nobody notices.
	// No protocol here claims to survive it: it is for trying decoders.
	CorruptUnseenPPM uint64
	// Capacity is how many datagrams are under way from one machine to
	// another before further ones are lost; 0 means no bound.
	Capacity int
	// DialTimeout is after how long a dial without an answer fails; 0 means 5 s.
	DialTimeout time.Duration
	// BreakAfter is after how long a connection whose bytes do not arrive breaks on
	// the sending side; 0 means 15 s.
	BreakAfter time.Duration
}

// DiskConfig is how the disks are when no fault is active.
type DiskConfig struct {
	Sync     Dist  // the time that a sync needs
	Capacity int64 // in bytes; 0 means no bound
}

// ClockConfig is how the machines' clocks are when no fault is active. Each
// machine's are drawn once.
type ClockConfig struct {
	OffsetMax time.Duration // wall clocks are off by up to so much, either way
	DriftPPM  uint64        // and run fast or slow by up to so many parts per million
}

const (
	defaultEventsMax   = 50_000_000
	defaultDialTimeout = 5 * time.Second
	defaultBreakAfter  = 15 * time.Second
)

func (c Config) withDefaults() Config {
	if c.EventsMax == 0 {
		c.EventsMax = defaultEventsMax
	}
	c.lookedMax = max(lookedMin, lookedPerEvent*min(c.EventsMax, math.MaxUint64/lookedPerEvent))
	if c.Net.DialTimeout == 0 {
		c.Net.DialTimeout = defaultDialTimeout
	}
	if c.Net.BreakAfter == 0 {
		c.Net.BreakAfter = defaultBreakAfter
	}
	return c
}
