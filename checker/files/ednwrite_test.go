package files_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/checker/files"
)

// ranked is a history in the order of its calls, of whose stamps the order is left, and nothing that a file gives it.
func ranked(h checker.History) checker.History {
	h = slices.Clone(h)
	slices.SortFunc(h, func(a, b checker.Op) int { return int(a.Call - b.Call) })
	var stamps []int64
	for i := range h {
		stamps = append(stamps, h[i].Call)
		if h[i].Ret != checker.Never {
			stamps = append(stamps, h[i].Ret)
		}
	}
	slices.Sort(stamps)
	for i := range h {
		o := &h[i]
		o.ID, o.Line = int64(i), 0
		switch o.F {
		case checker.Get:
			o.F = checker.Read
		case checker.Put:
			o.F = checker.Write
		}
		call, _ := slices.BinarySearch(stamps, o.Call)
		o.Call = int64(call)
		if o.Ret != checker.Never {
			ret, _ := slices.BinarySearch(stamps, o.Ret)
			o.Ret = int64(ret)
		}
	}
	return h
}

// words are values that could be taken for something else.
var words = []string{"", "nil", "unset", "1", "-7", "[1 2]", `a "quoted\" word`, "täglich\n", "\x01\x7f", ":ok", "; no comment"}

// drawn is a history of some functions, made by chance.
func drawn(r *rand.Rand, functions []checker.F, keyed bool) checker.History {
	rec := checker.NewRecorder(nil)
	word := func() checker.Value { return checker.Val(words[r.IntN(len(words))]) }
	maybe := func() checker.Value { return []checker.Value{word(), checker.Unset}[r.IntN(2)] }
	open := map[string]checker.OpID{}
	ops := map[string]checker.Op{}
	for range 60 {
		client := fmt.Sprintf("c%d", r.IntN(4))
		id, is := open[client]
		if !is {
			o := checker.Op{F: functions[r.IntN(len(functions))]}
			if keyed {
				o.Key = words[1+r.IntN(4)]
			}
			switch o.F {
			case checker.CAS:
				o.Expect, o.In = maybe(), word()
			case checker.Scan:
				o.To = "z"
			case checker.Put, checker.Append, checker.Enqueue, checker.Add:
				o.In = word()
			case checker.SetData:
				o.In, o.Expect = word(), checker.Val("3")
			case checker.Release:
				o.In = word()
			}
			if r.IntN(4) == 0 {
				o.Session = "s1"
			}
			open[client], ops[client] = rec.Invoke(client, o), o
			continue
		}
		delete(open, client)
		o := ops[client]
		switch answer := r.IntN(8); {
		case answer == 0:
			rec.Fail(id)
		case answer == 1:
			rec.Maybe(id)
		case answer == 2 && o.F == checker.CAS:
			rec.Mismatch(id, []checker.Value{{}, maybe()}[r.IntN(2)])
		case o.F == checker.Scan:
			rec.OKScan(id, []checker.Pair{{Key: "a", Value: "1"}, {Key: "b", Value: words[r.IntN(len(words))]}})
		case o.F == checker.Get || o.F == checker.Dequeue:
			rec.OK(id, maybe())
		case o.F == checker.GetData:
			rec.OK(id, checker.List("x", "3"))
		default:
			rec.OK(id, []checker.Value{{}, word()}[r.IntN(2)])
		}
	}
	return rec.History()
}

func TestAHistoryThatIsWrittenAsEDNReadsBackAsItWas(t *testing.T) {
	for name, of := range map[string]struct {
		model     checker.Model
		functions []checker.F
		keyed     bool
	}{
		"kv":    {checker.KV, []checker.F{checker.Get, checker.Put, checker.CAS, checker.Delete, checker.Append}, true},
		"scans": {checker.KV, []checker.F{checker.Get, checker.Put, checker.Scan}, true},
		"queue": {checker.FIFOQueue, []checker.F{checker.Enqueue, checker.Dequeue}, false},
		"lock":  {checker.Lock, []checker.F{checker.Acquire, checker.Release}, false},
		"tree":  {checker.Znodes, []checker.F{checker.SetData, checker.GetData}, true},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(200) {
				h := drawn(rand.New(rand.NewPCG(seed, 7)), of.functions, of.keyed)
				var edn bytes.Buffer
				require.NoError(t, files.WriteEDN(&edn, h, files.Exported{Comment: "a comment"}))
				f, err := files.Open(&edn, "history.edn")
				require.NoError(t, err)
				require.Equal(t, files.EDNEvents, f.Format)
				got, err := f.History(of.model)
				require.NoError(t, err)
				require.Equal(t, ranked(h), ranked(got), "seed %d", seed)
			}
		})
	}
}

func TestAProcessThatDoesNotKnowGetsANewNumberAndTheNemesisStandsWhereItActed(t *testing.T) {
	rec := checker.NewRecorder(nil)
	a := rec.Invoke("alice", checker.Op{F: checker.Put, Key: "x", In: checker.Val("1")})
	b := rec.Invoke("bob", checker.Op{F: checker.CAS, Key: "x", Expect: checker.Val("1"), In: checker.Val("2")})
	rec.Maybe(a)
	rec.Mismatch(b, checker.Unset)
	c := rec.Invoke("alice", checker.Op{F: checker.Get, Key: "x"})
	rec.OK(c, checker.Unset)
	var edn strings.Builder
	require.NoError(t, files.WriteEDN(&edn, rec.History(), files.Exported{
		When:   func(o *checker.Op) (call, ret int64) { return 10 * o.Call, 10 * o.Ret },
		Faults: []files.Fault{{At: 15, Text: "crash(n1)"}, {At: 900, Text: "heal"}},
	}))
	require.Equal(t, strings.TrimLeft(`
{:index 0, :type :invoke, :f :write, :process 0, :time 10, :value ["x" "1"], :orrery/client "alice"}
{:index 1, :type :info, :f :fault, :process :nemesis, :time 15, :value "crash(n1)"}
{:index 2, :type :invoke, :f :cas, :process 1, :time 20, :value ["x" ["1" "2"]], :orrery/client "bob"}
{:index 3, :type :info, :f :write, :process 0, :time 30, :value ["x" "1"]}
{:index 4, :type :fail, :f :cas, :process 1, :time 40, :value ["x" ["1" "2"]], :orrery/status :mismatch, :orrery/out nil}
{:index 5, :type :invoke, :f :read, :process 2, :time 50, :value ["x" nil], :orrery/client "alice"}
{:index 6, :type :ok, :f :read, :process 2, :time 60, :value ["x" nil]}
{:index 7, :type :info, :f :fault, :process :nemesis, :time 900, :value "heal"}
`, "\n"), edn.String())
}
