package deterministic_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"

	"orrery/explore/deterministic"
)

// stories are the packages below testdata/src. Each says in its comments what is found in it, and
// where nothing is: analysistest complains of a finding that is missing and of one too many.
var stories = []struct{ pkg, rule string }{
	{"clock", "the clock is Env's"},
	{"random", "randomness is Env's"},
	{"concurrency", "a handler runs alone and to its end"},
	{"host", "the host is not to be seen"},
	{"address", "addresses are not to be seen"},
	{"maporder", "the order of a map must not show"},
	{"anyorder", "a range over a map is fine where its order cannot show"},
	{"keeping", "an Env and lent bytes end with the call"},
	{"sharing", "a message may be kept unless the codec shares"},
	{"renewed", "an Env in a field is fine if every handler renews it"},
	{"global", "universes share no variable"},
	{"excuse", "an excuse needs a reason and a finding"},
	{"dotted", "the spelling of an import makes no difference"},
	{"tasks", "a task is a node"},
	{"good", "a good node and its test have no finding"},
	{"plain", "a package without a node is left alone"},
	{"onlytest", "a node of the tests makes no node package"},
}

// complaints collects what analysistest would fail the test with.
type complaints []string

func (c *complaints) Errorf(format string, args ...any) {
	*c = append(*c, fmt.Sprintf(format, args...))
}

// judge runs the analyzer with the flags that are named over packages of testdata/src, which are
// loaded together, because loading takes longer than judging.
func judge(t *testing.T, packages []string, flags ...string) (found map[string][]analysis.Diagnostic, wrong complaints) {
	t.Helper()
	a := deterministic.New()
	for _, f := range flags {
		require.NoError(t, a.Flags.Set(f, "true"))
	}
	found = make(map[string][]analysis.Diagnostic)
	for _, r := range analysistest.Run(&wrong, analysistest.TestData(), a, packages...) {
		pkg := r.Pass.Pkg.Name()
		found[pkg] = append(found[pkg], r.Diagnostics...)
	}
	delete(found, "main") // of the test binaries
	for _, p := range packages {
		require.Contains(t, found, p, "the package is not there")
	}
	return found, wrong
}

func TestEachRuleBitesAndSparesItsNeighbours(t *testing.T) {
	var packages []string
	for _, s := range stories {
		packages = append(packages, s.pkg)
	}
	found, wrong := judge(t, packages)
	for _, s := range stories {
		t.Run(s.rule, func(t *testing.T) {
			for _, w := range wrong {
				require.False(t, strings.HasPrefix(w, s.pkg+"/"), w)
			}
			require.True(t, slices.IsSortedFunc(found[s.pkg], func(a, b analysis.Diagnostic) int { return int(a.Pos - b.Pos) }))
		})
	}
	require.Empty(t, wrong)
	for _, category := range []string{"clock", "random", "concurrency", "host", "address", "maporder", "keeping", "global", "excuse"} {
		bears := func(d analysis.Diagnostic) bool { return d.Category == category }
		require.True(t, slices.ContainsFunc(found[category], bears), "no finding bears the category %s", category)
	}
}

func TestFlagsAddFindingsAndExcusesDoNotDependOnThem(t *testing.T) {
	_, wrong := judge(t, []string{"every", "float", "excuse"}, "every", "float")
	require.Empty(t, wrong)
}

func TestFloatsAndPackagesWithoutANodeAreReportedOnlyOnDemand(t *testing.T) {
	found, wrong := judge(t, []string{"every", "float"})
	require.Empty(t, found["every"])
	require.Empty(t, found["float"])
	require.Len(t, wrong, 4, "the expectations of the two packages are not met")
}

func TestEveryFindingSaysWhatToDo(t *testing.T) {
	found, _ := judge(t, []string{"clock", "random", "concurrency", "host", "address", "maporder", "keeping", "global", "float"}, "float")
	for _, ds := range found {
		for _, d := range ds {
			require.Regexp(t, `(; |: |, )(use|keep|hand|do|return|append|set|print|make|take|range|this package's codec)`, d.Message)
			require.False(t, strings.HasSuffix(d.Message, "."), d.Message)
		}
	}
}

func TestAnalyzersDoNotShareTheirFlags(t *testing.T) {
	a, b := deterministic.New(), deterministic.New()
	require.NoError(t, a.Flags.Set("every", "true"))
	require.Equal(t, "false", b.Flags.Lookup("every").Value.String())
	require.NoError(t, analysis.Validate([]*analysis.Analyzer{a}))
}
