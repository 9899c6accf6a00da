package checker

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestEveryHistoryReadsBackAsItWasWritten(t *testing.T) {
	value := rapid.OneOf(rapid.Just(Value{}), rapid.Just(Unset), rapid.Map(rapid.String(), Val),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) Value { return Val(string(b)) }),
		rapid.Map(rapid.SliceOf(rapid.String()), func(items []string) Value { return List(items...) }))
	text := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
	rapid.Check(t, func(t *rapid.T) {
		var h History
		now := rapid.Int64Range(-1000, 1000).Draw(t, "start")
		for i := range rapid.IntRange(0, 12).Draw(t, "operations") {
			o := Op{
				ID: int64(i), Client: "c" + text.Draw(t, "client"), Session: text.Draw(t, "session"), Key: text.Draw(t, "key"),
				F: F(rapid.IntRange(1, FCount-1).Draw(t, "f")), Status: Status(rapid.IntRange(0, StatusCount-1).Draw(t, "status")),
				Call: now, Ret: now + rapid.Int64Range(0, 1000).Draw(t, "takes"),
			}
			now = o.Ret + 1
			if o.In, o.Expect = value.Draw(t, "in"), value.Draw(t, "expect"); o.In.IsList() || o.Expect.IsList() {
				o.In, o.Expect = Val("1"), Val("2")
			}
			switch {
			case o.F == Scan && o.Status == OK:
				o.To = text.Draw(t, "to")
				for range rapid.IntRange(0, 3).Draw(t, "pairs") {
					o.Pairs = append(o.Pairs, Pair{text.Draw(t, "key"), text.Draw(t, "value")})
				}
			case o.F != Scan:
				o.Out = value.Draw(t, "out")
			}
			if o.Status == Maybe && rapid.Bool().Draw(t, "waits") {
				o.Client, o.Ret = "waiting"+o.Client, Never
			}
			if field, _ := opDefect(&o); field == "" && (o.Ret != Never || !has(h, o.Client)) {
				h = append(h, o)
			}
		}
		var file bytes.Buffer
		require.NoError(t, WriteHistory(&file, h))
		back, err := ReadHistory(&file, "h.jsonl")
		require.NoError(t, err)
		for i := range back {
			require.Equal(t, int32(i+2), back[i].Line, "behind the header")
			back[i].Line = 0
		}
		require.Equal(t, h, back)
	})
}

func has(h History, client string) bool {
	for i := range h {
		if h[i].Client == client {
			return true
		}
	}
	return false
}

func TestGeneratedHistoriesReadBackWithTheSameVerdict(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 3))
		h := generate(r, smallWorkload(r))
		spoil(r, h)
		var file bytes.Buffer
		require.NoError(t, WriteHistory(&file, h))
		back, err := ReadHistory(&file, "h.jsonl")
		require.NoError(t, err)
		require.Equal(t, Linearizable(h, KV, Options{}), Linearizable(back, KV, Options{}))
	}
}

