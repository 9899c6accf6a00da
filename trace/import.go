package trace

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Imported is what could be read of a trace, whoever wrote it.
type Imported struct {
	Header   Header
	Events   []Event  // in the order of their times; lines of one time stay as they were
	Warnings []string // what was passed over or guessed, a sentence each
}

// Import reads a trace as far as it goes: one of this package that is of a newer version, was cut off
// or has kinds that are not known here; and any other file of JSON objects, one a line, that have
// a time, a machine and a kind. It takes, whichever comes first,
//
//	time      t, t_ns, time, ts, timestamp, at, and these with _ns, _us, _ms or _s behind
//	machine   n, node, host, machine, process, pid
//	kind      k, kind, event, type
//	other     p, peer, from, to, src, dst         name      name, label, mtype
//	number    seq                                 text      text, message, msg, detail
//	cause     c, cause                            message   m, mid, msg_id, message_id
//
// A time is RFC 3339, a duration such as "1.5s", or a number: with a unit in the field's name it is in
// that; else it is seconds if it has a fraction, and nanoseconds if not; but one that is as large as the
// present in seconds, milliseconds or microseconds since 1970 is in those. Times then count from the first.
// A send and a receipt that have one message's number are cause and effect. A kind that is unknown
// becomes a note of that name.
//
// The error is r's, or says that no line can be read as an event.
func Import(r io.Reader, file string) (*Imported, error) {
	in := &importer{out: &Imported{}, unknown: map[string]int{}, sent: map[string]uint64{}, file: file}
	lines := bufio.NewReaderSize(r, 64<<10)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		in.line++
		if trimmed := bytes.TrimSpace(line); len(trimmed) > 0 {
			in.take(trimmed, err == io.EOF)
		}
		if err == io.EOF {
			break
		}
	}
	return in.finish()
}

// importer is an import under way.
type importer struct {
	out     *Imported
	file    string
	line    int
	ours    bool              // the header is one of this package
	ended   bool              // the last line was read
	cut     bool              // the file ends in the middle of a line
	bad     int               // lines that are no event
	firstAt int               // of these, the first
	unknown map[string]int    // kinds, and how often
	sent    map[string]uint64 // the Seq of a send, by the message's number
	large   bool              // times are since 1970
	orderly bool              // an event says its number
}

// take reads one line.
func (in *importer) take(line []byte, last bool) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(line, &fields) != nil || fields == nil {
		if last {
			in.cut = true
			return
		}
		in.reject()
		return
	}
	if _, is := fields["end"]; is && len(fields) == 1 && in.ours {
		in.ended = true
		return
	}
	if textOf(fields, "orrery") == "trace" && len(in.out.Events) == 0 {
		in.header(fields)
		return
	}
	e, ok := in.event(fields)
	if !ok {
		in.reject()
		return
	}
	in.out.Events = append(in.out.Events, e)
}

func (in *importer) reject() {
	if in.bad++; in.bad == 1 {
		in.firstAt = in.line
	}
}

func (in *importer) header(fields map[string]json.RawMessage) {
	in.ours = true
	h := &in.out.Header
	h.Version = int(numberOf(fields, "version"))
	h.Scenario, h.Hash, h.Property = textOf(fields, "scenario"), textOf(fields, "hash"), textOf(fields, "property")
	h.Seed, _ = strconv.ParseUint(string(fields["seed"]), 10, 64)
	_ = json.Unmarshal(fields["meta"], &h.Meta) // what is no object of strings is nothing that we know
	if h.Version > Version {
		in.warn("The trace is of version %d, and this program knows versions up to %d: what is new in it is not shown.", h.Version, Version)
	}
}

func (in *importer) warn(format string, args ...any) {
	in.out.Warnings = append(in.out.Warnings, fmt.Sprintf(format, args...))
}

