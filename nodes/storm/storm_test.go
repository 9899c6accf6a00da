package storm

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orrery/nodes"
)

// What was put is there for as many rotations as there are buckets, less one; updates refresh nothing.
func TestARotatingMapForgetsAfterItsBuckets(t *testing.T) {
	r := newRotating[int](3)
	r.put(7, 1)
	for range 2 {
		keys, _ := r.rotate()
		require.Empty(t, keys)
		_, ok := r.get(7)
		require.True(t, ok)
	}
	keys, dropped := r.rotate()
	require.Equal(t, []uint64{7}, keys)
	require.Equal(t, 1, dropped[7])
	require.Zero(t, r.size)
}

// However datagrams are doubled and overtaken, each number passes at most once; and in order all do.
func TestAWindowTakesEachTransferOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w window
		taken := map[uint64]bool{}
		for _, n := range rapid.SliceOf(rapid.Uint64Range(1, 3*windowSize)).Draw(t, "numbers") {
			if w.first(n) {
				require.False(t, taken[n], "number %d passed twice", n)
				taken[n] = true
			}
		}
	})
	var w window
	for n := uint64(1); n < 3*windowSize; n++ {
		require.True(t, w.first(n))
		require.False(t, w.first(n))
	}
	require.False(t, w.first(1), "what is too old to tell counts as lost")
}

func TestTheCodecReadsWhatItWrites(t *testing.T) {
	c := NewCodec()
	for _, m := range []nodes.Message{
		&Transfer{Type: Data, From: 1, To: 2, Session: 1 << 63, Seq: 9, Stream: "default", Anchors: []Anchor{{1, 2}, {3, 4}},
			Values: Values{"ant", int64(-5), []byte{1, 2}}},
		&Transfer{Type: Ack, From: 3, To: 4, Session: 1, Seq: 1, Root: 5, Val: 6},
		&Launch{"t", 3, []int32{1, 2}}, &Stop{}, &Beat{"t", []int32{4}}, &Hello{"t"}, &Welcome{"t"}, &Pressure{"t", true},
		&NeedBlob{"t"}, &Blob{"t"}, &Ask{7, "read", Values{int64(1)}}, &Reply{7, true, Values{"x"}},
	} {
		p := c.Append(nil, m)
		got, err := c.Decode(p)
		require.NoError(t, err)
		require.Equal(t, m, got)
		for i := range p {
			_, _ = c.Decode(p[:i]) // must not panic
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		_, _ = c.Decode(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
	})
}

func TestTheTasksOfADeadWorkerGoToAnotherSlot(t *testing.T) {
	top := NewTopology("t").Workers(2).Ackers(1)
	top.Spout("s", 2, func() Spout { return nil }).Declare("x")
	top.Bolt("b", 2, nil).Shuffle("s")
	require.NoError(t, top.Validate())
	hosts := []host{{"h1", []nodes.ID{"w1", "w2"}}, {"h2", []nodes.ID{"w3", "w4"}}}
	none := func(nodes.ID) bool { return false }
	first := schedule(top, Assignment{}, nil, hosts, none)
	require.Equal(t, []SlotTasks{{"w1", []int32{1, 3, 5}}, {"w3", []int32{2, 4}}}, first.Slots)
	next := schedule(top, first, func(s SlotTasks) bool { return s.Slot != "w1" }, hosts, none)
	require.Equal(t, []SlotTasks{{"w2", []int32{1, 3, 5}}, {"w3", []int32{2, 4}}}, next.Slots)
	require.Equal(t, next, schedule(top, next, func(SlotTasks) bool { return true }, hosts, none), "the living stay where they are")
	alone := schedule(top, first, func(s SlotTasks) bool { return s.Slot != "w1" }, hosts[1:], func(id nodes.ID) bool { return id == "w4" })
	require.Equal(t, []SlotTasks{{"w3", []int32{2, 4}}}, alone.Slots, "tasks without a slot wait for one")
}

func TestATopologySaysWhatIsWrongWithIt(t *testing.T) {
	top := NewTopology("t").Workers(0)
	top.Bolt("b", 0, nil).Shuffle("nobody").Fields("b", "x")
	err := top.Validate()
	for _, part := range []string{"no spout", "0 workers", "0 tasks", `"nobody"`, `stream "default"`, `field "x"`} {
		require.ErrorContains(t, err, part)
	}
}

// Equal fields go to one task, all go to all, and a shuffle leaves nobody out.
func TestGroupings(t *testing.T) {
	top := NewTopology("t")
	top.Spout("s", 1, func() Spout { return nil }).Declare("a", "b")
	top.Bolt("fields", 3, nil).Fields("s", "b")
	top.Bolt("all", 2, nil).All("s")
	top.Bolt("global", 2, nil).Global("s")
	require.NoError(t, top.Validate())
	e := &executor{w: &Worker{topo: top}, c: top.component("s"), turns: map[*Component]uint64{}}
	one := e.targets(DefaultStream, Values{"x", "k"})
	require.Equal(t, one, e.targets(DefaultStream, Values{"y", "k"}))
	require.Equal(t, append(top.Tasks("all"), top.Tasks("global")[0]), one[1:])
	seen := map[int32]bool{}
	for i := range int64(64) {
		seen[e.targets(DefaultStream, Values{"x", i})[0]] = true
	}
	require.Len(t, seen, 3)
}

// ids of tuples: the XOR of what a bolt has made goes into what it tells the acker.
func TestAnAnchorTakesAnEdgeOnceForEachRoot(t *testing.T) {
	list := xorInto(nil, 1, 5)
	list = xorInto(list, 2, 6)
	list = xorInto(list, 1, 3)
	require.Equal(t, []Anchor{{1, 6}, {2, 6}}, list)
}
