package zookeeper_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/checker/guarantee"
	. "orrery/checker/zookeeper"
)

// An ensemble that keeps its promises is never accused, with the log and without, with lost answers and without.
func TestAnEnsembleThatKeepsItsPromisesHolds(t *testing.T) {
	resolved, exempt, events := 0, 0, 0
	for seed := range uint64(240) {
		lossy, logless := seed%2 == 1, seed%4 >= 2
		h := run(rand.New(rand.NewPCG(seed, 1)), 120, 4, lossy, logless)
		r := Check(h, Options{StrictSync: true})
		require.NotEqual(t, checker.Violated, r.Verdict, "seed %d: %s", seed, r.Reason)
		require.Empty(t, r.Count, "seed %d", seed)
		if !logless {
			require.Zero(t, r.Coverage.Of("answers that are uncertain, exempt"))
		}
		resolved += r.Coverage.Of("of which traces told the end")
		exempt += r.Coverage.Of("answers that are uncertain, exempt")
		events += r.Coverage.Of("watch events")
	}
	require.Positive(t, resolved)
	require.Positive(t, exempt)
	require.Greater(t, events, 500)
}

// pick returns an operation of the history that suits, or nil.
func pick(r *rand.Rand, h *History, suits func(o *Op) bool) *Op {
	for _, i := range r.Perm(len(h.Ops)) {
		if o := &h.Ops[i]; o.Status == checker.OK && suits(o) {
			return o
		}
	}
	return nil
}

func acked(o *Op) bool { return o.Code == OK && (o.Kind <= Multi || o.Kind == Close) }

