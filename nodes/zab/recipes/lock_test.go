package recipes

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes/zab/client"
)

func TestNumbersAreOrderedAcrossTheOverflowOfTheCounter(t *testing.T) {
	got := inOrder([]string{"b-write--2147483648", "a-write-2147483647", "c-write-2147483646", "config", "d-write--2147483647"})
	require.Equal(t, []string{"c-write-2147483646", "a-write-2147483647", "b-write--2147483648", "d-write--2147483647"}, got)
	n, ok := sequence("queue-7-0000000012")
	require.True(t, ok)
	require.EqualValues(t, 12, n)
}

func TestALockIsHeldByOneAtATimeAndTokensGrow(t *testing.T) {
	r := newRig(t)
	holders, most := 0, 0
	var tokens []int64
	for i := range 4 {
		r.party(fmt.Sprint("p", i), func(p Party) {
			l := &Lock{Party: p, Path: "/lock"}
			for range 3 {
				h, err := l.Acquire(Exclusive, time.Minute)
				require.NoError(t, err)
				holders++
				most = max(most, holders)
				tokens = append(tokens, h.Token)
				p.S.Sleep(30 * time.Millisecond)
				holders--
				l.Release(h)
			}
		})
	}
	r.run()
	require.Equal(t, 1, most)
	require.Len(t, tokens, 12)
	require.True(t, slices.IsSorted(tokens))
}

func TestReadersShareALockAndWritersDoNot(t *testing.T) {
	r := newRig(t)
	readers, writers, most := 0, 0, 0
	for i := range 5 {
		r.party(fmt.Sprint("p", i), func(p Party) {
			l := &Lock{Party: p, Path: "/lock"}
			for n := range 4 {
				m, count := Mode((i+n)%2), &writers
				if m == Shared {
					count = &readers
				}
				h, err := l.Acquire(m, time.Minute)
				require.NoError(t, err)
				*count++
				require.True(t, writers == 0 || writers == 1 && readers == 0, "%d readers and %d writers", readers, writers)
				most = max(most, readers)
				p.S.Sleep(20 * time.Millisecond)
				*count--
				l.Release(h)
			}
		})
	}
	r.run()
	require.Greater(t, most, 1, "no two readers ever shared it")
}

// The create is carried out, and its answer lost.
func TestALostAnswerLeavesNoSecondNode(t *testing.T) {
	for _, q := range []LockQuirks{{}, {NoSearch: true}} {
		r := newRig(t)
		r.party("p", func(p Party) {
			require.True(t, p.S.Connect(time.Minute))
			l := &Lock{Party: p, Path: "/lock", Quirks: q}
			require.NoError(t, p.ensure("/lock", nil, p.deadline(time.Second)))
			r.u.After(3*time.Millisecond, "break", func() { r.breakAnswers("p") })
			h, err := l.Acquire(Exclusive, 3*time.Second)
			if left := names(p, "/lock"); q.NoSearch { // it has waited for itself
				require.ErrorIs(t, err, ErrTimeout)
				require.Len(t, left, 1)
			} else {
				require.NoError(t, err)
				require.Equal(t, []string{base(h.Node)}, left)
			}
		})
		r.run()
	}
}

func TestWhoGivesUpLeavesTheQueue(t *testing.T) {
	for _, q := range []LockQuirks{{}, {LeaveNode: true}} {
		r := newRig(t)
		r.party("p", func(p Party) {
			h, err := (&Lock{Party: p, Path: "/lock"}).Acquire(Exclusive, time.Second)
			require.NoError(t, err)
			other := p
			other.S = r.session(p.T)
			l := &Lock{Party: other, Path: "/lock", Quirks: q}
			_, err = l.Acquire(Exclusive, 300*time.Millisecond)
			require.ErrorIs(t, err, ErrTimeout)
			left := names(other, "/lock")
			require.Equal(t, q.LeaveNode, len(left) > 1, "%v", left)
			require.Contains(t, left, base(h.Node))
		})
		r.run()
	}
}

func TestTheEndOfANodeWakesOne(t *testing.T) {
	for _, q := range []LockQuirks{{}, {WatchParent: true}} {
		r := newRig(t)
		woken := map[string]int{}
		for i := range 4 {
			r.party(fmt.Sprint("p", i), func(p Party) {
				l := &Lock{Party: p, Path: "/lock", Quirks: q, Woken: func(w client.Watched) { woken[fmt.Sprint(w.Path, w.Zxid)]++ }}
				h, err := l.Acquire(Exclusive, time.Minute)
				require.NoError(t, err)
				p.S.Sleep(50 * time.Millisecond)
				l.Release(h)
			})
		}
		r.run()
		most := 0
		for _, n := range woken {
			most = max(most, n)
		}
		require.Equal(t, q.WatchParent, most > 1, "%v", woken)
	}
}

// A leader whose answers do not come stops leading before its session can have ended.
func TestALeaderThatHearsNothingLeadsNoMore(t *testing.T) {
	for _, q := range []ElectionQuirks{{}, {OnlyExpired: true}} {
		r := newRig(t)
		var last time.Duration
		cut := time.Duration(0)
		r.party("p", func(p Party) {
			e := &Election{Party: p, Path: "/election", Quirks: q}
			term, err := e.Campaign(time.Minute)
			require.NoError(t, err)
			require.Equal(t, term.Token, term.Epoch())
			cut = r.u.Now()
			r.deafen("p", 6*time.Second)
			for p.T.Monotonic() < 5*time.Second {
				if e.Leads(term) {
					last = r.u.Now() - cut
				}
				p.S.Sleep(20 * time.Millisecond)
			}
		})
		r.run()
		require.Equal(t, q.OnlyExpired, last > 2*time.Second, "believed for %v", last)
	}
}
