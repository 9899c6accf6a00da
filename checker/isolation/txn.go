package isolation

import (
	"fmt"
	"strconv"
	"strings"
)

// F is what a micro-operation does.
type F uint8

const (
	// FAppend puts an element at the end of a list.
	FAppend F = iota + 1
	// FRead reads a whole list.
	FRead
	// FWrite sets a register.
	FWrite
	// FReadReg reads a register.
	FReadReg
)

// lists tells whether f belongs to histories of lists; the others belong to those of registers.
func (f F) lists() bool { return f == FAppend || f == FRead }

// writes tells whether f makes a new version of its key.
func (f F) writes() bool { return f == FAppend || f == FWrite }

// A Mop is one micro-operation of a transaction. Elements and values are integers, each written to its key at most once
// in a history: that is what makes every read tell which write it saw.
type Mop struct {
	F    F
	Key  string
	Val  int64   // the element appended, or the value written or read
	List []int64 // FRead: what the list held, oldest first
	// Unset tells of FReadReg that nobody had written the key yet; it is a value, never a wildcard.
	Unset bool
}

// Append is the micro-operation that appends v to the list k.
func Append(k string, v int64) Mop { return Mop{F: FAppend, Key: k, Val: v} }

// Read is the micro-operation that read the list k and saw these elements.
func Read(k string, list ...int64) Mop { return Mop{F: FRead, Key: k, List: list} }

// Write is the micro-operation that sets the register k to v.
func Write(k string, v int64) Mop { return Mop{F: FWrite, Key: k, Val: v} }

// ReadReg is the micro-operation that read v from the register k.
func ReadReg(k string, v int64) Mop { return Mop{F: FReadReg, Key: k, Val: v} }

// ReadUnset is the micro-operation that read the register k and found it never written.
func ReadUnset(k string) Mop { return Mop{F: FReadReg, Key: k, Unset: true} }

// String prints the micro-operation as "append x 1", "r x [1 2]", "w x 1", "r x unset".
func (m Mop) String() string {
	switch m.F {
	case FAppend:
		return fmt.Sprintf("append %s %d", m.Key, m.Val)
	case FRead:
		return fmt.Sprintf("r %s %s", m.Key, listText(m.List))
	case FWrite:
		return fmt.Sprintf("w %s %d", m.Key, m.Val)
	}
	return fmt.Sprintf("r %s %s", m.Key, m.value())
}

func (m Mop) value() string {
	if m.Unset {
		return "unset"
	}
	return strconv.FormatInt(m.Val, 10)
}

// listText prints a list; of a long one only the end, where the news is.
func listText(list []int64) string {
	const most = 8
	if len(list) <= most {
		return fmt.Sprint(list)
	}
	return "[… " + strings.TrimPrefix(fmt.Sprint(list[len(list)-most:]), "[")
}

// Type is how a transaction ended.
type Type uint8

const (
	// OK: it committed, and its reads are known.
	OK Type = iota + 1
	// Fail: it certainly did not commit.
	Fail
	// Info: nobody knows. It may have committed, or commit at any later time; its reads say nothing.
	Info
)

var typeNames = [...]string{"none", "ok", "fail", "info"}

// String returns "ok", "fail" or "info", as files spell it.
func (t Type) String() string {
	if int(t) >= len(typeNames) {
		return fmt.Sprintf("type(%d)", uint8(t))
	}
	return typeNames[t]
}

// A Txn is one transaction as its client saw it.
type Txn struct {
	ID      int64 // names it in reports; unique in a history
	Process int64 // a client that runs one transaction at a time
	Type    Type
	Mops    []Mop
	// Invoke and Return are times on one clock, of any unit. One transaction precedes another in real time if its Return
	// is less than the other's Invoke. The Return of an Info is when its client gave up; the database need not have.
	Invoke, Return int64
	Line           int // where it stood in a file, from 1, or 0
}

// String prints the transaction on one line.
func (t *Txn) String() string {
	mops := make([]string, len(t.Mops))
	for i, m := range t.Mops {
		mops[i] = m.String()
	}
	return fmt.Sprintf("T%d %s by process %d at [%d,%d]: %s", t.ID, t.Type, t.Process, t.Invoke, t.Return, strings.Join(mops, ", "))
}