// defects plant one violation each into a history that had none, and say how it must be called.
var defects = map[string]struct {
	plant func(r *rand.Rand, h *History) bool
	want  []guarantee.Anomaly
}{
	"stale data": {func(r *rand.Rand, h *History) bool {
		o := pick(r, h, func(o *Op) bool { return o.Kind == GetData && o.Code == OK })
		if o != nil {
			o.Got = "other"
		}
		return o != nil
	}, []guarantee.Anomaly{WrongRead}},
	"a stat of another version": {func(r *rand.Rand, h *History) bool {
		o := pick(r, h, func(o *Op) bool { return o.Stat != nil && o.Kind == Exists })
		if o != nil {
			o.Stat.Version++
		}
		return o != nil
	}, []guarantee.Anomaly{WrongRead}},
	"a child too few": {func(r *rand.Rand, h *History) bool {
		o := pick(r, h, func(o *Op) bool { return len(o.Children) > 0 })
		if o != nil {
			o.Children = o.Children[1:]
		}
		return o != nil
	}, []guarantee.Anomaly{WrongRead}},
	"a child twice": {func(r *rand.Rand, h *History) bool {
		o := pick(r, h, func(o *Op) bool { return len(o.Children) > 1 })
		if o != nil {
			o.Children[1] = o.Children[0]
		}
		return o != nil
	}, []guarantee.Anomaly{WrongRead}},
	"a node that is not seen": {func(r *rand.Rand, h *History) bool {
		o := pick(r, h, func(o *Op) bool { return o.Kind == Exists && o.Code == OK && !o.Watch })
		if o != nil {
			o.Code, o.Stat = NoNode, nil
		}
		return o != nil
	}, []guarantee.Anomaly{WrongRead}},
	"a wrong refusal": {func(r *rand.Rand, h *History) bool {
		o := pick(r, h, func(o *Op) bool { return o.Kind == Create && o.Code == NodeExists })
		if o != nil {
			o.Code = NoNode
		}
		return o != nil
	}, []guarantee.Anomaly{WrongResult}},
	"a sequence number twice": {func(r *rand.Rand, h *History) bool {
		o := pick(r, h, func(o *Op) bool { return o.Sequential && acked(o) && !strings.HasSuffix(o.Created, "0000000000") })
		if o != nil {
			o.Created = o.Path + "0000000000"
		}
		return o != nil
	}, []guarantee.Anomaly{WrongResult}},
	"a write that was lost": {func(r *rand.Rand, h *History) bool {
		o := pick(r, h, acked)
		h.Log = slices.DeleteFunc(h.Log, func(x Txn) bool { return o != nil && x.Session == o.Session && x.Xid == o.Xid })
		return o != nil
	}, []guarantee.Anomaly{NotInLog}},
	"a write that was committed twice": {func(r *rand.Rand, h *History) bool {
		o := pick(r, h, func(o *Op) bool { return o.Kind == SetData && acked(o) })
		if o == nil {
			return false
		}
		i := slices.IndexFunc(h.Log, func(x Txn) bool { return x.Session == o.Session && x.Xid == o.Xid })
		x := h.Log[i]
		x.Zxid = h.Log[len(h.Log)-1].Zxid + 1
		h.Log = append(h.Log, x)
		return true
	}, []guarantee.Anomaly{TwiceInLog}},
	"a refusal that was committed": {func(r *rand.Rand, h *History) bool {
		o := pick(r, h, func(o *Op) bool { return o.Kind == SetData && acked(o) })
		if o != nil {
			o.Code, o.Stat = BadVersion, nil
		}
		return o != nil
	}, []guarantee.Anomaly{LogDiffers}},
	"other data was committed": {func(r *rand.Rand, h *History) bool {
		o := pick(r, h, func(o *Op) bool { return o.Kind == SetData && acked(o) })
		if o != nil {
			o.Data = "asked"
		}
		return o != nil
	}, []guarantee.Anomaly{LogDiffers}},
	"a log out of order": {func(_ *rand.Rand, h *History) bool {
		if len(h.Log) > 2 {
			h.Log[0], h.Log[1] = h.Log[1], h.Log[0]
		}
		return len(h.Log) > 2
	}, []guarantee.Anomaly{LogOrder}},
	"a session that goes back": {func(r *rand.Rand, h *History) bool {
		first := pick(r, h, func(o *Op) bool { return acked(o) && o.Kind != Close && o.Zxid > 5 })
		if first == nil {
			return false
		}
		o := pick(r, h, func(o *Op) bool { return o.Session == first.Session && o.Xid > first.Xid && o.Kind == Sync })
		if o != nil {
			o.Zxid = first.Zxid - 1
		}
		return o != nil
	}, []guarantee.Anomaly{WentBack}},
	"writes out of order": {func(r *rand.Rand, h *History) bool {
		a := pick(r, h, func(o *Op) bool { return acked(o) && o.Kind == SetData })
		b := pick(r, h, func(o *Op) bool { return acked(o) && o.Kind == SetData && a != nil && o.Session != a.Session })
		if b != nil {
			a.Zxid, b.Zxid = b.Zxid, a.Zxid
		}
		return b != nil
	}, []guarantee.Anomaly{WriteOrder, FutureRead}},
	"an answer of the future": {func(r *rand.Rand, h *History) bool {
		last := h.Log[len(h.Log)-1].Zxid
		o := pick(r, h, func(o *Op) bool {
			return o.Kind == Sync && slices.ContainsFunc(h.Ops, func(w Op) bool {
				return w.Invoke > o.Return && acked(&w) && w.Status == checker.OK && w.Session != o.Session
			})
		})
		if o != nil {
			o.Zxid = last + 1
		}
		return o != nil
	}, []guarantee.Anomaly{FutureRead}},
	"answers of a connection out of order": {func(r *rand.Rand, h *History) bool {
		o := pick(r, h, func(o *Op) bool {
			return slices.ContainsFunc(h.Ops, func(p Op) bool {
				return p.Session == o.Session && p.Conn == o.Conn && p.Xid > o.Xid && p.Status == checker.OK
			})
		})
		if o != nil {
			o.Return = 1 << 30
		}
		return o != nil
	}, []guarantee.Anomaly{FIFO}},
	"use after close": {func(r *rand.Rand, h *History) bool {
		c := pick(r, h, func(o *Op) bool { return o.Kind == Close })
		if c == nil {
			return false
		}
		h.Ops = append(h.Ops, Op{Session: c.Session, Conn: c.Conn, Xid: c.Xid + 1, Kind: Sync, Path: "/", Status: checker.OK, Zxid: h.Log[len(h.Log)-1].Zxid + 1, Invoke: 1 << 30, Return: 1<<30 + 1})
		return true
	}, []guarantee.Anomaly{UseAfterEnd}},
	"a sync that does not": {func(r *rand.Rand, h *History) bool {
		// A session of its own that never saw anything.
		at := int64(1 << 30)
		h.Ops = append(h.Ops, Op{Session: 99, Kind: Sync, Path: "/", Status: checker.OK, Zxid: 1, Invoke: at, Return: at + 1},
			Op{Session: 99, Xid: 1, Kind: Exists, Path: "/nowhere", Code: NoNode, Status: checker.OK, Zxid: 1, Invoke: at + 2, Return: at + 3})
		return true
	}, []guarantee.Anomaly{StaleSync}},
	"a watch event that never came": {func(r *rand.Rand, h *History) bool {
		if len(h.Events) == 0 {
			return false
		}
		n := r.IntN(len(h.Events))
		e := h.Events[n]
		later := slices.ContainsFunc(h.Ops, func(o Op) bool { return o.Session == e.Session && o.Return > e.At })
		h.Events = slices.Delete(h.Events, n, n+1)
		return later
	}, []guarantee.Anomaly{LateWatch}},
	"a watch event that came twice": {func(r *rand.Rand, h *History) bool {
		if len(h.Events) == 0 {
			return false
		}
		e := h.Events[r.IntN(len(h.Events))]
		set := slices.ContainsFunc(h.Ops, func(o Op) bool { return o.Session == e.Session && o.Path == e.Path && o.Watch && o.Return > e.At })
		h.Events = append(h.Events, Event{Session: e.Session, Conn: e.Conn, Type: e.Type, Path: e.Path, At: 1 << 30})
		return !set
	}, []guarantee.Anomaly{Unregistered}},
	"a watch event of another type": {func(r *rand.Rand, h *History) bool {
		for i := range h.Events {
			if e := &h.Events[i]; e.Type == NodeDataChanged {
				e.Type = NodeCreated
				return true
			}
		}
		return false
	}, []guarantee.Anomaly{NoCause}},
}

