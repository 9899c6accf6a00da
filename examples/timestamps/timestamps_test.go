package timestamps_test

import (
	"fmt"
	"testing"

	"orrery/examples/timestamps"
	"orrery/nodes"
	"orrery/sim/simtest"
)

// variants are the two ways in which the oracle is written.
var variants = []struct {
	name string
	new  func(timestamps.Quirks) nodes.Node
}{
	{"handlers", func(q timestamps.Quirks) nodes.Node { return &timestamps.Server{Quirks: q} }},
	{"tasks", timestamps.NewTask},
}

func TestTimestampsIncreaseThroughPowerCuts(t *testing.T) {
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			simtest.Run(t, world(func() nodes.Node { return v.new(timestamps.Quirks{}) }), simtest.With(withPowerCuts()))
		})
	}
}

func TestPlantedDefectsAreFound(t *testing.T) {
	for _, v := range variants {
		for _, q := range []timestamps.Quirks{{TellBeforeSync: true}, {SyncFileOnly: true}} {
			t.Run(fmt.Sprintf("%s/%+v", v.name, q), func(t *testing.T) {
				r := simtest.Find(t, world(func() nodes.Node { return v.new(q) }), "", 20, simtest.With(withPowerCuts()))
				t.Logf("seed %d: %s: %s", r.Seed, r.Property, r.Detail)
			})
		}
	}
}