// event reads one event; ok is false if it has no time, or neither machine nor kind.
func (in *importer) event(f map[string]json.RawMessage) (e Event, ok bool) {
	at, timed := in.time(f)
	kind := strings.ToLower(textOf(f, "k", "kind", "event", "type"))
	e = Event{
		At: at, Node: textOf(f, "n", "node", "host", "machine", "process", "pid"), Peer: textOf(f, "p", "peer", "from", "src", "to", "dst"),
		Seq: uint64(numberOf(f, "seq")), Sub: uint32(numberOf(f, "sub")), CauseSeq: uint64(numberOf(f, "c", "cause")),
		Name: textOf(f, "name", "label", "mtype"), Text: textOf(f, "text", "message", "msg", "detail"), File: textOf(f, "file"),
		Off: numberOf(f, "off"), Len: numberOf(f, "len"), State: textOf(f, "d"), Incarnation: uint32(numberOf(f, "inc")),
	}
	if !timed && !in.ours || kind == "" && e.Node == "" {
		return e, false
	}
	if in.ours {
		_ = json.Unmarshal(f["b"], &e.Payload) // the bytes of a message, if they are what they should be
		if e.ID, _ = strconv.ParseUint(textOf(f, "id"), 16, 64); f["lt"] != nil {
			e.Local = time.Duration(numberOf(f, "lt"))
		} else if e.Node != "" {
			e.Local = at
		}
	} else {
		e.Local = at
	}
	in.orderly = in.orderly || e.Seq != 0
	if !in.orderly {
		e.Seq = uint64(in.line)
	}
	in.kind(&e, kind)
	if e.Peer == e.Node && !in.ours {
		e.Peer = in.other(f, e.Node)
	}
	in.match(&e, textOf(f, "m", "mid", "msg_id", "message_id"))
	return e, true
}

// other is the machine among the fields that is not this one: of a send it is the target, of a receipt the source.
func (in *importer) other(f map[string]json.RawMessage, self string) string {
	for _, name := range []string{"peer", "to", "dst", "from", "src"} {
		if s := textOf(f, name); s != "" && s != self {
			return s
		}
	}
	return ""
}

// synonyms are what others call the kinds.
var synonyms = map[string]Kind{
	"start": Boot, "restart": Boot, "recv": Deliver, "receive": Deliver, "received": Received, "dropped": Drop, "lost": Drop,
	"timer": Fire, "timeout": Fire, "kill": Crash, "stop": Crash, "log": Note, "info": Note, "append": Write, "fsync": Synced,
	"ok": Return, "fail": Return, "complete": Return, "fault": FaultOn, "heal": FaultOff, "error": Note,
}

func (in *importer) kind(e *Event, name string) {
	k, known := KindNamed(name)
	if !known && !in.ours {
		k, known = synonyms[name]
	}
	if !known {
		k = Note
		in.unknown[name]++
		e.Name = join(name, e.Name)
	}
	e.Kind = k
}

// match makes of a message's number the cause of its receipt.
func (in *importer) match(e *Event, id string) {
	if id == "" || in.ours {
		return
	}
	switch e.Kind {
	case Send:
		in.sent[id] = e.Seq
	case Deliver, Received, Drop:
		if from, known := in.sent[id]; known && e.CauseSeq == 0 {
			e.CauseSeq = from
		}
	}
}

// finish puts the events in order, counts times from the first, and says what was odd.
func (in *importer) finish() (*Imported, error) {
	out := in.out
	if len(out.Events) == 0 {
		return nil, fmt.Errorf(`%s: want JSON objects, one a line, that have a time, a machine and a kind, such as {"t":0,"n":"n1","k":"boot"}`, in.file)
	}
	if !in.ours {
		slices.SortStableFunc(out.Events, func(a, b Event) int { return int(min(1, max(-1, a.At-b.At))) })
		if in.large || out.Events[0].At < 0 {
			for i, first := 0, out.Events[0].At; i < len(out.Events); i++ {
				out.Events[i].At -= first
				out.Events[i].Local -= first
			}
		}
	}
	if in.cut {
		in.warn("The trace is cut off in the middle of line %d: what stands before is shown.", in.line)
	} else if in.ours && !in.ended {
		in.warn("The trace is cut off after %d events: its last line is missing.", len(out.Events))
	}
	if in.bad > 0 {
		in.warn("%d of %d lines are no events and are passed over; the first is line %d.", in.bad, in.line, in.firstAt)
	}
	if in.ours && len(in.unknown) > 0 {
		var names []string
		for name, n := range in.unknown {
			names = append(names, fmt.Sprintf("%s (%d)", named(name, "without a name"), n))
		}
		slices.Sort(names)
		in.warn("Kinds of event that this program does not know are shown as notes: %s.", strings.Join(names, ", "))
	}
	return out, nil
}
