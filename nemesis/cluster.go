package nemesis

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"orrery/nodes"
)

// Cluster is what a nemesis needs to know of the system that it torments. It reads the
// system through it with the eyes of a god: nothing that it asks changes anything.
type Cluster struct {
	// Nodes are the machines that vote, in an order that is the same in every run.
	Nodes []nodes.ID
	// Clients are the machines of the workload's clients. Faults leave them alone unless
	// they say otherwise.
	Clients []nodes.ID
	// Leader names the node that leads now; ok is false if none does, or several do. A
	// nil Leader means a system without leaders.
	Leader func() (id nodes.ID, ok bool)
	// Tolerates is f, the number of nodes that may be down, cut off or without memory at
	// one time so that the system still serves. 0 means the most that leaves a majority;
	// -1 means none.
	Tolerates int
	// Quorum tells whether these nodes alone can serve, in every configuration that is
	// in force. nil means that all but f of the nodes can.
	Quorum func(healthy []nodes.ID) bool
	// Timescale is T, the time-out by which the system finds out that a node has died: an
	// election time-out, a session time-out. The durations of faults are drawn around it.
	// 0 means one second.
	Timescale time.Duration
	// Restart says after how long a process is started again, if the fault that ended it
	// does not say, or if it stopped by itself. Its zero value means from T/10 to 10 T.
	Restart Range

	// AllowWipe says that a node whose disk is empty does no harm, as long as at most
	// f are: it refuses to start, or finds its way into the cluster again.
	AllowWipe bool
	// AllowCorrupt says that a node finds out what is corrupt on its disk, and either
	// repairs it from others or refuses to start, as long as at most f copies of
	// anything are corrupt.
	AllowCorrupt bool
	// AllowLies says that at most f nodes may have disks that look all right and lack
	// something that was synced: writes that never arrived, or a state of long ago.
	// Few protocols claim to survive that, for no checksum tells.
	AllowLies bool
	// Chunk names the logical piece of data that a node keeps at a place of a file, so that
	// different pieces may be corrupt on more than f nodes. nil means that a
	// node's disk is one piece: at most f nodes are ever corrupt.
	Chunk func(id nodes.ID, file string, off int64) string
	// MayRot tells whether what lies at a place of a file may rot. A log without redundancy
	// cannot tell rot in what it wrote last from the torn tail that a crash leaves
	// (Alagappan et al., "Protocol-Aware Recovery", FAST 2018); a node that makes the
	// same choice as most spares its tail here. nil means that everything may rot.
	MayRot func(id nodes.ID, file string, off int64) bool
	// DriftBoundPPM is how fast or slow clocks may run before the system promises
	// nothing any more, because it counts on leases. 0 means that it does not count on clocks.
	DriftBoundPPM int64
	// Connections says that nodes speak over connections, so that faults of connections
	// make sense.
	Connections bool
}

// Range is a range of durations. What is drawn from it is log-uniform: as likely
// between 1 and 10 ms as between 10 and 100 ms.
type Range struct{ Min, Max time.Duration }

func (c Cluster) withDefaults() Cluster {
	if c.Timescale == 0 {
		c.Timescale = time.Second
	}
	switch {
	case c.Tolerates == 0:
		c.Tolerates = (len(c.Nodes) - 1) / 2
	case c.Tolerates < 0:
		c.Tolerates = 0
	}
	if c.Restart == (Range{}) {
		c.Restart = Range{c.Timescale / 10, 10 * c.Timescale}
	}
	if c.Quorum == nil {
		need := len(c.Nodes) - c.Tolerates
		c.Quorum = func(healthy []nodes.ID) bool { return len(healthy) >= need }
	}
	if c.Leader == nil {
		c.Leader = func() (nodes.ID, bool) { return "", false }
	}
	return c
}

// Validate says what is wrong with the description of a cluster, all of it.
func (c Cluster) Validate() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf("nemesis: "+format, args...)) }
	if len(c.Nodes) == 0 {
		wrong("a cluster has at least one node")
	}
	if len(c.Nodes) > maxVoters {
		wrong("%d nodes; the budget can be kept for at most %d", len(c.Nodes), maxVoters)
	}
	all := slices.Concat(c.Nodes, c.Clients)
	for _, id := range all {
		if err := checkID(string(id)); err != nil {
			wrong("%v", err)
		}
	}
	if slices.Sort(all); len(slices.Compact(all)) < len(c.Nodes)+len(c.Clients) {
		wrong("a machine is named twice among the nodes and clients")
	}
	if c.Tolerates >= max(len(c.Nodes), 1) {
		wrong("%d nodes cannot tolerate the loss of %d", len(c.Nodes), c.Tolerates)
	}
	if c.Timescale < 0 || c.Restart.Min < 0 || c.Restart.Max < c.Restart.Min {
		wrong("durations must not be negative, and a range must not end before it begins")
	}
	return errors.Join(errs...)
}

// Mode says how far a nemesis may go.
type Mode uint8

// The modes.
const (
	// Budgeted keeps a quorum alive: see [Cluster.Tolerates]. Safety and liveness can be
	// demanded.
	Budgeted Mode = iota
	// Unrestricted lets everything fail at once. Safety can be demanded, and liveness after
	// all is healed, but no progress in between.
	Unrestricted
	// Calm lets nothing fail: the entries of a plan are skipped.
	Calm
)

var modeNames = []string{"budgeted", "unrestricted", "calm"}

// String is the mode in a word.
func (m Mode) String() string { return modeNames[min(int(m), len(modeNames)-1)] }

// others are the nodes that are not in ids.
func (c *Cluster) others(ids []nodes.ID) []nodes.ID {
	return slices.DeleteFunc(slices.Clone(c.Nodes), func(id nodes.ID) bool { return slices.Contains(ids, id) })
}

// sorted returns the machines in the order of their names, each once.
func sorted(ids []nodes.ID) []nodes.ID {
	ids = slices.Clone(ids)
	slices.SortFunc(ids, func(a, b nodes.ID) int { return cmp.Compare(a, b) })
	return slices.Compact(ids)
}
