// Package txn is Kafka's transaction coordinator as a state machine.
//
// The coordinator of a transactional id is the leader of one partition of __transaction_state: the
// one that the id's hash picks. Its Journal is that partition's log. What it knows of an id is the last
// record in the log, and every transition of the table (State) is appended there first and
// believed only when the append is committed, below the high watermark. Until then the id has a pending state and whoever asks
// is told CONCURRENT_TRANSACTIONS.
//
// The semantic is that of Kafka 2.4 to 3.6: KIP-98 with KIP-360 (a producer may bump its own epoch), KIP-447, KIP-588
// (PRODUCER_FENCED) and part 1 of KIP-890 (brokers verify a transaction before its first append).
//
// # How it is used
//
// A broker calls Start once, Elected and Resigned as leadership of the journal's partitions comes and
// goes, Handle with a request, Fire with a timer whose tag's name begins with TagPrefix, Appended, Answered and ProducerIDs with the
// ends of what it was asked to do; and after each of these drains Take:
//
//	Done             a response to a request
//	Send             WriteTxnMarkers, to another broker or to this one
//	NeedProducerIDs  a block of producer ids, from where the controller keeps them
//
// # What differs from the original
//
//   - A coordinator that has loaded its partition serves only when all that it has read is
//     committed. Kafka reads to the end of the log and sends markers at once; if another leader
//     is elected without that end, it decides anew.
//   - While a transaction is open, an InitProducerId that names a producer other than the one that opened it is fenced. Kafka compares
//     the producer id alone, and a producer that was fenced can abort the transaction of its successor.
//   - A partition that the cluster does not have needs no marker; but only if the cluster is known at all, which shows in that the
//     coordinator's own partition is.
//   - A transaction that began in the future of the coordinator's clock, which may be behind that of the one before it, begins when the
//     coordinator sees that. Kafka waits until its clock is there, and for the time-out besides; until then the last stable offsets
//     of the partitions stand still, if nobody asks for the producer's id.
//   - A completion is tried again whatever the journal says, for as long as this is the coordinator.
//
// # What no coordinator of this era can know
//
// The epoch is the same from one transaction to the next. An EndTxn that was delayed on its way, given up and retried,
// ends whatever transaction of that producer is open when it comes (KAFKA-17754). Only KIP-890 part 2, with an epoch
// for each transaction, tells them apart; it is a change of the protocol, which a client must take part in.
//
// # Invariants
//
//   - Transitions are those of the table in State.
//   - A verdict that was told, to a client or to a partition, is what every later coordinator finds.
//   - At most one transition of an id is under way.
//   - A producer epoch that was given out is never given out again for the same producer id.
package txn
