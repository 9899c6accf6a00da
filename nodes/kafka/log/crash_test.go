package log_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/record"
	"orrery/sim/vdisk"
)

// unit is a batch, as the naive model has it.
type unit struct {
	first, next int64
	epoch       int32
	text        string
}

// history is a log: a list of batches. What is deleted stays in the list: until it is durable it may come back.
type history struct {
	base  int64 // nothing was ever before
	start int64 // log start offset
	units []unit
}

func (h *history) end() int64 {
	if n := len(h.units); n > 0 {
		return max(h.start, h.units[n-1].next)
	}
	return max(h.start, h.base)
}

func (h *history) clone() *history {
	c := *h
	c.units = slices.Clone(h.units)
	return &c
}

func (h *history) cut(end int64) {
	for len(h.units) > 0 && h.units[len(h.units)-1].next > end {
		h.units = h.units[:len(h.units)-1]
	}
}

// between are the batches that a log with this start and end has.
func (h *history) between(start, end int64) (out []unit) {
	for _, u := range h.units {
		if u.next > start && u.next <= end {
			out = append(out, u)
		}
	}
	return out
}

// outcome is a history of which a crash may leave a beginning, up to this offset at least.
type outcome struct {
	h     *history
	least int64
}

// life is a broker that does what may be asked of a log, and dies again and again. It knows what each of its incarnations
// may find.
type life struct {
	t       require.TestingT
	draw    func(n int) int
	b       *broker
	l       *log.Log
	cur     *history
	flushed int64
	past    []outcome // that a loss of power may bring back
	cutTo   int64     // a truncation under way; -1 if there is none
	anew    bool      // and it is a full one
	epoch   int32
	ms      int
	seqs    map[int64]int32
	open    map[int64]bool
	marks   map[string]int
}

func newLife(t require.TestingT, draw func(n int) int) *life {
	c := log.Config{SegmentBytes: 300, IndexInterval: 1 + 100*draw(2), RetentionTime: -1}
	b, l := fresh(t, c, log.Quirks{})
	return &life{t: t, draw: draw, b: b, l: l, cur: &history{}, cutTo: -1, epoch: 1, marks: map[string]int{},
		seqs: map[int64]int32{}, open: map[int64]bool{}}
}

// append appends a batch of one of the producers, or a marker.
func (v *life) append() {
	v.ms++
	id := int64(v.draw(3))
	txn := id == 2
	var p []byte
	switch {
	case txn && v.open[id] && v.draw(2) == 0:
		p = marker(id, 0, record.ControlType(v.draw(2)), 1, v.ms)
	case id == 0:
		p = plain(v.ms, fmt.Sprintf("k%d=%d", v.draw(3), v.ms), "x=y")
	default:
		p = from(id, 0, v.seqs[id], txn, v.ms, fmt.Sprintf("k%d=%d", v.draw(3), v.ms))
	}
	who := log.Client
	if record.Batch(p).Control() {
		who = log.Coordinator
	}
	first := v.l.EndOffset()
	// The model has it before the call: a process that is killed in the call may have written it.
	record.Batch(p).Assign(first, v.epoch)
	v.cur.units = append(v.cur.units, unit{first, record.Batch(p).NextOffset(), v.epoch, strings.Join(records(v.t, p, 0), " ")})
	a, err := v.l.AppendAsLeader(v.b.d, at(v.ms), p, v.epoch, who, 0)
	require.NoError(v.t, err)
	require.Equal(v.t, first, a.First)
	v.learnProducers()
}

// learnProducers takes the producers' next sequences from the log, as a client that asks would.
func (v *life) learnProducers() {
	clear(v.seqs)
	clear(v.open)
	for _, p := range v.l.Producers() {
		v.seqs[p.ID] = p.LastSequence + 1
		v.open[p.ID] = p.TxnStart >= 0
	}
}

// truncate cuts the log at a batch, not below the high watermark.
func (v *life) truncate() {
	to := v.l.EndOffset()
	if n := len(v.cur.units); n > 0 {
		to = v.cur.units[v.draw(n)].first
	}
	if to < v.l.HighWatermark() || to >= v.l.EndOffset() || to < v.l.StartOffset() {
		return
	}
	v.past = append(v.past, outcome{v.cur.clone(), min(v.flushed, to)})
	v.cutTo, v.flushed = to, min(v.flushed, to)
	v.epoch++ // who truncates follows another leader
	done, err := v.l.TruncateTo(v.b.d, to)
	require.NoError(v.t, err)
	if done {
		v.truncated(to)
	}
}

