package isolation_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	. "orrery/checker/isolation"
)

// A database runs list transactions of several clients, one micro-operation at a time. Who appends locks the list until the
// end and fails if it is locked; what it appends is there for others once it commits.
type database struct {
	r         *rand.Rand
	now       int64
	lists     map[string][]int64
	changed   map[string]int64 // when a list was last committed
	locks     map[string]int
	snapshots bool // reads are of the time of the invocation, and an append to what changed since then fails
	history   []Txn
}

type session struct {
	txn      Txn
	left     int
	snapshot map[string][]int64
	own      map[string][]int64
}

// runDatabase makes n transactions of four clients on three lists.
func runDatabase(seed uint64, n int, snapshots bool) []Txn {
	d := &database{r: rand.New(rand.NewPCG(seed, 4)), lists: map[string][]int64{}, changed: map[string]int64{},
		locks: map[string]int{}, snapshots: snapshots}
	clients := make([]*session, 4)
	for id := int64(1); len(d.history) < n; d.now++ {
		p := d.r.IntN(len(clients))
		s := clients[p]
		switch {
		case s == nil:
			s = &session{txn: Txn{ID: id, Process: int64(p), Type: OK, Invoke: d.now}, left: 1 + d.r.IntN(4),
				snapshot: cloned(d.lists), own: map[string][]int64{}}
			clients[p] = s
			id++
		case s.left > 0 && d.step(s, p):
			s.left--
		default:
			d.end(s, p, s.left == 0)
			clients[p] = nil
		}
	}
	return d.history
}

// step runs one micro-operation, and tells whether the transaction may go on.
func (d *database) step(s *session, p int) bool {
	k := fmt.Sprint("k", d.r.IntN(3))
	if d.r.IntN(2) == 0 {
		from := d.lists
		if d.snapshots {
			from = s.snapshot
		}
		s.txn.Mops = append(s.txn.Mops, Read(k, slices.Concat(from[k], s.own[k])...))
		return true
	}
	v := s.txn.ID*10 + int64(s.left)
	s.txn.Mops = append(s.txn.Mops, Append(k, v))
	if owner := d.locks[k]; owner != 0 && owner != p+1 || d.snapshots && d.changed[k] > s.txn.Invoke {
		return false
	}
	d.locks[k] = p + 1
	s.own[k] = append(s.own[k], v)
	return true
}

func (d *database) end(s *session, p int, commit bool) {
	s.txn.Return = d.now
	if !commit {
		s.txn.Type = Fail
	}
	for _, k := range []string{"k0", "k1", "k2"} {
		if d.locks[k] == p+1 {
			delete(d.locks, k)
		}
		if commit && len(s.own[k]) > 0 {
			d.lists[k] = slices.Concat(d.lists[k], s.own[k])
			d.changed[k] = d.now
		}
	}
	if commit && d.r.IntN(10) == 0 { // it committed, and its client never learnt of it
		s.txn.Type = Info
	}
	d.history = append(d.history, s.txn)
}

// A database is never accused of less than it gives, and is convicted of what it does not give.
func TestDatabasesAreJudgedByTheirLevel(t *testing.T) {
	for _, tc := range []struct {
		snapshots    bool
		gives, lacks Level
	}{
		{true, StrongSnapshotIsolation, Serializable},
		{true, StrongSessionSnapshotIsolation, StrongSessionSerializable},
		{true, SnapshotIsolation, RepeatableRead},
		{false, ReadCommitted, SnapshotIsolation},
		{false, ReadUncommitted, RepeatableRead},
	} {
		convicted := 0
		const runs = 300
		for seed := range uint64(runs) {
			h := runDatabase(seed, 60, tc.snapshots)
			res := Check(h, Options{Level: tc.gives})
			require.Equal(t, checker.Holds, res.Verdict, "seed %d, %v: %s", seed, tc.gives, res.Reason)
			if Check(h, Options{Level: tc.lacks}).Verdict == checker.Violated {
				convicted++
			}
		}
		require.Greater(t, convicted, runs/2, "%v", tc.lacks)
	}
}

// A graph that is one large component is judged in linear time too, and shown by small cycles.
func TestManyAnomaliesAreShownByFew(t *testing.T) {
	h := runDatabase(1, 3000, false)
	res := Check(h, Options{})
	require.Equal(t, checker.Violated, res.Verdict)
	require.True(t, res.Has(GSingle))
	shown := map[Anomaly]int{}
	for _, f := range res.Findings {
		shown[f.Anomaly]++
		require.NotEmpty(t, f.Sentence)
		require.LessOrEqual(t, len(f.Txns), 4, f.Sentence)
		require.LessOrEqual(t, shown[f.Anomaly], 8)
	}
	require.Equal(t, res, Check(h, Options{}), "a result is a function of the history")
}

// The smallest cycle may be as large as the history; its sentence is not.
func TestLongCyclesAreToldInShort(t *testing.T) {
	const n = 20_000
	var h []Txn
	for i := range int64(n) {
		h = append(h, ok(i, ReadReg("x", (i+1)%n), Write("x", i)))
	}
	res := Check(h, Options{})
	require.True(t, res.Has(G1c))
	require.True(t, res.Has(CyclicVersions))
	for _, f := range res.Findings {
		require.Len(t, f.Txns, n)
		require.Less(t, len(f.Sentence), 1000)
	}
}
