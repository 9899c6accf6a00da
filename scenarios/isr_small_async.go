package scenarios

import (
	"fmt"
	"math/bits"
	"slices"

	"orrery/explore/smallscope"
	"orrery/nodes/kafka/replica/isr"
	"orrery/trace"
)

// AsyncISRScope says how large the small world of KIP-497 is.
type AsyncISRScope struct {
	Replicas int
	Version  int // the last version of the partition's state; the first is 0
	Offset   int // where the leader's log may end
	Quirks   isr.Quirks
}

const isrMaxVersion = 6

// asyncISRState is a state of the small world of KIP-497.
type asyncISRState struct {
	stored  uint8                 // the ISR in the storage
	version int8                  // of it
	history [isrMaxVersion]uint8  // the ISR of each version: what the leader may hear of, late
	written [isrMaxVersion]uint16 // by version: the sets that were proposed on its condition, which may arrive at any later time

	isr     uint8 // as the leader knows it
	known   int8  // the version of that
	pending uint8 // 0 for none
	hw      int8
	ends    [isrMaxReplicas]int8 // the first is the leader's
}

// asyncISRStep is a step of it.
type asyncISRStep struct {
	text string
	n    int8
}

// String says what happens.
func (t asyncISRStep) String() string { return fmt.Sprintf(t.text, t.n) }

type asyncISRWorld struct {
	AsyncISRScope
	perms   [][isrMaxReplicas]int8
	members [1 << isrMaxReplicas][]int32
	leads   isr.Leader
	made    isr.Leader
	key     [2][]byte
}

// AsyncISRWorld is the small world of KIP-497: one leader, whose changes of the ISR are under way for any time, may arrive more than once
// or never, and compete with those that the controller makes itself.
func AsyncISRWorld(s AsyncISRScope) *smallscope.Model[asyncISRState, asyncISRStep] {
	w := &asyncISRWorld{AsyncISRScope: s}
	for _, p := range isrPermutations(s.Replicas) {
		if p[0] == 0 {
			w.perms = append(w.perms, p)
		}
	}
	for set := range w.members {
		for n := range s.Replicas {
			if set>>n&1 != 0 {
				w.members[set] = append(w.members[set], int32(n))
			}
		}
	}
	all := uint8(1)<<s.Replicas - 1
	w.made = isr.Lead(0, 0, 0, w.members[all], w.members[all], 0, 0)
	init := asyncISRState{stored: all, isr: all}
	init.history[0] = all
	return &smallscope.Model[asyncISRState, asyncISRStep]{Init: init, Next: w.next, Key: w.keyOf, Check: w.check}
}

func (w *asyncISRWorld) rules() isr.Rules { return isr.Rules{MinISR: 1, Quirks: w.Quirks} }

// leader is what the leader knows, all followers having just fetched.
func (w *asyncISRWorld) leader(s *asyncISRState) *isr.Leader {
	l := &w.leads
	remotes := append(l.Remotes[:0], w.made.Remotes...)
	*l = w.made
	l.Remotes, l.ISR, l.Version = remotes, w.members[s.isr], int32(s.known)
	if s.pending != 0 {
		l.Pending = w.members[s.pending]
	}
	for n := 1; n < w.Replicas; n++ {
		l.Remote(int32(n)).CaughtUp = isr.Never
		l.Fetched(w.rules(), isr.Fetch{Broker: int32(n), Offset: int64(s.ends[n]), BrokerEpoch: isr.Unknown}, int64(s.ends[0]), 0)
	}
	return l
}

