package lint

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheMostExactLayerCounts(t *testing.T) {
	for _, c := range []struct{ dir, layer, top string }{
		{"nodes", "nodes", "nodes"},
		{"nodes/paxos", "nodes/*", "nodes/paxos"},
		{"nodes/paxos/kv", "nodes/*", "nodes/paxos"},
		{"nodes/internal/wal", "nodes/internal", "nodes/internal"},
		{"nodes/nodestest", "nodes/nodestest", "nodes/nodestest"},
		{"sim/disk", "sim", "sim"},
		{"sim/simtest", "sim/simtest", "sim/simtest"},
		{"cmd/orrery", "cmd", "cmd"},
	} {
		l, top, ok := layerOf(c.dir)
		require.True(t, ok, c.dir)
		require.Equal(t, c.layer, l.dir, c.dir)
		require.Equal(t, c.top, top, c.dir)
	}
	for _, dir := range []string{".", "simulator", "web/ui"} {
		_, _, ok := layerOf(dir)
		require.False(t, ok, dir)
	}
}

// reaches returns the parts of the repository that a part may import, directly
// or not, following the table and not the code.
func reaches(from string) map[string]bool {
	seen := make(map[string]bool)
	var visit func(string)
	visit = func(dir string) {
		l, top, ok := layerOf(dir)
		if !ok || seen[top] {
			return
		}
		seen[top] = true
		for _, other := range layers {
			if l.admits(top, module+"/"+other.dir) {
				visit(other.dir)
			}
		}
	}
	visit(from)
	delete(seen, from)
	return seen
}

func TestProtocolsCannotReachTheSimulatorByAnyDetour(t *testing.T) {
	for _, dir := range []string{"nodes", "nodes/paxos", "live", "trace", "checker"} {
		for _, far := range []string{"sim", "nemesis", "explore", "scenarios", "cmd"} {
			require.False(t, reaches(dir)[far], "%s reaches %s", dir, far)
		}
	}
	require.True(t, reaches("explore")["nodes"], "the walk follows the arrows")
}

func TestEachLayerSaysWhyNotMore(t *testing.T) {
	for _, l := range layers {
		require.NotEmpty(t, l.why, l.dir)
		require.Contains(t, Layers(), l.dir)
	}
	for _, e := range exemptions {
		require.NotEmpty(t, e.why, e.dir)
	}
}
