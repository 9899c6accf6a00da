package store

import (
	"encoding/binary"
	"hash/adler32"

	"orrery/nodes/zab/proto"
)

// A log is a proto.FileHeader and entries behind it, up to zeros or the end of the file:
//
//	entry = adler32(payload):u64 length:u32 payload 'B'
//	payload = TxnHeader record [TxnDigest] [mark]
//	mark = "ORRY" durable:u64
//
// The mark is our own. Apache ignores what follows a digest. It says how much of the file was
// durable when the entry was written, and so of what the entry bears witness.
const (
	fileHeaderSize = 16
	entryHead      = 12
	entryTail      = 1
	entryEnd       = 'B'
	minPayload     = 8 + 4 + 8 + 8 + 4 // a TxnHeader
	zxidOffset     = 8 + 4             // in a payload
	maxPayload     = 64 << 20
	markSize       = 12
	markMagic      = "ORRY"
)

// entry is a transaction on its way to the log.
type entry struct {
	zxid   int64
	txn    []byte // header, record and digest
	digest bool   // whether txn ends with a digest
	fresh  bool   // begins a file
}

// appendEntry encodes an entry that is written when the file is durable up to that many bytes; -1 leaves the mark out.
func appendEntry(b []byte, e *entry, durable int64) []byte {
	head := len(b)
	b = append(b, make([]byte, entryHead)...)
	b = append(b, e.txn...)
	if durable >= 0 {
		if !e.digest {
			b = (&proto.TxnDigest{}).Append(b) // of version 0: none, but it keeps the mark's place
		}
		b = append(b, markMagic...)
		b = binary.BigEndian.AppendUint64(b, uint64(durable))
	}
	payload := b[head+entryHead:]
	binary.BigEndian.PutUint64(b[head:], uint64(adler32.Checksum(payload)))
	binary.BigEndian.PutUint32(b[head+8:], uint32(len(payload)))
	return append(b, entryEnd)
}

// entryLength is the length of the entry that p, of at least entryHead bytes, begins with; ok is
// false if none has this length.
func entryLength(p []byte) (n int, ok bool) {
	length := binary.BigEndian.Uint32(p[8:])
	return entryHead + int(length) + entryTail, length >= minPayload && length <= maxPayload
}

// sound tells whether p is a whole entry.
func sound(p []byte) bool {
	payload := p[entryHead : len(p)-entryTail]
	return p[len(p)-1] == entryEnd && uint64(adler32.Checksum(payload)) == binary.BigEndian.Uint64(p)
}

// entryZxid is the zxid of a sound entry.
func entryZxid(p []byte) int64 {
	return int64(binary.BigEndian.Uint64(p[entryHead+zxidOffset:]))
}

// splitEntry returns the transaction of a sound entry, and how much of the file was durable when it was written;
// -1 if it does not say.
func splitEntry(p []byte) (txn []byte, durable int64) {
	payload := p[entryHead : len(p)-entryTail]
	at := len(payload) - markSize
	if at < minPayload || string(payload[at:at+4]) != markMagic {
		return payload, -1
	}
	return payload[:at], int64(binary.BigEndian.Uint64(payload[at+4:]))
}
