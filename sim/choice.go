package sim

import (
	"fmt"
	"math/bits"
	"strconv"

	"orrery/trace"
)

// This file is the one door through which all entropy comes. A draw is a
// function of the seed, the stream that it belongs to and the identity of what it
// decides, never of how many draws came before: so leaving out a fault, an
// operation or a message leaves every other draw as it was.

// stream names a sequence of draws: "net/n1→n2", "disk/n3", "sched".
type stream struct {
	key      uint64   // hash of the whole name
	name     string   // all of it, or the part before the machines
	from, to *Machine // nil if the name has none
}

// newStream returns the stream with a fixed name.
func newStream(name string) stream {
	return stream{key: trace.Bytes([]byte(name)), name: name}
}

// machineStream names a stream of one machine, as in "disk/n3". The whole name is put
// together on the stack; it costs no allocation unless somebody asks for it.
func machineStream(family string, m *Machine) stream {
	var room [64]byte
	b := append(append(append(room[:0], family...), '/'), m.id...)
	return stream{key: trace.Bytes(b), name: family, from: m}
}

// linkStream names a stream of one direction of a link, as in "net/n1→n2".
func linkStream(family string, from, to *Machine) stream {
	var room [96]byte
	b := append(append(append(room[:0], family...), '/'), from.id...)
	b = append(append(b, "→"...), to.id...)
	return stream{key: trace.Bytes(b), name: family, from: from, to: to}
}

// String makes the whole name. It is called only for people and files.
func (s *stream) String() string {
	switch {
	case s.from == nil:
		return s.name
	case s.to == nil:
		return s.name + "/" + string(s.from.id)
	default:
		return s.name + "/" + string(s.from.id) + "→" + string(s.to.id)
	}
}

// Point is one decision: which stream asks, about what, among how many values.
type Point struct {
	Stream string // "net/n1→n2"
	ID     uint64 // the identity of what is decided, stable under changes elsewhere
	N      uint64 // the value is in [0, N); 0 stands for all 64 bits. Value 0 is the benign one
}

// Source answers draws. It is how strategies, tapes and shrinkers steer a run; the
// zero Config draws from the seed alone. Choose receives the value that the
// seed gives and returns the value to use; one that is not below N counts as 0.
// A Source is used by one universe, and must itself be deterministic.
type Source interface {
	Choose(p Point, seeded uint64) uint64
}

// Override pins one draw to a value.
type Override struct {
	Stream string `json:"stream"`
	ID     DrawID `json:"id"`
	Value  uint64 `json:"value"`
}

// DrawID is the identity of a draw; as text it is 16 hexadecimal digits, because
// JSON's numbers cannot hold it.
type DrawID uint64

// String prints the identity as 16 hexadecimal digits.
func (d DrawID) String() string { return fmt.Sprintf("%016x", uint64(d)) }

// MarshalText is String.
func (d DrawID) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what String prints.
func (d *DrawID) UnmarshalText(p []byte) error {
	v, err := strconv.ParseUint(string(p), 16, 64)
	if err != nil {
		return fmt.Errorf("draw identity %q: want up to 16 hexadecimal digits", p)
	}
	*d = DrawID(v)
	return nil
}

// Draw is a decision that was made, for a recording of a run's choices.
type Draw struct {
	Point
	Seq   uint64 // the event during which it was made
	Value uint64
}

// Fork tells a universe to go on with other choices from some event on: draws
// made after event At come from Seed instead. It is how "what if, from here?" is asked.
type Fork struct {
	At   uint64 `json:"at"`
	Seed uint64 `json:"seed"`
}

type drawKey struct{ stream, id uint64 }

// entropy is where draws come from.
type entropy struct {
	key       uint64 // from the seed
	forkAt    uint64 // draws after this event use forkKey; 0 means never
	forkKey   uint64
	source    Source
	overrides map[drawKey]uint64
	recorded  *[]Draw
	special   bool // any of source, overrides, recorded is set
}

func newEntropy(cfg *Config) entropy {
	e := entropy{key: seedKey(cfg.Seed), source: cfg.Source, recorded: cfg.RecordDraws}
	if cfg.Fork != nil {
		e.forkAt, e.forkKey = cfg.Fork.At, seedKey(cfg.Fork.Seed)
	}
	if len(cfg.Overrides) > 0 {
		e.overrides = make(map[drawKey]uint64, len(cfg.Overrides))
		for _, o := range cfg.Overrides {
			e.overrides[drawKey{trace.Bytes([]byte(o.Stream)), uint64(o.ID)}] = o.Value
		}
	}
	e.special = e.source != nil || e.overrides != nil || e.recorded != nil
	return e
}

// seedKey spreads a seed over 64 bits, so that neighbouring seeds have nothing in common.
func seedKey(seed uint64) uint64 {
	return trace.Mix(trace.Mix(seed, 0x9e3779b97f4a7c15), 0x2545f4914f6cdd1d)
}

// draw returns a number in [0, n), or any 64 bits if n is 0.
func (u *Universe) draw(s *stream, id, n uint64) uint64 {
	e := &u.entropy
	key := e.key
	if e.forkAt != 0 && u.seq > e.forkAt {
		key = e.forkKey
	}
	v := trace.Mix(key^s.key, id)
	if n != 0 {
		v, _ = bits.Mul64(v, n)
	}
	if e.special {
		v = u.drawSpecially(s, id, n, v)
	}
	return v
}

// drawSpecially is the slow road: a pinned value first, then the source; and the
// recording sees what came of it.
func (u *Universe) drawSpecially(s *stream, id, n, v uint64) uint64 {
	e := &u.entropy
	p := Point{Stream: s.String(), ID: id, N: n}
	if pinned, ok := e.overrides[drawKey{s.key, id}]; ok {
		v = pinned
	} else if e.source != nil {
		v = e.source.Choose(p, v)
	}
	if n != 0 && v >= n {
		v = 0
	}
	if e.recorded != nil {
		*e.recorded = append(*e.recorded, Draw{Point: p, Seq: u.seq, Value: v})
	}
	return v
}

// PickStream is the stream of a Scheduler's picks. Unlike others, its draws have one answer for all
// seeds, 0: the event whose turn it is comes next.
const PickStream = "sched/next"

// Seeded is how a seed answers a draw if nobody steers. The picks of PickStream are no
// such draws.
func Seeded(seed uint64, p Point) uint64 {
	v := trace.Mix(seedKey(seed)^trace.Bytes([]byte(p.Stream)), p.ID)
	if p.N != 0 {
		v, _ = bits.Mul64(v, p.N)
	}
	return v
}

// chance draws whether something of a probability in parts per million happens.
// The benign value, 0, means that it does not.
func (u *Universe) chance(s *stream, id, ppm uint64) bool {
	return u.draw(s, id, million) >= million-ppm
}

const million = 1_000_000

// Draw is a draw for those who build scenarios: workloads, fault plans,
// configurations. stream should say who asks ("workload/c4"); id is the identity of
// what is decided. The result is in [0, n), or any 64 bits if n is 0.
func (u *Universe) Draw(streamName string, id, n uint64) uint64 {
	s := newStream(streamName)
	return u.draw(&s, id, n)
}

// site numbers tell apart the draws that are made about one thing.
const (
	siteDelay = iota + 1
	siteTie
	siteLoss
	siteDuplicate
	siteCorrupt
	siteCorruptWhere
	siteSync
	siteSyncFails
	siteTimer
	siteStage
	siteCrash
	siteSlowPair
	siteConn
	siteRand
	siteFault
)

// about is the identity of one decision about the thing id.
func about(id, site uint64) uint64 { return trace.Mix(id, site) }
