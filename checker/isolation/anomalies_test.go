package isolation_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	. "orrery/checker/isolation"
)

// at makes a committed transaction; each has a process of its own unless the test sets one.
func at(id, invoke, ret int64, mops ...Mop) Txn {
	return Txn{ID: id, Process: 100 + id, Type: OK, Mops: mops, Invoke: invoke, Return: ret}
}

// ok makes a committed transaction that is concurrent with all others.
func ok(id int64, mops ...Mop) Txn { return at(id, 0, 1000, mops...) }

func fail(id int64, mops ...Mop) Txn {
	t := ok(id, mops...)
	t.Type = Fail
	return t
}

func info(id int64, mops ...Mop) Txn {
	t := ok(id, mops...)
	t.Type, t.Return = Info, checker.Never
	return t
}

func by(p int64, t Txn) Txn {
	t.Process = p
	return t
}

// anomalies are histories that show exactly these anomalies when checked for strict serializability.
var anomalies = []struct {
	name  string
	h     []Txn
	found []Anomaly
	why   string
}{
	{"aborted read", []Txn{fail(1, Append("x", 1)), ok(2, Read("x", 1))}, []Anomaly{G1a},
		"G1a: T2 read 1 from x, which T1 wrote, and T1 failed"},
	{"aborted read of a register", []Txn{fail(1, Write("x", 1)), ok(2, ReadReg("x", 1))}, []Anomaly{G1a},
		"G1a: T2 read 1 from x, which T1 wrote, and T1 failed"},
	{"aborted element in the middle", []Txn{fail(1, Append("x", 1)), info(3, Append("x", 2)), ok(2, Read("x", 1, 2))}, []Anomaly{G1a}, ""},
	{"intermediate read", []Txn{ok(1, Append("x", 1), Append("y", 7), Append("x", 2)), ok(2, Read("x", 1)), ok(3, Read("x", 1, 2))},
		[]Anomaly{G1b, GSingle}, "G1b: T2 read x as T1 left it for a moment, with 1, which T1 then wrote over"},
	{"intermediate read of a register", []Txn{ok(1, Write("x", 1), Write("x", 2)), ok(2, ReadReg("x", 1))}, []Anomaly{G1b},
		"G1b: T2 read x as T1 left it for a moment, with 1, which T1 then wrote over"},
	{"internal: forgot its own append", []Txn{ok(1, Append("x", 1), Read("x")), ok(2, Read("x", 1))}, []Anomaly{Internal},
		"internal: T1 read x as [], which after its own reads and appends had to end with its own [1]"},
	{"internal: reads differ", []Txn{ok(1, Read("x"), Read("x", 1)), ok(2, Append("x", 1))}, []Anomaly{Internal},
		"internal: T1 read x as [1], which after its own reads and appends had to be []"},
	{"internal register", []Txn{ok(1, Write("x", 1), ReadReg("x", 2)), ok(2, Write("x", 2))}, []Anomaly{Internal},
		`internal: T1 read x as 2 after its own "w x 1"`},
	{"future read", []Txn{ok(1, Read("x", 1), Append("x", 1)), ok(2, Read("x", 1))}, []Anomaly{FutureRead},
		"future-read: T1 read 1 from x before it wrote it itself"},
	{"future read of a register", []Txn{ok(1, ReadReg("x", 1), Write("x", 1)), ok(2, ReadReg("x", 1))}, []Anomaly{FutureRead, CyclicVersions},
		"future-read: T1 read 1 from x before it wrote it itself"},
	{"phantom read", []Txn{ok(1, Append("x", 1)), ok(2, Read("x", 1, 9))}, []Anomaly{PhantomRead},
		"phantom-read: T2 read 9 from x, which nobody wrote"},
	{"phantom read of a register", []Txn{ok(1, Write("x", 1)), ok(2, ReadReg("x", 9))}, []Anomaly{PhantomRead},
		"phantom-read: T2 read 9 from x, which nobody wrote"},
	{"duplicates", []Txn{ok(1, Append("x", 1)), ok(2, Append("x", 2)), ok(3, Read("x", 1, 2, 1))}, []Anomaly{DuplicateElements},
		"duplicate-elements: T3 read x as [1 2 1], which holds 1 twice"},
	{"incompatible orders", []Txn{ok(1, Append("x", 1)), ok(2, Append("x", 2)), ok(3, Read("x", 1, 2)), ok(4, Read("x", 2, 1))},
		[]Anomaly{IncompatibleOrder}, "incompatible-order: T4 read x as [2 1], but another transaction read it as [1 2], and neither is a prefix of the other"},
	{"one's own appends out of order", []Txn{ok(1, Append("x", 1), Append("x", 2)), ok(2, Read("x", 2, 1))}, []Anomaly{IncompatibleOrder, G1b},
		"incompatible-order: T1 appended 1 to x and then 2, but whoever saw the second did not see the first before it"},
	{"one of two appends lost", []Txn{ok(1, Append("x", 1), Append("x", 2)), ok(2, Read("x", 2))}, []Anomaly{IncompatibleOrder, GSingle},
		"incompatible-order: T1 appended 1 to x and then 2, but whoever saw the second did not see the first before it"},
	{"an info seen on one list and not on another", []Txn{info(1, Append("x", 1), Append("y", 1)), ok(2, Read("x", 1), Read("y"))}, []Anomaly{GSingle}, ""},
	{"dirty update", []Txn{fail(1, Append("x", 1)), info(2, Append("x", 2)), ok(3, Append("x", 3)), ok(4, Read("x", 1, 2, 3))},
		[]Anomaly{DirtyUpdate, G1a}, "G1a: T4 read 1 from x, which T1 wrote, and T1 failed"},
	{"dirty update of a register", []Txn{fail(1, Write("x", 1)), ok(2, ReadReg("x", 1), Write("x", 2))}, []Anomaly{DirtyUpdate, G1a}, ""},
	{"lost update", []Txn{ok(1, Read("x"), Append("x", 1)), ok(2, Read("x"), Append("x", 2)), ok(3, Read("x", 1, 2))},
		[]Anomaly{LostUpdate, GSingle}, "lost-update: T1 and T2 both read x as [] and then wrote it, so one of them did not see the other's write"},
	{"lost update of a register", []Txn{ok(0, Write("x", 9)), ok(1, ReadReg("x", 9), Write("x", 1)), ok(2, ReadReg("x", 9), Write("x", 2))},
		[]Anomaly{LostUpdate, G2}, ""},
	{"cyclic versions", []Txn{ok(1, ReadReg("x", 2), Write("x", 1)), ok(2, ReadReg("x", 1), Write("x", 2))}, []Anomaly{CyclicVersions, G1c},
		"cyclic-versions: T1 read x=2 and wrote 1; T2 read x=1 and wrote 2; so each version came before itself"},
	{"G0", []Txn{ok(1, Append("x", 1), Append("y", 1)), ok(2, Append("x", 2), Append("y", 2)), ok(3, Read("x", 1, 2)), ok(4, Read("y", 2, 1))},
		[]Anomaly{G0}, "G0: T1 precedes T2, because T2 appended 2 to x after T1's 1; but T2 precedes T1, because T1 appended 1 to y after T2's 2: a cycle"},
	{"G1c", []Txn{ok(1, Append("x", 1), Read("y", 1)), ok(2, Append("y", 1), Read("x", 1))}, []Anomaly{G1c},
		"G1c: T1 precedes T2, because T2 observed T1's append of 1 to x; but T2 precedes T1, because T1 observed T2's append of 1 to y: a cycle"},
	{"G1c of registers", []Txn{ok(1, Write("x", 1), ReadReg("y", 1)), ok(2, Write("y", 1), ReadReg("x", 1))}, []Anomaly{G1c},
		"G1c: T1 precedes T2, because T2 read T1's write x=1; but T2 precedes T1, because T1 read T2's write y=1: a cycle"},
	{"G-single", []Txn{ok(1, Append("x", 1), Append("y", 1)), ok(2, Read("x", 1), Read("y"))}, []Anomaly{GSingle},
		"G-single-item: T2 precedes T1, because T2 read y as [] and did not observe T1's append of 1; but T1 precedes T2, because T2 observed T1's append of 1 to x: a cycle"},
	{"G-single of registers", []Txn{ok(1, Write("x", 1), Write("y", 1)), ok(2, ReadReg("x", 1), ReadUnset("y"))}, []Anomaly{GSingle},
		"G-single-item: T2 precedes T1, because T2 read y as unset, the version before T1's 1; but T1 precedes T2, because T2 read T1's write x=1: a cycle"},
	{"G-nonadjacent: a long fork", []Txn{ok(1, Append("x", 1)), ok(2, Append("y", 1)), ok(3, Read("x", 1), Read("y")), ok(4, Read("x"), Read("y", 1))},
		[]Anomaly{GNonadjacent}, ""},
	{"G2: write skew", []Txn{ok(1, Read("x"), Append("y", 1)), ok(2, Read("y"), Append("x", 1))}, []Anomaly{G2},
		"G2-item: T1 precedes T2, because T1 read x as [] and did not observe T2's append of 1; but T2 precedes T1, because T2 read y as [] and did not observe T1's append of 1: a cycle"},
	{"G2 of registers", []Txn{ok(1, ReadUnset("x"), Write("y", 1)), ok(2, ReadUnset("y"), Write("x", 1))}, []Anomaly{G2}, ""},
	{"G2 by way of appends nobody read", []Txn{ok(1, Read("x"), Append("x", 1), Append("y", 2)), ok(2, Read("y"), Append("x", 3))},
		[]Anomaly{G2}, ""},
	{"stale read", []Txn{at(1, 1, 2, Append("x", 1)), at(2, 3, 4, Read("x"))}, []Anomaly{GSingle + Realtime},
		"G-single-item-realtime: T2 precedes T1, because T2 read x as [] and did not observe T1's append of 1; but T1 precedes T2, because T1 had returned at 2 when T2 was invoked at 3: a cycle"},
	{"stale read of one's own write", []Txn{by(5, at(1, 1, 3, Append("x", 1))), by(5, at(2, 3, 4, Read("x")))}, []Anomaly{GSingle + Process},
		"G-single-item-process: T2 precedes T1, because T2 read x as [] and did not observe T1's append of 1; but T1 precedes T2, because process 5 ran T1 first: a cycle"},
	{"stale read of a register", []Txn{at(1, 1, 2, Write("x", 1)), at(2, 3, 4, Write("x", 2)), at(3, 5, 6, ReadReg("x", 1))}, []Anomaly{GSingle + Realtime},
		"G-single-item-realtime: T3 precedes T2, because T3 read x as 1, which was there when T2 was invoked, which wrote 2; but T2 precedes T3, because T2 had returned at 4 when T3 was invoked at 5: a cycle"},
	{"a register that went back behind a write", []Txn{at(1, 1, 20, Write("x", 1)), at(2, 2, 3, ReadReg("x", 1)), at(3, 4, 20, Write("x", 2)), at(4, 5, 6, ReadReg("x", 2)), at(5, 7, 8, ReadReg("x", 1))},
		[]Anomaly{GSingle + Realtime}, ""},
	{"G0 in real time", []Txn{at(1, 1, 2, Append("x", 1)), at(2, 3, 4, Append("x", 2)), at(3, 3, 5, Read("x", 2, 1))}, []Anomaly{G0 + Realtime}, ""},
	{"G0 of a process", []Txn{by(5, at(1, 1, 3, Append("x", 1))), by(5, at(2, 3, 4, Append("x", 2))), at(3, 3, 5, Read("x", 2, 1))}, []Anomaly{G0 + Process}, ""},
	{"G1c in real time", []Txn{at(1, 1, 2, Read("x", 1)), at(2, 3, 4, Append("x", 1))}, []Anomaly{G1c + Realtime}, ""},
	{"G1c of a process", []Txn{by(5, at(1, 1, 3, Read("x", 1))), by(5, at(2, 3, 4, Append("x", 1)))}, []Anomaly{G1c + Process}, ""},
	{"G-nonadjacent in real time", []Txn{at(1, 1, 2, Append("x", 1)), at(2, 1, 9, Append("y", 1)), at(3, 3, 9, Read("y")), at(4, 1, 9, Read("y", 1), Read("x"))},
		[]Anomaly{GNonadjacent + Realtime}, ""},
	{"G-nonadjacent of processes", []Txn{by(5, at(1, 1, 3, Append("x", 1))), by(5, at(2, 3, 4, Read("y"))), by(6, at(3, 1, 3, Append("y", 1))), by(6, at(4, 3, 4, Read("x")))},
		[]Anomaly{GNonadjacent + Process}, ""},
	{"G2 in real time", []Txn{at(1, 1, 9, Read("x"), Append("y", 1)), at(2, 5, 9, Read("y")), at(3, 1, 4, Append("x", 1))}, []Anomaly{G2 + Realtime}, ""},
	{"G2 of a process", []Txn{at(1, 1, 9, Read("x"), Append("y", 1)), by(5, at(2, 5, 9, Read("y"))), by(5, at(3, 1, 5, Append("x", 1)))}, []Anomaly{G2 + Process}, ""},
}

