package synod_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orrery/nodes"
	"orrery/nodes/synod"
	"orrery/sim"
	"orrery/sim/vdisk"
)

// cluster is a universe of three nodes that all propose, on a bad network.
func cluster(seed uint64, q synod.Quirks) *sim.Universe {
	u := sim.New(sim.Config{Seed: seed, Net: sim.NetConfig{
		Delay: sim.Dist{Min: time.Millisecond, Mean: 10 * time.Millisecond}, LossPPM: 100_000, DuplicatePPM: 100_000,
	}, Disk: sim.DiskConfig{Sync: sim.Dist{Min: time.Millisecond, Mean: 5 * time.Millisecond}}})
	ids := []nodes.ID{"n1", "n2", "n3"}
	for _, id := range ids {
		cfg := synod.Config{Self: id, Acceptors: ids, Value: "of " + string(id), Quirks: q}
		u.Add(id, func() nodes.Node { return synod.New(cfg) }).Start(0)
	}
	return u
}

// learnt are the values that the nodes of a universe know to be chosen.
func learnt(u *sim.Universe) (values []string) {
	for _, m := range u.Machines() {
		if n, up := m.Node().(*synod.Node); up && n.Learnt() != "" {
			values = append(values, n.Learnt())
		}
	}
	return values
}

func TestAllProposersLearnOneValueThroughLossAndCrashes(t *testing.T) {
	for seed := range uint64(200) {
		u := cluster(seed, synod.Quirks{})
		for i := range 6 {
			u.After(time.Duration(30+40*i)*time.Millisecond, fmt.Sprint("crash ", i), func() {
				m := u.Machines()[i%3]
				m.Kill(vdisk.LoseUnsynced)
				m.Start(10 * time.Millisecond)
			})
		}
		require.True(t, u.RunUntil(func() bool { return len(learnt(u)) == 3 }, 10*time.Minute), "seed %d", seed)
		values := learnt(u)
		require.Equal(t, values[0], values[1], "seed %d", seed)
		require.Equal(t, values[0], values[2], "seed %d", seed)
	}
}

func TestATornLastRecordIsCutOffAndTheOneBeforeCounts(t *testing.T) {
	u := cluster(1, synod.Quirks{})
	require.True(t, u.RunUntil(func() bool { return len(learnt(u)) == 3 }, 10*time.Minute))
	value := learnt(u)[0]
	m := u.Machine("n2")
	m.Kill(vdisk.LoseNothing)
	require.NoError(t, m.Disk().Append(synod.RecordFile, []byte{0, 0, 0, 9, 1, 2, 3}))
	m.Start(0)
	require.True(t, u.RunUntil(func() bool { return len(learnt(u)) == 3 }, 20*time.Minute))
	require.Equal(t, value, learnt(u)[1])
}

func ballots() *rapid.Generator[synod.Ballot] {
	return rapid.Custom(func(t *rapid.T) synod.Ballot {
		return synod.Ballot{Round: rapid.Uint64().Draw(t, "round"), Node: nodes.ID(rapid.StringN(0, 4, 8).Draw(t, "node"))}
	})
}

func TestMessagesSurviveTheCodec(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &synod.Message{Type: uint8(rapid.IntRange(synod.P1a, synod.P2b).Draw(t, "type")), Ballot: ballots().Draw(t, "ballot"),
			Promised: ballots().Draw(t, "promised"), Accepted: ballots().Draw(t, "accepted"), Value: rapid.String().Draw(t, "value")}
		c := synod.Codec()
		got, err := c.Decode(c.Append(nil, m))
		if err != nil || *got.(*synod.Message) != *m {
			t.Fatalf("%v: got %v, %v", m, got, err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	c := synod.Codec()
	f.Add(c.Append(nil, &synod.Message{Type: synod.P1b, Ballot: synod.Ballot{Round: 1, Node: "n1"}, Value: "x"}))
	f.Fuzz(func(t *testing.T, p []byte) {
		m, err := c.Decode(p)
		if err != nil {
			return
		}
		again, err := c.Decode(c.Append(nil, m))
		require.NoError(t, err)
		require.Equal(t, m, again)
	})
}
