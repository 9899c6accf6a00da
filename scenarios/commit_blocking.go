package scenarios

import (
	"fmt"
	"time"

	"orrery/nodes"
	"orrery/nodes/commit"
	"orrery/sim"
	"orrery/sim/vdisk"
)

// Blocking is how long the locks of one transaction were held whose coordinator was killed in the worst moment: all have voted
// yes, and nobody knows how it ends.
type Blocking struct {
	Held    time.Duration // the longest time on any shard
	Commits int           // shards on which the transaction has committed in the end,
	Aborts  int           // and on which it was aborted
}

// coordinatorDown is how long the coordinator of a MeasureBlocking is down.
const coordinatorDown = 30 * time.Second

// MeasureBlocking runs one transaction over three shards, kills its coordinator when the last vote is on its way, and starts it
// again after 30 s. cut says that instead nothing crashes, and the first shard is cut off from everybody else for that time.
func MeasureBlocking(protocol commit.Protocol, seed uint64, cut bool) (Blocking, error) {
	ms := time.Millisecond
	u := sim.New(sim.Config{Seed: seed, Net: sim.NetConfig{Delay: sim.Dist{Min: ms, Mean: 2 * ms}},
		Disk: sim.DiskConfig{Sync: sim.Dist{Min: ms, Mean: 2 * ms}}})
	f := commit.Config{Protocol: protocol, Shards: []nodes.ID{"s1", "s2", "s3"}, Coordinators: []nodes.ID{"c1"}, Initial: commitInitial,
		Retry: 100 * ms, VoteTimeout: 200 * ms, InquireAfter: 400 * ms}
	if protocol == commit.PaxosCommit {
		f.Acceptors = []nodes.ID{"a1", "a2", "a3"}
	}
	for _, list := range [][]nodes.ID{f.Shards, f.Coordinators, f.Acceptors} {
		for _, id := range list {
			c := f
			c.Self = id
			u.Add(id, func() nodes.Node { return commit.New(c) }).Start(0)
		}
	}
	u.Run(time.Second)
	var ops []commit.Op
	for i := uint64(0); len(ops) < len(f.Shards); i++ {
		if k := account(i); !hasShard(&f, ops, k) {
			ops = append(ops, commit.Op{Kind: commit.OpAdd, Key: k, N: 1})
		}
	}
	id := commit.TxnID{Coord: "c1", Epoch: 1, N: 1, Attempt: 1}
	u.Add("w1", func() nodes.Node { return &oneRequest{ops: ops} }).Start(0)
	if !u.RunUntil(func() bool { return allVoted(u, &f, id) }, u.Now()+time.Minute) {
		return Blocking{}, fmt.Errorf("%v, seed %d: not all shards have voted", protocol, seed)
	}
	if cut {
		isolated := u.DisturbLinks("the first shard is cut off", linksAround("s1", u.Machines()), sim.LinkFault{Cut: true})
		u.Run(u.Now() + coordinatorDown)
		isolated.End()
	} else {
		c := u.Machine("c1")
		c.Kill(vdisk.LoseUnsynced)
		c.Start(coordinatorDown)
	}
	if !u.RunUntil(func() bool { return allEnded(u, &f) }, u.Now()+5*time.Minute) {
		return Blocking{}, fmt.Errorf("%v, seed %d: not all shards have decided", protocol, seed)
	}
	var b Blocking
	for _, s := range f.Shards {
		n := u.Machine(s).Node().(*commit.Node)
		b.Held = max(b.Held, n.Longest())
		if e, _ := n.Knows(id); e.Commit {
			b.Commits++
		} else {
			b.Aborts++
		}
	}
	return b, nil
}

func shardNode(u *sim.Universe, id nodes.ID) *commit.Node {
	n, _ := u.Machine(id).Node().(*commit.Node)
	return n
}

func allVoted(u *sim.Universe, f *commit.Config, id commit.TxnID) bool {
	for _, s := range f.Shards {
		if shardNode(u, s).Open() == 0 || !shardNode(u, s).Prepared(id) {
			return false
		}
	}
	return true
}

func allEnded(u *sim.Universe, f *commit.Config) bool {
	for _, s := range f.Shards {
		if shardNode(u, s).Open() > 0 {
			return false
		}
	}
	return true
}

// linksAround are all links of a machine, both ways.
func linksAround(id nodes.ID, machines []*sim.Machine) (links [][2]nodes.ID) {
	for _, m := range machines {
		if m.ID() != id {
			links = append(links, [2]nodes.ID{id, m.ID()}, [2]nodes.ID{m.ID(), id})
		}
	}
	return links
}

// oneRequest is a client with one transaction.
type oneRequest struct {
	ops    []commit.Op
	client *commit.Client
}

// Codec implements nodes.Node.
func (o *oneRequest) Codec() nodes.Codec { return commit.Codec() }

// Boot implements nodes.Node.
func (o *oneRequest) Boot(env nodes.Env) error {
	o.client = commit.NewClient(commit.ClientConfig{Coordinators: []nodes.ID{"c1"}})
	o.client.Start(env, o.ops)
	return nil
}

// Deliver implements nodes.Node.
func (o *oneRequest) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	o.client.Deliver(env, from, m)
}

// Fire implements nodes.Node.
func (o *oneRequest) Fire(env nodes.Env, tag nodes.Tag) { o.client.Fire(env, tag) }

// Synced implements nodes.Node. A client writes nothing.
func (o *oneRequest) Synced(nodes.Env, nodes.Tag, error) {}