func TestEveryAnomalyIsFoundUnderItsNameAndNoOther(t *testing.T) {
	for _, tc := range anomalies {
		t.Run(tc.name, func(t *testing.T) {
			res := Check(tc.h, Options{})
			require.Equal(t, checker.Violated, res.Verdict)
			var got []Anomaly
			for a := range res.Count {
				got = append(got, a)
			}
			require.ElementsMatch(t, tc.found, got, "%+v", res.Findings)
			if tc.why != "" {
				require.Equal(t, tc.why, res.Reason)
			}
			// Each level is violated exactly if it forbids one of them. Levels that do not respect time cannot see its cycles.
			for l := ReadCommitted; l <= StrictSerializable; l++ {
				forbidden := slices.ContainsFunc(tc.found, l.Proscribes)
				require.Equal(t, forbidden, Check(tc.h, Options{Level: l}).Verdict == checker.Violated, "%v", l)
			}
		})
	}
}

func TestCleanHistoriesHold(t *testing.T) {
	for name, h := range map[string][]Txn{
		"lists in sequence":     {at(1, 1, 2, Append("x", 1)), at(2, 3, 4, Read("x", 1), Append("x", 2), Read("x", 1, 2)), at(3, 5, 6, Read("x", 1, 2))},
		"registers":             {at(1, 1, 2, Write("x", 1), ReadReg("x", 1)), at(2, 3, 4, ReadReg("x", 1), Write("x", 2)), at(3, 5, 6, ReadReg("x", 2))},
		"an info took effect":   {info(1, Append("x", 1)), at(2, 5, 6, Read("x", 1)), at(3, 7, 8, Read("x", 1))},
		"an info took none":     {info(1, Append("x", 1)), at(2, 1, 2, Append("x", 2)), at(3, 5, 6, Read("x", 2))},
		"an info took it late":  {by(7, Txn{ID: 1, Type: Info, Mops: []Mop{Append("x", 1)}, Invoke: 1, Return: 2}), by(7, at(2, 3, 4, Read("x"))), at(3, 5, 6, Read("x", 1))},
		"equal times overlap":   {at(1, 1, 2, Append("x", 1)), at(2, 2, 3, Read("x")), at(3, 2, 4, Read("x", 1))},
		"a failed write unseen": {fail(1, Append("x", 1)), ok(2, Append("x", 2)), ok(3, Read("x", 2))},
		"many appends nobody read, by those that read": {at(0, 0, 0, Append("x", 1)), at(1, 1, 9, Read("x", 1)), at(2, 1, 9, Read("x", 1)),
			at(3, 1, 9, Read("x", 1)), at(4, 1, 9, Read("x", 1)), at(5, 1, 9, Read("x", 1)), at(6, 1, 9, Read("x", 1)), at(7, 1, 9, Read("x", 1)), at(8, 1, 9, Read("x", 1)),
			at(9, 1, 9, Read("x", 1), Append("x", 2)), at(10, 1, 9, Append("x", 3)), at(11, 1, 9, Append("x", 4)), at(12, 1, 9, Append("x", 5)), at(13, 1, 9, Append("x", 6)),
			at(14, 1, 9, Append("x", 7)), at(15, 1, 9, Append("x", 8)), at(16, 1, 9, Append("x", 9)), at(17, 1, 9, Append("x", 10)), at(18, 1, 9, Append("x", 11)), at(19, 1, 9, Append("x", 12))},
	} {
		t.Run(name, func(t *testing.T) {
			res := Check(h, Options{})
			require.Equal(t, checker.Holds, res.Verdict, "%s %+v", res.Reason, res.Findings)
			require.Empty(t, res.Findings)
		})
	}
}