func TestAMalformedHistoryIsRefusedWithItsLineAndField(t *testing.T) {
	const (
		header = `{"format":"orrery-history","version":1}`
		put    = `{"id":0,"client":"c1","f":"put","key":"x","in":"1","call":1,"ret":5,"status":"ok"}`
	)
	for _, test := range []struct {
		name string
		want string // the whole error
		file []string
	}{
		{"not json", `h:1: want one JSON object on the line, got hello`, []string{`hello`}},
		{"cut in the middle", `h:2: want one JSON object on the line, got {"id":1,`, []string{put, `{"id":1,`}},
		{"not an object", `h:1: want one JSON object on the line, got [1]`, []string{`[1]`}},
		{"null", `h:1: want one JSON object on the line, got null`, []string{`null`}},
		{"binary", `h:1: want one JSON object on the line, got "\x00\x01\xff"`, []string{"\x00\x01\xff"}},
		{"another format", `h:1: format: want orrery-history, got "orrery-trace"`, []string{`{"format":"orrery-trace","version":1}`}},
		{"a newer version", `h:1: version: want at most 1: the file is from a newer orrery, got 2`,
			[]string{`{"format":"orrery-history","version":2}`}},
		{"no version", `h:1: version: want an integer`, []string{`{"format":"orrery-history"}`}},
		{"unknown f", `h:1: f: want one of ` + namesOf(fNames[1:]) + `, got "frob"`,
			[]string{`{"client":"c1","f":"frob","call":1,"ret":2,"status":"ok"}`}},
		{"unknown status", `h:2: status: want one of ok, fail, maybe, mismatch, info, refused, got "fine"`,
			[]string{header, strings.Replace(put, `"ok"`, `"fine"`, 1)}},
		{"no status", `h:1: status: want one of ok, fail, maybe, mismatch, info, refused`,
			[]string{`{"client":"c1","f":"get","call":1,"ret":2}`}},
		{"no client", `h:1: client: want the name of a client`, []string{`{"f":"get","call":1,"ret":2,"status":"ok"}`}},
		{"call is no number", `h:1: call: want an integer, got "soon"`,
			[]string{strings.Replace(put, `"call":1`, `"call":"soon"`, 1)}},
		{"no ret", `h:1: ret: want an integer`, []string{`{"client":"c1","f":"put","in":1,"call":1,"status":"ok"}`}},
		{"ends before it starts", `h:3: ret: want a time not before its call at 10`,
			[]string{header, put, `{"id":1,"client":"c1","f":"get","key":"x","out":"1","call":10,"ret":7,"status":"ok"}`}},
		{"two open operations of one client", `h:3: client: want one open operation of c1 at a time: c1 put x=1 [1,5] ok is still open at 4`,
			[]string{header, put, `{"id":1,"client":"c1","f":"get","key":"x","out":"1","call":4,"ret":7,"status":"ok"}`}},
		{"a client that waits for ever and calls again",
			`h:2: client: want one open operation of c1 at a time: c1 put x=1 [1,…] maybe is still open at 4`,
			[]string{`{"client":"c1","f":"put","key":"x","in":1,"call":1,"status":"maybe"}`,
				`{"client":"c1","f":"get","key":"x","out":1,"call":4,"ret":5,"status":"ok"}`}},
		{"one id twice", `h:2: id: want an id of its own: operation c1 put x=1 [1,5] ok has it already`,
			[]string{put, strings.NewReplacer(`"call":1,"ret":5`, `"call":6,"ret":7`).Replace(put)}},
		{"a put of nothing", `h:1: in: want the value that the put brings`,
			[]string{`{"client":"c1","f":"put","key":"x","call":1,"ret":2,"status":"ok"}`}},
		{"a read that does not say what it saw", `h:1: out: want the value that was read (null for an unset key)`,
			[]string{`{"client":"c1","f":"get","key":"x","call":1,"ret":2,"status":"ok"}`}},
		{"a cas without expectation", `h:1: expect: want the value that the cas compares with (null for an unset key)`,
			[]string{`{"client":"c1","f":"cas","key":"x","in":1,"call":1,"ret":2,"status":"ok"}`}},
		{"a put that mismatched", `h:1: status: want ok, fail or maybe: put cannot mismatch`,
			[]string{`{"client":"c1","f":"put","key":"x","in":1,"call":1,"ret":2,"status":"mismatch"}`}},
		{"a value that is a list", `h:1: in: want a string, a number, or null for unset, got [1]`,
			[]string{`{"client":"c1","f":"put","key":"x","in":[1],"call":1,"ret":2,"status":"ok"}`}},
		{"pairs that are none", `h:1: out: want ` + wantPairs + `, got [["a"]]`,
			[]string{`{"client":"c1","f":"scan","key":"a","out":[["a"]],"call":1,"ret":2,"status":"ok"}`}},
		{"an event among operations", `h:2: type: want an operation with a status, as on the lines before, got "invoke"`,
			[]string{put, `{"type":"invoke","process":0,"f":"read","time":9}`}},
		{"an operation among events", `h:2: type: want an event with a type, as on the lines before`,
			[]string{`{"type":"invoke","process":0,"f":"read"}`, put}},
		{"a return without a call", `h:1: type: want an invoke: this process has no open operation that could end, got "ok"`,
			[]string{`{"type":"ok","process":0,"f":"read","value":1}`}},
		{"two invokes of one process", `h:2: process: want a process without an open operation: the one invoked on line 1 has not ended, got 0`,
			[]string{`{"type":"invoke","process":0,"f":"read"}`, `{"type":"invoke","process":0,"f":"read"}`}},
		{"another f at the end", `h:2: f: want read, which is what the process invoked, got "write"`,
			[]string{`{"type":"invoke","process":0,"f":"read"}`, `{"type":"ok","process":0,"f":"write"}`}},
		{"a cas event with one value", `h:1: value: want [expected, new], got 3`,
			[]string{`{"type":"invoke","process":0,"f":"cas","value":3}`}},
		{"a time now and then", `h:2: time: want a time on every event, or on none`,
			[]string{`{"type":"invoke","process":0,"f":"read","time":5}`, `{"type":"ok","process":0,"f":"read","value":1}`}},
		{"an event back in time", `h:2: time: want a time not before its call at 5`,
			[]string{`{"type":"invoke","process":0,"f":"read","time":5}`, `{"type":"ok","process":0,"f":"read","value":1,"time":4}`}},
		{"a read event without value", `h:2: value: want the value that was read (null for an unset key)`,
			[]string{`{"type":"invoke","process":0,"f":"read"}`, `{"type":"ok","process":0,"f":"read"}`}},
		{"unknown type", `h:1: type: want one of invoke, ok, fail, info, maybe, got "start"`,
			[]string{`{"type":"start","process":0,"f":"read"}`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ReadHistory(strings.NewReader(strings.Join(test.file, "\n")+"\n"), "h")
			var syntax *SyntaxError
			require.ErrorAs(t, err, &syntax)
			require.Equal(t, test.want, err.Error())
		})
	}
}

