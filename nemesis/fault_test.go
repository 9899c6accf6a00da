package nemesis

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orrery/nodes"
)

// anyFault draws a fault of a kind, with every argument that it can have.
func anyFault(t *rapid.T, k *Kind) Fault {
	d := k.make()
	for _, f := range d.fields() {
		if f.key == "" || rapid.Bool().Draw(t, "with "+f.key) {
			setAny(t, k, f)
		}
	}
	return k.value(d)
}

func setAny(t *rapid.T, k *Kind, f field) {
	switch v := f.value.(type) {
	case targetValue:
		*v.p = anyTarget(t)
	case linksValue:
		*v.p = anyLinks(t, k.Name == "one-way")
	case groupsValue:
		*v.p = rapid.SampledFrom([]Groups{"n1 n2 | n3 n4 n5", "a | b", "x.1 | y_2 | Z-3"}).Draw(t, "groups")
	case durationValue:
		lo := int64(1)
		if v.signed {
			lo = -int64(longest)
		}
		*v.p = time.Duration(rapid.Int64Range(lo, int64(longest)).Filter(func(n int64) bool { return n != 0 }).Draw(t, "duration"))
	case ppmValue:
		*v.p = PPM(rapid.Uint64Range(1, million).Draw(t, "ppm"))
	case rateValue:
		*v.p = rapid.Int64Range(slowestPPM, fastestPPM).Filter(func(n int64) bool { return n != 0 }).Draw(t, "rate")
	case countValue:
		*v.p = rapid.IntRange(1, v.most).Draw(t, "count")
	case flagValue:
		*v.p = true
	default:
		words := v.(interface{ choices() []string }).choices()
		if err := v.set(rapid.SampledFrom(words).Draw(t, "word")); err != nil {
			t.Fatal(err)
		}
	}
}

func anyTarget(t *rapid.T) Target {
	target := Target(rapid.StringMatching(`n[0-9]|[a-z][A-Z_.-]x`).Draw(t, "machine"))
	if rapid.Bool().Draw(t, "a word") {
		target = Target(rapid.SampledFrom(targetWords).Draw(t, "target"))
	} else if rapid.Bool().Draw(t, "two machines") {
		target = Only(nodes.ID(target), "another")
	}
	if rapid.Bool().Draw(t, "following") {
		target = Following(target)
	}
	return target
}

func anyLinks(t *rapid.T, oneWay bool) Links {
	a, b := anyTarget(t), anyTarget(t)
	if oneWay {
		return OneWay(a, b)
	}
	return rapid.SampledFrom([]Links{OneWay(a, b), BothWays(a, b), Around(a)}).Draw(t, "links")
}

func TestAFaultParsesFromWhatItPrints(t *testing.T) {
	for _, k := range Kinds() {
		t.Run(k.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				f := anyFault(t, k)
				g, err := ParseFault(f.String())
				require.NoError(t, err, f)
				require.Equal(t, f, g)
				require.True(t, f == g, "faults are comparable values")
				require.NoError(t, Check(f))
				require.Same(t, k, f.Kind())
			})
		})
	}
}

func TestAFaultIsReadWithAnyWhiteSpaceAndPrintedInOneForm(t *testing.T) {
	for text, want := range map[string]string{
		" isolate( leader )":                              "isolate(leader)",
		"isolate(leader,way=both)":                        "isolate(leader)",
		"isolate(following   leader ,  way = in,clients)": "isolate(following leader, way=in, clients)",
		"isolate(way=out, n1  n2)":                        "isolate(n1 n2, way=out)",
		"split(n1 n2|n3   n4 n5)":                         "split(n1 n2 | n3 n4 n5)",
		"one-way(n1->n2)":                                 "one-way(n1 -> n2)",
		"cut(n1<->n2 n3)":                                 "cut(n1 <-> n2 n3)",
		"loss(n1 -> n2, 200000ppm)":                       "loss(n1 -> n2, 20%)",
		"loss(all, 0.0001%)":                              "loss(all, 0.0001%)",
		"crash(minority, power=torn)":                     "crash(minority, power=torn)",
		"kill-at-effect(n2,17)":                           "kill-at-effect(n2, 17)",
		"clock-bump(n2, 288ms)":                           "clock-bump(n2, +288ms)",
		"clock-bump(n2, -1000ms)":                         "clock-bump(n2, -1s)",
		"drift(n3, +500ppm)":                              "drift(n3, +500ppm)",
		"blackout()":                                      "blackout",
		"blackout":                                        "blackout",
		"rolling-restart(reverse, down=20ms)":             "rolling-restart(down=20ms, reverse)",
		"crash-in-recovery(n1, 3, times=2, power=lose-unsynced )": "crash-in-recovery(n1, 3, times=2, power=lose-unsynced)",
	} {
		f, err := ParseFault(text)
		require.NoError(t, err, text)
		require.Equal(t, want, f.String())
	}
}

