package record

import (
	"encoding/binary"
	"hash/crc32"
	"math"
)

// Sizes in bytes, and where the fields are.
const (
	HeaderSize = 61 // of a batch, before its records
	Overhead   = 12 // before what the batch length counts

	offLength    = 8
	offEpoch     = 12
	offMagic     = 16
	offCRC       = 17
	offAttrs     = 21
	offLastDelta = 23
	offBaseTime  = 27
	offMaxTime   = 35
	offPID       = 43
	offPEpoch    = 51
	offSequence  = 53
	offCount     = 57
)

// Magic is the only format that is taken.
const Magic = 2

// The values that stand for none.
const (
	NoProducerID    = int64(-1)
	NoProducerEpoch = int16(-1)
	NoSequence      = int32(-1)
	NoTimestamp     = int64(-1)
	NoLeaderEpoch   = int32(-1)
)

// Bits of the attributes.
const (
	codecMask       = 0x07
	bitLogAppend    = 0x08
	bitTxn          = 0x10
	bitControl      = 0x20
	bitHorizon      = 0x40
	knownAttributes = codecMask | bitLogAppend | bitTxn | bitControl | bitHorizon
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Batch is the bytes of one whole batch. Its methods read the header, which must be whole: [Next] and [Builder.Batch] return
// such.
type Batch []byte

func (b Batch) i16(at int) int16 { return int16(binary.BigEndian.Uint16(b[at:])) }
func (b Batch) i32(at int) int32 { return int32(binary.BigEndian.Uint32(b[at:])) }
func (b Batch) i64(at int) int64 { return int64(binary.BigEndian.Uint64(b[at:])) }

func (b Batch) put16(at int, v int16) { binary.BigEndian.PutUint16(b[at:], uint16(v)) }
func (b Batch) put32(at int, v int32) { binary.BigEndian.PutUint32(b[at:], uint32(v)) }
func (b Batch) put64(at int, v int64) { binary.BigEndian.PutUint64(b[at:], uint64(v)) }

// BaseOffset is the offset that the deltas of the records count from. Compaction may have taken the record that had it.
func (b Batch) BaseOffset() int64 { return b.i64(0) }

// LastOffset is the offset of the last record that the batch had when it was written.
func (b Batch) LastOffset() int64 { return b.BaseOffset() + int64(b.LastOffsetDelta()) }

// NextOffset is the first offset behind the batch.
func (b Batch) NextOffset() int64 { return b.LastOffset() + 1 }

// Size is the length in bytes that the header claims.
func (b Batch) Size() int { return Overhead + int(b.i32(offLength)) }

// LeaderEpoch is the epoch of the leader that appended the batch.
func (b Batch) LeaderEpoch() int32 { return b.i32(offEpoch) }

// Magic is the format.
func (b Batch) Magic() int8 { return int8(b[offMagic]) }

// CRC is the checksum that the header claims.
func (b Batch) CRC() uint32 { return binary.BigEndian.Uint32(b[offCRC:]) }

// Attributes are the bits that say what the batch is.
func (b Batch) Attributes() int16 { return b.i16(offAttrs) }

// Codec is how the records are compressed.
func (b Batch) Codec() Codec { return Codec(b.Attributes() & codecMask) }

// LogAppendTime tells that all records have the time of the append, which is the max timestamp.
func (b Batch) LogAppendTime() bool { return b.Attributes()&bitLogAppend != 0 }

// Transactional tells that the batch is part of a transaction.
func (b Batch) Transactional() bool { return b.Attributes()&bitTxn != 0 }

// Control tells that the batch is a word of the brokers among themselves, and not for a consumer's application.
func (b Batch) Control() bool { return b.Attributes()&bitControl != 0 }

// DeleteHorizon is the time in milliseconds from which on compaction may take the batch's tombstones or marker; ok is
// false if no compaction has seen it yet (KIP-534). It stands where the base timestamp was.
func (b Batch) DeleteHorizon() (ms int64, ok bool) {
	return b.i64(offBaseTime), b.Attributes()&bitHorizon != 0
}

// LastOffsetDelta is the last offset less the base offset.
func (b Batch) LastOffsetDelta() int32 { return b.i32(offLastDelta) }

// BaseTimestamp is what the deltas of the records' times count from, in milliseconds; or the delete horizon.
func (b Batch) BaseTimestamp() int64 { return b.i64(offBaseTime) }

// MaxTimestamp is the latest time of a record, in milliseconds; NoTimestamp if there is none.
func (b Batch) MaxTimestamp() int64 { return b.i64(offMaxTime) }

// ProducerID is who wrote the batch, NoProducerID for a producer that is not idempotent.
func (b Batch) ProducerID() int64 { return b.i64(offPID) }

// ProducerEpoch is the incarnation of the producer.
func (b Batch) ProducerEpoch() int16 { return b.i16(offPEpoch) }

// BaseSequence is the producer's number of the first record, NoSequence if there is none.
func (b Batch) BaseSequence() int32 { return b.i32(offSequence) }

// LastSequence is the producer's number of the last record that the batch had. Numbers go on with 0 after the
// largest int32.
func (b Batch) LastSequence() int32 {
	if b.BaseSequence() == NoSequence {
		return NoSequence
	}
	return AddSequence(b.BaseSequence(), b.LastOffsetDelta())
}

// AddSequence is the sequence number n after s.
func AddSequence(s, n int32) int32 {
	if s > math.MaxInt32-n {
		return n - (math.MaxInt32 - s) - 1
	}
	return s + n
}

// Count is how many records there are.
func (b Batch) Count() int32 { return b.i32(offCount) }

// Payload is the records as they are, compressed or not.
func (b Batch) Payload() []byte { return b[HeaderSize:] }

// Assign gives the batch its place in the log. No checksum changes.
func (b Batch) Assign(base int64, leaderEpoch int32) {
	b.put64(0, base)
	b.put32(offEpoch, leaderEpoch)
}

// StampAppendTime gives all records the time of the append, in milliseconds, and computes the checksum again.
func (b Batch) StampAppendTime(ms int64) {
	b.put16(offAttrs, b.Attributes()|bitLogAppend)
	b.put64(offMaxTime, ms)
	b.seal()
}

// seal computes the checksum.
func (b Batch) seal() {
	binary.BigEndian.PutUint32(b[offCRC:], crc32.Checksum(b[offAttrs:], castagnoli))
}

// Next cuts the first batch off p, and does not look into it. Its error is ErrShort if p is empty or ends too early, and
// an *Error if no batch can begin like that.
func Next(p []byte) (b Batch, rest []byte, err error) {
	size, err := SizeAt(p)
	if err != nil {
		return nil, p, err
	}
	if size > len(p) {
		return nil, p, ErrShort
	}
	return Batch(p[:size:size]), p[size:], nil
}

// SizeAt is the size in bytes of the batch that p begins with, of which the first 17 bytes are enough. Errors are
// those of [Next].
func SizeAt(p []byte) (int, error) {
	if len(p) <= offMagic {
		return 0, ErrShort
	}
	h := Batch(p)
	size := int64(h.i32(offLength)) + Overhead
	switch magic := h.Magic(); {
	case magic == 0 || magic == 1:
		return 0, refuse(InvalidRecord, "message format %d is not supported: only batches of format 2 are", magic)
	case magic != Magic:
		return 0, refuse(CorruptMessage, "there is no message format %d", magic)
	case size < HeaderSize:
		return 0, refuse(CorruptMessage, "a batch of %d bytes is shorter than its header", size)
	}
	return int(size), nil
}

// Check holds the batch against its checksum and looks at what its header says of itself. The records are not looked at.
func (b Batch) Check() error {
	switch {
	case len(b) < HeaderSize || b.Size() != len(b):
		return refuse(CorruptMessage, "the batch has %d bytes, not those that it claims", len(b))
	case b.Magic() != Magic:
		return refuse(InvalidRecord, "message format %d is not supported", b.Magic())
	case crc32.Checksum(b[offAttrs:], castagnoli) != b.CRC():
		return refuse(CorruptMessage, "the batch at offset %d does not match its checksum", b.BaseOffset())
	case b.BaseOffset() < 0 || b.LastOffsetDelta() < 0 || b.BaseOffset() > math.MaxInt64-1-int64(b.LastOffsetDelta()):
		return refuse(InvalidRecord, "offsets %d + %d are no range", b.BaseOffset(), b.LastOffsetDelta())
	case b.Count() < 0 || int64(b.Count()) > int64(b.LastOffsetDelta())+1:
		return refuse(InvalidRecord, "%d records do not fit between %d offsets", b.Count(), int64(b.LastOffsetDelta())+1)
	case b.Codec() > Zstd:
		return refuse(UnsupportedCompressionType, "there is no compression %d", b.Codec())
	}
	return nil
}
