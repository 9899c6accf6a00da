package wal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// A file is a header sector and then batches, each from a sector boundary on:
//
//	file  = magic[8] version:u32 owner:u32 generation:u64 metaLen:u32 crc:u32 meta, to the sector's end
//	batch = magic:u32 length:u32 count:u32 bodyCRC:u32 generation:u64 lsn:u64 headCRC:u32 body, to a sector's end
//	body  = { length:uvarint type:u8 data }
//
// Integers are little-endian; sums are CRC-32C; lsn is that of the batch's first
// record.
const (
	sectorSize  = 512
	fileHead    = 32
	batchHead   = 36
	fileMagic   = "orrerywl"
	batchMagic  = 0x6c61_7742 // "Bwal"
	maxMeta     = sectorSize - fileHead
	maxBodySize = 1 << 30
)

// Version is the format that this package writes. It reads no newer one.
const Version = 1

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sectors is n bytes rounded up to whole sectors.
func sectors(n int) int { return (n + sectorSize - 1) &^ (sectorSize - 1) }

func appendFileHeader(b []byte, generation uint64, meta []byte) []byte {
	if len(meta) > maxMeta {
		panic(fmt.Sprintf("wal: meta of %d bytes, at most %d", len(meta), maxMeta))
	}
	start := len(b)
	b = append(b, fileMagic...)
	b = binary.LittleEndian.AppendUint32(b, Version)
	b = binary.LittleEndian.AppendUint32(b, 0)
	b = binary.LittleEndian.AppendUint64(b, generation)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(meta)))
	sum := crc32.Checksum(b[start:], castagnoli)
	b = binary.LittleEndian.AppendUint32(b, crc32.Update(sum, castagnoli, meta))
	b = append(b, meta...)
	return append(b, make([]byte, sectorSize-(len(b)-start))...)
}

var (
	errTorn = errors.New("not a whole header")
	// ErrVersion is what Open reports, wrapped, for a log in a newer format.
	ErrVersion = errors.New("log is in a newer format than this program reads")
)

// readFileHeader returns the generation and the meta of a file's first sector.
// errTorn says that it is not a sound header.
func readFileHeader(p []byte) (generation uint64, meta []byte, err error) {
	if len(p) < sectorSize || string(p[:8]) != fileMagic {
		return 0, nil, errTorn
	}
	n := binary.LittleEndian.Uint32(p[24:])
	if n > maxMeta {
		return 0, nil, errTorn
	}
	meta = p[fileHead : fileHead+n]
	sum := crc32.Update(crc32.Checksum(p[:28], castagnoli), castagnoli, meta)
	if sum != binary.LittleEndian.Uint32(p[28:]) {
		return 0, nil, errTorn
	}
	if v := binary.LittleEndian.Uint32(p[8:]); v != Version {
		return 0, nil, fmt.Errorf("%w: version %d, this program reads %d", ErrVersion, v, Version)
	}
	return binary.LittleEndian.Uint64(p[16:]), meta, nil
}

// sealBatch fills in the header that was left free at the front of b (a header
// and a body) and pads b to whole sectors.
func sealBatch(b []byte, generation, lsn uint64, count int) []byte {
	body := b[batchHead:]
	if len(body) > maxBodySize {
		panic(fmt.Sprintf("wal: batch of %d bytes, at most %d", len(body), maxBodySize))
	}
	h := b[:batchHead]
	binary.LittleEndian.PutUint32(h[0:], batchMagic)
	binary.LittleEndian.PutUint32(h[4:], uint32(len(body)))
	binary.LittleEndian.PutUint32(h[8:], uint32(count))
	binary.LittleEndian.PutUint32(h[12:], crc32.Checksum(body, castagnoli))
	binary.LittleEndian.PutUint64(h[16:], generation)
	binary.LittleEndian.PutUint64(h[24:], lsn)
	binary.LittleEndian.PutUint32(h[32:], crc32.Checksum(h[:32], castagnoli))
	for n := sectors(len(b)) - len(b); n > 0; {
		pad := min(n, len(zeros))
		b = append(b, zeros[:pad]...)
		n -= pad
	}
	return b
}

var zeros [sectorSize]byte

// batch is a batch's header as read.
type batch struct {
	count int
	lsn   uint64 // of the first record
	body  []byte
	size  int // with header and padding
}

// readBatchHeader tells whether p begins with a sound header of a batch of this
// generation. The body may still be damaged.
func readBatchHeader(p []byte, generation uint64) (b batch, bodyCRC uint32, ok bool) {
	if len(p) < batchHead || binary.LittleEndian.Uint32(p) != batchMagic {
		return b, 0, false
	}
	if crc32.Checksum(p[:32], castagnoli) != binary.LittleEndian.Uint32(p[32:]) ||
		binary.LittleEndian.Uint64(p[16:]) != generation {
		return b, 0, false
	}
	n := int(binary.LittleEndian.Uint32(p[4:]))
	b.count = int(binary.LittleEndian.Uint32(p[8:]))
	b.lsn = binary.LittleEndian.Uint64(p[24:])
	b.size = sectors(batchHead + n)
	if batchHead+n <= len(p) {
		b.body = p[batchHead : batchHead+n]
	}
	return b, binary.LittleEndian.Uint32(p[12:]), true
}

// readBatch returns the whole batch at the front of p, if there is a sound one.
func readBatch(p []byte, generation uint64) (batch, bool) {
	b, sum, ok := readBatchHeader(p, generation)
	if !ok || b.body == nil && b.size > len(p) || crc32.Checksum(b.body, castagnoli) != sum {
		return batch{}, false
	}
	return b, true
}

func appendRecord(b []byte, kind byte, data []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(data)))
	b = append(b, kind)
	return append(b, data...)
}

// readRecords appends the records of a batch to out. An error says that the body is
// not made of the records that its header promises: its sum is right, so this is a
// defect of the writer or a malicious file.
func readRecords(out []Record, b batch) ([]Record, error) {
	p := b.body
	for i := range b.count {
		n, w := binary.Uvarint(p)
		if w <= 0 || n > uint64(len(p)) || uint64(len(p)-w) < n+1 {
			return out, fmt.Errorf("record %d of %d is not whole", i+1, b.count)
		}
		out = append(out, Record{LSN: b.lsn + uint64(i), Type: p[w], Data: p[w+1 : w+1+int(n)]})
		p = p[w+1+int(n):]
	}
	if len(p) != 0 {
		return out, fmt.Errorf("%d bytes behind the last of %d records", len(p), b.count)
	}
	return out, nil
}
