// Package good is a node as it should be, with a test that may do as it likes.
package good

import (
	"maps"
	"slices"
	"time"

	"orrery/nodes"
)

type ping struct{ N int }

func (ping) Kind() string { return "ping" }

type Node struct {
	codec nodes.Codec
	peers map[nodes.ID]time.Time
}

func (n *Node) Codec() nodes.Codec { return n.codec }

func (n *Node) Boot(env nodes.Env) error {
	env.SetTimer(nodes.Tag{Name: "ping"}, time.Second+time.Duration(env.Rand().Int64N(int64(time.Second))))
	return nil
}

func (n *Node) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) { n.peers[from] = env.Now() }

func (n *Node) Fire(env nodes.Env, tag nodes.Tag) {
	for _, id := range slices.Sorted(maps.Keys(n.peers)) {
		env.Send(id, ping{})
	}
}

func (n *Node) Synced(env nodes.Env, tag nodes.Tag, err error) {}