// Whatever is planted is found, under its name, and shown with operations.
func TestPlantedDefectsAreFoundUnderTheirNames(t *testing.T) {
	for name, d := range defects {
		t.Run(name, func(t *testing.T) {
			planted := 0
			for seed := range uint64(60) {
				r := rand.New(rand.NewPCG(seed, 2))
				h := run(r, 120, 4, false, false)
				if !d.plant(r, &h) {
					continue
				}
				planted++
				rep := Check(h, Options{StrictSync: true})
				require.Equal(t, checker.Violated, rep.Verdict, "seed %d", seed)
				require.True(t, slices.ContainsFunc(d.want, func(a guarantee.Anomaly) bool { return rep.Has(a) }), "seed %d: %v", seed, rep.Count)
				for _, f := range rep.Findings {
					require.LessOrEqual(t, len(f.Ops), 5)
				}
			}
			require.Greater(t, planted, 8)
		})
	}
}

func TestTwoWritesOfOneZxidAreFoundWithoutTheLog(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	h := run(r, 120, 4, false, true)
	a := pick(r, &h, acked)
	b := pick(r, &h, func(o *Op) bool { return acked(o) && o != a })
	b.Zxid = a.Zxid
	require.True(t, Check(h, Options{}).Has(OneZxid))
}

func TestEventsComeInTheOrderOfTheChanges(t *testing.T) {
	h := History{Ops: []Op{
		{Session: 1, Xid: 1, Kind: Create, Path: "/a", Created: "/a", Status: checker.OK, Zxid: 2, Invoke: 1, Return: 2},
		{Session: 1, Xid: 2, Kind: Create, Path: "/b", Created: "/b", Status: checker.OK, Zxid: 3, Invoke: 3, Return: 4},
		{Session: 2, Xid: 1, Kind: Exists, Path: "/a", Status: checker.OK, Watch: true, Zxid: 3, Stat: &Stat{Czxid: 2, Mzxid: 2, Pzxid: 2}, Invoke: 5, Return: 6},
		{Session: 2, Xid: 2, Kind: Exists, Path: "/b", Status: checker.OK, Watch: true, Zxid: 3, Invoke: 7, Return: 8},
		{Session: 1, Xid: 3, Kind: SetData, Path: "/a", Version: AnyVersion, Data: "1", Status: checker.OK, Zxid: 4, Invoke: 9, Return: 10},
		{Session: 1, Xid: 4, Kind: SetData, Path: "/b", Version: AnyVersion, Data: "1", Status: checker.OK, Zxid: 5, Invoke: 11, Return: 12},
	}, Events: []Event{{Session: 2, Type: NodeDataChanged, Path: "/a", At: 13}, {Session: 2, Type: NodeDataChanged, Path: "/b", At: 14}}}
	require.Equal(t, checker.Holds, Check(h, Options{}).Verdict)
	h.Events[0].Path, h.Events[1].Path = "/b", "/a"
	require.Equal(t, "watch-order: session 0x2 got NodeDataChanged of /a, of 0x4, after the event of 0x5", Check(h, Options{}).Reason)
}

