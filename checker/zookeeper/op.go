package zookeeper

import (
	"fmt"
	"io"
	"strings"

	"orrery/checker"
	"orrery/checker/guarantee"
)

// Kind is what an operation does.
type Kind uint8

// The operations of ZooKeeper's client protocol, as far as they matter here.
const (
	Create Kind = iota + 1
	Delete
	SetData
	CheckVersion // in a multi only
	Multi
	Exists
	GetData
	GetChildren
	Sync
	Close // of the session, by its client; in a log also by the ensemble
)

var kindNames = guarantee.Names{What: "operation", Of: []string{"none", "create", "delete", "set", "check", "multi", "exists", "get", "children", "sync", "close"}}

// String returns the name of k.
func (k Kind) String() string { return kindNames.String(uint8(k)) }

// MarshalText spells k as history files do.
func (k Kind) MarshalText() ([]byte, error) { return kindNames.Text(uint8(k)) }

// UnmarshalText reads what MarshalText wrote.
func (k *Kind) UnmarshalText(text []byte) error { return guarantee.ReadName(k, kindNames, text) }

// writes tells whether k makes a transaction.
func (k Kind) writes() bool { return k <= Multi || k == Close }

// AnyVersion is the version that matches every other.
const AnyVersion int32 = -1

// Codes of ZooKeeper's errors that the tree decides, and those that end a session. Others are taken as they come.
const (
	OK                      int32 = 0
	NoNode                  int32 = -101
	BadVersion              int32 = -103
	NoChildrenForEphemerals int32 = -108
	NodeExists              int32 = -110
	NotEmpty                int32 = -111
	SessionExpired          int32 = -112
)

var codeNames = map[int32]string{OK: "ok", NoNode: "NoNode", BadVersion: "BadVersion", NoChildrenForEphemerals: "NoChildrenForEphemerals",
	NodeExists: "NodeExists", NotEmpty: "NotEmpty", SessionExpired: "SessionExpired"}

func codeText(c int32) string {
	if s, ok := codeNames[c]; ok {
		return s
	}
	return fmt.Sprintf("code %d", c)
}

// A Stat is what ZooKeeper tells of a znode.
type Stat struct {
	Czxid          int64 `json:"czxid"`
	Mzxid          int64 `json:"mzxid"`
	Pzxid          int64 `json:"pzxid"`
	Version        int32 `json:"version"`
	Cversion       int32 `json:"cversion"` // creations and deletions of children
	EphemeralOwner int64 `json:"ephemeralOwner,omitempty"`
	NumChildren    int32 `json:"numChildren,omitempty"`
}

// An Op is one operation of a client, and its answer.
type Op struct {
	Session int64 `json:"session"`
	// Conn numbers the connections of the session from 0: answers of one connection come in the order of the requests.
	Conn int32 `json:"conn,omitempty"`
	Xid  int32 `json:"xid"` // numbers the requests of a session's client, growing
	Kind Kind  `json:"kind"`

	Path       string `json:"path,omitempty"`
	Data       string `json:"data,omitempty"`
	Version    int32  `json:"version"` // that a delete, set or check expects; AnyVersion for none
	Ephemeral  bool   `json:"ephemeral,omitempty"`
	Sequential bool   `json:"sequential,omitempty"`
	Watch      bool   `json:"watch,omitempty"` // of a read: it leaves a one-shot watch
	Subs       []Op   `json:"subs,omitempty"`  // of a multi

	// Status is checker.OK if there was an answer, whatever its code, checker.Maybe if the connection broke before it came,
	// and checker.Fail if the request certainly never left.
	Status   checker.Status `json:"status"`
	Code     int32          `json:"code,omitempty"`
	Zxid     int64          `json:"zxid,omitempty"`    // of the answer's header; 0 if it was not recorded
	Created  string         `json:"created,omitempty"` // the path that a create made
	Got      string         `json:"got,omitempty"`     // the data that GetData read
	Children []string       `json:"children,omitempty"`
	Stat     *Stat          `json:"stat,omitempty"`
	Invoke   int64          `json:"invoke"`
	Return   int64          `json:"return"`
}

