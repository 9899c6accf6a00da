package checker

import (
	"errors"
	"strings"

	"orrery/internal/near"
)

// A Model is a sequential object: which operations it has, and what one client alone would see of it. The key of an
// operation names the object, and a history may have many, each judged apart; only the znode tree is one object whose
// keys are paths.
//
// Models are values and can be compared. What they share: an operation that failed never happened, and one without an
// answer may take effect once at any time after its call, or never; each model says what that means for it.
type Model struct {
	name    string
	object  object
	fs      [FCount]bool
	initial Value
}

// An object is the family of a model: what its state is made of.
type object uint8

const (
	ofMap object = iota // registers and key-value stores
	ofList
	ofLog
	ofSet
	ofQueue
	ofPriorityQueue
	ofStack
	ofCounter
	ofLock
	ofFencedLock
	ofLeaseLock
	ofZnodes
)

// The registers and the key-value store. Keys start out unset.
var (
	// Register is read and write, also under the names get and put.
	Register = newModel("register", ofMap, Read, Write, Get, Put)
	// CASRegister is Register with compare-and-set.
	CASRegister = newModel("cas-register", ofMap, Read, Write, Get, Put, CAS)
	// KV is get, put, append, compare-and-set, delete and scan; read and write are get and put.
	KV = newModel("kv", ofMap, Get, Put, Append, CAS, Delete, Scan, Read, Write)
)

// The collections. They start out empty.
var (
	// AppendList is a list that grows: append In, and read the whole as a List. An append may be told how long the list then
	// was. One without an answer shows in reads or does not: after a read that has it, every read has.
	AppendList = newModel("list", ofList, Append, Read, Get, Tail)
	// Log is a list with offsets, from 0: append In and be told its offset, read the record at an offset, ask how many
	// there are, or read them all. An append without an answer may stand at an offset for which nobody else is known.
	Log = newModel("log", ofLog, Append, ReadAt, Tail, Read)
	// Set is add, remove, contains, and read of all members in any order. Adding a member again changes nothing, so that an
	// add without an answer shows only if nobody else added the member.
	Set = newModel("set", ofSet, Add, Remove, Contains, Read, Get)
	// FIFOQueue is enqueue and dequeue, first in, first out. A dequeue without an answer may have taken an element, which
	// then nobody sees.
	FIFOQueue = newModel("queue", ofQueue, Enqueue, Dequeue)
	// PriorityQueue is a queue whose dequeue takes the smallest element: integers by size, and before all other strings,
	// which stand in the order of their bytes.
	PriorityQueue = newModel("priority-queue", ofPriorityQueue, Enqueue, Dequeue)
	// Stack is push and pop, last in, first out. A pop without an answer may have taken an element.
	Stack = newModel("stack", ofStack, Push, Pop)
	// Counter is incr by an integer, also under the name add, and read. It starts at 0, or where StartingAt says. An incr
	// without an answer counts once or not at all.
	Counter = newModel("counter", ofCounter, Incr, Add, Read, Get)
)

// The locks. They start out free. Their holder is the Session of an operation, or its Client if it has none: a session
// that comes back under another client still holds its lock. An acquire without an answer may have got the lock, and keeps
// it until its session releases it; a release without an answer may free it at any later time.
var (
	// Lock is acquire and release. An acquire is right only when the lock is free, also for its holder.
	Lock = newModel("lock", ofLock, Acquire, Release)
	// FencedLock is Lock whose acquire is told an integer greater than every one before: a fencing token. A release that
	// names a token must name that of its holder.
	FencedLock = newModel("fenced-lock", ofFencedLock, Acquire, Release)
	// LeaseLock is a lock that its holder may lose without knowing it, so that nothing is claimed about two clients that both
	// believe they hold it. What must hold: tokens grow from acquire to acquire, and the resource behind the lock, which
	// clients write with their token as Expect, takes no token smaller than one that it has taken; it says mismatch instead.
	LeaseLock = newModel("lease-lock", ofLeaseLock, Acquire, Release, Write)
)

// Znodes is ZooKeeper's tree: create, delete, setdata, getdata, exists and children, on absolute paths. The root exists.
// A create needs its parent, a delete needs that there are no children; setdata and delete may name a version in Expect,
// and one of -1 fits any. A znode is created with version 0, and each setdata adds one. An operation that was refused is a
// Mismatch and may say why in Out: "NoNode", "NodeExists", "BadVersion" or "NotEmpty". It is linearizability that is asked
// for: what ZooKeeper promises of reads is less.
var Znodes = newModel("znodes", ofZnodes, Create, Delete, SetData, GetData, Exists, Children)

func newModel(name string, of object, fs ...F) Model {
	m := Model{name: name, object: of, initial: Unset}
	for _, f := range fs {
		m.fs[f] = true
	}
	return m
}

// Name is the name under which ModelNamed finds the model.
func (m Model) Name() string {
	if m.initial.IsSet() {
		return m.name + ":" + m.initial.Text()
	}
	return m.name
}

// Accepts tells whether the model has the operation f.
func (m Model) Accepts(f F) bool { return f < fEnd && m.fs[f] }

// Floors is what a history of the model must have before Holds means anything: DefaultFloors, and of a lock that two asked
// for it.
func (m Model) Floors() Floors {
	f := DefaultFloors
	switch m.object {
	case ofLock, ofFencedLock, ofLeaseLock:
		f.Clients = 2
	}
	return f
}

