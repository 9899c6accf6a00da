package record

// Validator looks at batches as a leader does before it takes them from a producer. The zero value is ready; it keeps
// buffers for the next batch. It is not for concurrent use.
type Validator struct {
	Reader Reader
	// NeedKeys refuses records without a key, as a compacted topic does.
	NeedKeys bool
	// Staged lets the batch of a transaction have no sequence, as one has that a group coordinator writes for a producer.
	Staged bool
}

// Validate checks a batch and each of its records, decompressing them for the purpose: the checksum, that the records are
// as many as the header says, that their offsets count up from 0 without a gap, that no client claims to be a broker, and that
// the header's largest time is one of theirs. It returns the offset delta of the first record with the largest time. The
// error is an *Error.
func (v *Validator) Validate(b Batch) (maxTimeDelta int32, err error) {
	if err := b.Check(); err != nil {
		return 0, err
	}
	if err := checkHeader(b, v.Staged); err != nil {
		return 0, err
	}
	if err := v.Reader.Reset(b); err != nil {
		return 0, err
	}
	var rec Record
	largest, n := NoTimestamp, int64(0)
	for ; v.Reader.Next(&rec); n++ {
		switch {
		case rec.Offset != b.BaseOffset()+n:
			return 0, refuse(InvalidRecord, "record %d has offset %d, not the next", n, rec.Offset-b.BaseOffset())
		case v.NeedKeys && rec.Key == nil:
			return 0, refuse(InvalidRecord, "record %d has no key, which a compacted topic needs", n)
		}
		if rec.Timestamp > largest {
			largest, maxTimeDelta = rec.Timestamp, int32(n)
		}
	}
	if err := v.Reader.Err(); err != nil {
		return 0, err
	}
	if largest != b.MaxTimestamp() && !b.LogAppendTime() {
		return 0, refuse(InvalidRecord, "the largest time is %d, and not %d as the batch says", largest, b.MaxTimestamp())
	}
	return maxTimeDelta, nil
}

// checkHeader is what a producer may say in a header.
func checkHeader(b Batch, staged bool) error {
	unnumbered := b.BaseSequence() < 0 && !(staged && b.Transactional() && b.BaseSequence() == NoSequence)
	switch {
	case b.Attributes()&^knownAttributes != 0:
		return refuse(InvalidRecord, "attributes %#x have no meaning", b.Attributes())
	case b.Control():
		return refuse(InvalidRecord, "a client may not write control records")
	case b.Attributes()&bitHorizon != 0:
		return refuse(InvalidRecord, "a client may not set a delete horizon")
	case b.Count() != b.LastOffsetDelta()+1:
		return refuse(InvalidRecord, "%d records with %d offsets", b.Count(), int64(b.LastOffsetDelta())+1)
	case b.Transactional() && b.ProducerID() == NoProducerID:
		return refuse(InvalidRecord, "a transaction without a producer id")
	case b.ProducerID() != NoProducerID && (b.ProducerID() < 0 || b.ProducerEpoch() < 0 || unnumbered):
		return refuse(InvalidRecord, "producer %d with epoch %d and sequence %d", b.ProducerID(), b.ProducerEpoch(), b.BaseSequence())
	}
	return nil
}
