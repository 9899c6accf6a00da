package checker

import (
	"fmt"
	"math"
	"strings"
)

// F is what an operation does: its function, as Jepsen calls it.
type F uint8

// The functions that the models know. Get and Read are one operation under two names, and so are Put and Write: a
// key-value store speaks of the first, a register of the second.
const (
	Get    F = iota + 1 // Key → Out
	Put                 // Key ← In
	Append              // Key ← the value of Key followed by In; an unset key counts as ""
	CAS                 // Key ← In, if it held Expect
	Delete              // Key ← unset
	Scan                // every set key in [Key, To) with its value, in key order → Pairs; To "" has no end
	Read                // Get of a register
	Write               // Put to a register
	fEnd
)

// FCount bounds the functions: every F is below it.
const FCount = int(fEnd)

var fNames = [FCount]string{"", "get", "put", "append", "cas", "delete", "scan", "read", "write"}

// String returns the name that a history file has for f.
func (f F) String() string {
	if f == 0 || f >= fEnd {
		return fmt.Sprintf("f(%d)", uint8(f))
	}
	return fNames[f]
}

func (f F) known() bool    { return f > 0 && f < fEnd }
func (f F) reads() bool    { return f == Get || f == Read || f == Scan }
func (f F) oneRead() bool  { return f == Get || f == Read }
func (f F) oneWrite() bool { return f == Put || f == Write }

// Status is how an operation ended, as its client saw it.
type Status uint8

const (
	// Maybe: no answer, or none that settles it. The operation may take effect once, at any time after its call, or never.
	// It is the zero Status, because that is all that can be said of an operation that has not ended.
	Maybe Status = iota
	// OK: it took effect exactly once between its call and its return, and the outputs are what it saw.
	OK
	// Fail: it certainly took no effect, and never will; it tells nothing of the state. Only a proof allows it (refused
	// before it was proposed, aborted): a time-out is Maybe.
	Fail
	// Mismatch: a compare-and-set that was carried out and found another value than Expect. Out is that value, if the
	// answer named it; otherwise all that is known is that the state was not Expect.
	Mismatch
	statusEnd
)

// StatusCount bounds the statuses: every Status is below it.
const StatusCount = int(statusEnd)

var statusNames = [StatusCount]string{"maybe", "ok", "fail", "mismatch"}

// String returns the name that a history file has for s.
func (s Status) String() string {
	if s >= statusEnd {
		return fmt.Sprintf("status(%d)", uint8(s))
	}
	return statusNames[s]
}

// Never is the return time of an operation that never ended.
const Never int64 = math.MaxInt64

// Pair is one key and its value in the answer to a scan.
type Pair struct{ Key, Value string }

// An Op is one operation of one client.
//
// Operation a precedes operation b if a.Ret < b.Call: intervals are closed, so that operations which touch in one
// instant are concurrent. The unit of time is the recorder's: an event counter or nanoseconds, as long as it is one
// clock for the whole history.
type Op struct {
	ID      int64  // unique in its history
	Client  string // a sequential process: at most one operation of it is open at a time
	Session string // the protocol's session, which may outlive a client; "" if there is none
	F       F
	Status  Status
	Key     string // Scan: the first key of the range
	To      string // Scan: the key after the last, "" for no end
	In      Value  // what Put, Write, Append and CAS bring
	Expect  Value  // what CAS compares with; Unset makes it create-if-absent
	// Out is what the operation saw. Get and Read: the value read; they must say it. CAS that mismatched: the value
	// found, if told. Append: the value that resulted, if told. Put, Write and Delete: the value that was replaced, if
	// told. Scan: nothing, see Pairs.
	Out   Value
	Pairs []Pair // what an OK Scan saw, in the order in which it was answered
	Call  int64  // when it was invoked: before its first effect could leave the client
	// Ret is when its client learnt how it ended, or, of a Maybe, when its client gave up (Never if it still waits). A
	// Maybe stays open beyond its Ret; see End.
	Ret int64
}

// End is the time after which the operation can no longer take effect: Ret, and Never for a Maybe.
func (o *Op) End() int64 {
	if o.Status == Maybe {
		return Never
	}
	return o.Ret
}

// String prints the operation on one line: "c2 get x → 1 [40,52] ok".
func (o *Op) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", o.Client, o.Act())
	if o.Ret == Never {
		fmt.Fprintf(&b, " [%d,…] %s", o.Call, o.Status)
	} else {
		fmt.Fprintf(&b, " [%d,%d] %s", o.Call, o.Ret, o.Status)
	}
	return b.String()
}

// Act says what the operation does, without who and when: "put k1=7".
func (o *Op) Act() string {
	var b strings.Builder
	b.WriteString(o.F.String())
	b.WriteByte(' ')
	switch o.F {
	case Scan:
		fmt.Fprintf(&b, "[%s,%s)", o.Key, o.To)
		if o.Status == OK {
			fmt.Fprintf(&b, " → {%s}", pairsText(o.Pairs))
		}
		return b.String()
	case Put, Write:
		fmt.Fprintf(&b, "%s=%s", keyText(o.Key), o.In)
	case Append:
		fmt.Fprintf(&b, "%s+=%s", keyText(o.Key), o.In)
	case CAS:
		fmt.Fprintf(&b, "%s %s⇒%s", keyText(o.Key), o.Expect, o.In)
	default:
		b.WriteString(keyText(o.Key))
	}
	if o.Out.Said() {
		fmt.Fprintf(&b, " → %s", o.Out)
	}
	return b.String()
}

func keyText(k string) string {
	if k == "" {
		return "register"
	}
	return printable(k)
}

func pairsText(pairs []Pair) string {
	var b strings.Builder
	for i, p := range pairs {
		if i == 8 {
			fmt.Fprintf(&b, " … %d more", len(pairs)-i)
			break
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%s=%s", keyText(p.Key), printable(p.Value))
	}
	return b.String()
}
