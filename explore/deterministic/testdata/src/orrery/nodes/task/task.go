// Package task is the part of the tasks that the analyzer looks at.
package task

import "orrery/nodes"

type T struct{}

func New(c nodes.Codec, body func(*T)) nodes.Node { return nil }
