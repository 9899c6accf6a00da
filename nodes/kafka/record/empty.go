package record

import (
	"encoding/binary"
	"hash/crc32"
)

// Empty is a batch without records for the offsets from one to another, of a leader's epoch: what compaction leaves of a batch
// when all its records are gone, and a log still needs to know that the offsets were given out.
func Empty(from, to int64, leaderEpoch int32) Batch {
	b := make(Batch, HeaderSize)
	b.put64(0, from)
	b.put32(offLength, HeaderSize-Overhead)
	b.put32(offEpoch, leaderEpoch)
	b[offMagic] = Magic
	b.put32(offLastDelta, int32(to-from-1))
	b.put64(offBaseTime, NoTimestamp)
	b.put64(offMaxTime, NoTimestamp)
	b.put64(offPID, NoProducerID)
	b.put16(offPEpoch, NoProducerEpoch)
	b.put32(offSequence, NoSequence)
	binary.BigEndian.PutUint32(b[offCRC:], crc32.Checksum(b[offAttrs:], castagnoli))
	return b
}
