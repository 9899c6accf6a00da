package zab

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/zab/config"
	"orrery/sim"
)

// proposedAside is an ensemble of three whose servers have all heard of a reconfiguration by which 3 leaves, and have crashed before it was in
// any log: the file beside it was faster. It is run until all serve.
func proposedAside(t *testing.T, quirks Quirks) *rig {
	t.Helper()
	r := &rig{t: t, u: sim.New(sim.Config{Seed: 1, Net: sim.NetConfig{Delay: sim.Dist{Min: time.Millisecond}}, Disk: sim.DiskConfig{Sync: sim.Dist{Min: time.Millisecond}}})}
	lost := ""
	for i := 1; i <= 2; i++ {
		lost += fmt.Sprintf("server.%d=z%d:2888:3888\n", i, i)
	}
	for i := 1; i <= 3; i++ {
		id := nodes.ID(fmt.Sprintf("z%d", i))
		r.ids = append(r.ids, id)
		m := r.u.Add(id, func() nodes.Node {
			return New(Config{Zoo: zooFor(t, i, 3, 0), ID: int64(i), File: "zoo.cfg", Quirks: quirks})
		})
		require.NoError(t, m.Disk().WriteAt(config.NextName("zoo.cfg"), []byte(lost+"version=100000005"), 0))
		m.Start(0)
	}
	require.True(t, r.u.RunUntil(r.serving, 30*time.Second))
	r.u.Run(r.u.Now() + time.Second)
	return r
}

// What is proposed is what the log has: a file that says more is no reason to put an ensemble in force that nobody has logged.
func TestAReconfigurationThatIsInNoLogIsForgotten(t *testing.T) {
	r := proposedAside(t, Quirks{})
	for _, id := range r.ids {
		require.Equal(t, []int64{1, 2, 3}, r.server(id).Ensemble().Voters())
		_, err := r.u.Machine(id).Disk().ReadFile(config.NextName("zoo.cfg"))
		require.ErrorIs(t, err, nodes.ErrNotExist, "nor does the file stay for whoever starts next")
	}
}

// As the original has it, the next leader puts it in force.
func TestAFileThatOutlivesTheLogBringsAReconfigurationBack(t *testing.T) {
	r := proposedAside(t, Quirks{NextOutlivesLog: true})
	require.Equal(t, []int64{1, 2}, r.server("z1").Ensemble().Voters())
	require.EqualValues(t, 0x100000005, r.server("z1").Ensemble().Version())
}
