package election

import (
	"encoding/binary"
	"errors"
	"fmt"

	"orrery/nodes/zab/config"
)

// Notification is what servers tell each other: the sender's state and vote, and its configuration.
type Notification struct {
	State   State
	Vote    Vote
	Version int32  // of the format: 2 in what this package sends, 1 or 0 from older servers
	Config  string // the text of the sender's configuration; "" in formats before 2

	sid    int64          // who sent it
	quorum *config.Quorum // Config, if it can be read
}

// FormatVersion is the format of the notifications that are sent: since 3.5.0.
const FormatVersion = 2

// The lengths, in bytes, of the formats before there were versions, and of the fixed part of format 2.
const (
	lenNoEpoch   = 28 // before 3.4.0
	lenNoVersion = 40 // before 3.4.6; the last four bytes have no meaning
	lenFixed     = 44
)

var errShort = errors.New("election: notification is too short")

// Append appends the bytes of n, in format 2, to b.
func (n Notification) Append(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(n.State))
	b = binary.BigEndian.AppendUint64(b, uint64(n.Vote.Leader))
	b = binary.BigEndian.AppendUint64(b, uint64(n.Vote.Zxid))
	b = binary.BigEndian.AppendUint64(b, uint64(n.Vote.Round))
	b = binary.BigEndian.AppendUint64(b, uint64(n.Vote.Epoch))
	b = binary.BigEndian.AppendUint32(b, FormatVersion)
	b = binary.BigEndian.AppendUint32(b, uint32(len(n.Config)))
	return append(b, n.Config...)
}

// ParseNotification reads a notification of any format. It keeps nothing of p.
func ParseNotification(p []byte) (Notification, error) {
	if len(p) < lenNoEpoch {
		return Notification{}, errShort
	}
	long := func(at int) int64 { return int64(binary.BigEndian.Uint64(p[at:])) }
	n := Notification{State: State(binary.BigEndian.Uint32(p)), Vote: Vote{Leader: long(4), Zxid: long(12), Round: long(20)}}
	if len(p) == lenNoEpoch {
		n.Vote.Epoch = n.Vote.Zxid >> 32
		return n, nil
	}
	if len(p) < lenNoVersion {
		return Notification{}, errShort
	}
	n.Vote.Epoch = long(28)
	if len(p) == lenNoVersion {
		return n, nil
	}
	n.Version = int32(binary.BigEndian.Uint32(p[36:]))
	if n.Version < 2 {
		return n, nil
	}
	if len(p) < lenFixed {
		return Notification{}, errShort
	}
	size := int64(int32(binary.BigEndian.Uint32(p[40:])))
	if size < 0 || size > int64(len(p)-lenFixed) {
		return Notification{}, fmt.Errorf("election: notification of %d bytes claims a configuration of %d", len(p), size)
	}
	n.Config = string(p[lenFixed : lenFixed+size])
	return n, nil
}

// ballot is the vote in a notification, as it is counted.
func (n *Notification) ballot() ballot { return ballot{n.Vote, n.State, n.Version} }
