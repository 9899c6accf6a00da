package checker

import (
	"fmt"
	"math"
	"strings"
)

// F is what an operation does: its function, as Jepsen calls it.
type F uint8

// The functions that the models know; the arrow points at where the value goes. Get and Read are one operation under two
// names, and so are Put and Write: a key-value store speaks of the first, a register of the second. What a function does
// beyond that is for the model to say, which may have only some of them.
const (
	Get    F = iota + 1 // Key → Out
	Put                 // Key ← In
	Append              // Key ← the value of Key followed by In; an unset key counts as ""
	CAS                 // Key ← In, if it held Expect
	Delete              // Key ← unset
	Scan                // every set key in [Key, To) with its value, in key order → Pairs; To "" has no end
	Read                // Get of a register
	Write               // Put to a register

	Add      // In → the set; Out, if told: "true" if it was not in it. Of a counter: Incr
	Remove   // the set loses In; Out, if told: "true" if it was in it
	Contains // Out: "true" if In is in the set, and otherwise "false"
	Enqueue  // In → the queue
	Dequeue  // the queue → Out; Unset if it was empty
	Push     // In → the top of the stack
	Pop      // the top of the stack → Out; Unset if it was empty
	Incr     // the counter grows by In, an integer, by 1 if In is not said; Out, if told: what it then was
	Acquire  // the caller → the lock's holder; Out: the fencing token, where there is one
	Release  // the lock loses its holder, the caller; In, if said: the token that it gives back
	Create   // Key, a path, → a znode that holds In
	SetData  // In → the znode, if its version is Expect or Expect is not said; Out, if told: the new version
	GetData  // the znode's data → Out; with its version a List of the two
	Exists   // Out: the znode's version, or Unset if there is none; "true" if only that was told
	Children // Out: the List of the names of the znode's children, in any order
	ReadAt   // Out: the record at offset In of the log, Unset behind its end
	Tail     // Out: how many records the log has
	fEnd
)

// FCount bounds the functions: every F is below it.
const FCount = int(fEnd)

var fNames = [FCount]string{"", "get", "put", "append", "cas", "delete", "scan", "read", "write",
	"add", "remove", "contains", "enqueue", "dequeue", "push", "pop", "incr", "acquire", "release",
	"create", "setdata", "getdata", "exists", "children", "read-at", "tail"}

// String returns the name that a history file has for f.
func (f F) String() string {
	if f == 0 || f >= fEnd {
		return fmt.Sprintf("f(%d)", uint8(f))
	}
	return fNames[f]
}

func (f F) known() bool { return f > 0 && f < fEnd }

// reads tells of the functions that never change anything: one without an answer says nothing.
func (f F) reads() bool {
	switch f {
	case Get, Read, Scan, Contains, GetData, Exists, Children, ReadAt, Tail:
		return true
	}
	return false
}

func (f F) oneRead() bool  { return f == Get || f == Read }
func (f F) oneWrite() bool { return f == Put || f == Write }

// ofMap tells of the functions of registers and key-value stores.
func (f F) ofMap() bool { return f <= Write }

// brings tells whether an operation is not complete without In.
func (f F) brings() bool {
	switch f {
	case Put, Write, Append, CAS, Add, Remove, Contains, Enqueue, Push, ReadAt:
		return true
	}
	return false
}

// answers tells whether a success is not complete without Out.
func (f F) answers() bool {
	switch f {
	case Get, Read, Contains, Dequeue, Pop, GetData, Exists, Children, ReadAt, Tail:
		return true
	}
	return false
}

// canMismatch tells whether the state can make the operation fail, which then tells something of the state.
func (f F) canMismatch() bool {
	switch f {
	case CAS, Acquire, Release, Write, Create, Delete, SetData, GetData, Children:
		return true
	}
	return false
}

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
	// Mismatch: the operation was carried out and the state refused it, so that it changed nothing and yet saw something.
	// A compare-and-set found another value than Expect: Out is that value, if the answer named it; otherwise all that is
	// known is that the state was not Expect. An acquire found the lock held, a release found it not held by the caller,
	// a write was guarded by a token that was too old; a znode operation could not be done, and Out, if told, is why.
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
	Line    int32  // where its call is in the file that it was read from, from 1; 0 if it is from no file
	Key     string // Scan: the first key of the range
	To      string // Scan: the key after the last, "" for no end
	In      Value  // what Put, Write, Append and CAS bring
	Expect  Value  // what CAS compares with; Unset makes it create-if-absent. SetData, Delete: the version. Write: the token
	// Out is what the operation saw. Get and Read: the value read; they must say it. CAS that mismatched: the value
	// found, if told. Append: the value that resulted, if told. Put, Write and Delete: the value that was replaced, if
	// told. Scan: nothing, see Pairs. The other functions say themselves what they see.
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
	switch {
	case !o.F.ofMap(), o.Key == "" && (o.F == Append || o.Out.IsList()):
		o.actOnObject(&b)
	case o.F == Scan:
		fmt.Fprintf(&b, " [%s,%s)", o.Key, o.To)
		if o.Status == OK {
			fmt.Fprintf(&b, " → {%s}", pairsText(o.Pairs))
		}
		return b.String()
	case o.F.oneWrite():
		fmt.Fprintf(&b, " %s=%s", keyText(o.Key), o.In)
	case o.F == Append:
		fmt.Fprintf(&b, " %s+=%s", keyText(o.Key), o.In)
	case o.F == CAS:
		fmt.Fprintf(&b, " %s %s⇒%s", keyText(o.Key), o.Expect, o.In)
	default:
		b.WriteString(" " + keyText(o.Key))
	}
	if o.Expect.Said() && o.F != CAS {
		fmt.Fprintf(&b, " @%s", o.Expect)
	}
	if o.Out.Said() {
		fmt.Fprintf(&b, " → %s", o.Out)
	}
	return b.String()
}

func (o *Op) actOnObject(b *strings.Builder) {
	if o.Key != "" {
		b.WriteString(" " + printable(o.Key))
	}
	switch {
	case !o.In.Said():
	case o.F == Create || o.F == SetData:
		fmt.Fprintf(b, "=%s", o.In)
	default:
		fmt.Fprintf(b, " %s", o.In)
	}
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
