package paxos

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orrery/nodes"
)

func drawBallot(t *rapid.T) Ballot {
	return Ballot{Round: rapid.Uint64().Draw(t, "round"), Node: nodes.ID(rapid.StringN(0, 8, 20).Draw(t, "node"))}
}

func drawSlot(t *rapid.T) Slot { return Slot(rapid.Uint64().Draw(t, "slot")) }

func drawBytes(t *rapid.T) []byte {
	return rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "bytes")
}

func drawValues(t *rapid.T) (values [][]byte) {
	for range rapid.IntRange(0, 4).Draw(t, "values") {
		values = append(values, drawBytes(t))
	}
	return values
}

func drawMessage(t *rapid.T) nodes.Message {
	u, b := rapid.Uint64(), rapid.Bool()
	switch rapid.IntRange(0, 10).Draw(t, "kind") {
	case 0:
		return &P1a{Ballot: drawBallot(t), From: drawSlot(t)}
	case 1:
		m := &P1b{Ballot: drawBallot(t), Promised: drawBallot(t), Commit: drawSlot(t), Base: drawSlot(t), Last: drawSlot(t)}
		for range rapid.IntRange(0, 4).Draw(t, "votes") {
			m.Votes = append(m.Votes, Vote{Slot: drawSlot(t), Ballot: drawBallot(t), Value: drawBytes(t)})
		}
		return m
	case 2:
		return &P2a{Ballot: drawBallot(t), Commit: drawSlot(t), Probe: u.Draw(t, "probe"), First: drawSlot(t), Values: drawValues(t)}
	case 3:
		return &P2b{Ballot: drawBallot(t), Promised: drawBallot(t), Probe: u.Draw(t, "probe"), First: drawSlot(t), Last: drawSlot(t), Commit: drawSlot(t)}
	case 4:
		return &Heartbeat{Ballot: drawBallot(t), Commit: drawSlot(t), Probe: u.Draw(t, "probe"), Ask: b.Draw(t, "ask"), Lease: b.Draw(t, "lease")}
	case 5:
		return &HeartbeatAck{Ballot: drawBallot(t), Promised: drawBallot(t), Probe: u.Draw(t, "probe"), Commit: drawSlot(t), Lease: b.Draw(t, "lease")}
	case 6:
		return &CatchUp{From: drawSlot(t), Snapshot: drawSlot(t), Offset: u.Draw(t, "offset")}
	case 7:
		return &Chosen{First: drawSlot(t), Values: drawValues(t), Commit: drawSlot(t)}
	case 8:
		return &SnapshotPart{Slot: drawSlot(t), Size: u.Draw(t, "size"), Sum: rapid.Uint32().Draw(t, "sum"), Offset: u.Draw(t, "offset"), Data: drawBytes(t)}
	case 9:
		return &Request{Session: u.Draw(t, "session"), Seq: u.Draw(t, "seq"), Command: drawBytes(t)}
	}
	return &Reply{Session: u.Draw(t, "session"), Seq: u.Draw(t, "seq"), Status: Status(rapid.IntRange(0, int(statuses)-1).Draw(t, "status")),
		Leader: nodes.ID(rapid.StringN(0, 8, 20).Draw(t, "leader")), Result: drawBytes(t)}
}

func TestDecodeUndoesAppend(t *testing.T) {
	codec := NewCodec() // one for all: what one message leaves in it must not show in the next
	rapid.Check(t, func(t *rapid.T) {
		m := drawMessage(t)
		p := codec.Append([]byte("before"), m)
		require.Equal(t, "before", string(p[:6]))
		got, err := codec.Decode(p[6:])
		require.NoError(t, err)
		require.Equal(t, m.Kind(), got.Kind())
		require.Equal(t, codec.Append(nil, m), codec.Append(nil, got))
	})
}

