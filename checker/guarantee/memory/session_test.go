package memory_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/checker/guarantee"
	. "orrery/checker/guarantee/memory"
)

// versions calls ok with every assignment of places to the writes of a history, until one is right: all orders of each key.
func versions(h checker.History, ok func(place []int) bool) bool {
	place := make([]int, len(h))
	for i := range place {
		place[i] = -1
	}
	var try func(next int) bool
	try = func(next int) bool {
		i := 0
		for i < len(h) && (h[i].F != checker.Write || place[i] >= 0) {
			i++
		}
		if i == len(h) {
			return ok(place)
		}
		for j := range h {
			if h[j].F == checker.Write && place[j] < 0 {
				place[j] = next
				if try(next + 1) {
					return true
				}
				place[j] = -1
			}
		}
		return false
	}
	return try(1)
}

// place of the version that a read saw; 0 is the initial one.
func sawPlace(h checker.History, place []int, r int) int {
	for i := range h {
		if wrote(&h[i], &h[r]) {
			return place[i]
		}
	}
	return 0
}

// bruteSession tells whether some order of versions respects a guarantee, by its definition.
func bruteSession(h checker.History, g guarantee.Anomaly) bool {
	return versions(h, func(place []int) bool {
		for j := range h {
			lastWrite, lastRead := 0, 0
			for i := range j {
				if h[i].Client != h[j].Client || h[i].Key != h[j].Key {
					continue
				}
				if h[i].F == checker.Write {
					lastWrite = place[i]
				} else if v := sawPlace(h, place, i); v > 0 {
					lastRead = v
				}
			}
			now := place[j]
			if h[j].F == checker.Read {
				now = sawPlace(h, place, j)
			}
			read := h[j].F == checker.Read
			switch {
			case g == ReadYourWrites && read && now < lastWrite, g == MonotonicReads && read && now < lastRead,
				g == MonotonicWrites && !read && now < lastWrite, g == WritesFollowReads && !read && now <= lastRead:
				return false
			case g == AllFour && (now < lastWrite || now < lastRead || !read && now <= lastRead || read && !bruteAcross(h, place, j, now)):
				return false
			}
		}
		return true
	})
}

// bruteAcross tells whether a read shows what the writers of all that its session has seen had written and read before.
func bruteAcross(h checker.History, place []int, r, now int) bool {
	for i := range r + 1 {
		if h[i].Client != h[r].Client || h[i].F != checker.Read {
			continue
		}
		for w := range h {
			if !wrote(&h[w], &h[i]) {
				continue
			}
			for k := range w + 1 {
				if h[k].Client != h[w].Client || h[k].Key != h[r].Key {
					continue
				}
				v := place[k]
				if h[k].F == checker.Read {
					v = sawPlace(h, place, k)
				}
				if now < v {
					return false
				}
			}
		}
	}
	return true
}

// Each guarantee is broken exactly if all orders of the versions break it.
func TestSessionGuaranteesAreWhatTheirDefinitionsSay(t *testing.T) {
	for _, g := range []guarantee.Anomaly{ReadYourWrites, MonotonicReads, MonotonicWrites, WritesFollowReads, AllFour} {
		broken := 0
		for seed := range uint64(3000) {
			h := tiny(rand.New(rand.NewPCG(seed, 5)), 8)
			want, got := bruteSession(h, g), Sessions(h, Options{}, g)
			require.Equal(t, want, got.Verdict != checker.Violated, "seed %d: %s: %s\n%v", seed, g, got.Reason, h)
			if !want {
				broken++
			}
		}
		if g != MonotonicWrites { // by itself it only asks that a session's writes can be ordered as they were made
			require.Greater(t, broken, 50, g)
		}
	}
}
