package log

import (
	"encoding/binary"
	"hash/crc32"
	"slices"

	"orrery/nodes"
)

// Sizes in bytes within a .snapshot: version, checksum and number, then the producers.
const (
	snapHeader = 10
	snapEntry  = 8 + 2 + 4 + 8 + 4 + 8 + 4 + 8
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encode is Kafka's producer snapshot, version 1. Of each producer it has the last batch alone.
func (s *producers) encode() []byte {
	ids := s.ids()
	b := binary.BigEndian.AppendUint16(nil, 1)
	b = binary.BigEndian.AppendUint32(b, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(len(ids)))
	for _, id := range ids {
		p := s.by[id]
		last := seqBatch{lastSeq: -1, last: noOffset}
		if n := len(p.batches); n > 0 {
			last = p.batches[n-1]
		}
		b = binary.BigEndian.AppendUint64(b, uint64(id))
		b = binary.BigEndian.AppendUint16(b, uint16(p.epoch))
		b = binary.BigEndian.AppendUint32(b, uint32(last.lastSeq))
		b = binary.BigEndian.AppendUint64(b, uint64(last.last))
		b = binary.BigEndian.AppendUint32(b, uint32(last.delta))
		b = binary.BigEndian.AppendUint64(b, uint64(p.ms))
		b = binary.BigEndian.AppendUint32(b, uint32(p.coord))
		b = binary.BigEndian.AppendUint64(b, uint64(p.txnFirst))
	}
	binary.BigEndian.PutUint32(b[2:], crc32.Checksum(b[6:], castagnoli))
	return b
}

// decodeProducers reads a snapshot; ok is false if it is none, or damaged.
func decodeProducers(b []byte) (s *producers, ok bool) {
	if len(b) < snapHeader || binary.BigEndian.Uint16(b) != 1 || binary.BigEndian.Uint32(b[2:]) != crc32.Checksum(b[6:], castagnoli) {
		return nil, false
	}
	n := int64(binary.BigEndian.Uint32(b[6:]))
	if b = b[snapHeader:]; int64(len(b)) != n*snapEntry {
		return nil, false
	}
	s = newProducers()
	for ; len(b) > 0; b = b[snapEntry:] {
		u32 := func(at int) int32 { return int32(binary.BigEndian.Uint32(b[at:])) }
		u64 := func(at int) int64 { return int64(binary.BigEndian.Uint64(b[at:])) }
		p := &producer{id: u64(0), epoch: int16(binary.BigEndian.Uint16(b[8:])), ms: u64(26), coord: u32(34), txnFirst: u64(38)}
		if last, delta := u32(10), u32(22); u64(14) >= 0 {
			if delta < 0 {
				return nil, false
			}
			p.batches = []seqBatch{{firstSeq: subSequence(last, delta), lastSeq: last, delta: delta, last: u64(14), ms: p.ms}}
		}
		s.put(p)
	}
	return s, true
}

// subSequence is the sequence number n before s.
func subSequence(s, n int32) int32 {
	if s < n {
		return int32(int64(s) - int64(n) + 1<<31)
	}
	return s - n
}

// saveProducers writes a snapshot of the producers as they are at the end of the log.
func (l *Log) saveProducers(d nodes.Disk) error {
	if slices.Contains(l.snaps, l.end) {
		return nil
	}
	if err := replace(d, offsetName(l.dir, l.end, snapExt), l.prod.encode()); err != nil {
		return err
	}
	l.snaps = append(l.snaps, l.end)
	return nil
}

// dropSnapshots removes the snapshots for which gone is true.
func (l *Log) dropSnapshots(d nodes.Disk, gone func(offset int64) bool) error {
	var kept []int64
	for _, at := range l.snaps {
		if !gone(at) {
			kept = append(kept, at)
			continue
		}
		if err := remove(d, offsetName(l.dir, at, snapExt)); err != nil {
			return err
		}
	}
	l.snaps = kept
	return nil
}
