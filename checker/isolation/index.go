package isolation

// A version is one state of a key, named by the write that made it.
type version struct {
	val   int64
	key   int32
	txn   int32 // who wrote it; none for the initial version, and for what was read although nobody wrote it
	prev  int32 // the transaction's write of the key before this one, or none
	final bool  // the transaction's last write of the key
}

const none = -1

// index names keys and versions by small integers.
type index struct {
	h        []Txn
	keys     []string
	first    []int32 // by transaction, its first place in mopKey; one more at the end
	mopKey   []int32 // by micro-operation
	versions []version
	initial  []int32 // by key
	slots    []int32 // open addressing: version + 1 by hash of key and value; its length is a power of two
}

// newIndex reads the whole history once. The problem is a write that repeats another.
func newIndex(h []Txn) (*index, *problem) {
	mops, writes := 0, 0
	for i := range h {
		mops += len(h[i].Mops)
		for j := range h[i].Mops {
			if h[i].Mops[j].F.writes() {
				writes++
			}
		}
	}
	size := 16
	for size < 2*writes {
		size *= 2
	}
	x := &index{h: h, first: make([]int32, 0, len(h)+1), mopKey: make([]int32, 0, mops),
		versions: make([]version, 0, writes+writes/8), slots: make([]int32, size)}
	names := make(map[string]int32)
	var last []int32 // by key, the last version made; of the same transaction if it is one's own
	for i := range h {
		x.first = append(x.first, int32(len(x.mopKey)))
		for j := range h[i].Mops {
			m := &h[i].Mops[j]
			k, ok := names[m.Key]
			if !ok {
				k = int32(len(x.keys))
				names[m.Key] = k
				x.keys = append(x.keys, m.Key)
				x.initial = append(x.initial, int32(len(x.versions)))
				x.versions = append(x.versions, version{key: k, txn: none, prev: none})
				last = append(last, none)
			}
			x.mopKey = append(x.mopKey, k)
			if !m.F.writes() {
				continue
			}
			if v := x.find(k, m.Val); v != none {
				return nil, wrong(i, "%q repeats a write of T%d: what is written to a key must be unique", *m, h[x.versions[v].txn].ID)
			}
			prev := last[k]
			if prev != none && x.versions[prev].txn == int32(i) {
				x.versions[prev].final = false
			} else {
				prev = none
			}
			last[k] = x.add(version{val: m.Val, key: k, txn: int32(i), prev: prev, final: true})
		}
	}
	x.first = append(x.first, int32(len(x.mopKey)))
	return x, nil
}

func (x *index) hash(key int32, val int64) uint64 {
	n := uint64(val)*0x9e3779b97f4a7c15 ^ uint64(uint32(key))*0xbf58476d1ce4e5b9
	n ^= n >> 29
	n *= 0x94d049bb133111eb
	return n ^ n>>32
}

// find returns the version of the key with that value, or none.
func (x *index) find(key int32, val int64) int32 {
	mask := uint64(len(x.slots) - 1)
	for i := x.hash(key, val) & mask; x.slots[i] != 0; i = (i + 1) & mask {
		if v := &x.versions[x.slots[i]-1]; v.val == val && v.key == key {
			return x.slots[i] - 1
		}
	}
	return none
}

// add enters a version that is not there yet. Only what nobody wrote is added after the table was measured, so it grows.
func (x *index) add(v version) int32 {
	x.versions = append(x.versions, v)
	if 2*len(x.versions) > 3*len(x.slots)/2 {
		old := x.slots
		x.slots = make([]int32, 2*len(old))
		for _, s := range old {
			if s != 0 {
				x.place(s)
			}
		}
	}
	x.place(int32(len(x.versions)))
	return int32(len(x.versions) - 1)
}

// place puts a version + 1 into the table.
func (x *index) place(s int32) {
	v := &x.versions[s-1]
	mask := uint64(len(x.slots) - 1)
	i := x.hash(v.key, v.val) & mask
	for x.slots[i] != 0 {
		i = (i + 1) & mask
	}
	x.slots[i] = s
}

// read returns the version of the key with that value; if nobody wrote it, one without a writer.
func (x *index) read(key int32, val int64) int32 {
	if v := x.find(key, val); v != none {
		return v
	}
	return x.add(version{val: val, key: key, txn: none, prev: none})
}

// writer returns the transaction that wrote v, if there is one that did not certainly fail.
func (x *index) writer(v int32) int32 {
	if t := x.versions[v].txn; t != none && x.h[t].Type != Fail {
		return t
	}
	return none
}

// failed tells whether v was written by a transaction that failed.
func (x *index) failed(v int32) bool {
	t := x.versions[v].txn
	return t != none && x.h[t].Type == Fail
}

// phantom tells whether nobody wrote v.
func (x *index) phantom(v int32) bool {
	return x.versions[v].txn == none && x.initial[x.versions[v].key] != v
}