func TestAStaleSyncIsAllowedUnlessAskedFor(t *testing.T) {
	h := run(rand.New(rand.NewPCG(3, 3)), 120, 4, false, false)
	defects["a sync that does not"].plant(nil, &h)
	r := Check(h, Options{})
	require.Equal(t, checker.Holds, r.Verdict, r.Reason)
	require.True(t, r.Has(StaleSync))
}

func TestNothingIsNotOK(t *testing.T) {
	require.Equal(t, checker.Vacuous, Check(History{}, Options{}).Verdict)
	only := History{Ops: []Op{{Session: 1, Kind: Create, Path: "/a", Created: "/a", Status: checker.OK, Zxid: 2, Invoke: 1, Return: 2}}}
	require.Equal(t, "0 answers compared with the tree, want at least 1", Check(only, Options{}).Reason)
}

func TestWhatIsNoHistoryIsMalformed(t *testing.T) {
	good := Op{Session: 1, Kind: Create, Path: "/a", Status: checker.OK, Zxid: 2, Invoke: 1, Return: 2}
	for name, spoil := range map[string]func(o *Op){
		"kind": func(o *Op) { o.Kind = CheckVersion }, "return": func(o *Op) { o.Return = 0 }, "status": func(o *Op) { o.Status = checker.Mismatch },
		"path": func(o *Op) { o.Path = "a//" }, "zxid": func(o *Op) { o.Zxid = -1 }, "parts": func(o *Op) { o.Subs = []Op{{}} },
		"part": func(o *Op) { o.Kind, o.Subs = Multi, []Op{{Kind: Sync, Path: "/"}} },
	} {
		o := good
		spoil(&o)
		require.Equal(t, checker.Malformed, Check(History{Ops: []Op{o}}, Options{}).Verdict, name)
	}
	for name, x := range map[string]Txn{"path": {Zxid: 1, Kind: Create, Path: "a"}, "root": {Zxid: 1, Kind: Delete, Path: "/"}, "kind": {Zxid: 1, Kind: GetData, Path: "/a"},
		"parts": {Zxid: 1, Kind: Create, Path: "/a", Subs: []Txn{{}}}, "part": {Zxid: 1, Kind: Multi, Subs: []Txn{{Kind: Multi}}}} {
		require.Equal(t, checker.Malformed, Check(History{Ops: []Op{good}, Log: []Txn{x}}, Options{}).Verdict, name)
	}
	later := good
	later.Xid, later.Invoke = 0, 5
	first := good
	first.Xid = 3
	require.Equal(t, checker.Malformed, Check(History{Ops: []Op{first, later}}, Options{}).Verdict)
	require.Equal(t, checker.Malformed, Check(History{Ops: []Op{good, good}}, Options{}).Verdict)
}

func TestHistoriesAreReadBackAsTheyWereWritten(t *testing.T) {
	for seed := range uint64(20) {
		h := run(rand.New(rand.NewPCG(seed, 4)), 60, 3, true, seed%2 == 0)
		var b bytes.Buffer
		require.NoError(t, WriteHistory(&b, h))
		again, err := ReadHistory(&b, "h")
		require.NoError(t, err)
		require.Equal(t, Check(h, Options{}), Check(again, Options{}))
	}
}

func FuzzReadHistory(f *testing.F) {
	for seed := range uint64(4) {
		var b bytes.Buffer
		require.NoError(f, WriteHistory(&b, run(rand.New(rand.NewPCG(seed, 4)), 30, 3, true, seed%2 == 0)))
		f.Add(b.String())
	}
	f.Fuzz(func(t *testing.T, text string) {
		h, err := ReadHistory(strings.NewReader(text), "f")
		if err != nil {
			require.False(t, strings.ContainsAny(err.Error(), "\n\r"), err)
			return
		}
		one := Check(h, Options{})
		require.NotZero(t, one.Verdict)
		require.Equal(t, one, Check(h, Options{}))
	})
}
