// Package proto is Kafka's wire protocol around the messages of kmsg: the headers of requests and responses, which
// versions of which request are spoken, the error codes, and the hashes that clients and brokers must agree on.
//
// A frame is what stands behind the four bytes of length that package nodes already knows. ReadRequest and
// ReadResponse take one apart, AppendRequest and AppendResponse make one.
//
// Orrery says that it is a broker of Kafka 2.4: ApiVersions lists what that release spoke. Brokers, and clients of
// Orrery's own, use some later versions among themselves, see Max.
//
// # Invariants
//
//   - Nothing here panics on any bytes. Before a message is decoded its lengths are held against the bytes that are
//     there, so that decoding takes memory in proportion to the frame, and time too.
//   - A message that was read shares memory with its frame.
package proto
