package trial

import (
	"time"

	"orrery/checker"
	"orrery/nodes"
	"orrery/sim"
	"orrery/trace"
)

// World is a universe with a purpose: which machines are servers and which are clients,
// what the clients do, and what must hold. A build function fills it in, and adds the
// machines; it draws what it likes by World.Draw.
type World struct {
	U       *sim.Universe
	Options Options

	Servers   []nodes.ID
	Clients   []nodes.ID
	Tolerates int           // how many servers may be broken at once; the minority, if Tolerates is not set
	Timescale time.Duration // the protocol's own time-out, around which durations are drawn; 0 means 300 ms
	Horizon   time.Duration // the end of the safety phase, in virtual time; 0 means 20 s
	// Leader is which server leads, seen from outside; ok is false if none does. Nil if the
	// protocol has none.
	Leader func() (id nodes.ID, ok bool)
	// Quorum tells whether these servers alone can serve; nil means all but Tolerates.
	Quorum func(healthy []nodes.ID) bool
	// HealsWhole has the liveness phase heal all servers, and not only a quorum of them.
	HealsWhole bool
	// Families are the families of faults that are drawn from if the options name none; nil
	// means all.
	Families []string
	// What the servers can cope with, see nemesis.Cluster.
	AllowWipe, AllowCorrupt, Connections bool
	DriftBoundPPM                        int64
	MayRot                               func(id nodes.ID, file string, off int64) bool

	History  *checker.Recorder // what the clients saw; nil if there is no history to check
	Model    checker.Model     // of the History
	Workload Workload

	// Converged says whether the core agrees, and if not, why.
	Converged func(core []nodes.ID) (ok bool, why string)
	// Finally is asked after everything, for what can only be told at the end. An error that is a *sim.Violation
	// names its property; of any other it is "at the end".
	Finally func() error
	asked   map[string]*uint64 // how often properties were looked at
	lately  [64]asking         // those that were looked at lately: a look costs no map

	// MinOps is how many operations must have succeeded for the verdict not to be vacuous; 0 means 1.
	MinOps int
}

// Workload is what the clients of a world do.
type Workload interface {
	// Done tells that every operation has been begun, and has ended.
	Done() bool
	// Stop makes clients begin no further operation.
	Stop()
	// Probe makes fresh clients begin some operations on these servers, for the liveness
	// phase, and look at what was acknowledged.
	Probe(servers []nodes.ID)
	// Probed says whether the operations of Probe have all succeeded; if not, why.
	Probed() (ok bool, why string)
}

// Counter is what a Workload also implements whose operations are not in World.History.
type Counter interface {
	// Counted tells how many operations have succeeded, and how many were begun.
	Counted() (ok, invoked int)
}

// Synchronous says that what the protocol claims holds only if no event is later than bound, beyond what the network, the
// disks and the faults make of it: Options.Window is cut to it. It is for build functions, before they add machines.
func (w *World) Synchronous(bound time.Duration) {
	w.U.Tune(func(c *sim.Config) { c.Window = min(c.Window, bound) })
}

// AddServer adds a machine that the nemesis may break, and starts it.
func (w *World) AddServer(id nodes.ID, build func() nodes.Node) {
	w.Servers = append(w.Servers, id)
	w.U.Add(id, build).Start(0)
}

// AddClient adds a machine that works for the history, and starts it. The nemesis may cut
// its links, and does not break it.
func (w *World) AddClient(id nodes.ID, build func() nodes.Node) {
	w.Clients = append(w.Clients, id)
	w.U.Add(id, build).Start(0)
}

// Always has an invariant asked after every event; an error is a violation of the property of
// that name.
func (w *World) Always(property string, holds func() error) {
	asked := w.Asking(property)
	w.U.Observe(sim.Observer{After: func(*sim.Machine, trace.Kind) {
		*asked++
		if err := holds(); err != nil {
			w.U.Violate(property, err.Error())
		}
	}})
}

// Asked counts that a property was looked at, in a state in which it could have failed. Who calls Violate
// for a property calls Asked where he looks: that it was never violated says something only beside how often it
// could have been.
func (w *World) Asked(property string) { *w.Asking(property)++ }

// Asking is where Asked counts, for what is looked at after every event.
func (w *World) Asking(property string) *uint64 {
	lately := &w.lately[askingAt(property)]
	if lately.n != nil && lately.property == property {
		return lately.n
	}
	*lately = asking{property, w.asking(property)}
	return lately.n
}

// asking is where a property is counted.
type asking struct {
	property string
	n        *uint64
}

// askingAt is where a property is kept among those that were looked at lately.
func askingAt(property string) int {
	if len(property) == 0 {
		return 0
	}
	return (len(property)*7 + int(property[0])*3 + int(property[len(property)/2])*5 + int(property[len(property)-1])) % 64
}

func (w *World) asking(property string) *uint64 {
	n := w.asked[property]
	if n == nil {
		if w.asked == nil {
			w.asked = map[string]*uint64{}
		}
		n = new(uint64)
		w.asked[property] = n
	}
	return n
}

// Draw is a draw in [0, n) for building the world. what says what is decided
// ("cluster size"); every decision needs a name of its own.
func (w *World) Draw(what string, n uint64) uint64 { return w.U.Draw("world/"+what, 0, n) }

// DrawDuration is a duration between lo and hi, evenly.
func (w *World) DrawDuration(what string, lo, hi time.Duration) time.Duration {
	return lo + time.Duration(w.Draw(what, uint64(hi-lo)+1))
}

// Chance is true for ppm of a million seeds.
func (w *World) Chance(what string, ppm uint64) bool { return w.Draw(what, 1_000_000) >= 1_000_000-ppm }

func (w *World) setDefaults() {
	if w.Tolerates == 0 {
		w.Tolerates = (len(w.Servers) - 1) / 2
	}
	if w.Timescale == 0 {
		w.Timescale = 300 * time.Millisecond
	}
	if w.Horizon == 0 {
		w.Horizon = 20 * time.Second
	}
	if w.MinOps == 0 {
		w.MinOps = 1
	}
}
