package judge_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/checker/files"
	. "orrery/checker/judge"
)

// random is a history of registers: clients come one after the other or overlap, values repeat, some operations have no
// answer, and one read of a dozen is wrong.
func random(r *rand.Rand) checker.History {
	rec := checker.NewRecorder(nil)
	store := map[string]checker.Value{}
	type pending struct {
		op  checker.OpID
		end func()
	}
	open := make([]*pending, 1+r.IntN(3))
	wrong, unknown := r.IntN(2) == 0, r.IntN(3) == 0
	for range 60 {
		i := r.IntN(len(open))
		if p := open[i]; p != nil {
			p.end()
			open[i] = nil
			continue
		}
		key, v := fmt.Sprint("k", r.IntN(2)), checker.Val(fmt.Sprint(r.IntN(6)))
		now, ok := store[key]
		if !ok {
			now = checker.Unset
		}
		p := &pending{}
		switch r.IntN(5) {
		case 0, 1:
			p.op = rec.Invoke(fmt.Sprint("c", i), checker.Op{F: checker.Put, Key: key, In: v})
			p.end = func() { rec.OK(p.op, checker.Value{}) }
			if store[key] = v; unknown && r.IntN(12) == 0 {
				p.end = func() { rec.Maybe(p.op) }
			}
		case 2:
			p.op = rec.Invoke(fmt.Sprint("c", i), checker.Op{F: checker.CAS, Key: key, Expect: now, In: v})
			p.end = func() { rec.OK(p.op, checker.Value{}) }
			store[key] = v
		default:
			p.op = rec.Invoke(fmt.Sprint("c", i), checker.Op{F: checker.Get, Key: key})
			if wrong && r.IntN(12) == 0 {
				now = v
			}
			p.end = func() { rec.OK(p.op, now) }
		}
		open[i] = p
	}
	return rec.History()
}

func TestAStreamSaysWhatTheWholeFileSays(t *testing.T) {
	defer SetPiece(4)()
	check, err := Named("kv")
	require.NoError(t, err)
	met, pieces := map[checker.Verdict]int{}, 0
	for seed := range uint64(3000) {
		h := random(rand.New(rand.NewPCG(seed, 9)))
		var b bytes.Buffer
		require.NoError(t, checker.WriteHistory(&b, h))
		text := b.String()
		f, err := files.Open(strings.NewReader(text), "h")
		require.NoError(t, err)
		whole, err := check.File(f, Options{})
		require.NoError(t, err)
		f, err = files.Open(strings.NewReader(text), "h")
		require.NoError(t, err)
		streamed, err := check.Stream(f, Options{})
		require.NoError(t, err)
		require.Equal(t, whole.Verdict, streamed.Verdict, "seed %d: %s\n%s", seed, whole.Sentence, text)
		if met[whole.Verdict]++; strings.HasPrefix(streamed.Note, "judged in ") && !strings.HasPrefix(streamed.Note, "judged in 2 ") {
			pieces++
		}
	}
	require.Greater(t, met[checker.Holds], 1000, "%v", met)
	require.Greater(t, met[checker.Violated], 500, "%v", met)
	require.Greater(t, pieces, 500, "histories that were cut")
}

func TestAStreamOfEventsKeepsOnlyAPiece(t *testing.T) {
	var b strings.Builder
	const n = 30_000
	for i := range n {
		fmt.Fprintf(&b, "{:process %d :type :invoke :f :write :value %d}\n{:process %d :type :ok :f :write :value %d}\n", i%3, i, i%3, i)
		fmt.Fprintf(&b, "{:process %d :type :invoke :f :read}\n{:process %d :type :ok :f :read :value %d}\n", i%3, i%3, i)
	}
	check, err := Named("register")
	require.NoError(t, err)
	f, err := files.Open(strings.NewReader(b.String()), "h")
	require.NoError(t, err)
	r, err := check.Stream(f, Options{})
	require.NoError(t, err)
	require.Equal(t, checker.Holds, r.Verdict)
	require.Equal(t, 2*n, r.Ops)
	require.Equal(t, "judged in 15 pieces, with at most 4096 operations in memory", r.Note)

	f, err = files.Open(strings.NewReader(b.String()+"{:process 9 :type :invoke :f :read}{:process 9 :type :ok :f :read :value 7}"), "h")
	require.NoError(t, err)
	r, err = check.Stream(f, Options{})
	require.NoError(t, err)
	require.Equal(t, checker.Violated, r.Verdict)
	require.NotEmpty(t, r.Core)
	require.Contains(t, r.Note, "then it held")

	_, err = ask(t, "register", events("write", "1")).Mutate(1, 1, Options{})
	require.Error(t, err, "what is vacuous cannot be damaged")
	queue, err := Named("queue")
	require.NoError(t, err)
	_, err = queue.Stream(f, Options{})
	require.EqualError(t, err, "queue cannot be judged while it is read: want register, cas-register or kv")
}
