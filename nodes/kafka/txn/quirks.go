package txn

// Quirks are defects that coordinators of Kafka, or of what speaks its protocol, had, to be found. The zero value has none.
type Quirks struct {
	// end-with-higher-epoch, KAFKA-9600 (0.11 to 2.5, fixed 2.6.0): EndTxn takes an epoch above the current one as well: who asks
	// with an epoch that nobody was given ends another's transaction.
	EndHigherEpoch bool
	// fence-bumps-each-time, KAFKA-9666 (2.5, fixed 2.5.1): each attempt to fence a producer raises the epoch, also when the one before
	// could not be written; while the journal takes nothing the retries use the epochs up.
	FenceBumpsEachTime bool
	// completion-missed, KAFKA-9777 (0.11 to 2.5, fixed 2.6.0): of two answers to markers that come at one time the
	// second finds the operation locked and leaves; nobody looks again, and the transaction stays in Prepare.
	CompletionMissed bool
	// completion-written-twice, KAFKA-10080 (2.5, fixed 2.6.0): each answer after the last marker writes the completion:
	// the second one meets a transaction that has gone on.
	CompletionTwice bool
	// completion-drops-another, KAFKA-16352 (to 3.7, fixed 3.8.0): when an old coordinator's completion ends, it takes away what
	// waits under the same transactional id, also if that is the next transaction's; which stays in Prepare.
	CompletionDropsAnother bool
	// told-before-committed, Jepsen's Redpanda 21.10 report (#3003, InvalidTxnState yet committed): the client is answered and the
	// transition believed when the append has begun, not when it is committed.
	ToldBeforeCommitted bool
	// verification-says-yes, KAFKA-14402 / KIP-890 part 1 (0.11 to 3.5, fixed 3.6.0): whoever asks whether a partition is in the transaction is told that it
	// is.
	NoVerify bool
}

// Defect is a quirk with its history.
type Defect struct {
	Name   string // in kebab-case
	Ticket string
	Doc    string // what goes wrong, in one sentence
	Set    func(*Quirks)
}

// Defects are the quirks, by name.
func Defects() []Defect {
	return []Defect{
		{"completion-drops-another", "KAFKA-16352", "the answer to an old coordinator's markers drops the next transaction of that id, which stays in Prepare",
			func(q *Quirks) { q.CompletionDropsAnother = true }},
		{"completion-missed", "KAFKA-9777", "of two answers to markers at one time the second is not looked at, and the transaction stays in Prepare",
			func(q *Quirks) { q.CompletionMissed = true }},
		{"completion-written-twice", "KAFKA-10080", "two answers at one time both write the completion, and the second meets what has gone on",
			func(q *Quirks) { q.CompletionTwice = true }},
		{"end-with-higher-epoch", "KAFKA-9600", "EndTxn takes an epoch that nobody was given",
			func(q *Quirks) { q.EndHigherEpoch = true }},
		{"fence-bumps-each-time", "KAFKA-9666", "each attempt to fence raises the epoch, until there is none left",
			func(q *Quirks) { q.FenceBumpsEachTime = true }},
		{"told-before-committed", "Jepsen, Redpanda 21.10", "a client is told before the journal has it: a failover undoes what was told",
			func(q *Quirks) { q.ToldBeforeCommitted = true }},
		{"verification-says-yes", "KAFKA-14402 / KIP-890", "a late append is let through, and opens a transaction that nobody will end",
			func(q *Quirks) { q.NoVerify = true }},
	}
}
