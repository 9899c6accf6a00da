package judge_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/checker/files"
	. "orrery/checker/judge"
)

var rewrite = flag.Bool("rewrite", false, "write the tables of docs/checkers.md")

func ask(t testing.TB, model, text string, with ...string) *Result {
	t.Helper()
	c, err := Named(model)
	require.NoError(t, err)
	f, err := files.Open(strings.NewReader(text), "h")
	require.NoError(t, err)
	o := Options{With: map[string]string{}, Time: 10 * time.Second}
	for _, w := range with {
		name, value, _ := strings.Cut(w, "=")
		o.With[name] = value
	}
	r, err := c.File(f, o)
	require.NoError(t, err, "%s of %s", model, text)
	return r
}

// events writes a history of one process: each pair of the words is a function and a value, invoked and then ok; a value
// with a bar has what is invoked before it and what is answered behind it.
func events(words ...string) string {
	var b strings.Builder
	for i := 0; i < len(words); i += 2 {
		in, out, ok := strings.Cut(words[i+1], "|")
		if !ok {
			out = in
		}
		fmt.Fprintf(&b, "{:process %d :type :invoke :f :%s :value %s}\n{:process %d :type :ok :f :%s :value %s}\n", i, words[i], in, i, words[i], out)
	}
	return b.String()
}

// Each check with a history that it rejects, one that it passes, and the anomaly that it names.
var cases = []struct{ model, good, bad, anomaly string }{
	{"register", events("write", "1", "read", "nil|1"), events("write", "1", "read", "nil|nil"), "linearizability"},
	{"cas-register", events("write", "1", "cas", "[1 2]", "read", "nil|2"), events("write", "1", "cas", "[2 3]"), "linearizability"},
	{"kv", events("put", "[k 1]", "get", "[k nil]|[k 1]"), events("put", "[k 1]", "get", "[k nil]|[k nil]"), "linearizability"},
	{"list", events("append", "1", "append", "2", "read", "nil|[1 2]"), events("append", "1", "append", "2", "read", "nil|[2 1]"), "linearizability"},
	{"set", events("add", "1", "add", "2", "read", "nil|#{2 1}"), events("add", "1", "read", "nil|#{}"), "linearizability"},
	{"queue", events("enqueue", "1", "enqueue", "2", "dequeue", "nil|1"), events("enqueue", "1", "enqueue", "2", "dequeue", "nil|2"), "linearizability"},
	{"priority-queue", events("enqueue", "2", "enqueue", "1", "dequeue", "nil|1"), events("enqueue", "2", "enqueue", "1", "dequeue", "nil|2"), "linearizability"},
	{"stack", events("push", "1", "push", "2", "pop", "nil|2"), events("push", "1", "push", "2", "pop", "nil|1"), "linearizability"},
	{"counter", events("add", "2", "add", "1", "read", "nil|3"), events("add", "2", "read", "nil|1"), "linearizability"},
	{"lock", events("acquire", "nil"), events("acquire", "nil", "acquire", "nil"), "linearizability"},
	{"fenced-lock", events("acquire", "nil|1"), events("acquire", "nil|1", "acquire", "nil|2"), "linearizability"},
	{"sequential", events("write", "1", "read", "nil|1"), events("write", "1", "read", "nil|2"), "ThinAirRead"},
	{"causal", events("write", "1", "read", "nil|1"), events("write", "1", "read", "nil|2"), "ThinAirRead"},
	{"serializable", events("txn", "[[:append x 1]]", "txn", "[[:r x nil]]|[[:r x [1]]]"),
		events("txn", "[[:append x 1]]", "txn", "[[:r x nil]]|[[:r x [1 1]]]"), "duplicate-elements"},
	{"strict-serializable", events("txn", "[[:w x 1]]", "txn", "[[:r x nil]]|[[:r x 1]]"),
		events("txn", "[[:w x 1]]", "txn", "[[:w x 2]]", "txn", "[[:r x nil]]|[[:r x 1]]"), ""},
	{"kafka", events("send", "[[:send 0 1]]|[[:send 0 [0 1]]]", "assign", "[0]", "poll", "[[:poll]]|[[:poll {0 [[0 1]]}]]"),
		events("send", "[[:send 0 1]]|[[:send 0 [0 1]]]", "assign", "[0]", "poll", "[[:poll]]|[[:poll {0 [[0 1] [1 1]]}]]"), "duplicate"},
	{"set-full", events("add", "1", "read", "nil|[1]"), events("add", "1", "read", "nil|[1]", "read", "nil|[]"), "lost"},
	{"total-queue", events("enqueue", "1", "dequeue", "nil|1"), events("enqueue", "1", "dequeue", "nil|1", "dequeue", "nil|1"), "duplicated"},
	{"unique-ids", events("generate", "nil|1", "generate", "nil|2"), events("generate", "nil|1", "generate", "nil|1"), "duplicated"},
	{"counter-bounds", events("add", "2", "read", "nil|2"), events("add", "2", "read", "nil|3"), "out-of-bounds"},
	{"bank", events("read", "nil|{0 5 1 5}", "read", "nil|{0 4 1 6}"), events("read", "nil|{0 5 1 5}", "read", "nil|{0 5 1 6}"), "wrong-total"},
	{"causal-reverse", events("txn", "[[:w 1 1]]", "txn", "[[:w 2 1]]", "txn", "[[:r 1 nil] [:r 2 nil]]|[[:r 1 1] [:r 2 1]]"),
		events("txn", "[[:w 1 1]]", "txn", "[[:w 2 1]]", "txn", "[[:r 1 nil] [:r 2 nil]]|[[:r 1 nil] [:r 2 1]]"), "causal-reverse"},
	{"mutual-exclusion", lines("lock", `{"client":"a","lock":"l","kind":"acquire","status":"ok","call":1,"ret":2}`, `{"client":"a","lock":"l","kind":"release","status":"ok","call":3,"ret":4}`,
		`{"client":"b","lock":"l","kind":"acquire","status":"ok","call":5,"ret":6}`),
		lines("lock", `{"client":"a","lock":"l","kind":"acquire","status":"ok","call":1,"ret":2}`, `{"client":"b","lock":"l","kind":"acquire","status":"ok","call":5,"ret":6}`,
			`{"client":"a","lock":"l","kind":"release","status":"ok","call":7,"ret":8}`), "two-holders"},
	{"total-order-broadcast", lines("broadcast", bcast("a", "broadcast", "m"), bcast("a", "broadcast", "n"), bcast("a", "deliver", "m"), bcast("b", "deliver", "m"), bcast("a", "deliver", "n"), bcast("b", "deliver", "n")),
		lines("broadcast", bcast("a", "broadcast", "m"), bcast("a", "broadcast", "n"), bcast("a", "deliver", "m"), bcast("b", "deliver", "n")), "total-order"},
	{"at-most-once", lines("delivery", `{"client":"a","message":"m","status":"ok","call":1,"ret":2}`, `{"client":"b","effect":true,"message":"m","status":"ok","call":3,"ret":4}`),
		lines("delivery", `{"client":"a","message":"m","status":"ok","call":1,"ret":2}`, `{"client":"b","effect":true,"message":"m","status":"ok","call":3,"ret":4}`,
			`{"client":"b","effect":true,"message":"m","status":"ok","call":5,"ret":6}`), "duplicated"},
}

