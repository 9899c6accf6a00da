package record

import (
	"encoding/binary"
	"slices"
)

// Fields are what is said of a batch as a whole. The zero value of each is what an ordinary producer sends, but that
// Idempotent decides whether the producer's three count.
type Fields struct {
	BaseOffset    int64
	LeaderEpoch   int32
	Codec         Codec
	Idempotent    bool // ProducerID, ProducerEpoch and BaseSequence count
	ProducerID    int64
	ProducerEpoch int16
	BaseSequence  int32
	Transactional bool
	Control       bool
}

// Builder makes batches. The zero value is ready; it keeps its buffers. It is not for concurrent use.
type Builder struct {
	f       Fields
	records []byte
	body    []byte
	n       int32
	last    int32
	base    int64 // time of the first
	max     int64
	horizon *int64
	comp    Compressor
}

// Reset begins a batch.
func (w *Builder) Reset(f Fields) {
	w.f, w.records, w.n, w.last, w.max, w.horizon = f, w.records[:0], 0, -1, NoTimestamp, nil
}

// Len is how many records there are.
func (w *Builder) Len() int { return int(w.n) }

// Add adds a record with the next offset, at a time in milliseconds. A nil key or value is null.
func (w *Builder) Add(ms int64, key, value []byte, headers ...Header) {
	if w.n == 0 {
		w.base = ms
	}
	w.last++
	b := append(w.body[:0], 0)
	b = binary.AppendVarint(b, ms-w.base)
	b = binary.AppendVarint(b, int64(w.last))
	b = appendBytes(b, key)
	b = appendBytes(b, value)
	b = binary.AppendVarint(b, int64(len(headers)))
	for _, h := range headers {
		b = binary.AppendVarint(b, int64(len(h.Key)))
		b = append(b, h.Key...)
		b = appendBytes(b, h.Value)
	}
	w.add(b, ms)
}

func (w *Builder) add(body []byte, ms int64) {
	w.body = body
	w.records = binary.AppendVarint(w.records, int64(len(body)))
	w.records = append(w.records, body...)
	w.n++
	w.max = max(w.max, ms)
}

func appendBytes(b, p []byte) []byte {
	if p == nil {
		return binary.AppendVarint(b, -1)
	}
	return append(binary.AppendVarint(b, int64(len(p))), p...)
}

// Append ends the batch, appends it to dst and returns that. The only error is that of a codec that does not exist.
func (w *Builder) Append(dst []byte) ([]byte, error) {
	at := len(dst)
	dst = slices.Grow(dst, HeaderSize+len(w.records))[:at+HeaderSize]
	dst, err := w.comp.Append(dst, w.f.Codec, w.records)
	if err != nil {
		return dst[:at], err
	}
	b := Batch(dst[at:])
	w.header(b)
	b.seal()
	return dst, nil
}

func (w *Builder) header(b Batch) {
	b.Assign(w.f.BaseOffset, w.f.LeaderEpoch)
	b.put32(offLength, int32(len(b)-Overhead))
	b[offMagic] = Magic
	attrs := int16(w.f.Codec)
	if w.f.Transactional {
		attrs |= bitTxn
	}
	if w.f.Control {
		attrs |= bitControl
	}
	base := w.base
	if w.n == 0 {
		base = NoTimestamp
	}
	b.put16(offAttrs, attrs)
	b.put32(offLastDelta, max(w.last, 0))
	b.put64(offBaseTime, base)
	b.put64(offMaxTime, w.max)
	pid, epoch, seq := NoProducerID, NoProducerEpoch, NoSequence
	if w.f.Idempotent {
		pid, epoch, seq = w.f.ProducerID, w.f.ProducerEpoch, w.f.BaseSequence
	}
	b.put64(offPID, pid)
	b.put16(offPEpoch, epoch)
	b.put32(offSequence, seq)
	b.put32(offCount, w.n)
}

// Batch ends the batch and returns it in memory of its own.
func (w *Builder) Batch() Batch {
	b, err := w.Append(nil)
	if err != nil {
		panic("record: " + err.Error()) // the caller's codec
	}
	return b
}
