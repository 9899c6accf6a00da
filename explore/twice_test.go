package explore

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/sim"
	"orrery/trace"
)

// walk is a universe of ten events. strange, if not nil, may change an event of a run.
func walk(runs *int, strange func(run int, e *trace.Event)) func(uint64, sim.Recorder) string {
	return func(seed uint64, rec sim.Recorder) string {
		*runs++
		var h trace.Hash
		for i := range 10 {
			e := trace.Event{Seq: uint64(i + 1), At: time.Duration(i) * time.Millisecond, Kind: trace.Fire, Node: "n1", ID: seed}
			if strange != nil {
				strange(*runs, &e)
			}
			h.Add(uint64(e.At), e.ID, uint64(e.Kind), 0)
			if rec != nil {
				rec.Record(&e)
			}
		}
		return h.String()
	}
}

func TestAUniverseOfItsSeedAloneIsTheSameTwice(t *testing.T) {
	runs := 0
	hash, err := Twice(5, walk(&runs, nil))
	require.NoError(t, err)
	require.Equal(t, walk(&runs, nil)(5, nil), hash)
	require.NotEqual(t, walk(&runs, nil)(6, nil), hash)
}

func TestTwiceNamesTheFirstEventAtWhichTwoRunsPart(t *testing.T) {
	runs := 0
	_, err := Twice(5, walk(&runs, func(run int, e *trace.Event) {
		if e.Seq >= 7 {
			e.At += time.Duration(run)
		}
	}))
	var d *DivergenceError
	require.ErrorAs(t, err, &d)
	require.Equal(t, 6, d.Diff.Index)
	require.Equal(t, []string{"t"}, d.Diff.Fields)
	require.Contains(t, d.Error(), "seed 5 is not one run")
	require.Contains(t, d.Error(), " in t: ")
}

func TestTwiceFindsThatWatchingChangesTheRun(t *testing.T) {
	runs := 0
	_, err := Twice(5, func(seed uint64, rec sim.Recorder) string {
		hash := walk(&runs, nil)(seed, rec)
		if rec != nil {
			hash += "!"
		}
		return hash
	})
	var d *DivergenceError
	require.ErrorAs(t, err, &d)
	require.Nil(t, d.Diff)
	require.Contains(t, d.Error(), "two recorded runs of it are alike")
}