// Initial is the value that every key has before the first operation.
func (m Model) Initial() Value { return m.initial }

// StartingAt returns the model with another initial value of every key: many histories begin at a register that is 0. A
// scan of keys that nobody ever named would then be endless, so only models without Scan are meant for it. Of the others
// only the counter can start anywhere; the rest start empty.
func (m Model) StartingAt(v Value) Model {
	if m.object != ofMap && m.object != ofCounter {
		return m
	}
	m.initial = v
	if v.IsSet() {
		m.fs[Scan] = false
	}
	return m
}

// Models returns the models by name, for lists and error messages.
func Models() []Model {
	return []Model{Register, CASRegister, KV, AppendList, Log, Set, FIFOQueue, PriorityQueue, Stack, Counter,
		Lock, FencedLock, LeaseLock, Znodes}
}

// otherNames are what else people call the models.
var otherNames = map[string]string{
	"append-list": "list", "fifo-queue": "queue", "fifo": "queue", "mutex": "lock", "fencing-lock": "fenced-lock",
	"znode": "znodes", "znode-tree": "znodes", "key-value": "kv", "pqueue": "priority-queue",
}

// ModelNamed returns the model called name. "register:0" is the register that starts at "0". The error for any other
// name is one line that has the near matches.
func ModelNamed(name string) (Model, error) {
	base, initial, starts := strings.Cut(name, ":")
	if usual, ok := otherNames[base]; ok {
		base = usual
	}
	for _, m := range Models() {
		if m.name != base {
			continue
		}
		if starts {
			m = m.StartingAt(Val(initial))
		}
		return m, nil
	}
	why := near.Unknown("model", base, modelNames())
	if !strings.Contains(why, ";") { // nothing is like it, and they are too many for near to list
		why += "; there are: " + strings.Join(modelNames(), ", ")
	}
	return Model{}, errors.New(why)
}

func modelNames() (names []string) {
	for _, m := range Models() {
		names = append(names, m.name)
	}
	return names
}

// defect says what an operation of the model has that cannot be judged, as History.Validate would say it.
func (m Model) defect(o *Op) (field, want string) {
	seen := o.Status == OK && o.Out.Said()
	switch {
	case o.Status == Mismatch && !m.mismatches(o.F):
		return "status", "ok, fail or maybe: " + o.F.String() + " of model " + m.Name() + " cannot mismatch"
	case seen && o.Out.IsList() != m.listed(o):
		if m.listed(o) {
			return "out", "a list"
		}
		return "out", "one value and no list"
	case o.F == Incr || m.object == ofCounter && o.F == Add:
		if o.In.Said() && !integral(o.In) {
			return "in", "an integer"
		}
		if o.Out.Said() && !integral(o.Out) {
			return "out", "an integer"
		}
	case m.object == ofCounter && seen && o.Out != Unset && !integral(o.Out):
		return "out", "an integer"
	}
	return m.tokenDefect(o)
}

// tokenDefect is defect for the integers of logs, locks and znodes.
func (m Model) tokenDefect(o *Op) (field, want string) {
	got := o.F == Acquire && o.Status == OK
	switch {
	case (m.object == ofFencedLock || m.object == ofLeaseLock) && got && !integral(o.Out):
		return "out", "the fencing token, an integer"
	case m.object == ofLeaseLock && o.F == Write && !integral(o.Expect):
		return "expect", "the fencing token, an integer"
	case m.object == ofFencedLock && o.F == Release && o.In.Said() && !integral(o.In):
		return "in", "the fencing token, an integer"
	case o.F == ReadAt && !integral(o.In):
		return "in", "an offset"
	case (o.F == Tail || m.object == ofLog && o.F == Append) && o.Status == OK && o.Out.Said() && !integral(o.Out):
		return "out", "an integer"
	case m.object == ofList && o.F == Append && o.Status == OK && o.Out.Said() && !integral(o.Out):
		return "out", "an integer: how long the list then was"
	case m.object == ofSet && !o.F.oneRead() && o.Status == OK && o.Out.Said() && o.Out != Val("true") && o.Out != Val("false"):
		return "out", "true or false"
	case m.object == ofZnodes && !isPath(o.Key):
		return "key", "an absolute path without an empty name, such as /a/b"
	case m.object == ofZnodes && o.Expect.Said() && !integral(o.Expect):
		return "expect", "a version, an integer"
	case m.object == ofZnodes && o.Key == "/" && (o.F == Create || o.F == Delete):
		return "key", "a path below the root"
	}
	return "", ""
}

// mismatches tells which operations the state of the model can refuse.
func (m Model) mismatches(f F) bool {
	switch m.object {
	case ofMap:
		return f == CAS
	case ofLock, ofFencedLock:
		return f == Acquire || f == Release
	case ofLeaseLock:
		return f == Write
	case ofZnodes:
		return f != Exists
	}
	return false
}

// listed tells whether the answer of o is a list.
func (m Model) listed(o *Op) bool {
	switch o.F {
	case Children:
		return true
	case Read, Get:
		return m.object == ofList || m.object == ofLog || m.object == ofSet
	case GetData:
		return o.Out.IsList() // both will do
	}
	return false
}

func isPath(s string) bool {
	return s == "/" || strings.HasPrefix(s, "/") && !strings.HasSuffix(s, "/") && !strings.Contains(s, "//")
}
