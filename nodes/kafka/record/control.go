package record

import "encoding/binary"

// ControlType is what a control record says.
type ControlType int16

// The types that a partition's log knows.
const (
	Abort  ControlType = 0
	Commit ControlType = 1
)

// String is the type's name.
func (t ControlType) String() string {
	switch t {
	case Abort:
		return "abort"
	case Commit:
		return "commit"
	}
	return "other"
}

// Marker is the word of a transaction coordinator that a transaction has ended.
type Marker struct {
	ProducerID       int64
	ProducerEpoch    int16
	Type             ControlType
	CoordinatorEpoch int32
}

// Append appends a batch with the marker at a time in milliseconds to dst, and returns that.
func (m Marker) Append(dst []byte, ms int64) []byte {
	key := binary.BigEndian.AppendUint16(nil, 0)
	key = binary.BigEndian.AppendUint16(key, uint16(m.Type))
	value := binary.BigEndian.AppendUint16(nil, 0)
	value = binary.BigEndian.AppendUint32(value, uint32(m.CoordinatorEpoch))
	var w Builder
	w.Reset(Fields{Idempotent: true, ProducerID: m.ProducerID, ProducerEpoch: m.ProducerEpoch, BaseSequence: NoSequence,
		Transactional: true, Control: true})
	w.Add(ms, key, value)
	dst, _ = w.Append(dst) // not compressed
	return dst
}

// Control reads the control record of a batch that is one. Of a type other than Abort and Commit, which followers of another
// format's leader may meet, only the type is meant. The error is an *Error.
func (r *Reader) Control(b Batch) (Marker, error) {
	m := Marker{ProducerID: b.ProducerID(), ProducerEpoch: b.ProducerEpoch(), Type: -1}
	if err := r.Reset(b); err != nil {
		return m, err
	}
	var rec Record
	if !r.Next(&rec) {
		return m, r.Err() // compaction has taken it
	}
	if len(rec.Key) < 4 {
		return m, refuse(InvalidRecord, "a control record with a key of %d bytes", len(rec.Key))
	}
	m.Type = ControlType(binary.BigEndian.Uint16(rec.Key[2:]))
	if m.Type != Abort && m.Type != Commit {
		return m, nil
	}
	if len(rec.Value) < 6 {
		return m, refuse(InvalidRecord, "a transaction marker with %d bytes", len(rec.Value))
	}
	m.CoordinatorEpoch = int32(binary.BigEndian.Uint32(rec.Value[2:]))
	return m, nil
}
