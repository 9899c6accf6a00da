// Package fix is where the learner begins. As it stands, it is wrong.
package fix

import (
	"orrery/lessons/01-lost-acknowledgement"
	"orrery/nodes"
)

// New makes the memory by which the server tells new requests from old ones.
func New() lostack.Filter { return &filter{} }

type filter struct{}

// New tells whether the request has not been carried out yet.
func (f *filter) New(client nodes.ID, seq uint64) bool {
	// Your lines here: a request comes again if its answer was lost, or if the network doubles it, even much later.
	return true
}
