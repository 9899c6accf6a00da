package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/store"
	"orrery/sim/vdisk"
)

// life is a server that does what a peer may ask of a store, and dies again and again. It knows what each of
// its incarnations may find.
type life struct {
	t    require.TestingT
	r    *rand.Rand
	d    *disk
	s    *store.Store
	opt  store.Options
	h    *history // as the memory has it: all that was appended
	told int      // so many transactions of h were told to be durable
	past []outcome

	other    *history // the history of a SNAP that is being saved; nil if there is none
	truncTo  int      // a TRUNC under way keeps so many of h; -1 if there is none
	accepted [2]int64 // told, and asked for
	current  [2]int64
	marks    map[string]int // what has been reached
	n        int            // names of transactions
}

func newLife(t require.TestingT, seed uint64, q store.Quirks) *life {
	r := rand.New(rand.NewPCG(seed, 1))
	l := &life{t: t, r: r, d: newDisk(), h: &history{}, truncTo: -1, marks: map[string]int{}}
	l.opt.Quirks = q
	if r.IntN(2) == 0 {
		l.opt.PreAlloc = 2048
	}
	l.boot()
	return l
}

// boot starts an incarnation and holds what it finds against what it may.
func (l *life) boot() {
	h := &history{}
	s, found, err := store.Boot(l.d, l.opt, h)
	require.NoError(l.t, err, "a crash must never keep a server from starting: %s", files(l.t, l.d))
	l.checkHistory(h)
	require.Equal(l.t, h.last(), found.Zxid)
	require.GreaterOrEqual(l.t, s.AcceptedEpoch(), l.accepted[0])
	require.LessOrEqual(l.t, s.AcceptedEpoch(), l.accepted[1])
	require.GreaterOrEqual(l.t, s.CurrentEpoch(), l.current[0])
	require.LessOrEqual(l.t, s.CurrentEpoch(), max(l.current[1], proto.Epoch(h.last())))
	require.LessOrEqual(l.t, proto.Epoch(h.last()), s.CurrentEpoch())
	require.LessOrEqual(l.t, s.CurrentEpoch(), s.AcceptedEpoch())
	if found.Torn > 0 {
		l.marks["torn"]++
	}
	l.s, l.h, l.other, l.truncTo = s, h, nil, -1
	l.told = 0 // what was told is in past, until all that was found is durable
	l.accepted = [2]int64{l.accepted[0], max(s.AcceptedEpoch(), l.accepted[0])}
	l.current = [2]int64{l.current[0], s.CurrentEpoch()}
	if found.Empty {
		require.NoError(l.t, l.snapshot(h, false))
	}
}

// outcome is a history of which a crash may leave a beginning of at least so many transactions.
type outcome struct {
	h     *history
	least int
}

// outcomes are what a crash may leave now. Before the recovery has ended that includes all that a crash might have left
// before: what was found may be in the page cache alone.
func (l *life) outcomes() []outcome {
	out := slices.Clone(l.past)
	least := l.told
	if l.truncTo >= 0 {
		least = min(least, l.truncTo)
	}
	if o := l.other; o != nil {
		out = append(out, outcome{o, len(o.names)})
	}
	return append(out, outcome{l.h, least})
}

// checkHistory holds what is found against what a crash may leave.
func (l *life) checkHistory(h *history) {
	all, n := l.outcomes(), len(h.names)
	for _, o := range all {
		if n < o.least || n > len(o.h.names) || !slices.Equal(h.names, o.h.names[:n]) {
			continue
		}
		if l.past = all; o.h == l.other {
			l.marks["snap"]++
		} else if n < len(o.h.names) {
			l.marks["lost"]++
		}
		return
	}
	require.Fail(l.t, "lost", "found %v, of %v, told %d, trunc %d", h.names, l.h.names, l.told, l.truncTo)
}

