package live

import "sync/atomic"

// Stats count datagrams since the start of the process.
type Stats struct {
	Sent        uint64 // handed to Send, and not too long
	Received    uint64 // handed to the node
	Dropped     uint64 // never sent: too long, the queue was full, or nobody knows the receiver
	Undecodable uint64 // received, and dropped because of what the codec said
	Connects    uint64 // connections to peers that were made, the first ones and later ones
}

type counters struct{ sent, received, dropped, undecodable, connects atomic.Uint64 }

// Stats returns the counts as they are now.
func (p *Process) Stats() Stats {
	return Stats{
		Sent:        p.stats.sent.Load(),
		Received:    p.stats.received.Load(),
		Dropped:     p.stats.dropped.Load(),
		Undecodable: p.stats.undecodable.Load(),
		Connects:    p.stats.connects.Load(),
	}
}
