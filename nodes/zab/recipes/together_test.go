package recipes

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes/zab/client"
)

func TestADoubleBarrierOpensForAllAndClosesBehindAll(t *testing.T) {
	r := newRig(t)
	const size, rounds = 3, 4
	called, left := map[int]int{}, map[int]int{}
	for i := range size {
		r.party(fmt.Sprint("p", i), func(p Party) {
			b := &DoubleBarrier{Party: p, Path: "/double", Size: size}
			for round := range rounds {
				p.S.Sleep(time.Duration(i*round) * 30 * time.Millisecond)
				called[round]++
				require.NoError(t, b.Enter(round, time.Minute))
				require.Equal(t, size, called[round], "%s is in round %d", p.Name, round)
				p.S.Sleep(time.Duration(i) * 20 * time.Millisecond)
				left[round]++
				_, err := b.Leave(round, time.Minute)
				require.NoError(t, err)
				require.Equal(t, size, left[round], "%s is out of round %d", p.Name, round)
			}
			if i == 0 {
				p.S.Sleep(time.Second)
				for round := range rounds {
					b.Clear(round)
				}
				require.Empty(t, names(p, "/double"))
			}
		})
	}
	r.run()
}

func TestARoundToWhichNotAllComeIsGivenUp(t *testing.T) {
	r := newRig(t)
	r.party("p", func(p Party) {
		b := &DoubleBarrier{Party: p, Path: "/double", Size: 2}
		require.ErrorIs(t, b.Enter(0, 300*time.Millisecond), ErrTimeout)
		require.Empty(t, names(p, "/double/round-0"))
	})
	r.run()
}

func TestAWriteToABarrierLetsNobodyThrough(t *testing.T) {
	for _, q := range []BarrierQuirks{{}, {AnyEvent: true}} {
		r := newRig(t)
		lifted := false
		r.party("keeper", func(p Party) {
			b := &Barrier{Party: p, Path: "/gate"}
			require.NoError(t, b.Raise(time.Second))
			p.S.Sleep(300 * time.Millisecond)
			p.S.Do(client.Set("/gate", []byte("why"), -1))
			p.S.Sleep(300 * time.Millisecond)
			lifted = true
			require.NoError(t, b.Lift(time.Second))
		})
		r.party("waits", func(p Party) {
			p.S.Sleep(100 * time.Millisecond)
			_, err := (&Barrier{Party: p, Path: "/gate", Quirks: q}).Wait(time.Minute)
			require.NoError(t, err)
			require.Equal(t, q.AnyEvent, !lifted)
		})
		r.run()
	}
}

func TestATransactionHasOneDecision(t *testing.T) {
	sites := []string{"a", "b", "c"}
	for name, vote := range map[string]map[string]bool{"all say yes": {"a": true, "b": true, "c": true}, "one says no": {"a": true, "c": true}} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			want := Abort
			if vote["b"] {
				want = Commit
			}
			for i, site := range sites {
				r.party(site, func(p Party) {
					c := &Commitment{Party: p, Path: "/txns"}
					require.NoError(t, c.Begin("t1", sites, time.Second))
					voted, err := c.Vote("t1", vote[site], time.Second)
					require.NoError(t, err)
					require.Equal(t, vote[site], voted)
					var d Decision
					if i == 0 {
						d, err = c.Coordinate("t1", sites, 10*time.Second)
					} else {
						d, err = c.Await("t1", sites, 10*time.Second)
					}
					require.NoError(t, err)
					require.Equal(t, want, d)
					again, err := c.Decide("t1", Abort, sites, time.Second)
					require.NoError(t, err)
					require.Equal(t, want, again, "a decision stands")
				})
			}
			r.run()
		})
	}
}

func TestACommitNeedsEveryVote(t *testing.T) {
	for _, q := range []CommitQuirks{{}, {CountsMissing: true}} {
		r := newRig(t)
		r.party("a", func(p Party) {
			c := &Commitment{Party: p, Path: "/txns", Quirks: q}
			require.NoError(t, c.Begin("t1", []string{"a", "b"}, time.Second))
			_, err := c.Vote("t1", true, time.Second)
			require.NoError(t, err)
			d, err := c.Coordinate("t1", []string{"a", "b"}, 500*time.Millisecond)
			require.NoError(t, err)
			require.Equal(t, map[bool]Decision{false: Abort, true: Commit}[q.CountsMissing], d)
		})
		r.run()
	}
}

// The coordinator is gone: a site that has voted yes may not decide by itself, and need not wait for ever.
func TestASiteWithoutACoordinatorAsksForTheDecision(t *testing.T) {
	r := newRig(t)
	r.party("a", func(p Party) {
		c := &Commitment{Party: p, Path: "/txns"}
		require.NoError(t, c.Begin("t1", []string{"a", "b"}, time.Second))
		_, err := c.Vote("t1", true, time.Second)
		require.NoError(t, err)
		d, err := c.Await("t1", []string{"a", "b"}, 300*time.Millisecond)
		require.NoError(t, err)
		require.Equal(t, Abort, d)
		require.Equal(t, "abort", d.String())
	})
	r.run()
}
