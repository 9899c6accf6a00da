package trial

import (
	"time"

	"orrery/nemesis"
	"orrery/nodes"
)

// Ground is what the next plan of faults can be made of: the world as it was built, without those of
// its parts that end with the universe.
type Ground struct {
	Servers, Clients []nodes.ID
	Tolerates        int
	Timescale        time.Duration
	Horizon          time.Duration
	Families         []string // that the world wants to be drawn from; nil means all

	AllowWipe, AllowCorrupt, Connections bool
	DriftBoundPPM                        int64
}

func (w *World) ground() Ground {
	return Ground{
		Servers: w.Servers, Clients: w.Clients, Tolerates: w.Tolerates, Timescale: w.Timescale, Horizon: w.Horizon, Families: w.Families,
		AllowWipe: w.AllowWipe, AllowCorrupt: w.AllowCorrupt, Connections: w.Connections, DriftBoundPPM: w.DriftBoundPPM,
	}
}

// Cluster is the ground as plans are drawn for it, see [nemesis.Generate]. It cannot tell who leads, so
// no plan can be installed by it.
func (g *Ground) Cluster() *nemesis.Cluster {
	return &nemesis.Cluster{
		Nodes: g.Servers, Clients: g.Clients, Tolerates: g.Tolerates, Timescale: g.Timescale,
		AllowWipe: g.AllowWipe, AllowCorrupt: g.AllowCorrupt, DriftBoundPPM: g.DriftBoundPPM, Connections: g.Connections,
	}
}