func TestWhatIsWrongWithAFaultIsSaidInOneLine(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", `at 1: want a fault, such as isolate(leader)`},
		{"isolat(leader)", `at 1: unknown fault "isolat"; did you mean isolate?`},
		{"  krash(n1)", `at 3: unknown fault "krash"; did you mean crash?`},
		{"restart(n1)", `at 1: unknown fault "restart"; did you mean rolling-restart?`},
		{"Isolate(n1)", `at 1: unexpected 'I' in the name of a fault; want small letters and '-'`},
		{"isolate", `at 8: target is missing; want isolate(target [, way=both|in|out] [, clients])`},
		{"isolate(n1", `at 11: want ')' at the end of the arguments`},
		{"isolate(n1) now", `at 16: want ')' at the end of the arguments`},
		{"isolate(n1, (n2))", `at 13: unexpected '('; arguments have no parentheses`},
		{"isolate(n1, , clients)", `at 13: an argument is missing here`},
		{"isolate(n1, n2)", `at 13: unexpected "n2"; want isolate(target [, way=both|in|out] [, clients])`},
		{"isolate(n1, way=inn)", `at 17: unknown word "inn"; did you mean in?`},
		{"isolate(n1, wya=in)", `at 13: unknown argument "wya"; did you mean way?; want isolate(target [, way=both|in|out] [, clients])`},
		{"isolate(n1, way=in, way=out)", `at 21: way is given twice`},
		{"isolate(n1, way=)", `at 17: a value for way is missing`},
		{"isolate(n1 n1)", `at 9: target "n1 n1" names a machine twice`},
		{"isolate(n1 leader)", `at 9: "leader" stands for itself only, not beside names`},
		{"isolate(n/1)", `at 9: "n/1" is no name of a machine: want letters, digits, '-', '_' and '.'`},
		{"isolate(following)", `at 9: "following" stands for itself only, not beside names`},
		{"one-way(n1 <-> n2)", `at 1: "n1 <-> n2" is not one way; want links such as "n1 -> n2"`},
		{"split(n1 n2)", `at 7: want groups of machines, as in "n1 n2 | n3 n4 n5"`},
		{"split(n1 | n1)", `at 7: machine "n1" is in "n1 | n1" twice`},
		{"split(n1 | )", `at 7: a group of "n1 | " is empty`},
		{"loss(all, 120%)", `at 11: "120%" is no probability; want one such as 20%, 0.5% or 300ppm, up to 100%`},
		{"loss(all, 0%)", `at 11: "0%" is no probability; want one such as 20%, 0.5% or 300ppm, up to 100%`},
		{"pause(n1, 300ms)", `at 11: unexpected "300ms"; want pause(target)`},
		{"slow(n1, quickly)", `at 10: "quickly" is no duration; want one such as 300ms or 1.5s`},
		{"slow(n1, -1s)", `at 10: duration -1s is negative`},
		{"drift(n1, 5%)", `at 11: "5%" is no rate; want one such as +500ppm or -500ppm`},
		{"drift(n1, -900000ppm)", `at 11: a rate of -900000ppm; want one from -500000ppm to +1000000ppm, and not 0`},
		{"kill-at-effect(n1, 0)", `at 20: 0 is out of range; want a number from 1 to 1000000`},
		{"blackout(all)", `at 10: unexpected "all"; want blackout`},
		{"blackout(way=in)", `at 10: there is no argument "way"; want blackout`},
	} {
		_, err := ParseFault(c.text)
		require.EqualError(t, err, c.want, c.text)
		require.NotContains(t, err.Error(), "\n")
		require.IsType(t, new(SyntaxError), err)
	}
}

func TestAFaultThatAProgramPutTogetherWronglyIsRefused(t *testing.T) {
	for _, f := range []Fault{
		nil, Isolate{}, Isolate{Who: "n1  n2"}, Isolate{Who: One, Way: 9}, Loss{Links: "all"},
		Loss{Links: "all", P: million + 1}, Slow{Who: One, By: -time.Second}, OneWayCut{Links: "n1"},
		Cut{Links: "n1 -> "}, Split{Groups: "n1"}, KillAtEffect{Who: One}, Drift{Who: One, Rate: 5_000_000},
	} {
		require.Error(t, Check(f), "%v", f)
	}
	require.NoError(t, Check(Isolate{Who: Following(Leader), Way: Inbound}))
}

func TestEveryKindHasAFamilyAClassAndASentence(t *testing.T) {
	seen := map[string]bool{}
	total := 0
	for _, f := range Families() {
		require.NotEmpty(t, f.Kinds, f.Name)
		require.NotEmpty(t, f.Doc)
		total += len(f.Kinds)
	}
	require.Equal(t, len(Kinds()), total, "a kind of no family")
	for _, k := range Kinds() {
		require.False(t, seen[k.Name])
		seen[k.Name] = true
		require.NotEmpty(t, k.Doc)
		require.NotEmpty(t, k.Class.String())
		require.True(t, strings.HasPrefix(k.Usage(), k.Name))
	}
}

func TestFamiliesAreChosenByName(t *testing.T) {
	got, err := SelectFamilies("crash, partition")
	require.NoError(t, err)
	require.Equal(t, []string{"partition", "crash"}, got)
	_, err = SelectFamilies("crash,partitoin")
	require.EqualError(t, err, `unknown fault family "partitoin"; did you mean partition?`)
	_, err = SelectFamilies("isolate")
	require.EqualError(t, err, `"isolate" is a fault of the family "partition"; want names of families`)
}

func FuzzParseFault(f *testing.F) {
	for _, k := range Kinds() {
		f.Add(k.Usage())
	}
	f.Add("isolate(following leader, way=in, clients)")
	f.Add("split(n1 n2 | n3 n4 n5)")
	f.Add("loss(n1 <-> n2 n3, 0.05%)")
	f.Add("clock-strobe(n2, -200ms, 1m2.5s)")
	f.Fuzz(func(t *testing.T, text string) {
		fault, err := ParseFault(text)
		if err != nil {
			wrong, ok := err.(*SyntaxError)
			require.True(t, ok)
			require.LessOrEqual(t, wrong.Column, len(text)+1)
			require.Positive(t, wrong.Column)
			return
		}
		again, err := ParseFault(fault.String())
		require.NoError(t, err)
		require.Equal(t, fault, again)
	})
}
