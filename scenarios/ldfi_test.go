package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Every row of the published table, by a search that leaves nothing out.
func TestThePublishedVerdictsOfLineageDrivenFaultInjectionAreReproduced(t *testing.T) {
	rows := LDFITable()
	require.Len(t, rows, 23+2, "the published ones, and two of ours")
	for _, row := range rows {
		r := row.World().Search(row.Bounds, 1_000_000)
		t.Logf("%-12s %-8s %s", row.Protocol, row.Bounds, r)
		require.Equal(t, row.Finds, r.Counterexample != nil, "%s %s (%s): %s", row.Protocol, row.Bounds, row.Assert, r)
		require.True(t, row.Finds || r.Exhausted, "%s %s: %s", row.Protocol, row.Bounds, r)
	}
}