func (v *life) restart() {
	// At its own end it would be no more than a deletion of all records, after which the log goes on: that the log start then is back
	// where it was is no other history.
	to := v.l.EndOffset() + 1 + int64(v.draw(4))
	v.past = append(v.past, outcome{v.cur.clone(), v.flushed})
	v.cutTo, v.anew = to, true
	v.startsAt(to)
	v.epoch++
	done, err := v.l.TruncateFullyAndStartAt(v.b.d, at(v.ms), to)
	require.NoError(v.t, err)
	if done {
		v.truncated(to)
	}
}

func (v *life) truncated(to int64) {
	if v.anew {
		v.cur = &history{base: to, start: to}
		v.flushed = to
	} else {
		v.cur.cut(to)
	}
	require.Equal(v.t, v.cur.end(), v.l.EndOffset())
	v.cutTo, v.anew = -1, false
	v.learnProducers()
}

// events takes what has come to pass.
func (v *life) events() {
	for _, e := range v.b.Events() {
		v.marks[e.Kind.String()]++
		switch e.Kind {
		case log.Truncated:
			if v.cutTo >= 0 {
				v.truncated(v.cutTo)
			} else {
				v.marks["truncation finished by the next process"]++
			}
		case log.Flushed:
			if v.cutTo >= 0 && !v.anew {
				e.Offset = min(e.Offset, v.cutTo) // the truncation that waits will take the rest back
			}
			v.flushed = max(v.flushed, e.Offset)
			v.past = slices.DeleteFunc(v.past, func(o outcome) bool {
				if v.flushed <= v.cur.base {
					return false // nothing was written that could take the place of what was there before
				}
				return o.h.end() < v.flushed || o.h.base != v.cur.base || !slices.Equal(o.h.between(0, v.flushed), v.cur.between(0, v.flushed))
			})
			for i := range v.past {
				if v.flushed > v.cur.base {
					v.past[i].least = max(v.past[i].least, v.flushed)
				}
			}
		}
	}
}

// startsAt lets histories that come back begin at a later start: that is durable by itself, and not a part of them.
func (v *life) startsAt(to int64) {
	for _, o := range v.past {
		if o.h.base <= to {
			o.h.start = max(o.h.start, min(to, o.h.end()))
		}
	}
}

// step does one thing.
func (v *life) step() {
	d := v.b.d
	if len(d.syncs) > 0 && v.draw(3) > 0 || v.l.Busy() {
		if len(d.syncs) > 0 {
			require.NoError(v.t, d.end(v.b.Manager, v.draw(len(d.syncs))))
		}
		return
	}
	switch v.draw(16) {
	case 0:
		require.NoError(v.t, v.l.Flush(d))
	case 1:
		require.NoError(v.t, v.l.Roll(d, at(v.ms)))
	case 2, 3:
		v.truncate()
	case 4:
		if v.draw(3) == 0 {
			v.restart()
		}
	case 5:
		require.NoError(v.t, v.b.Checkpoint(d))
	case 6:
		v.l.SetHighWatermark(v.l.HighWatermark() + int64(v.draw(4)))
	case 7:
		to := min(v.l.HighWatermark(), v.l.StartOffset()+int64(v.draw(4)))
		v.cur.start = max(v.cur.start, to)
		v.startsAt(to)
		_, err := v.l.DeleteRecords(d, at(v.ms), to)
		require.NoError(v.t, err)
	default:
		v.append()
	}
}

// die kills the process or the machine, and starts again; with a budget the new process dies too while it recovers.
func (v *life) die() {
	mode := []vdisk.CrashMode{vdisk.LoseNothing, vdisk.LoseUnsynced, vdisk.LoseSuffix, vdisk.LoseSubset, vdisk.Torn}[v.draw(5)]
	if v.cutTo >= 0 && v.anew {
		v.past = append(v.past, outcome{&history{base: v.cutTo, start: v.cutTo}, v.cutTo})
	}
	kill := mode == vdisk.LoseNothing
	all := append(slices.Clone(v.past), outcome{v.cur, v.flushed})
	var report log.Report
	for again := true; again; {
		v.b.d.crash(mode, func(n uint64) uint64 { return uint64(v.draw(int(min(n, 1<<30)))) })
		if v.draw(4) == 0 {
			v.b.d.changes = v.draw(12)
		}
		again = !v.survives(func() { v.b, report = open(v.t, v.b.d, v.b.opt) })
	}
	v.b.d.changes = -1
	v.l = v.b.Log(tp)
	require.NotNil(v.t, v.l, "a crash must never keep a log from being loaded: %v", report.Failed)
	v.marks[mode.String()]++
	v.check(all, kill)
	v.events()
}

// survives runs f and tells whether the process lived through it.
func (v *life) survives(f func()) (ok bool) {
	defer func() {
		if e := recover(); e != nil {
			if e != any(killed) {
				panic(e)
			}
			v.marks["killed inside"]++
		}
	}()
	f()
	return true
}

