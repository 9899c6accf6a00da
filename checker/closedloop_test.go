package checker

import (
	"math/rand/v2"
	"strconv"
)

// closedLoop lets clients work on registers without ever pausing, so that all of them are always in flight; half the
// operations are reads. It is a history that a correct store gives, and the hardest kind for a search. values is how many
// there are; 0 makes every one unique.
func closedLoop(seed uint64, n, clients, keys, values int) History {
	r := rand.New(rand.NewPCG(seed, 17))
	names, keyNames := make([]string, clients), make([]string, keys)
	for i := range names {
		names[i] = "c" + strconv.Itoa(i)
	}
	for i := range keyNames {
		keyNames[i] = "k" + strconv.Itoa(i)
	}
	store := make([]Value, keys)
	for i := range store {
		store[i] = Unset
	}
	running := make([]int32, clients) // the operation of each client
	done := make([]bool, clients)     // whether it has taken effect
	keyOf := make([]int32, 0, n)
	h := make(History, 0, n)
	now := int64(0)
	call := func(c int) {
		now++
		k := int32(r.IntN(keys))
		o := Op{ID: int64(len(h)), Client: names[c], F: Read, Key: keyNames[k], Call: now, Ret: Never}
		if r.IntN(2) == 0 {
			o.F = Write
			if o.In = Val(strconv.Itoa(len(h))); values > 0 {
				o.In = Val(strconv.Itoa(r.IntN(values)))
			}
		}
		running[c], done[c] = int32(len(h)), false
		h, keyOf = append(h, o), append(keyOf, k)
	}
	for c := range running {
		call(c)
	}
	for ended := 0; ended < n; {
		c := r.IntN(clients)
		i := running[c]
		if i < 0 {
			continue
		}
		o, at := &h[i], &store[keyOf[i]]
		if !done[c] {
			if done[c] = true; o.F == Write {
				*at = o.In
			} else {
				o.Out = *at
			}
			continue
		}
		now++
		o.Status, o.Ret = OK, now
		ended++
		if running[c] = -1; len(h) < n {
			call(c)
		}
	}
	return h
}