func TestAnyFlippedBitIsNoticed(t *testing.T) {
	codec := NewCodec()
	rapid.Check(t, func(t *rapid.T) {
		p := codec.Append(nil, drawMessage(t))
		p[rapid.IntRange(0, len(p)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		_, err := codec.Decode(p)
		require.Error(t, err)
	})
}

func TestDecodeAllocatesNoMoreThanTheMessageHolds(t *testing.T) {
	c := NewCodec().(*codec)
	for _, code := range []byte{codeP2a, codeP1b, codeChosen} {
		r := reader{p: slices.Repeat([]byte{0xff, 0xff, 0xff, 0xff, 0x0f}, 8), names: &c.names}
		c.read(code, &r)
		require.Error(t, r.done())
	}
	require.LessOrEqual(t, cap(c.p2a.Values)+cap(c.p1b.Votes)+cap(c.chosen.Values), 200)
}

func TestSteadyDecodingAllocatesNothing(t *testing.T) {
	codec := NewCodec()
	p := codec.Append(nil, &P2a{Ballot: Ballot{3, "n2"}, Commit: 7, First: 8, Values: [][]byte{{1, 2, 3}, {4}}})
	require.Zero(t, testing.AllocsPerRun(100, func() { _, _ = codec.Decode(p) }))
}

// resum makes the sum of some bytes right, so that fuzzing gets past it.
func resum(p []byte) []byte {
	c := &codec{}
	q := c.Append(nil, &P1a{})[:0]
	q = append(q, p...)
	return appendSum(q, 0)
}

func FuzzDecode(f *testing.F) {
	c := NewCodec()
	f.Add(c.Append(nil, &P1b{Ballot: Ballot{1, "n1"}, Promised: Ballot{1, "n1"}, Votes: []Vote{{Slot: 3, Ballot: Ballot{1, "n2"}, Value: []byte("v")}}}))
	f.Add(c.Append(nil, &P2a{Ballot: Ballot{1, "n1"}, First: 2, Values: [][]byte{{0}, {1}}}))
	f.Add(c.Append(nil, &Reply{Session: 1, Seq: 2, Status: StatusNotLeader, Leader: "n3", Result: []byte{1}}))
	f.Add(c.Append(nil, &SnapshotPart{Slot: 9, Size: 3, Data: []byte("abc")}))
	f.Fuzz(func(t *testing.T, p []byte) {
		c := NewCodec()
		_, _ = c.Decode(p)
		m, err := c.Decode(resum(p))
		if err != nil {
			return
		}
		again, err := c.Decode(c.Append(nil, m))
		require.NoError(t, err)
		require.Equal(t, m.Kind(), again.Kind())
	})
}

// FuzzRestore: any bytes are a snapshot or an error.
func FuzzRestore(f *testing.F) {
	cfg := Config{Self: "n1", Members: three}.withDefaults()
	m := newMachine(&cfg, membership{from: 1, members: three})
	f.Add(m.snapshot(nil))
	m.sessions.register()
	m.store.execute(&command{kind: OpPut, key: []byte("k"), value: []byte("v")}, nil)
	f.Add(m.snapshot(nil))
	f.Fuzz(func(t *testing.T, p []byte) {
		n, err := m.restore(p)
		if err != nil {
			return
		}
		again, err := m.restore(n.snapshot(nil))
		require.NoError(t, err)
		require.Equal(t, n.snapshot(nil), again.snapshot(nil))
	})
}

func TestCommandsAreReadAsWritten(t *testing.T) {
	ops := []Op{{Kind: OpGet, Key: "k"}, {Kind: OpPut, Key: "k", Value: "v"}, {Kind: OpAppend, Key: "", Value: "v"},
		{Kind: OpCAS, Key: "k", Expect: "", Value: "v"}, {Kind: OpCreate, Key: "k", Value: "v"}, {Kind: OpDelete, Key: "k"},
		{Kind: OpScan, Key: "a", To: "b", Limit: 3}, {Kind: OpReconfigure, Members: three, Q1: 3, Q2: 1}}
	for _, op := range ops {
		c, err := readCommand(op.Append(nil), &names{})
		require.NoError(t, err, op.Kind)
		got := Op{Kind: c.kind, Key: string(c.key), To: string(c.to), Value: string(c.value), Expect: string(c.expect),
			Limit: c.limit, Members: c.members, Q1: c.q1, Q2: c.q2}
		require.Equal(t, op, got)
		_, err = readCommand(op.Append(nil)[:len(op.Append(nil))-1], &names{})
		require.Error(t, err, "%v cut short", op.Kind)
	}
}
