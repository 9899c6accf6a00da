package proto

import (
	"encoding/binary"
	"errors"
	"fmt"

	"orrery/nodes/zab/jute"
)

// Versions of a [Hello], the first word on a connection of an election.
const (
	HelloV1     int64 = -65536 // one address
	HelloV2     int64 = -65535 // several, with "|" between
	HelloLegacy int64 = 0      // no version and no address: the number of a server alone
)

// MaxHelloAddr and MaxNotification bound what a connection of an election carries, in bytes.
const (
	MaxHelloAddr    = 2048
	MaxNotification = 512 << 10
)

// ErrHello says that a connection of an election begins with what no server says.
var ErrHello = errors.New("proto: not the beginning of an election's connection")

// Hello is what the server that dials says first on a connection of an election. It is not
// framed; the notifications behind it have a length of four bytes before them.
type Hello struct {
	Version int64 // HelloV1, HelloV2 or HelloLegacy
	SID     int64 // who dials
	Addr    string
}

// Append implements jute.Record.
func (h *Hello) Append(b []byte) []byte {
	if h.Version == HelloLegacy {
		return jute.AppendLong(b, h.SID)
	}
	b = jute.AppendLong(b, h.Version)
	b = jute.AppendLong(b, h.SID)
	return jute.AppendString(b, h.Addr)
}

// Decode implements jute.Record. Besides the errors of package jute it returns ErrHello, wrapped.
func (h *Hello) Decode(d *jute.Decoder) error {
	*h = Hello{}
	first := d.Long()
	if first >= 0 || d.Err() != nil {
		h.SID = first
		return d.Err()
	}
	if first != HelloV1 && first != HelloV2 {
		d.Fail(fmt.Errorf("%w: version %d", ErrHello, first))
		return d.Err()
	}
	h.Version, h.SID = first, d.Long()
	n := d.Int()
	if d.Err() == nil && (n <= 0 || n > MaxHelloAddr) {
		d.Fail(fmt.Errorf("%w: an address of %d bytes", ErrHello, n))
	}
	h.Addr = d.Text(int(n))
	return d.Err()
}

// Notification is a vote in an election, and what its sender is doing.
type Notification struct {
	State         ServerState
	Leader        int64 // whom the sender votes for
	Zxid          int64 // the last that the one voted for has logged
	ElectionEpoch int64 // the round of the election
	PeerEpoch     int64 // the current epoch of the one voted for
	Version       int32 // 2 from this program; 0 from servers before 3.5
	Config        []byte
}

// Lengths of a notification, in bytes: without the peer's epoch (before 3.4), and without
// the configuration (before 3.5).
const (
	notificationV0 = 28
	notificationV1 = 40
)

// Append implements jute.Record. Below version 2 the configuration is left out.
func (n *Notification) Append(b []byte) []byte {
	b = jute.AppendInt(b, int32(n.State))
	b = jute.AppendLong(b, n.Leader)
	b = jute.AppendLong(b, n.Zxid)
	b = jute.AppendLong(b, n.ElectionEpoch)
	b = jute.AppendLong(b, n.PeerEpoch)
	b = jute.AppendInt(b, n.Version)
	if n.Version < 2 {
		return b
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(n.Config)))
	return append(b, n.Config...)
}

// Decode implements jute.Record: it reads all that is left, whose length tells the form. As the
// original does it, a notification of 40 bytes counts as version 0, whatever it says.
func (n *Notification) Decode(d *jute.Decoder) error {
	*n = Notification{}
	size := d.Left()
	n.State = ServerState(d.Int())
	n.Leader = d.Long()
	n.Zxid = d.Long()
	n.ElectionEpoch = d.Long()
	switch size {
	case notificationV0:
		n.PeerEpoch = Epoch(n.Zxid)
		return d.Err()
	case notificationV1:
		n.PeerEpoch = d.Long()
		d.Int()
		return d.Err()
	}
	n.PeerEpoch = d.Long()
	if n.Version = d.Int(); n.Version > 1 {
		n.Config = d.Buffer()
	}
	return d.Err()
}
