package isolation

import (
	"fmt"
	"slices"
)

// An Anomaly is a phenomenon by which isolation shows to be weaker than it should, by its usual name. Those of cycles
// follow Adya, Liskov and O'Neil, "Generalized Isolation Level Definitions" (ICDE 2000), the others Kingsbury and Alvaro,
// "Elle" (VLDB 2020). All data here are items, so that there are no predicate dependencies.
type Anomaly string

// Anomalies that are no cycles.
const (
	PhantomRead       Anomaly = "phantom-read"       // a read saw what nobody wrote
	FutureRead        Anomaly = "future-read"        // a read saw what its own transaction wrote only later
	DuplicateElements Anomaly = "duplicate-elements" // a list held one element twice
	CyclicVersions    Anomaly = "cyclic-versions"    // versions of a register precede each other in a circle
	G1a               Anomaly = "G1a"                // aborted read: a committed transaction saw a write of a failed one
	G1b               Anomaly = "G1b"                // intermediate read: it saw a write that its writer then wrote over
	DirtyUpdate       Anomaly = "dirty-update"       // a committed write went on from a failed one
	IncompatibleOrder Anomaly = "incompatible-order" // two reads of a list, neither of which is a prefix of the other
	Internal          Anomaly = "internal"           // a read contradicts earlier reads and writes of its own transaction
	LostUpdate        Anomaly = "lost-update"        // two transactions read one version of a key and wrote the key
)

// Cycles of dependencies. With the suffix Process or Realtime at least one step is the order of a process, or real time.
const (
	G0           Anomaly = "G0"                 // write-write dependencies only
	G1c          Anomaly = "G1c"                // write-write and write-read
	GSingle      Anomaly = "G-single-item"      // exactly one anti-dependency
	GNonadjacent Anomaly = "G-nonadjacent-item" // several anti-dependencies, no two in a row
	G2           Anomaly = "G2-item"            // anti-dependencies, at least two in a row
)

// The suffixes of cycles that need more than data dependencies to be cycles.
const (
	Process  Anomaly = "-process"
	Realtime Anomaly = "-realtime"
)

// A Level is an isolation level. The strong-session levels also respect the order of each process, the strong ones real time.
type Level uint8

// The levels. Each of the first five leaves the time of transactions open.
const (
	ReadUncommitted Level = iota + 1
	ReadCommitted
	RepeatableRead
	SnapshotIsolation
	Serializable
	StrongSessionSnapshotIsolation
	StrongSessionSerializable
	StrongSnapshotIsolation
	StrictSerializable
)

var levelNames = [...]string{"none", "read-uncommitted", "read-committed", "repeatable-read", "snapshot-isolation", "serializable",
	"strong-session-snapshot-isolation", "strong-session-serializable", "strong-snapshot-isolation", "strict-serializable"}

// String returns the level's name, as "strict-serializable".
func (l Level) String() string {
	if int(l) >= len(levelNames) {
		return fmt.Sprintf("level(%d)", uint8(l))
	}
	return levelNames[l]
}

// ParseLevel returns the level of that name.
func ParseLevel(s string) (Level, error) {
	if i := slices.Index(levelNames[1:], s); i >= 0 {
		return Level(i + 1), nil
	}
	return 0, fmt.Errorf("isolation: no level %q: want one of %v", s, levelNames[1:])
}

// readUncommitted is what every level forbids: that writes interleave, and reads of what did not exist.
var (
	readUncommitted = []Anomaly{G0, PhantomRead, FutureRead, DuplicateElements, CyclicVersions}
	readCommitted   = append(slices.Clone(readUncommitted), G1a, G1b, G1c, DirtyUpdate, IncompatibleOrder)
	repeatableRead  = append(slices.Clone(readCommitted), GSingle, GNonadjacent, G2, LostUpdate)
	snapshot        = append(slices.Clone(readCommitted), Internal, GSingle, GNonadjacent, LostUpdate)
	serializable    = append(slices.Clone(snapshot), G2)
)

// base returns what the level forbids without regard to time, and the suffixes that it forbids as well.
func (l Level) base() ([]Anomaly, []Anomaly) {
	switch l {
	case ReadUncommitted:
		return readUncommitted, nil
	case ReadCommitted:
		return readCommitted, nil
	case RepeatableRead:
		return repeatableRead, nil
	case SnapshotIsolation:
		return snapshot, nil
	case Serializable:
		return serializable, nil
	case StrongSessionSnapshotIsolation:
		return snapshot, []Anomaly{Process}
	case StrongSessionSerializable:
		return serializable, []Anomaly{Process}
	case StrongSnapshotIsolation:
		return snapshot, []Anomaly{Process, Realtime}
	case StrictSerializable:
		return serializable, []Anomaly{Process, Realtime}
	}
	return nil, nil
}

// Proscribes tells whether a database of this level may never show the anomaly.
func (l Level) Proscribes(a Anomaly) bool {
	forbidden, suffixes := l.base()
	if slices.Contains(forbidden, a) {
		return true
	}
	for _, c := range []Anomaly{G0, G1c, GSingle, GNonadjacent, G2} {
		for _, s := range suffixes {
			if a == c+s && slices.Contains(forbidden, c) {
				return true
			}
		}
	}
	return false
}

// respects tells which orders of time the level respects, as kinds of edges.
func (l Level) respects() kind {
	_, suffixes := l.base()
	switch len(suffixes) {
	case 1:
		return kProcess
	case 2:
		return kProcess | kRealtime
	}
	return 0
}