func lines(format string, ops ...string) string {
	return `{"format":"orrery-` + format + `","version":1}` + "\n" + strings.Join(ops, "\n") + "\n"
}

func bcast(process, kind, message string) string {
	return fmt.Sprintf(`{"process":%q,"kind":%q,"message":%q}`, process, kind, message)
}

func TestEachCheckRejectsWhatIsWrongAndPassesWhatIsRight(t *testing.T) {
	for _, c := range cases {
		good := ask(t, c.model, c.good)
		require.Contains(t, []checker.Verdict{checker.Holds, checker.Vacuous}, good.Verdict, "%s: %s", c.model, good.Sentence+good.Reason)
		require.Empty(t, good.Core)
		bad := ask(t, c.model, c.bad)
		require.Equal(t, checker.Violated, bad.Verdict, "%s: %s", c.model, bad.Reason)
		require.NotEmpty(t, bad.Sentence, c.model)
		require.NotEmpty(t, bad.Core, c.model)
		require.LessOrEqual(t, len(bad.Core), 5, c.model)
		require.NotEmpty(t, bad.Property)
		if c.anomaly != "" {
			require.Equal(t, c.anomaly, bad.Property, c.model)
		}
		var page bytes.Buffer
		require.NoError(t, bad.Page(c.model).WriteHTML(&page))
		require.Contains(t, page.String(), `class="op core"`, c.model)
	}
}

func TestNothingIsOkAboutAnEmptyFile(t *testing.T) {
	for _, c := range All() {
		f, err := files.Open(strings.NewReader("[]"), "h")
		require.NoError(t, err)
		r, err := c.File(f, Options{})
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			continue // it has no events
		}
		require.Equal(t, checker.Vacuous, r.Verdict, "%s: %s", c.Name, r.Reason)
		require.NotEmpty(t, r.Reason, c.Name)
	}
}

