package election

import (
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// formatVersion is the format of the notifications that are sent: since 3.5.0.
const formatVersion = 2

// notification is what servers tell each other: the sender's state and vote, and its configuration.
type notification struct {
	sid     int64 // who sent it
	state   State
	vote    Vote
	version int32  // of the format; 1 or 0 from older servers
	config  string // the text of the sender's configuration; "" in formats before 2
}

// append appends the bytes of n, in the present format, to b.
func (n *notification) append(b []byte) []byte {
	r := proto.Notification{State: n.state, Leader: n.vote.Leader, Zxid: n.vote.Zxid, ElectionEpoch: n.vote.Round,
		PeerEpoch: n.vote.Epoch, Version: formatVersion, Config: []byte(n.config)}
	return r.Append(b)
}

// parseNotification reads a notification of any format.
func parseNotification(sid int64, p []byte) (notification, error) {
	var r proto.Notification
	if err := r.Decode(jute.NewDecoder(p)); err != nil {
		return notification{}, err
	}
	return notification{sid: sid, state: r.State, version: r.Version, config: string(r.Config),
		vote: Vote{Leader: r.Leader, Zxid: r.Zxid, Round: r.ElectionEpoch, Epoch: r.PeerEpoch}}, nil
}

// ballot is the vote in a notification, as it is counted.
func (n *notification) ballot() ballot { return ballot{n.vote, n.state, n.version} }
