package sharing

import "orrery/nodes"

type frame struct{ body []byte }

func (frame) Kind() string { return "frame" }

type codec struct{ nodes.Codec }

func (codec) Decode(p []byte) (nodes.Message, error) { return &frame{body: p[1:]}, nil }

type node struct {
	nodes.Node
	msg  nodes.Message
	last map[nodes.ID]*frame
	kind string
}

func (n *node) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	n.msg = m                 // want `m is valid only during this call, and n.msg outlives it: this package's codec lets messages share`
	n.last[from] = m.(*frame) // want `n.last\[from\] outlives it`
	n.kind = m.Kind()
}
