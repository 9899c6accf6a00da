package log

// Quirks are defects that logs of Kafka, or of what speaks its protocol, had, to be found. The zero value has none.
type Quirks struct {
	// clean-past-high-watermark, KAFKA-13194 (fixed 3.1.0): compaction goes beyond the high watermark, and lets a record that
	// may yet be truncated displace a committed one.
	CleanPastHW bool
	// marker-matched-by-key, KAFKA-14055 (fixed 3.3.0): compaction compares the keys of transaction markers with those of
	// users, and removes the marker if a later record has the same bytes for a key.
	MarkerMatchedByKey bool
	// clean-loses-aborted, KAFKA-13727 (fixed 3.2.0): compaction of a part of a transaction takes its marker for one whose
	// data is gone, and drops the transaction from the index: aborted records read as committed.
	CleanLosesAborted bool
	// read-above-hw-at-roll, KAFKA-9196 and KAFKA-9835 (fixed 2.4.1, 2.6.0): after a roll a consumer is served all of the segment
	// before, whatever of it is committed.
	ReadAboveHWAtRoll bool
	// uncommitted-exposed, KAFKA-727 (fixed 0.8): a read goes up to the batch that the high watermark is in front of, inclusive.
	UncommittedExposed bool
	// read-above-lso, KAFKA-9807 (fixed 2.6.0): read_committed is bounded by the high watermark as soon as the read
	// begins below the last stable offset.
	ReadAboveLSO bool
	// lso-off-by-one, Redpanda #3036: the first offset of an open transaction counts as stable.
	LSOOffByOne bool
	// dirty-load-looks-clean, KAFKA-10471 (fixed 2.8.0): the mark of a clean shutdown is believed without a look at
	// the recovery point, and stays until all logs are loaded.
	DirtyLoadLooksClean bool
	// truncate-keeps-epochs, KAFKA-10706 (fixed 2.8.0): a truncation to the end of the log leaves the epochs behind the
	// end.
	TruncateKeepsEpochs bool
	// state-before-append, KAFKA-6683 (fixed 2.0.0): a producer's state changes before the write, and stays so if the write
	// fails: the retry is taken for a duplicate.
	StateBeforeAppend bool
	// markers-do-not-refresh, KAFKA-9144 (fixed 2.4.1): a transaction marker does not count as a sign of life of its
	// producer, whose state expires early; the epoch of the coordinator goes with it.
	MarkersDoNotRefresh bool
	// appends-after-error, KAFKA-10778 (fixed 2.8.0): a log takes appends after a write to it has failed.
	AppendsAfterError bool
	// sequence-no-wrap: sequence numbers do not go on with 0 after the largest int32.
	SequenceNoWrap bool
	// no-verify, KAFKA-14402 / KIP-890 part 1 (fixed 3.6.0): a transactional append that nobody verified with the
	// coordinator begins a transaction, which after a late delivery nobody will end.
	NoVerify bool
	// verify-without-guard, KAFKA-14884 (fixed 3.6.0): a verification counts although a marker has come since it began.
	VerifyWithoutGuard bool
}
