package proto

import (
	"errors"
	"fmt"

	"orrery/nodes/zab/jute"
)

// LearnerRequest is the data of a REQUEST: a client's write on its way to the leader. As whom the
// client acts stands in the packet.
type LearnerRequest struct {
	SessionID int64
	Cxid      int32 // the client's xid
	Type      OpCode
	Body      []byte // the request's record, unread; never nil
}

// Append implements jute.Record.
func (r *LearnerRequest) Append(b []byte) []byte {
	b = jute.AppendLong(b, r.SessionID)
	b = jute.AppendInt(b, r.Cxid)
	b = jute.AppendInt(b, int32(r.Type))
	return append(b, r.Body...)
}

// Decode implements jute.Record. It reads all that is left.
func (r *LearnerRequest) Decode(d *jute.Decoder) error {
	r.SessionID = d.Long()
	r.Cxid = d.Int()
	r.Type = OpCode(d.Int())
	r.Body = d.Rest()
	return d.Err()
}

// SessionTouches is the data of a learner's PING: of which sessions it has heard since the last.
type SessionTouches struct{ Sessions []SessionTouch }

// Append implements jute.Record.
func (r *SessionTouches) Append(b []byte) []byte {
	for i := range r.Sessions {
		b = r.Sessions[i].Append(b)
	}
	return b
}

// Decode implements jute.Record. It reads all that is left.
func (r *SessionTouches) Decode(d *jute.Decoder) error {
	r.Sessions = nil
	for d.Left() > 0 {
		var s SessionTouch
		if s.Decode(d) == nil {
			r.Sessions = append(r.Sessions, s)
		}
	}
	return d.Err()
}

// QuorumPacketSize is the number of bytes of the packet at the front of p, which is what has
// arrived of a stream of packets. It is 0 if the packet is not whole yet. The error is
// jute.ErrLength, wrapped: the packet has data or a string of more than max bytes, or a negative
// number of them, and nothing behind can be understood.
func QuorumPacketSize(p []byte, max int) (n int, err error) {
	const head = 4 + 8 // type and zxid
	if len(p) < head {
		return 0, nil
	}
	d := jute.Sharing(p[head:])
	d.Limit(max)
	d.Buffer()
	for range d.Count(8) {
		d.Buffer() // the two strings of an ID, which need not be made text
		d.Buffer()
	}
	switch err := d.Err(); {
	case err == nil:
		return head + d.Offset(), nil
	case errors.Is(err, jute.ErrShort):
		return 0, nil
	default:
		return 0, fmt.Errorf("quorum packet: %w", err)
	}
}