func TestNothingIsNotOK(t *testing.T) {
	for why, h := range map[string][]Txn{
		"the history is empty":                                 nil,
		"0 committed transactions, want at least 1":            {fail(1, Append("x", 1)), info(2, Append("x", 2))},
		"0 dependencies between transactions, want at least 1": {ok(1, Append("x", 1)), ok(2, Read("y"))},
	} {
		res := Check(h, Options{})
		require.Equal(t, checker.Vacuous, res.Verdict)
		require.Equal(t, why, res.Reason)
	}
}

func TestWhatIsNoHistoryIsMalformed(t *testing.T) {
	for why, h := range map[string][]Txn{
		`T2: "append x 1" repeats a write of T1: what is written to a key must be unique`: {ok(1, Append("x", 1)), ok(2, Append("x", 1))},
		`T2: "w x 1": a history has either lists or registers, not both`:                  {ok(1, Append("x", 1)), ok(2, Write("x", 1))},
		"T1: it returned at 1, before it was invoked at 2":                                {at(1, 2, 1)},
		"T1: the id 1 is that of the 1. transaction too":                                  {ok(1), ok(1)},
		"T2: it was invoked at 2 by process 5, which was busy with T1 until 3":            {by(5, at(1, 1, 3)), by(5, at(2, 2, 4))},
		"T1: it has no type: want ok, fail or info":                                       {{ID: 1}},
		"T1: its micro-operation 0 is none":                                               {ok(1, Mop{})},
	} {
		res := Check(h, Options{})
		require.Equal(t, checker.Malformed, res.Verdict)
		require.Equal(t, why, res.Reason)
		require.Equal(t, why, WellFormed(h))
	}
}

