package paxos

import (
	"encoding/binary"

	"orrery/nodes"
)

// OpKind is what an operation does.
type OpKind uint8

// The operations of the key-value store, and the change of membership.
const (
	OpGet         OpKind = iota + 1 // the value of Key
	OpPut                           // sets Key to Value
	OpAppend                        // appends Value to that of Key, which may be missing
	OpCAS                           // sets Key to Value if its value is Expect
	OpCreate                        // sets Key to Value if there is no such key
	OpDelete                        // removes Key
	OpScan                          // the keys from Key up to, and without, To; at most Limit
	OpReconfigure                   // makes Members, with the quorums Q1 and Q2, the acceptors
	opKinds
)

// String is the operation's name in lower case.
func (k OpKind) String() string {
	if k == 0 || k >= opKinds {
		return "unknown"
	}
	return [...]string{"get", "put", "append", "cas", "create", "delete", "scan", "reconfigure"}[k-1]
}

// Reads tells whether the operation changes nothing. Reads do not go through the log.
func (k OpKind) Reads() bool { return k == OpGet || k == OpScan }

// Op is one operation of a client. Kind says which of the other fields count.
type Op struct {
	Kind    OpKind
	Key     string
	To      string // "" means that a scan has no end
	Value   string
	Expect  string
	Limit   int // of a scan; 0, or more than MaxScan, means MaxScan
	Members []nodes.ID
	Q1, Q2  int // 0 means a majority
}

// MaxScan is the most keys that one scan answers.
const MaxScan = 1000

// Append appends the encoding of op to b.
func (op Op) Append(b []byte) []byte {
	b = append(b, byte(op.Kind))
	switch op.Kind {
	case OpGet, OpDelete:
		b = appendString(b, op.Key)
	case OpPut, OpAppend, OpCreate:
		b = appendString(appendString(b, op.Key), op.Value)
	case OpCAS:
		b = appendString(appendString(appendString(b, op.Key), op.Expect), op.Value)
	case OpScan:
		b = appendString(appendString(b, op.Key), op.To)
		b = binary.AppendUvarint(b, uint64(max(op.Limit, 0)))
	case OpReconfigure:
		b = appendMembers(b, op.Members, op.Q1, op.Q2)
	default:
		panic("paxos: operation of unknown kind")
	}
	return b
}

// command is an Op as read: it shares memory with the bytes it was read from.
type command struct {
	kind                   OpKind
	key, to, value, expect []byte
	limit                  int
	members                []nodes.ID
	q1, q2                 int
}

func readCommand(p []byte, ns *names) (c command, err error) {
	r := reader{p: p, names: ns}
	c.kind = OpKind(r.byte())
	switch c.kind {
	case OpGet, OpDelete:
		c.key = r.bytes()
	case OpPut, OpAppend, OpCreate:
		c.key, c.value = r.bytes(), r.bytes()
	case OpCAS:
		c.key, c.expect, c.value = r.bytes(), r.bytes(), r.bytes()
	case OpScan:
		c.key, c.to = r.bytes(), r.bytes()
		if n := r.uint(); n > 0 && n < MaxScan {
			c.limit = int(n)
		} else {
			c.limit = MaxScan
		}
	case OpReconfigure:
		c.members, c.q1, c.q2 = readMembers(&r)
	default:
		r.fail()
	}
	return c, r.done()
}

func appendMembers(b []byte, members []nodes.ID, q1, q2 int) []byte {
	b = binary.AppendUvarint(b, uint64(len(members)))
	for _, id := range members {
		b = appendString(b, string(id))
	}
	return binary.AppendUvarint(binary.AppendUvarint(b, uint64(q1)), uint64(q2))
}

func readMembers(r *reader) (members []nodes.ID, q1, q2 int) {
	for range r.count(1) {
		members = append(members, r.id())
	}
	a, b := r.uint(), r.uint()
	if a > MaxMembers || b > MaxMembers {
		r.fail()
	}
	return members, int(a), int(b)
}

// Pair is a key with its value.
type Pair struct{ Key, Value string }

// Answer is what a store says to an operation that was executed.
type Answer struct {
	// Done tells that the operation found what it needed: the key of a get or a
	// delete, the expected value of a cas, no key of a create, a valid membership.
	Done  bool
	Value string // of a get; and of a cas or create that was not Done, if Held
	Held  bool   // of a cas or create that was not Done: the key has a value
	Pairs []Pair // of a scan
}

// appendMismatch is the answer to a cas or create that found something else: nothing, or the value
// that it found.
func appendMismatch(b []byte, found *cell) []byte {
	if found == nil {
		return appendAnswer(b, false, nil)
	}
	b = appendBool(b, false)
	b = binary.AppendUvarint(b, uint64(len(found.value))+1)
	return append(append(b, held), found.value...)
}

// held stands before the value that a mismatch found.
const held = 1

func appendAnswer(b []byte, done bool, value []byte) []byte {
	return appendBytes(appendBool(b, done), value)
}

// readAnswer reads what the store has written for an operation of that kind.
func readAnswer(kind OpKind, p []byte) (a Answer, err error) {
	r := reader{p: p}
	a.Done = r.bool()
	if kind == OpScan {
		for range r.count(2) {
			a.Pairs = append(a.Pairs, Pair{Key: string(r.bytes()), Value: string(r.bytes())})
		}
	} else {
		a.Value = string(r.bytes())
	}
	if !a.Done && (kind == OpCAS || kind == OpCreate) && a.Value != "" {
		a.Held, a.Value = true, a.Value[1:]
	}
	return a, r.done()
}

// The values of slots: a kind as one byte, and
//
//	no-op:  nothing
//	batch:  count, { session, seq, command }
//	expire: count, { session, its last seq }
const (
	entryNoOp byte = iota
	entryBatch
	entryExpire
)

// noOp is the value that fills a slot in which nothing else may have been chosen.
var noOp = []byte{entryNoOp}

func isNoOp(value []byte) bool { return len(value) == 1 && value[0] == entryNoOp }
