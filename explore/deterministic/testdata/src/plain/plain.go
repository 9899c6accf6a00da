// Package plain declares no node: it is judged only with -every.
package plain

import (
	"time"

	"orrery/nodes"
)

type almost struct{}

func (almost) Boot(env nodes.Env) error { return nil }

// Both is an interface, and no node itself.
type Both interface {
	nodes.Node
	nodes.ConnHandler
}

func now() time.Time { return time.Now() }
