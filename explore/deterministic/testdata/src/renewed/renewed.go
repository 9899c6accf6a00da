// Package renewed keeps the Env in fields as the contract allows.
package renewed

import "orrery/nodes"

type node struct {
	nodes.Node
	env nodes.Env
	sub sub
}

type sub struct{ env nodes.Env }

func (n *node) Boot(env nodes.Env) error                              { n.env = env; return nil }
func (n *node) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) { n.env = env }
func (n *node) Fire(env nodes.Env, tag nodes.Tag)                     { n.env = env }
func (n *node) Synced(env nodes.Env, tag nodes.Tag, err error)        { n.env = env }

func (n *node) borrow(env nodes.Env) {
	n.sub.env = env
	defer func() { n.sub.env = nil }()
}

// forgetful has one handler that does not.
type forgetful struct {
	nodes.Node
	env nodes.Env
}

func (n *forgetful) Boot(env nodes.Env) error { n.env = env; return nil } // want `env is an Env`

func (n *forgetful) Fire(env nodes.Env, tag nodes.Tag) { n.env.Send("n1", nil) }