// String prints the operation on one line.
func (o *Op) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "session %#x: %s", o.Session, o.act())
	switch {
	case o.Status != checker.OK:
		fmt.Fprintf(&b, " → %s", o.Status)
	case o.Code != OK:
		fmt.Fprintf(&b, " → %s", codeText(o.Code))
	case o.Kind == GetData:
		fmt.Fprintf(&b, " → %q", o.Got)
	case o.Kind == GetChildren:
		fmt.Fprintf(&b, " → %v", o.Children)
	case o.Created != "":
		fmt.Fprintf(&b, " → %s", o.Created)
	}
	if o.Stat != nil {
		fmt.Fprintf(&b, " v%d", o.Stat.Version)
	}
	if o.Zxid != 0 {
		fmt.Fprintf(&b, " @%#x", o.Zxid)
	}
	ret := "…"
	if o.Return != checker.Never {
		ret = fmt.Sprint(o.Return)
	}
	fmt.Fprintf(&b, " [%d,%s]", o.Invoke, ret)
	return b.String()
}

// act says what the operation asks for.
func (o *Op) act() string {
	switch o.Kind {
	case Multi:
		parts := make([]string, len(o.Subs))
		for i := range o.Subs {
			parts[i] = o.Subs[i].act()
		}
		return "multi {" + strings.Join(parts, "; ") + "}"
	case Create, SetData:
		return fmt.Sprintf("%s %s=%q", o.Kind, o.Path, o.Data)
	case Close:
		return "close"
	}
	return fmt.Sprintf("%s %s", o.Kind, o.Path)
}

// EventType is the type of a watch event, as the wire protocol numbers them.
type EventType int32

// The events of one-shot watches.
const (
	NodeCreated         EventType = 1
	NodeDeleted         EventType = 2
	NodeDataChanged     EventType = 3
	NodeChildrenChanged EventType = 4
)

var eventNames = [...]string{"event 0", "NodeCreated", "NodeDeleted", "NodeDataChanged", "NodeChildrenChanged"}

// String returns ZooKeeper's name of the event.
func (t EventType) String() string {
	if t < 0 || int(t) >= len(eventNames) {
		return fmt.Sprintf("event %d", int32(t))
	}
	return eventNames[t]
}

// An Event is a watch event that reached a client.
type Event struct {
	Session int64     `json:"session"`
	Conn    int32     `json:"conn,omitempty"`
	Type    EventType `json:"type"`
	Path    string    `json:"path"`
	At      int64     `json:"at"` // when it arrived, on the clock of the operations
}

// A Txn is one committed transaction, as the ensemble logged it. Session and Xid name the request that it came from.
// The zxids of a log grow; failed requests may be in it, with the kind 0.
type Txn struct {
	Zxid      int64  `json:"zxid"`
	Session   int64  `json:"session"`
	Xid       int32  `json:"xid"`
	Kind      Kind   `json:"kind,omitempty"`
	Path      string `json:"path,omitempty"` // of a create, the path that was made
	Data      string `json:"data,omitempty"`
	Ephemeral bool   `json:"ephemeral,omitempty"`
	Subs      []Txn  `json:"subs,omitempty"`
}

// A History is what clients saw, and, if it is known, what the ensemble committed.
type History struct {
	Ops    []Op
	Events []Event
	// Log is all transactions that were committed while the history ran, or nil.
	Log []Txn
}

// A line of a history file is one of these.
type line struct {
	Op    *Op    `json:"op,omitempty"`
	Event *Event `json:"event,omitempty"`
	Txn   *Txn   `json:"txn,omitempty"`
}

// Format is what the header of a history file has: see guarantee.ReadLines.
const Format = "orrery-zookeeper"

// ReadHistory reads a history from JSON lines, each {"op":{…}}, {"event":{…}} or {"txn":{…}}; file is what errors call it.
// The error is nil, one of r, or a *checker.SyntaxError.
func ReadHistory(r io.Reader, file string) (History, error) {
	var h History
	lines, err := guarantee.ReadLines[line](r, file, Format)
	for _, l := range lines {
		if l.Op != nil {
			h.Ops = append(h.Ops, *l.Op)
		}
		if l.Event != nil {
			h.Events = append(h.Events, *l.Event)
		}
		if l.Txn != nil {
			h.Log = append(h.Log, *l.Txn)
		}
	}
	return h, err
}

// WriteHistory writes a history as ReadHistory reads it.
func WriteHistory(w io.Writer, h History) error {
	lines := make([]line, 0, len(h.Ops)+len(h.Events)+len(h.Log))
	for i := range h.Ops {
		lines = append(lines, line{Op: &h.Ops[i]})
	}
	for i := range h.Events {
		lines = append(lines, line{Event: &h.Events[i]})
	}
	for i := range h.Log {
		lines = append(lines, line{Txn: &h.Log[i]})
	}
	return guarantee.WriteLines(w, Format, lines)
}