func (w *asyncISRWorld) next(s *asyncISRState, visit func(asyncISRStep, *asyncISRState)) {
	// Whatever happens at the leader, it looks at its high watermark, as a broker does.
	at := func(t asyncISRStep, next asyncISRState) {
		next.hw = int8(w.leader(&next).HighWatermark(w.rules(), int64(next.hw), int64(next.ends[0]), 0))
		visit(t, &next)
	}
	w.storage(s, visit)
	for v := s.known + 1; v <= s.version; v++ {
		next := *s
		l := w.leader(s)
		l.Committed(w.members[s.history[v]], int32(v))
		next.isr, next.known, next.pending = setOf(l.ISR), int8(l.Version), setOf(l.Pending)
		at(asyncISRStep{"the leader hears of version %d", v}, next)
	}
	if int(s.ends[0]) < w.Offset {
		next := *s
		next.ends[0]++
		at(asyncISRStep{"replica %d takes a record", 1}, next)
	}
	for n := 1; n < w.Replicas; n++ {
		if s.ends[n] < s.ends[0] {
			next := *s
			next.ends[n]++
			at(asyncISRStep{"replica %d fetches a record", int8(n + 1)}, next)
		}
		l := w.leader(s)
		switch {
		case s.isr>>n&1 == 0:
			if l.MayJoin(w.rules(), int32(n), int64(s.hw)) {
				at(w.propose(s, l.With(int32(n)), "the leader proposes the ISR with replica %d", n))
			}
		case slices.Contains(l.Lagging(w.rules(), int64(s.ends[0]), 1), int32(n)):
			at(w.propose(s, l.Without([]int32{int32(n)}), "the leader proposes the ISR without replica %d", n))
		}
	}
}

// storage is what the controller does: it takes a proposal if the version is the one that it was made for, or shrinks the ISR itself.
func (w *asyncISRWorld) storage(s *asyncISRState, visit func(asyncISRStep, *asyncISRState)) {
	if int(s.version) >= w.Version {
		return
	}
	write := func(text string, n int, set uint8) {
		next := *s
		next.version++
		next.stored, next.history[next.version] = set, set
		visit(asyncISRStep{text, int8(n)}, &next)
	}
	for n := 1; n < w.Replicas; n++ {
		if s.stored>>n&1 != 0 {
			write("the controller takes replica %d out of the ISR", n+1, s.stored&^(1<<n))
		}
	}
	for sets := s.written[s.version]; sets != 0; sets &= sets - 1 {
		set := uint8(bits.TrailingZeros16(sets))
		write("the storage takes the ISR %03b, as the leader has proposed", int(set), set)
	}
}

func (w *asyncISRWorld) propose(s *asyncISRState, members []int32, text string, n int) (asyncISRStep, asyncISRState) {
	l := w.leader(s)
	l.Propose(members)
	next := *s
	next.pending = setOf(l.Pending)
	next.written[s.known] |= 1 << next.pending
	return asyncISRStep{text, int8(n + 1)}, next
}

func setOf(members []int32) (set uint8) {
	for _, n := range members {
		set |= 1 << n
	}
	return set
}

// check is ValidHighWatermark: everyone in the ISR that the storage has, has all below the high watermark.
func (w *asyncISRWorld) check(s *asyncISRState) (string, error) {
	for n := range w.Replicas {
		if s.stored>>n&1 != 0 && s.ends[n] < s.hw {
			return "ValidHighWatermark", fmt.Errorf("the high watermark is %d, and replica %d of the ISR has %d records", s.hw, n+1, s.ends[n])
		}
	}
	return "", nil
}

func (w *asyncISRWorld) keyOf(s *asyncISRState) [2]uint64 {
	for i := range w.perms {
		w.key[1] = w.encode(w.key[1][:0], s, &w.perms[i])
		if i == 0 || slices.Compare(w.key[1], w.key[0]) < 0 {
			w.key[0], w.key[1] = w.key[1], w.key[0]
		}
	}
	b := w.key[0]
	b[0] = 1
	first := trace.Bytes(b)
	b[0] = 2
	return [2]uint64{first, trace.Bytes(b)}
}

func (w *asyncISRWorld) encode(b []byte, s *asyncISRState, p *[isrMaxReplicas]int8) []byte {
	set := func(m uint8) (out byte) {
		for n := range w.Replicas {
			out |= m >> n & 1 << p[n]
		}
		return out
	}
	b = append(b, 0, set(s.stored), byte(s.version), set(s.isr), byte(s.known), set(s.pending), byte(s.hw))
	for v := range s.version + 1 {
		b = append(b, set(s.history[v]))
		var sets uint16
		for left := s.written[v]; left != 0; left &= left - 1 {
			sets |= 1 << set(uint8(bits.TrailingZeros16(left)))
		}
		b = append(b, byte(sets), byte(sets>>8))
	}
	at := len(b)
	b = append(b, make([]byte, w.Replicas)...)
	for n := range w.Replicas {
		b[at+int(p[n])] = byte(s.ends[n])
	}
	return b
}
