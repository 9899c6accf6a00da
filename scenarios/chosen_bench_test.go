package scenarios_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"orrery/nodes"
	"orrery/nodes/paxos"
	"orrery/sim"
)

// putter is a client that sets one key.
type putter struct {
	client *paxos.Client
	codec  nodes.Codec
}

func (p *putter) Codec() nodes.Codec { return p.codec }
func (p *putter) Boot(env nodes.Env) error {
	p.client.Start(env, paxos.Op{Kind: paxos.OpPut, Key: "k", Value: "v"})
	return nil
}
func (p *putter) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	p.client.Deliver(env, from, m)
}
func (p *putter) Fire(env nodes.Env, tag nodes.Tag)  { p.client.Fire(env, tag) }
func (p *putter) Synced(nodes.Env, nodes.Tag, error) {}

// BenchmarkChosenUniverse makes a universe of three replicas of Multi-Paxos and a client, and chooses each of its
// first 50 events among all that are pending.
func BenchmarkChosenUniverse(b *testing.B) {
	ids := []nodes.ID{"n1", "n2", "n3"}
	var seed uint64
	events := uint64(0)
	for b.Loop() {
		seed++
		rng := rand.New(rand.NewPCG(seed, 0))
		u := sim.New(sim.Config{Seed: seed, Window: math.MaxInt64 / 4})
		for _, id := range ids {
			u.Add(id, func() nodes.Node {
				return paxos.New(paxos.Config{Self: id, Members: ids, Cluster: "small"})
			}).Start(0)
		}
		u.Add("c1", func() nodes.Node {
			return &putter{paxos.NewClient(paxos.ClientConfig{Servers: ids}), paxos.NewCodec()}
		}).Start(0)
		for u.Seq() < 50 {
			pending := u.Pending()
			if len(pending) == 0 {
				b.Fatal("nothing is pending")
			}
			u.Happen(pending[rng.IntN(len(pending))])
		}
		events += u.Seq()
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "universes/s")
	b.ReportMetric(float64(events)/float64(b.N), "events/universe")
}
