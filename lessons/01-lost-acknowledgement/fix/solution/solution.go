// Package solution is the reference solution of lesson 1.
package solution

import (
	"orrery/lessons/01-lost-acknowledgement"
	"orrery/nodes"
)

// New makes the memory by which the server tells new requests from old ones.
func New() lostack.Filter { return &filter{last: map[nodes.ID]uint64{}} }

// filter remembers one number a client: a client begins a request only when it has heard of the one before.
type filter struct{ last map[nodes.ID]uint64 }

// New tells whether the request has not been carried out yet.
func (f *filter) New(client nodes.ID, seq uint64) bool {
	if seq <= f.last[client] {
		return false
	}
	f.last[client] = seq
	return true
}
