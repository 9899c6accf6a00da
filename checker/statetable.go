package checker

// A stateTable numbers the states of several keys taken together. The number of a state is exact, not a hash: two
// states have one number only if they are the same.
type stateTable struct {
	ids    map[string]int32
	steps  map[uint64]int32 // (state, state of one key that changed) → state
	packed []byte
}

// start forgets all states and numbers the first one.
func (t *stateTable) start(current []int32) int32 {
	if t.ids == nil || len(t.steps) > keepAtMost {
		t.ids, t.steps = map[string]int32{}, map[uint64]int32{}
	}
	clear(t.ids)
	clear(t.steps)
	return t.id(current)
}

// step numbers the state current, which came from the state from when one key changed to the state to.
func (t *stateTable) step(from, to int32, current []int32) int32 {
	k := uint64(uint32(from))<<32 | uint64(uint32(to))
	id, ok := t.steps[k]
	if !ok {
		id = t.id(current)
		t.steps[k] = id
	}
	return id
}

func (t *stateTable) id(current []int32) int32 {
	t.packed = t.packed[:0]
	for _, v := range current {
		t.packed = append(t.packed, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
	}
	id, ok := t.ids[string(t.packed)]
	if !ok {
		id = int32(len(t.ids))
		t.ids[string(t.packed)] = id
	}
	return id
}