func TestNamesAreUniqueAndUnknownOnesAreNearSomething(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range All() {
		require.False(t, seen[c.Name], c.Name)
		seen[c.Name] = true
		require.NotEmpty(t, c.About+c.Wants+c.How+c.Cost)
		again, err := Named(c.Name)
		require.NoError(t, err)
		require.Equal(t, c.Name, again.Name)
	}
	_, err := Named("serialisable")
	require.EqualError(t, err, `unknown model "serialisable"; did you mean serializable?`)
	c, err := Named("register:7")
	require.NoError(t, err)
	require.Equal(t, "register:7", c.Name)
	for _, alias := range []string{"list-append", "rw-register", "mutex", "fifo-queue", "si"} {
		_, err := Named(alias)
		require.NoError(t, err)
	}
}

func TestWhatIsToldIsUsedAndWhatIsUnknownIsRefused(t *testing.T) {
	h := events("read", "nil|{0 5 1 5}", "read", "nil|{0 4 1 6}")
	require.Equal(t, checker.Violated, ask(t, "bank", h, "total=11").Verdict)
	require.Equal(t, checker.Violated, ask(t, "bank", h, "accounts=0,1,2").Verdict)
	lost := events("send", "[[:send 0 1]]|[[:send 0 [0 1]]]", "assign", "[0]", "poll", "[[:poll]]|[[:poll {0 []}]]")
	require.NotEqual(t, checker.Violated, ask(t, "kafka", lost).Verdict)
	require.Equal(t, checker.Violated, ask(t, "kafka", lost, "final").Verdict)
	f, err := files.Open(strings.NewReader(lost), "h")
	require.NoError(t, err)
	c, err := Named("kafka")
	require.NoError(t, err)
	_, err = c.File(f, Options{With: map[string]string{"finale": ""}})
	require.EqualError(t, err, `unknown claim "finale"; did you mean final?`)
}

// TestEveryMutantOfAHistoryOfListsIsRejected runs transactions one after the other, so that each damage is certain.
func TestEveryMutantOfAHistoryOfListsIsRejected(t *testing.T) {
	var b strings.Builder
	list := ""
	for i := range 40 {
		list = strings.TrimSpace(fmt.Sprint(list, " ", i))
		b.WriteString(events("txn", fmt.Sprintf("[[:append x %d]]", i)))
		b.WriteString(strings.ReplaceAll(events("txn", fmt.Sprintf("[[:r x nil]]|[[:r x [%s]]]", list)), "process 0", "process 1"))
	}
	r := ask(t, "strict-serializable", b.String())
	require.Equal(t, checker.Holds, r.Verdict, r.Sentence)
	scores, err := r.Mutate(30, 1, Options{})
	require.NoError(t, err)
	require.Len(t, scores, 5)
	for _, s := range scores {
		require.Equal(t, 30, s.Made, s.Kind)
		require.Equal(t, s.Made, s.Certain, s.Kind)
		require.Equal(t, s.Certain, s.Caught, "%s: %v", s.Kind, s.Missed)
	}
	_, err = ask(t, "kafka", cases[15].good).Mutate(1, 1, Options{})
	require.Error(t, err)
}

func TestTheTablesOfTheManualAreWhatTheChecksSay(t *testing.T) {
	const path, begin, end = "../../docs/checkers.md", "<!-- models: written by the test of checker/judge -->\n", "<!-- end of models -->\n"
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(text), begin)
	require.True(t, ok)
	_, after, ok := strings.Cut(rest, end)
	require.True(t, ok)
	want := before + begin + manual() + end + after
	if *rewrite {
		require.NoError(t, os.WriteFile(path, []byte(want), 0o644))
		text = []byte(want)
	}
	require.Equal(t, want, string(text), "run the test with -rewrite")
}

// manual is the tables of all checks, by family.
func manual() string {
	var b strings.Builder
	family := ""
	for _, c := range All() {
		if c.Family != family {
			family = c.Family
			fmt.Fprintf(&b, "\n### %s%s\n\n| model | what is promised | what a file has | algorithm | time | limits | `--with` |\n| --- | --- | --- | --- | --- | --- | --- |\n", strings.ToUpper(family[:1]), family[1:])
		}
		var with []string
		for _, w := range c.With {
			with = append(with, w.Name)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s | %s |\n", c.Name, c.About, c.Wants, c.How, c.Cost, c.Limits, strings.Join(with, ", "))
	}
	return b.String() + "\n"
}
