// Package record is Kafka's record batch, format v2 (KIP-98), as bytes: what a producer sends, what lies in a segment,
// what a follower copies and what a consumer gets are one and the same.
//
// A [Batch] is a slice of those bytes with the header's fields as methods. [Next] cuts one off a longer slice,
// [Batch.Check] holds it against its checksum, [Validator.Validate] looks at each record in it, compressed or not, and a
// [Reader] goes through its records without allocating for each. A leader gives a batch its offsets and its epoch in
// place ([Batch.Assign]): those fields are outside the checksum for that purpose.
//
//	off  field                      off  field
//	  0  base offset        int64    27  base timestamp     int64
//	  8  batch length       int32    35  max timestamp      int64
//	 12  leader epoch       int32    43  producer id        int64
//	 16  magic = 2          int8     51  producer epoch     int16
//	 17  CRC32C of 21..     uint32   53  base sequence      int32
//	 21  attributes         int16    57  number of records  int32
//	 23  last offset delta  int32    61  records
//
// # Invariants
//
//   - Nothing here panics on any bytes, or takes more memory than the limit that the caller sets for what is compressed.
//   - A batch that was refused has an [Error] with the code that the protocol has for it. Formats 0 and 1 are refused with
//     INVALID_RECORD: no broker since 4.0 takes them.
//   - What a Builder makes passes Check and Validate.
package record
