package history_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/checker/files"
	"orrery/checker/judge"
	"orrery/examples/history"
)

// clients lets four clients read and write two keys, in an order of steps that the seed decides, and returns what they saw.
// Every value is written once: a read of a value then says which write it saw, and a stale read cannot hide.
func clients(seed uint64, c *history.Cache) checker.History {
	type reading struct {
		op   checker.OpID
		read *history.Read
	}
	rec := checker.NewRecorder(nil)
	chance := rand.New(rand.NewPCG(seed, 0))
	open := make([]*reading, 4)
	for i := range 60 {
		client := chance.IntN(len(open))
		name, key := fmt.Sprint("c", client), []string{"x", "y"}[chance.IntN(2)]
		switch at := open[client]; {
		case at != nil:
			out := checker.Unset
			if v, ok := at.read.Finish(); ok {
				out = checker.Val(v)
			}
			rec.OK(at.op, out)
			open[client] = nil
		case chance.IntN(3) == 0:
			op := rec.Invoke(name, checker.Op{F: checker.Put, Key: key, In: checker.Val(fmt.Sprint(i))})
			c.Write(key, fmt.Sprint(i))
			rec.OK(op, checker.Value{})
		default:
			op := rec.Invoke(name, checker.Op{F: checker.Get, Key: key})
			open[client] = &reading{op, c.Begin(key)}
		}
	}
	return rec.History()
}

func TestACacheWithLeasesIsLinearizable(t *testing.T) {
	for seed := range uint64(200) {
		h := clients(seed, history.New())
		res := checker.Linearizable(h, checker.KV, checker.Options{})
		require.Equal(t, checker.Holds, res.Verdict, "seed %d: %s\n%s", seed, res.Reason, checker.Explain(h, checker.KV, res, checker.Options{}).Sentence)
	}
}

func TestACacheWithoutLeasesIsNot(t *testing.T) {
	for seed := range uint64(200) {
		c := history.New()
		c.NoLeases = true
		h := clients(seed, c)
		res := checker.Linearizable(h, checker.KV, checker.Options{})
		if res.Verdict != checker.Violated {
			continue
		}
		why := checker.Explain(h, checker.KV, res, checker.Options{})
		require.LessOrEqual(t, len(why.Core), 5)
		require.True(t, why.Confirmed, "porcupine says so too")
		t.Logf("seed %d: %s", seed, why.Sentence)
		return
	}
	t.Fatal("no seed of 200 shows that leases are needed")
}

// TestTheCheckWouldHaveNoticed damages a right history: every certain damage must be rejected.
func TestTheCheckWouldHaveNoticed(t *testing.T) {
	h := clients(1, history.New())
	for _, s := range checker.NewMutator(h, checker.KV, rand.New(rand.NewPCG(1, 1))).MutationTest(40, checker.Options{}) {
		require.Equal(t, s.Certain, s.Caught, "%s: %v", s.Kind, s.Missed)
	}
}

// TestAViolationIsKeptAsAFileAndAPage is what a test of your own would do when it fails.
func TestAViolationIsKeptAsAFileAndAPage(t *testing.T) {
	c := history.New()
	c.NoLeases = true
	var h checker.History
	for seed := uint64(0); ; seed++ {
		if h = clients(seed, c); checker.Linearizable(h, checker.KV, checker.Options{}).Verdict == checker.Violated {
			break
		}
	}
	var lines bytes.Buffer
	require.NoError(t, checker.WriteHistory(&lines, h))

	f, err := files.Open(&lines, "history.jsonl")
	require.NoError(t, err)
	check, err := judge.Named("kv")
	require.NoError(t, err)
	res, err := check.File(f, judge.Options{})
	require.NoError(t, err)
	require.Equal(t, checker.Violated, res.Verdict)

	page, err := os.Create(filepath.Join(t.TempDir(), "why.html"))
	require.NoError(t, err)
	require.NoError(t, res.Page("the cache").WriteHTML(page))
	require.NoError(t, page.Close())
}