// check holds what is found against what may be.
func (v *life) check(all []outcome, kill bool) {
	start, end := v.l.StartOffset(), v.l.EndOffset()
	found := v.found(start, end)
	for _, o := range slices.Backward(all) {
		if end > o.h.end() || end < min(o.least, o.h.end()) && end > o.h.start || start < o.h.base || start > max(o.h.start, o.h.base) {
			continue
		}
		if !slices.Equal(found, o.h.between(start, end)) {
			continue
		}
		if end < o.h.end() {
			v.marks["lost"]++
		}
		v.cur = o.h.clone()
		v.cur.cut(end)
		v.cur.start = start
		v.past = all
		v.flushed = min(o.least, end)
		if !kill {
			v.past, v.flushed = nil, end
		}
		v.cutTo, v.anew = -1, false
		v.ms++
		v.epoch++
		v.learnProducers()
		v.consistent(found)
		return
	}
	var may []string
	for _, o := range all {
		may = append(may, fmt.Sprintf("from %d, at least to %d of: %v", o.h.start, o.least, o.h.units))
	}
	require.Fail(v.t, "lost", "found [%d,%d) %v\n%s", start, end, found, strings.Join(may, "\n"))
}

// found reads the log as a follower does.
func (v *life) found(start, end int64) (out []unit) {
	for at := start; at < end; {
		f, err := v.l.Read(v.b.d, nil, at, 500, true, log.LogEnd)
		require.NoError(v.t, err)
		require.NotEmpty(v.t, f.Records, "a hole at %d", at)
		for p := f.Records; len(p) > 0; {
			var x record.Batch
			x, p, _ = record.Next(p)
			out = append(out, unit{x.BaseOffset(), x.NextOffset(), x.LeaderEpoch(), strings.Join(records(v.t, x, 0), " ")})
			at = x.NextOffset()
		}
	}
	return out
}

// consistent holds what the log says of itself against its batches (S10, S11, S14, S17).
func (v *life) consistent(found []unit) {
	l := v.l
	require.LessOrEqual(v.t, l.StartOffset(), l.HighWatermark())
	require.LessOrEqual(v.t, l.HighWatermark(), l.EndOffset())
	require.LessOrEqual(v.t, l.LastStableOffset(), l.HighWatermark())
	require.LessOrEqual(v.t, l.RecoveryPoint(), l.EndOffset())
	var want []log.EpochEntry
	for _, u := range found {
		if n := len(want); n == 0 || want[n-1].Epoch != u.epoch {
			want = append(want, log.EpochEntry{Epoch: u.epoch, Start: max(u.first, l.StartOffset())})
		}
	}
	got := slices.DeleteFunc(l.Epochs(), func(e log.EpochEntry) bool { return e.Start >= l.EndOffset() })
	require.True(v.t, slices.Equal(want, got), "epochs %v, not %v", got, want)
	for _, p := range l.Producers() {
		txn := int64(-1)
		for _, u := range found {
			switch {
			case p.ID == 2 && strings.Contains(u.text, "!"):
				txn = -1
			case p.ID == 2 && txn < 0 && v.isTxn(u):
				txn = u.first
			}
		}
		if l.StartOffset() == 0 {
			require.Equal(v.t, txn, p.TxnStart, "producer %d", p.ID)
		}
	}
}

// isTxn tells whether a unit was written by the transactional producer.
func (v *life) isTxn(u unit) bool {
	f, err := v.l.Read(v.b.d, nil, max(u.first, v.l.StartOffset()), 1, true, log.LogEnd)
	require.NoError(v.t, err)
	x, _, _ := record.Next(f.Records)
	return x.Transactional() && !x.Control()
}

// run lives for so many steps.
func (v *life) run(steps int) {
	for range steps {
		if v.draw(12) == 0 {
			v.b.d.changes = v.draw(6)
		}
		if ok := v.survives(func() { v.step(); v.events() }); !ok || v.draw(15) == 0 {
			v.b.d.changes = -1
			v.die()
		}
		v.b.d.changes = -1
	}
}

func TestWhateverACrashTakesTheLogIsABeginningOfWhatItWas(t *testing.T) {
	marks := map[string]int{}
	seeds := []uint64{290, 967, 2592} // a truncation or a torn tail that was not durable when the log went on
	for seed := range uint64(400) {
		seeds = append(seeds, seed)
	}
	for _, seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 7))
		v := newLife(t, r.IntN)
		v.marks = marks
		func() {
			defer func() {
				if t.Failed() {
					t.Logf("seed %d", seed)
				}
			}()
			v.run(150)
		}()
	}
	for _, m := range []string{"lost", "killed inside", "Truncated", "Flushed", "truncation finished by the next process"} {
		require.NotZero(t, marks[m], m)
	}
	t.Log(marks)
}

func TestTheLogAgreesWithAListOfBatches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := newLife(t, func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "n") })
		v.run(40)
		v.b.d.settle(t, v.b.Manager)
	})
}