func TestEventsOfJepsenBecomeOperations(t *testing.T) {
	h, err := ReadHistory(strings.NewReader(`
{"type":"invoke","process":0,"f":"write","value":3,"time":10}
{"type":"info","process":"nemesis","f":"start","value":null,"time":11}
{"type":"invoke","process":1,"f":"cas","value":[3,4],"time":12}
{"type":"ok","process":0,"f":"write","value":3,"time":20}
{"type":"invoke","process":0,"f":"read","value":null,"time":21}
{"type":"fail","process":1,"f":"cas","value":[3,4],"time":22}
{"type":"ok","process":0,"f":"read","value":3,"time":23}
{"type":"invoke","process":1,"f":"cas","value":[null,4],"time":24}
{"type":"fail","process":1,"f":"cas","value":[null,4],"error":"refused","time":25}
{"type":"invoke","process":2,"f":"write","value":9,"time":26}
{"type":"info","process":2,"f":"write","value":9,"error":"timeout","time":27}
{"type":"invoke","process":3,"f":"read","value":null,"time":28}
`), "h")
	require.NoError(t, err)
	var got strings.Builder
	for i := range h {
		got.WriteString(h[i].String() + "\n")
	}
	require.Equal(t, `0 write register=3 [10,20] ok
1 cas register 3⇒4 [12,22] mismatch
0 read register → 3 [21,23] ok
1 cas register unset⇒4 [24,25] fail
2 write register=9 [26,27] maybe
3 read register [28,…] maybe
`, got.String())
}

func TestEventsWithoutTimesAreOrderedByTheirLines(t *testing.T) {
	h, err := ReadHistory(strings.NewReader(`{"type":"invoke","process":"a","f":"write","key":"x","value":1}
{"type":"invoke","process":"b","f":"read","key":"x"}
{"type":"ok","process":"a","f":"write","key":"x","value":1}
{"type":"ok","process":"b","f":"read","key":"x","value":null}
`), "h")
	require.NoError(t, err)
	require.Equal(t, "a write x=1 [1,3] ok", h[0].String())
	require.Equal(t, "b read x → unset [2,4] ok", h[1].String())
}

func FuzzParseHistory(f *testing.F) {
	f.Add([]byte(`{"format":"orrery-history","version":1}`))
	f.Add([]byte(`{"id":0,"client":"c1","f":"put","key":"x","in":"1","call":1,"ret":5,"status":"ok"}`))
	f.Add([]byte(`{"id":0,"client":{"base64":"/w=="},"f":"scan","key":"","to":"z","out":[["a","1"]],"call":1,"ret":5,"status":"ok"}`))
	f.Add([]byte("{\"type\":\"invoke\",\"process\":0,\"f\":\"cas\",\"value\":[1,2]}\n{\"type\":\"fail\",\"process\":0}"))
	f.Fuzz(func(t *testing.T, file []byte) {
		h, err := ReadHistory(bytes.NewReader(file), "fuzz")
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		var out bytes.Buffer
		require.NoError(t, WriteHistory(&out, h))
		back, err := ReadHistory(&out, "again")
		require.NoError(t, err)
		require.Equal(t, len(h), len(back))
		if len(h) <= 30 {
			Linearizable(h, KV, Options{Steps: 1000})
		}
	})
}
