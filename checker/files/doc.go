// Package files reads histories that were written elsewhere, and says what form they have.
//
// Open looks at the first bytes and knows:
//
//   - JSON lines, one operation a line, as the packages of checker write them;
//   - events, two of which make an operation: Jepsen's histories in EDN (one map a line, or one vector of them, with
//     or without the tag of a record) and the same as JSON (lines, or one array), and the maps with a :key that
//     porcupine is tested with;
//   - the lines of Jepsen's log (INFO jepsen.util - 0 :invoke :write 1);
//   - any of these packed with gzip.
//
// What was read is then asked for as what a check wants: History for objects, Txns for isolation, Kafka, ZooKeeper, and
// Sets, Queues, Counters and so on for the small checks. An independent history, whose values are all [key value], is
// taken apart by key. What the nemesis did is kept aside, see File.Faults.
//
// What holds throughout:
//
//   - A file is read once, from front to back, and never held as text: memory is that of the operations.
//   - Nothing is guessed over: what cannot be read, and what no client can have done (an end without a beginning, two
//     operations of one process at once), is a *checker.SyntaxError with the line.
//   - nil is a value, "unset", and not a wildcard.
//   - What an event says of time is its place in the file: Jepsen writes events down in the order in which they
//     happened. Only JSON events that have a "time" and no "index" are ordered by that.
package files
