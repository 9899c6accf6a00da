package checker

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"
)

// TestHistories judges the histories of testdata/histories, which are written as Op.String prints them:
//
//	check [model=kv] [floors=none]
//	c1 put x=1 [1,5] ok
//	----
//	the verdict, and either the reason or the explanation
//
// Every verdict is asked of all engines, and, unless the model starts elsewhere, of the plainest model.
func TestHistories(t *testing.T) {
	datadriven.Walk(t, "testdata/histories", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			name, floors := "kv", "default"
			for _, arg := range d.CmdArgs {
				switch arg.Key {
				case "model":
					name = arg.Vals[0]
				case "floors":
					floors = arg.Vals[0]
				default:
					d.Fatalf(t, "unknown argument %s", arg.Key)
				}
			}
			m, err := ModelNamed(name)
			require.NoError(t, err)
			return judged(t, parseHistory(t, d.Input), m, floors)
		})
	})
}

func judged(t *testing.T, h History, m Model, floors string) string {
	var opt Options
	if floors == "none" {
		opt.Floors = &Floors{}
	}
	res := Linearizable(h, m, opt)
	if res.Verdict != Malformed {
		if m.object != ofMap {
			require.Equal(t, brute(h, m), res.Verdict != Violated, "brute force disagrees")
		} else if m.Initial() == Unset {
			require.Equal(t, oracle(h), res.Verdict != Violated, "the plainest model disagrees")
		}
		for _, e := range []Engine{Search, Porcupine} {
			opt.Engine = e
			require.Equal(t, res.Verdict, Linearizable(h, m, opt).Verdict, "engine %d disagrees", e)
		}
	}
	var b strings.Builder
	fmt.Fprintln(&b, res.Verdict)
	if res.Verdict != Violated {
		if res.Reason != "" {
			fmt.Fprintln(&b, res.Reason)
		}
		return b.String()
	}
	e := Explain(h, m, res, Options{})
	fmt.Fprintf(&b, "%s\nprefix %d of %d\n", e.Sentence, e.Prefix, len(h))
	for i := range e.Core {
		fmt.Fprintf(&b, "  %s\n", e.Core[i].String())
	}
	require.True(t, e.Minimal)
	require.True(t, e.Confirmed, "porcupine finds nothing wrong with the core")
	return b.String()
}

func parseHistory(t *testing.T, text string) History {
	var h History
	for _, l := range strings.Split(strings.TrimSpace(text), "\n") {
		if l == "" {
			continue
		}
		o := parseOp(t, l)
		o.ID = int64(len(h))
		h = append(h, o)
	}
	return h
}

// parseOp reads one line like "c2 cas x 1⇒2 → 3 [40,52] mismatch".
func parseOp(t *testing.T, l string) Op {
	open := strings.LastIndex(l, " [") + 1
	shut := strings.LastIndex(l, "]")
	require.Less(t, open, shut, l)
	words := strings.Fields(l[:open])
	o := Op{Client: words[0], Ret: Never}
	for f := F(1); f < fEnd; f++ {
		if f.String() == words[1] {
			o.F = f
		}
	}
	for s := Status(0); s < statusEnd; s++ {
		if s.String() == strings.TrimSpace(l[shut+1:]) {
			o.Status = s
		}
	}
	call, ret, _ := strings.Cut(l[open+1:shut], ",")
	o.Call = number(t, call)
	if ret != "…" {
		o.Ret = number(t, ret)
	}
	what := strings.Join(words[2:], " ")
	what, out, told := strings.Cut(" "+what, " → ")
	what = strings.TrimSpace(what)
	switch {
	case o.F == Scan:
		require.True(t, strings.HasPrefix(what, "[") && strings.HasSuffix(what, ")"), l)
		o.Key, o.To, _ = strings.Cut(what[1:len(what)-1], ",")
		for _, p := range strings.Fields(strings.Trim(out, "{}")) {
			k, v, _ := strings.Cut(p, "=")
			o.Pairs = append(o.Pairs, Pair{k, v})
		}
		return o
	case !o.F.ofMap():
		parseObject(&o, what)
	case o.F == Write && strings.Contains(what, " @"):
		what, expect, _ := strings.Cut(what, " @")
		o.Key, o.In = keyAndValue(what, "=")
		o.Expect = word(expect)
	case o.F == Put || o.F == Write:
		o.Key, o.In = keyAndValue(what, "=")
	case o.F == Append && !strings.Contains(what, "+="):
		o.In = word(what)
	case o.F == Append:
		o.Key, o.In = keyAndValue(what, "+=")
	case o.F == CAS:
		key, values, _ := strings.Cut(what, " ")
		expect, in, _ := strings.Cut(values, "⇒")
		o.Key, o.Expect, o.In = key, word(expect), word(in)
	default:
		o.Key = what
	}
	if told {
		o.Out = word(out)
	}
	if o.Key == "register" {
		o.Key = ""
	}
	return o
}

// parseObject reads "q 3", "3", "/a=x @2": what an operation on an object that is no map is about.
func parseObject(o *Op, what string) {
	what, expect, versioned := strings.Cut(what, " @")
	if versioned {
		o.Expect = word(expect)
	}
	words := strings.Fields(what)
	switch {
	case len(words) == 0:
	case strings.HasPrefix(what, "/") && strings.Contains(what, "="):
		o.Key, o.In = keyAndValue(what, "=")
	case strings.HasPrefix(what, "/"):
		o.Key = what
	case len(words) == 2:
		o.Key, o.In = words[0], word(words[1])
	case o.F.brings() || o.F == Incr:
		o.In = word(words[0])
	default:
		o.Key = words[0]
	}
}

func keyAndValue(s, sep string) (string, Value) {
	k, v, _ := strings.Cut(s, sep)
	return k, word(v)
}

func word(s string) Value {
	switch s {
	case "unset":
		return Unset
	case `""`:
		return Val("")
	}
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		return List(strings.Fields(s[1 : len(s)-1])...)
	}
	return Val(s)
}

func number(t *testing.T, s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	require.NoError(t, err)
	return n
}
