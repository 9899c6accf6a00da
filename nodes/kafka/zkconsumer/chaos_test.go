package zkconsumer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
)

// TestAGroupHealsWhateverHappensToIt stops, kills and cuts off consumers at random; when that is over every partition is read by one
// of them, nothing was left out, what is read is what is owned, and no stored offset has ever gone back.
func TestAGroupHealsWhateverHappensToIt(t *testing.T) {
	for seed := range uint64(10) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := newRig(t, 5)
			rng := rand.New(rand.NewPCG(seed, 0))
			names := []string{"a", "b", "c"}
			for _, n := range names {
				r.start(n, nil)
			}
			r.slow = 50 * time.Millisecond
			var back []*int
			for _, p := range []int{0, 4} {
				back = append(back, r.watchOffset(p))
			}
			for range 6 {
				r.pass(time.Duration(rng.IntN(3000)) * time.Millisecond)
				who := names[rng.IntN(len(names))]
				m := r.u.Machine(nodes.ID(who))
				switch rng.IntN(3) {
				case 0:
					m.Pause()
					r.pass(time.Duration(rng.IntN(5000)) * time.Millisecond)
					m.Resume()
				case 1:
					m.Kill(0)
					r.pass(time.Duration(rng.IntN(3000)) * time.Millisecond)
					m.Start(0)
				case 2:
					r.deafen(who, time.Duration(rng.IntN(5000))*time.Millisecond)
				}
			}
			r.pass(30 * time.Second)
			var all []int32
			want := make([]string, r.parts)
			for _, n := range names {
				require.False(t, r.by[n].Inspect().Failed)
				require.NotEmpty(t, r.reads(n), "%s is not in the group", n)
				for _, p := range r.reads(n) {
					all = append(all, p)
					want[p] = "g_" + n + "-0"
				}
			}
			slices.Sort(all)
			require.Equal(t, []int32{0, 1, 2, 3, 4}, all)
			require.Equal(t, want, r.owners("look"))
			healed := r.u.Now()
			r.pass(3 * time.Second)
			require.Zero(t, r.twice(healed))
			r.complete()
			for _, n := range back {
				require.Zero(t, *n, "the group's offset went back")
			}
		})
	}
}
