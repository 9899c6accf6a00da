package record

import "encoding/binary"

// Filter makes of a batch the one that a compaction leaves: with the records for which keep is true, the same offsets, and the
// same header but for what follows from that. If horizon is not nil and the batch has none yet, it gets that delete
// horizon, in milliseconds, which takes the base timestamp's place: the times of the records count from it then. A batch of which no
// record is left keeps its header, and with it its offsets and the producer's sequence. The batch is appended to dst.
func (w *Builder) Filter(dst []byte, r *Reader, b Batch, horizon *int64, keep func(*Record) bool) (out []byte, kept int, err error) {
	if err := r.Reset(b); err != nil {
		return dst, 0, err
	}
	w.Reset(Fields{Codec: b.Codec()})
	base := b.BaseTimestamp()
	_, had := b.DeleteHorizon()
	if horizon != nil && !had {
		base = *horizon
	}
	shift := b.BaseTimestamp() - base
	var rec Record
	for r.Next(&rec) {
		if !keep(&rec) {
			continue
		}
		s := scanner{p: rec.raw[1:]}
		delta := s.varint()
		p := append(w.body[:0], rec.raw[0])
		p = binary.AppendVarint(p, delta+shift)
		w.add(append(p, s.p...), rec.Timestamp)
	}
	if err := r.Err(); err != nil {
		return dst, 0, err
	}
	at := len(dst)
	if out, err = w.Append(dst); err != nil {
		return dst, 0, err
	}
	c := Batch(out[at:])
	length := c.i32(offLength)
	copy(c[:HeaderSize], b[:HeaderSize])
	c.put32(offLength, length)
	c.put32(offCount, w.n)
	c.put64(offBaseTime, base)
	if horizon != nil {
		c.put16(offAttrs, b.Attributes()|bitHorizon)
	}
	if !b.LogAppendTime() {
		c.put64(offMaxTime, w.max)
	}
	c.seal()
	return out, int(w.n), nil
}
