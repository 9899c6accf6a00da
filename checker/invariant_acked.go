package checker

import (
	"cmp"
	"fmt"
	"slices"
)

// Held is the ghost of what a cluster acknowledged, for things that are written once and never taken back: members of a
// set, records of a log, tokens appended to a value. At the end, what was acknowledged must be there, once, and nothing
// may be there that nobody tried to write. (Jepsen's set and total-queue checkers ask the same; this one counts.)
//
// For keys that are overwritten "there" has no such simple meaning: use WithFinalReads and Linearizable.
type Held struct {
	index map[heldKey]int32
	items []heldItem
}

type heldKey struct{ key, value string }

type heldItem struct {
	heldKey
	acked bool
	found int32
}

// NewHeld returns an empty ghost.
func NewHeld() *Held { return &Held{index: map[heldKey]int32{}} }

func (h *Held) item(key, value string) *heldItem {
	k := heldKey{key, value}
	i, ok := h.index[k]
	if !ok {
		i = int32(len(h.items))
		h.items = append(h.items, heldItem{heldKey: k})
		h.index[k] = i
	}
	return &h.items[i]
}

// Attempted says that a client is about to write value under key.
func (h *Held) Attempted(key, value string) { h.item(key, value) }

// Acked says that the write was acknowledged.
func (h *Held) Acked(key, value string) { h.item(key, value).acked = true }

// Found says that value is there under key at the end, once more. The error names a value that nobody tried to write, or
// one that is there twice.
func (h *Held) Found(key, value string) error {
	i, ok := h.index[heldKey{key, value}]
	if !ok {
		return broken(PropertyHoldsAcked, "%s=%s is there at the end, and nobody wrote it", keyText(key), Val(value))
	}
	item := &h.items[i]
	item.found++
	if item.found > 1 {
		return broken(PropertyHoldsAcked, "%s=%s is there %d times at the end", keyText(key), Val(value), item.found)
	}
	return nil
}

// HeldCounts is how the end compares with what was tried.
type HeldCounts struct {
	Attempted, Acked int
	Found            int // of the attempted
	Lost             int // acknowledged and not found
	Recovered        int // found, though never acknowledged
}

// Check is called when everything that is there has been Found. The error names the first acknowledged writes that are
// lost, in the order in which they were attempted.
func (h *Held) Check() (HeldCounts, error) {
	c := HeldCounts{Attempted: len(h.items)}
	names := ""
	for i := range h.items {
		switch item := &h.items[i]; {
		case item.acked && item.found == 0:
			if c.Lost++; c.Lost <= 3 {
				names += fmt.Sprintf(" %s=%s", keyText(item.key), Val(item.value))
			}
			c.Acked++
		case item.acked:
			c.Acked++
			c.Found++
		case item.found > 0:
			c.Found++
			c.Recovered++
		}
	}
	if c.Lost > 0 {
		if c.Lost > 3 {
			names += " …"
		}
		return c, broken(PropertyHoldsAcked, "%d of %d acknowledged writes are lost:%s", c.Lost, c.Acked, names)
	}
	return c, nil
}

// WithFinalReads returns h followed by a read of every key that h names, each answered with what final holds (unset if
// it holds nothing), by a client that starts after everything else has ended. If the result is linearizable, final is
// what the acknowledged operations of h, and any of those that may have happened, add up to: nothing acknowledged is lost,
// nothing failed is there. Operations that may have happened may still do so after these reads.
func WithFinalReads(h History, final []Pair) History {
	const client = "final state"
	values := make(map[string]string, len(final))
	var keys []string
	for _, p := range final {
		values[p.Key] = p.Value
		keys = append(keys, p.Key)
	}
	at, id := int64(0), int64(0)
	for i := range h {
		at, id = max(at, h[i].Call), max(id, h[i].ID)
		if h[i].Ret != Never {
			at = max(at, h[i].Ret)
		}
		if h[i].F != Scan {
			keys = append(keys, h[i].Key)
		}
	}
	slices.SortFunc(keys, cmp.Compare[string])
	out := append(make(History, 0, len(h)+len(keys)), h...)
	for _, k := range slices.Compact(keys) {
		seen := Unset
		if v, ok := values[k]; ok {
			seen = Val(v)
		}
		id++
		out = append(out, Op{ID: id, Client: client, F: Get, Status: OK, Key: k, Out: seen, Call: at + 1, Ret: at + 2})
		at += 2
	}
	return out
}