func TestLevelsFormAnOrder(t *testing.T) {
	for _, pair := range [][2]Level{{ReadUncommitted, ReadCommitted}, {ReadCommitted, RepeatableRead}, {ReadCommitted, SnapshotIsolation},
		{RepeatableRead, Serializable}, {SnapshotIsolation, Serializable}, {Serializable, StrongSessionSerializable},
		{StrongSessionSerializable, StrictSerializable}, {StrongSnapshotIsolation, StrictSerializable}} {
		for _, a := range []Anomaly{PhantomRead, FutureRead, DuplicateElements, CyclicVersions, G1a, G1b, DirtyUpdate, IncompatibleOrder, Internal, LostUpdate,
			G0, G1c, GSingle, GNonadjacent, G2, G0 + Process, G2 + Process, G0 + Realtime, G2 + Realtime} {
			require.False(t, pair[0].Proscribes(a) && !pair[1].Proscribes(a), "%v but not %v forbids %v", pair[0], pair[1], a)
		}
	}
	for l := ReadUncommitted; l <= StrictSerializable; l++ {
		got, err := ParseLevel(l.String())
		require.NoError(t, err)
		require.Equal(t, l, got)
	}
	_, err := ParseLevel("chaos")
	require.ErrorContains(t, err, `no level "chaos"`)
}
