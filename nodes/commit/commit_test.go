package commit_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/commit"
	"orrery/sim"
	"orrery/sim/vdisk"
)

// teller is a client that transfers 1 from key to key, so many times.
type teller struct {
	client    *commit.Client
	left      int
	committed int
}

func (c *teller) Codec() nodes.Codec { return commit.NewCodec() }

func (c *teller) Boot(env nodes.Env) error {
	c.client = commit.NewClient(commit.ClientConfig{Coordinators: []nodes.ID{"c1"}, Deadline: time.Hour})
	c.start(env)
	return nil
}

func (c *teller) start(env nodes.Env) {
	if c.left--; c.left >= 0 {
		c.client.Start(env, []commit.Op{{Kind: commit.OpAdd, Key: "x", N: -1}, {Kind: commit.OpAdd, Key: "y", N: 1},
			{Kind: commit.OpAppend, Key: "z", N: int64(c.left)}})
	}
}

func (c *teller) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	if r, done := c.client.Deliver(env, from, m); done {
		c.ended(env, r)
	}
}

func (c *teller) Fire(env nodes.Env, tag nodes.Tag) {
	if r, done := c.client.Fire(env, tag); done {
		c.ended(env, r)
	}
}

func (c *teller) ended(env nodes.Env, r commit.Result) {
	if r.Outcome == commit.OutcomeOK {
		c.committed++
	}
	c.start(env)
}

func (c *teller) Synced(nodes.Env, nodes.Tag, error) {}

var servers = []nodes.ID{"s1", "s2", "s3", "c1", "a1", "a2", "a3"}

// bank is a universe of three shards, a coordinator, three acceptors and a client with so many transfers.
func bank(p commit.Protocol, transfers int) (*sim.Universe, *teller) {
	u := sim.New(sim.Config{Seed: 7, Net: sim.NetConfig{Delay: sim.Dist{Min: time.Millisecond}},
		Disk: sim.DiskConfig{Sync: sim.Dist{Min: time.Millisecond}}})
	for _, id := range servers {
		cfg := commit.Config{Self: id, Protocol: p, Shards: servers[:3], Coordinators: servers[3:4], Acceptors: servers[4:], Initial: 5000,
			VoteTimeout: 200 * time.Millisecond}
		u.Add(id, func() nodes.Node { return commit.New(cfg) }).Start(0)
	}
	u.Run(time.Second)
	c := &teller{left: transfers}
	u.Add("w1", func() nodes.Node { return c }).Start(0)
	return u, c
}

func node(u *sim.Universe, id nodes.ID) *commit.Node {
	n, _ := u.Machine(id).Node().(*commit.Node)
	return n
}

func open(u *sim.Universe) (n int) {
	for _, id := range servers {
		n += node(u, id).Open()
	}
	return n
}

func items(u *sim.Universe) (list []commit.Item) {
	for _, id := range servers[:3] {
		list = append(list, node(u, id).Inspect().(commit.Inspection).Items...)
	}
	return list
}

func TestEveryProtocolCommitsWhatAllCanDo(t *testing.T) {
	for _, p := range commit.Protocols() {
		u, c := bank(p, 20)
		require.True(t, u.RunUntil(func() bool { return c.left < 0 && open(u) == 0 }, time.Hour), "%v", p)
		require.Equal(t, 20, c.committed, "%v", p)
		for _, i := range items(u) {
			switch i.Key {
			case "x":
				require.EqualValues(t, 4980, i.Amount, "%v", p)
			case "y":
				require.EqualValues(t, 5020, i.Amount, "%v", p)
			case "z":
				require.Len(t, i.List, 20, "%v", p)
			}
		}
	}
}

func TestALossOfPowerTakesNothingThatWasCommitted(t *testing.T) {
	for _, p := range commit.Protocols() {
		u, c := bank(p, 20)
		require.True(t, u.RunUntil(func() bool { return c.left < 0 && open(u) == 0 }, time.Hour))
		before := items(u)
		for range 2 { // the second time from a checkpoint alone
			for _, id := range servers {
				u.Machine(id).Kill(vdisk.LoseUnsynced)
				u.Machine(id).Start(0)
			}
			u.Run(u.Now() + time.Second)
			require.Equal(t, before, items(u), "%v", p)
		}
	}
}

func TestAParticipantThatHasVotedKeepsItsLocksThroughARestart(t *testing.T) {
	u, _ := bank(commit.TwoPhase, 1)
	id := commit.TxnID{Coord: "c1", Epoch: 1, N: 1, Attempt: 1}
	voted := func() bool { return node(u, "s1").Prepared(id) && node(u, "s1").Open() > 0 }
	if !u.RunUntil(voted, u.Now()+time.Second) {
		t.Fatal("s1 has no part in the transfer: the keys of this test must be on other shards")
	}
	u.Machine("c1").Kill(vdisk.LoseUnsynced)
	u.Machine("s1").Kill(vdisk.LoseUnsynced)
	u.Machine("s1").Start(0)
	u.Run(u.Now() + time.Minute)
	open := node(u, "s1").Inspect().(commit.Inspection).Transactions
	require.Len(t, open, 1)
	require.Equal(t, "prepared", open[0].State)
	require.NotEmpty(t, open[0].Locks)
	u.Machine("c1").Start(0)
	require.True(t, u.RunUntil(func() bool { return node(u, "s1").Open() == 0 }, u.Now()+time.Minute), "the coordinator says how it ends")
}

func TestAConfigurationSaysAllThatIsWrongWithIt(t *testing.T) {
	cfg := commit.Config{Protocol: commit.PaxosCommit, HeuristicAfter: time.Second}
	err := cfg.Validate()
	require.ErrorContains(t, err, "there must be a shard and a coordinator")
	require.ErrorContains(t, err, "needs acceptors")
	require.ErrorContains(t, err, "none of the machines")
	require.ErrorContains(t, err, "heuristic decisions")
}
