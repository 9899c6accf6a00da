package checker

import (
	"fmt"
	"time"
)

// Liveness judges the second experiment of a run: a quorum of the nodes is chosen as the core and healed, the rest stays
// as broken as it is, and from then on the core must
//
//   - converge: every core node reaches what any of them had applied when they were healed;
//   - serve: operations that begin after that succeed, as many as were asked for;
//   - hold: everything that was ever acknowledged is there.
//
// It is data: the scenario reports what it sees, in the order of time, and asks Check at any time. Safety needs no
// patience, so hold is judged at once when it is reported.
type Liveness struct {
	cfg     LivenessConfig
	nodes   Nodes
	applied []uint64
	core    []int
	phase   Phase
	since   time.Duration // when the phase began
	goal    uint64
	served  int
	failed  int
	first   error
}

// LivenessConfig bounds the phases. Zero fields take the defaults in brackets.
type LivenessConfig struct {
	Converge time.Duration // how long the core may take to converge [60 s]
	Serve    time.Duration // how long Served may take [60 s]
	Served   int           // how many new operations must succeed [1]
}

// A Phase is how far a Liveness experiment has come.
type Phase uint8

// The phases, in their order.
const (
	Faulty Phase = iota // not healed yet: nothing is expected
	Converging
	Serving
	Holding
	Done
)

var phaseNames = [...]string{"faulty", "converging", "serving", "holding", "done"}

// String returns the name of the phase.
func (p Phase) String() string {
	if int(p) >= len(phaseNames) {
		return fmt.Sprintf("phase(%d)", uint8(p))
	}
	return phaseNames[p]
}

// NewLiveness returns the experiment for the given nodes, before the heal.
func NewLiveness(nodes Nodes, cfg LivenessConfig) *Liveness {
	const patience = 60 * time.Second
	if cfg.Converge <= 0 {
		cfg.Converge = patience
	}
	if cfg.Serve <= 0 {
		cfg.Serve = patience
	}
	if cfg.Served <= 0 {
		cfg.Served = 1
	}
	return &Liveness{cfg: cfg, nodes: nodes, applied: make([]uint64, len(nodes))}
}

// Applied reports that node has applied everything up to index; after a restart index may be lower than before.
func (l *Liveness) Applied(at time.Duration, node int, index uint64) {
	l.applied[node] = index
	if l.phase == Converging && l.converged() {
		l.phase, l.since = Serving, at
	}
}

// Healed reports that the nodes of core are healed for good. The core must be a quorum.
func (l *Liveness) Healed(at time.Duration, core []int) {
	l.core = append(l.core[:0], core...)
	l.phase, l.since, l.goal, l.first = Converging, at, 0, nil
	l.served, l.failed = 0, 0
	for _, n := range core {
		l.goal = max(l.goal, l.applied[n])
	}
	if l.converged() {
		l.phase = Serving
	}
}

func (l *Liveness) converged() bool {
	for _, n := range l.core {
		if l.applied[n] < l.goal {
			return false
		}
	}
	return true
}

// Served reports the end of an operation that was begun at the given time on the core: nil, or why it did not succeed.
// Operations that began before the core had converged are not counted.
func (l *Liveness) Served(at, begun time.Duration, err error) {
	if l.phase != Serving || begun < l.since {
		return
	}
	if err != nil {
		if l.failed++; l.first == nil {
			l.first = err
		}
		return
	}
	if l.served++; l.served >= l.cfg.Served {
		l.phase, l.since = Holding, at
	}
}

// Held reports whether everything acknowledged is there: what Held.Check said, or a Linearizable over WithFinalReads.
func (l *Liveness) Held(err error) error {
	if err != nil {
		return err
	}
	if l.phase == Holding {
		l.phase = Done
	}
	return nil
}

// Phase returns how far the experiment has come.
func (l *Liveness) Phase() Phase { return l.phase }

// Check returns nil as long as there is still time, and otherwise an *InvariantError that says what did not happen.
func (l *Liveness) Check(at time.Duration) error {
	took := at - l.since
	switch {
	case l.phase == Converging && took > l.cfg.Converge:
		for _, n := range l.core {
			if l.applied[n] < l.goal {
				return broken(PropertyConverge, "%s has applied %d of %d, %v after the core %s was healed",
					l.nodes.name(n), l.applied[n], l.goal, took, l.coreText())
			}
		}
	case l.phase == Serving && took > l.cfg.Serve:
		last := "none was answered"
		if l.first != nil {
			last = fmt.Sprintf("%d failed, the first with: %v", l.failed, l.first)
		}
		return broken(PropertyServe, "%d of %d new operations succeeded in the %v since the core %s had converged; %s",
			l.served, l.cfg.Served, took, l.coreText(), last)
	}
	return nil
}

func (l *Liveness) coreText() string {
	s := "{"
	for i, n := range l.core {
		if i > 0 {
			s += " "
		}
		s += l.nodes.name(n)
	}
	return s + "}"
}
