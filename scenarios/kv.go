package scenarios

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"orrery/checker"
	"orrery/explore/trial"
	"orrery/trace"
)

// kvOps draws the operations of clients of a key-value store. Which kinds there are, and of
// how many keys, is drawn for the whole universe (swarm testing: Groce et al., ISSTA
// 2012): what is left out lets the rest happen more often. The written values are unique,
// so that a stale read can be told.
type kvOps struct {
	w     *trial.World
	kinds []checker.F
	keys  uint64
	empty bool // some values are empty: there, and not missing
	large bool // some values are larger than a batch or a message need be
	limit bool // some scans want the first few keys only
	// script is the operations one by one, where they are not drawn.
	script []checker.Op
}

// kvKinds are the kinds of operation and what part of a workload they are, if all are on.
var kvKinds = []struct {
	f      checker.F
	weight int
	always bool
}{
	{checker.Get, 4, true},
	{checker.Put, 4, true},
	{checker.Append, 2, false},
	{checker.CAS, 2, false},
	{checker.Delete, 1, false},
	{checker.Scan, 1, false},
}

func newKVOps(w *trial.World) *kvOps {
	k := &kvOps{w: w, keys: 1 + w.Draw("keys", 8)}
	for _, kind := range kvKinds {
		if kind.always || w.Chance("operations/"+kind.f.String(), 500_000) {
			for range kind.weight {
				k.kinds = append(k.kinds, kind.f)
			}
		}
	}
	k.empty, k.large, k.limit = w.Chance("empty values", 250_000), w.Chance("large values", 150_000), w.Chance("scans with a limit", 500_000)
	return k
}

// next is the n-th operation of a client: drawn by that name, so that leaving out one
// operation changes no other. What the client last saw in a key gives a compare-and-set a
// chance.
func (k *kvOps) next(client *kvClient, n int) checker.Op {
	if k.script != nil {
		return k.script[n]
	}
	draw := func(what uint64, limit uint64) uint64 {
		return k.w.U.Draw(client.stream, trace.Mix(uint64(n), what), limit)
	}
	op := checker.Op{F: k.kinds[draw(1, uint64(len(k.kinds)))], Key: key(draw(2, k.keys))}
	value := string(client.id) + "." + strconv.Itoa(n)
	if k.large && draw(7, 8) == 7 {
		value += strings.Repeat(".", int(draw(8, 600)))
	}
	client.limit = 0
	switch op.F {
	case checker.Put:
		op.In = checker.Val(value)
		if k.empty && draw(9, 8) == 7 {
			op.In = checker.Val("")
		}
	case checker.Append:
		op.In = checker.Val(value + ";")
	case checker.CAS:
		op.In, op.Expect = checker.Val(value), checker.Unset
		if seen, ok := client.last[op.Key]; ok && draw(3, 4) > 0 {
			op.Expect = checker.Val(seen)
		}
	case checker.Scan:
		op.Key, op.To = key(draw(4, k.keys)), key(draw(5, k.keys+1))
		if op.To <= op.Key {
			op.To = ""
		}
		if k.limit && draw(10, 2) == 1 {
			client.limit = 1 + int(draw(11, 4))
		}
	}
	return op
}

// probe is the operations of the client that comes after the heal: it writes, reads every key, and does
// once whatever else the other clients did, so that every kind of operation is seen to succeed.
func (k *kvOps) probe() *kvOps {
	p := &kvOps{w: k.w, keys: k.keys, script: []checker.Op{{F: checker.Put, Key: "k0", In: checker.Val("probe.0")}}}
	for i := range k.keys {
		p.script = append(p.script, checker.Op{F: checker.Get, Key: key(i)})
	}
	for _, op := range []checker.Op{
		{F: checker.Put, Key: "k0", In: checker.Val("probe.1")},
		{F: checker.CAS, Key: "k0", Expect: checker.Val("probe.1"), In: checker.Val("probe.2")},
		{F: checker.Append, Key: "k0", In: checker.Val("probe.3;")},
		{F: checker.Scan, Key: "k0"},
		{F: checker.Delete, Key: "k0"},
	} {
		if slices.Contains(k.kinds, op.F) {
			p.script = append(p.script, op)
		}
	}
	return p
}

// think is how long a client waits before its n-th operation.
func (k *kvOps) think(client *kvClient, n int) time.Duration {
	if client.think == 0 {
		return 0
	}
	return time.Duration(k.w.U.Draw(client.stream, trace.Mix(uint64(n), 6), 2*uint64(client.think)))
}

// key is the name of the i-th key.
func key(i uint64) string {
	const names = "k0k1k2k3k4k5k6k7k8k9"
	if i < 10 {
		return names[2*i : 2*i+2]
	}
	return "k" + strconv.FormatUint(i, 10)
}
