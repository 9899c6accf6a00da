package timestamps_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/examples/timestamps"
	"orrery/nodes"
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
		for seed := range uint64(200) {
			t.Run(fmt.Sprintf("%s/seed=%#02x", v.name, seed), func(t *testing.T) {
				l := newWorld(seed, func() nodes.Node { return v.new(timestamps.Quirks{}) })
				l.u.Run(12 * time.Second)
				require.Nil(t, l.u.Violation())
				require.Greater(t, len(l.given), 50, "too little was served for the test to mean anything")
				require.NotZero(t, l.u.Stats().Crashes)
			})
		}
	}
}

func TestPlantedDefectsAreFound(t *testing.T) {
	for _, v := range variants {
		for _, q := range []timestamps.Quirks{{TellBeforeSync: true}, {SyncFileOnly: true}} {
			t.Run(fmt.Sprintf("%s/%+v", v.name, q), func(t *testing.T) {
				for seed := range uint64(20) {
					l := newWorld(seed, func() nodes.Node { return v.new(q) })
					l.u.Run(12 * time.Second)
					if broken := l.u.Violation(); broken != nil {
						t.Logf("seed %d, after %v: %v", seed, broken.At, broken)
						return
					}
				}
				t.Fatal("20 seeds have not found it")
			})
		}
	}
}
