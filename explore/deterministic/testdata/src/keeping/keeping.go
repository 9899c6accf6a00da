package keeping

import (
	"bytes"
	"slices"

	"orrery/nodes"
)

type frame struct{ body []byte }

func (frame) Kind() string { return "frame" }

type helper struct{ env nodes.Env }

type node struct {
	nodes.Node
	env    nodes.Env
	helper *helper
	later  []func()
	frame  []byte
	frames [][]byte
	msg    nodes.Message
	last   map[nodes.ID]nodes.Message
}

var global nodes.Env

func (n *node) Boot(env nodes.Env) error {
	n.env = env                                               // want `env is an Env, valid only during this call, and n.env outlives it; hand the Env of each call down`
	global = env                                              // want `env is an Env` `global is a variable of the whole process`
	n.helper = &helper{env: env}                              // want `n.helper outlives it`
	n.later = append(n.later, func() { env.Send("n1", nil) }) // want `n.later outlives it`
	h := n.helper
	h.env = env // want `h.env outlives it`
	return nil
}

func (n *node) Fire(env nodes.Env, tag nodes.Tag) {
	h := &helper{env: env} // gone when Fire returns
	h.env = env
	func() { env.Send("n1", nil) }()
	n.later = append(n.later, func() { n.frame = nil })
	n.later = append(n.later, func() {
		var env nodes.Env
		env.Send("n1", nil)
	})
}

func (n *node) Received(env nodes.Env, c nodes.Conn, p []byte) {
	n.frame = p                           // want `p is valid only during this call, and n.frame outlives it: .*bytes.Clone`
	n.frame = p[4:]                       // want `n.frame outlives it`
	n.frames = append(n.frames, p)        // want `n.frames outlives it`
	env.Post(nodes.Tag{}, frame{body: p}) // want `the stage's queue outlives it`
	n.frame = bytes.Clone(p)
	n.frame = append(n.frame[:0], p...)
	n.frames = append(n.frames, slices.Clone(p))
	env.Send("n1", frame{body: p})
	f := &frame{}
	f.body = p
	p = p[1:]
}

// The codec of this package copies, as far as can be seen.
func (n *node) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	n.msg = m
	n.last[from] = m
}