// tellAll takes what has become durable.
func (l *life) tellAll() error {
	for _, e := range l.s.Events() {
		l.marks[e.Kind.String()]++
		switch e.Kind {
		case store.Recovered, store.LogDurable:
			if l.other == nil {
				l.told = max(l.told, l.count(e.Zxid))
			}
			if e.Kind == store.Recovered {
				l.past = nil
				l.accepted[0], l.current[0] = l.s.AcceptedEpoch(), l.s.CurrentEpoch()
			}
		case store.AcceptedEpoch:
			l.accepted[0] = e.Epoch
		case store.CurrentEpoch:
			l.current[0] = e.Epoch
		case store.SnapshotSaved:
			if l.other != nil && e.Zxid == l.other.last() {
				l.h, l.other = l.other, nil
				l.told = len(l.h.names)
			}
		case store.Truncated:
			l.h.cut(l.truncTo)
			l.told, l.truncTo = l.truncTo, -1
			again := &history{}
			if _, err := l.s.Load(l.d, again); err != nil {
				return err
			}
			require.True(l.t, slices.Equal(l.h.names, again.names), "%v, not %v", again.names, l.h.names)
		}
	}
	return nil
}

// count is how many transactions of the history are at or below the zxid.
func (l *life) count(zxid int64) int {
	n, _ := slices.BinarySearch(l.h.zxids, zxid+1)
	return n
}

func (l *life) snapshot(h *history, replace bool) error {
	if err := l.s.BeginSnapshot(h.walk(), replace); err != nil {
		require.ErrorIs(l.t, err, store.ErrBusy)
		return nil
	}
	if replace {
		l.other = h
	}
	for {
		done, err := l.s.StepSnapshot(l.d, 64, proto.ZxidDigest{Zxid: h.last(), DigestVersion: 2})
		if done || err != nil {
			return err
		}
	}
}

// step does one thing that a peer may do now.
func (l *life) step() error {
	if len(l.d.syncs) > 0 && l.r.IntN(3) > 0 {
		return l.endSync()
	}
	if l.truncTo >= 0 || l.other != nil {
		return l.endSync() // a peer waits for these
	}
	switch l.r.IntN(12) {
	case 0:
		l.s.Roll()
	case 1:
		return l.snapshot(l.h, false)
	case 2:
		return l.trunc()
	case 3:
		return l.snap()
	case 4:
		_, err := l.s.Purge(l.d, 1+l.r.IntN(3))
		return err
	case 5:
		return l.epoch()
	default:
		return l.append()
	}
	return nil
}

func (l *life) endSync() error {
	if len(l.d.syncs) == 0 {
		return nil
	}
	i := l.r.IntN(len(l.d.syncs))
	if l.r.IntN(60) > 0 {
		return l.d.end(l.s, i)
	}
	l.marks["failed sync"]++
	y := l.d.syncs[i]
	l.d.syncs = slices.Delete(l.d.syncs, i, i+1)
	l.d.FailSync(y.c)
	err := l.s.Synced(l.d, y.tag, errors.New("input/output error"))
	require.Error(l.t, err)
	return err
}

func (l *life) append() error {
	for range 1 + l.r.IntN(4) {
		z := max(l.h.last()+1, proto.MakeZxid(l.s.CurrentEpoch(), 1))
		l.s.Append(z, l.h.add(z, l.name(), l.r.IntN(900)), true)
	}
	return l.s.Flush(l.d)
}

func (l *life) name() string {
	l.n++
	return fmt.Sprintf("%d", l.n)
}

func (l *life) epoch() error {
	if l.accepted[0] != l.accepted[1] || l.current[0] != l.current[1] || !l.s.Idle() {
		return nil
	}
	if l.current[1] < l.accepted[1] {
		l.current[1] = l.accepted[1]
		return l.s.SetCurrentEpoch(l.d, l.current[1])
	}
	l.accepted[1]++
	return l.s.SetAcceptedEpoch(l.d, l.accepted[1])
}

