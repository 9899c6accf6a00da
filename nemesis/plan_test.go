package nemesis

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func anyPlan(t *rapid.T) Plan {
	p := Plan{Mode: rapid.SampledFrom([]Mode{Budgeted, Unrestricted, Calm}).Draw(t, "mode")}
	for range rapid.IntRange(0, 6).Draw(t, "entries") {
		e := Entry{
			At:    time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "at")),
			Fault: anyFault(t, rapid.SampledFrom(Kinds()).Draw(t, "kind")),
		}
		if rapid.Bool().Draw(t, "ends") {
			e.Until = e.At + time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "for"))
		}
		p.Entries = append(p.Entries, e)
	}
	return p
}

func TestAPlanIsReadFromItsTextAndFromItsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPlan(t)
		fromText, err := ParsePlan("plan.txt", []byte(p.String()))
		require.NoError(t, err)
		require.Equal(t, p, fromText)

		asJSON, err := json.MarshalIndent(p, "", "  ")
		require.NoError(t, err)
		fromJSON, err := ParsePlan("plan.json", asJSON)
		require.NoError(t, err)
		require.Equal(t, p, fromJSON)
		var q Plan
		require.NoError(t, json.Unmarshal(asJSON, &q))
		require.Equal(t, p, q)
	})
}

func TestAPlanIsWrittenForPeople(t *testing.T) {
	const text = `# the leader is gone for a moment
mode unrestricted

300ms isolate(leader)  until 450ms   # a short one
	1s crash(n2, power=torn)
2s    one-way(n1->n2) until 2.5s
`
	p, err := ParsePlan("x", []byte(text))
	require.NoError(t, err)
	require.Equal(t, "mode unrestricted\n300ms isolate(leader) until 450ms\n1s crash(n2, power=torn)\n2s one-way(n1 -> n2) until 2.5s\n", p.String())
	require.Equal(t, []string{"partition", "crash"}, p.Families())
	require.Equal(t, "mode unrestricted\n1s crash(n2, power=torn)\n", p.Without(0, 2).String())

	out, err := json.Marshal(p.Without(0, 1))
	require.NoError(t, err)
	require.JSONEq(t, `{"mode":"unrestricted","faults":[{"at":"2s","fault":"one-way(n1 -> n2)","until":"2.5s"}]}`, string(out))

	bare, err := ParsePlan("x", []byte(` [{"at":"1s","fault":"blackout","until":"2s"}]`))
	require.NoError(t, err)
	require.Equal(t, "1s blackout until 2s\n", bare.String())
}

func TestWhatIsWrongWithAPlanIsSaidWithFileLineAndField(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"1s isolate(n1)\n\n2s isolat(leader)\n", `f:3:4: unknown fault "isolat"; did you mean isolate?`},
		{"  1s isolate(n1, way=up)", `f:1:22: unknown word "up"; there are: both, in, out`},
		{"soon isolate(n1)", `f:1:1: "soon" is no time; want the virtual time since the start, such as 1.2s`},
		{"-1s isolate(n1)", `f:1:1: "-1s" is no time; want the virtual time since the start, such as 1.2s`},
		{"1s isolate(n1) until later", `f:1:22: "later" is no time; want the virtual time since the start, such as 1.2s`},
		{"2s isolate(n1) until 1s", `f:1:1: isolate(n1) ends at 1s, before it begins`},
		{"1s", `f:1:3: want a fault, such as isolate(leader)`},
		{"mode clam", `f:1:6: unknown mode "clam"; did you mean calm?`},
		{"1s blackout\nmode calm", `f:2:1: the mode stands before all entries`},

		{"{", `f:1:2: the text ends here; want a field or '}'`},
		{"[1]", `f:1:2: faults: want {"at": …, "fault": …, "until": …}`},
		{"{\n \"faults\": 3}", `f:2:12: faults: want a list of faults`},
		{`{"mode": "wild"}`, `f:1:11: mode: unknown mode "wild"; there are: budgeted, unrestricted, calm`},
		{`{"moed": "calm"}`, `f:1:2: unknown field "moed"; did you mean mode?`},
		{`{"faults": []} {}`, `f:1:17: unexpected text after the plan`},
		{`[{"at": "1s", "at": "2s"}]`, `f:1:15: at: the field is given twice`},
		{`[{"fault": "blackout"}]`, `f:1:2: at: the field is missing; want a time such as 1.2s`},
		{"[\n  {\"at\": \"1s\"}\n]", `f:2:3: fault: the field is missing; want a fault such as isolate(leader)`},
		{"[{\"at\": \"1s\",\n \"fault\": \"isolate(n1, way=up)\"}]", `f:2:28: fault: unknown word "up"; there are: both, in, out`},
		{`[{"at": 1, "fault": "blackout"}]`, `f:1:9: at: want a time such as 1.2s, as a string`},
		{`[{"at": "2s", "fault": "blackout", "until": "1s"}]`, `f:1:2: until: blackout ends at 1s, before it begins`},
		{`[{"at": "2s", "fault": "blackout", "until": "x"}]`, `f:1:46: until: "x" is no time; want the virtual time since the start, such as 1.2s`},
		{`[{"at": tomorrow}]`, `f:1:9: at: not JSON: invalid character 'o' in literal true (expecting 'r'); want a time such as 1.2s`},
	} {
		_, err := ParsePlan("f", []byte(c.text))
		require.EqualError(t, err, c.want, c.text)
		require.IsType(t, new(SyntaxError), err)
	}
}

func FuzzParsePlan(f *testing.F) {
	f.Add([]byte("mode calm\n1s blackout until 2s # x\n"))
	f.Add([]byte(`{"mode":"budgeted","faults":[{"at":"1s","fault":"isolate(leader)","until":"2s"}]}`))
	f.Add([]byte(`[{"at":"1h2m","fault":"clock-bump(n2, +288ms)"}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParsePlan("f", data)
		if err != nil {
			require.IsType(t, new(SyntaxError), err)
			return
		}
		q, err := ParsePlan("f", []byte(p.String()))
		require.NoError(t, err)
		require.Equal(t, p.String(), q.String())
	})
}
