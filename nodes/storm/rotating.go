package storm

import (
	"maps"
	"slices"
)

// rotating is Storm's RotatingMap: buckets, the newest of which takes what is put. A rotation drops the oldest. So
// what was put is gone after as many rotations as there are buckets, and after one fewer at the earliest.
type rotating[V any] struct {
	buckets []map[uint64]V // the newest first
	size    int
}

func newRotating[V any](n int) rotating[V] {
	r := rotating[V]{buckets: make([]map[uint64]V, n)}
	for i := range r.buckets {
		r.buckets[i] = map[uint64]V{}
	}
	return r
}

// put puts v into the newest bucket, wherever it was before.
func (r *rotating[V]) put(k uint64, v V) {
	r.remove(k)
	r.buckets[0][k] = v
	r.size++
}

// get returns what was put under k, and leaves it where it is: an update refreshes nothing.
func (r *rotating[V]) get(k uint64) (v V, ok bool) {
	for _, b := range r.buckets {
		if v, ok = b[k]; ok {
			return v, true
		}
	}
	return v, false
}

func (r *rotating[V]) remove(k uint64) (v V, ok bool) {
	for _, b := range r.buckets {
		if v, ok = b[k]; ok {
			delete(b, k)
			r.size--
			return v, true
		}
	}
	return v, false
}

// rotate drops the oldest bucket, and returns its keys in ascending order with what was under them.
func (r *rotating[V]) rotate() (keys []uint64, dropped map[uint64]V) {
	last := len(r.buckets) - 1
	dropped = r.buckets[last]
	copy(r.buckets[1:], r.buckets[:last])
	r.buckets[0] = map[uint64]V{}
	r.size -= len(dropped)
	return slices.Sorted(maps.Keys(dropped)), dropped
}
