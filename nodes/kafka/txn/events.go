package txn

import "github.com/twmb/franz-go/pkg/kmsg"

// Event is what a coordinator asks its broker to do: a Done, a Send or a NeedProducerIDs.
type Event interface{ event() }

// Done is the response to a request that Handle was given.
type Done struct {
	Call     uint64 // that Handle was given
	Response kmsg.Response
}

// Send asks for a request to be sent to a broker, which may be this one. Its end is told to Coordinator.Answered, with an error
// if there was no answer. At most one is under way to each broker.
type Send struct {
	To      int32 // broker
	Call    uint64
	Request kmsg.Request // *kmsg.WriteTxnMarkersRequest
}

// NeedProducerIDs asks for a block of producer ids (KIP-98: 1000 from /latest_producer_id_block). Its end is told to
// Coordinator.ProducerIDs. At most one is under way.
type NeedProducerIDs struct {
	Call uint64
}

func (Done) event()            {}
func (Send) event()            {}
func (NeedProducerIDs) event() {}

// Peer is who sent a request.
type Peer struct {
	ClientID string
	Host     string
}
