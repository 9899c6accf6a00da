package record_test

import (
	"fmt"

	"orrery/nodes/kafka/record"
)

// A producer makes a batch, a leader validates it and gives it its place, and a consumer reads the records.
func Example() {
	var w record.Builder
	w.Reset(record.Fields{Codec: record.Zstd})
	w.Add(1000, []byte("k"), []byte("first"))
	w.Add(1005, []byte("k"), nil, record.Header{Key: "why", Value: []byte("tombstone")})
	b := w.Batch()

	var v record.Validator
	_, err := v.Validate(b)
	fmt.Println("valid:", err == nil)
	b.Assign(40, 7)

	var r record.Reader
	var rec record.Record
	for err := r.Reset(b); err == nil && r.Next(&rec); {
		fmt.Printf("%d %d %s %q %v\n", rec.Offset, rec.Timestamp, rec.Key, rec.Value, rec.Value == nil)
	}
	fmt.Println(b.LeaderEpoch(), b.NextOffset(), b.Check())
	// Output:
	// valid: true
	// 40 1000 k "first" false
	// 41 1005 k "" true
	// 7 42 <nil>
}