func (l *life) trunc() error {
	if l.past != nil {
		return nil
	}
	to := l.r.IntN(len(l.h.names) + 1)
	zxid := int64(0)
	if to > 0 {
		zxid = l.h.zxids[to-1]
	}
	l.truncTo = to
	err := l.s.Truncate(l.d, zxid)
	if errors.Is(err, store.ErrCannotTruncate) { // it was purged
		l.truncTo = -1
		return nil
	}
	return err
}

// snap takes over another history: some of this one, and something else.
func (l *life) snap() error {
	if !l.s.Idle() {
		return nil
	}
	o := &history{}
	n := l.r.IntN(len(l.h.names) + 1)
	o.names, o.zxids, o.sizes = slices.Clone(l.h.names[:n]), slices.Clone(l.h.zxids[:n]), slices.Clone(l.h.sizes[:n])
	epoch := proto.Epoch(o.last())
	if l.r.IntN(2) == 0 && l.accepted[0] > epoch {
		epoch++
	}
	for range 1 + l.r.IntN(5) {
		o.add(max(o.last()+1, proto.MakeZxid(epoch, 1)), l.name(), l.r.IntN(300))
	}
	return l.snapshot(o, true)
}

// run lives until the process dies: at the given change of the disk, or of a failed sync.
func (l *life) run(steps, changes int) (died bool) {
	l.d.changes = changes
	defer func() {
		if r := recover(); r != nil {
			if r != any(killed) {
				panic(r)
			}
			died = true
		}
	}()
	for range steps {
		if l.step() != nil {
			return true
		}
		if err := l.tellAll(); err != nil {
			return true
		}
	}
	return false
}

var modes = []vdisk.CrashMode{vdisk.LoseNothing, vdisk.LoseUnsynced, vdisk.LoseSuffix, vdisk.LoseSubset, vdisk.Torn}

// live lives through 12 incarnations.
func (l *life) live() {
	for range 12 {
		l.run(40, 1+l.r.IntN(60))
		mode := modes[l.r.IntN(len(modes))]
		l.d.crash(mode, func(n uint64) uint64 { return l.r.Uint64N(n) })
		l.boot()
	}
}

func TestNoCrashTakesWhatWasToldOrPreventsTheStart(t *testing.T) {
	marks := map[string]int{}
	lives := 300
	if testing.Short() {
		lives = 60
	}
	for seed := range uint64(lives) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			l := newLife(t, seed, store.Quirks{})
			l.live()
			for k, n := range l.marks {
				marks[k] += n
			}
		})
	}
	for _, k := range []string{"torn", "lost", "snap", "failed sync", "Truncated", "SnapshotSaved", "CurrentEpoch", "Recovered"} {
		require.Positive(t, marks[k], "never reached: %s", k)
	}
}

// alarm is a require.TestingT that notices a failure and ends the life.
type alarm struct{ raised bool }

func (a *alarm) Errorf(string, ...any) { a.raised = true }
func (a *alarm) FailNow()              { panic(a) }

func TestTheLivesOfEachDefectEndBadly(t *testing.T) {
	for name, q := range map[string]store.Quirks{
		"trunc-off-by-one":           {TruncOffByOne: true},
		"trunc-no-reopen":            {TruncNoReopen: true},
		"trunc-keeps-newer-snapshot": {TruncKeepsNewerSnapshot: true},
		"snap-no-fsync":              {SnapNoFsync: true},
		"purge-one-too-many":         {PurgeOneTooMany: true},
		"epoch-mem-before-disk":      {EpochMemBeforeDisk: true},
		"epoch-no-marker":            {EpochNoMarker: true},
	} {
		seed, found := uint64(0), false
		for ; seed < 200 && !found; seed++ {
			found = endsBadly(seed, q)
		}
		require.True(t, found, "%s: not found in %d lives", name, seed)
		t.Logf("%s: found in life %d", name, seed)
	}
}

func endsBadly(seed uint64, q store.Quirks) (bad bool) {
	a := &alarm{}
	defer func() {
		if r := recover(); r != nil && r != any(a) {
			panic(r)
		}
		bad = a.raised
	}()
	newLife(a, seed, q).live()
	return false
}
