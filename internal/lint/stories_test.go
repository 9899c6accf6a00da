package lint

import (
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"
)

// The stories of testdata show each rule biting, and letting good code pass.
// Their language:
//
//	file PATH     puts the input into the tree, as a file with that path
//	check RULE    prints what the rule finds in the tree, and empties the tree
//
// After a change of wording: go test ./internal/lint -run Stories -rewrite.

func TestStoriesOfTheSyntacticRules(t *testing.T) {
	datadriven.Walk(t, "testdata/syntactic", func(t *testing.T, path string) {
		tellStory(t, path, func(tree *Tree, rule Rule) []Finding {
			require.NotNil(t, rule.check, "%s is a typed rule", rule.Name)
			return check(tree, []Rule{rule})
		})
	})
}

func TestStoriesOfTheTypedRules(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles parts of the standard library")
	}
	ex := &exports{files: make(map[string]string)}
	require.NoError(t, ex.list(".", "fmt", "maps", "math/rand/v2", "reflect", "slices", "time"))
	datadriven.Walk(t, "testdata/typed", func(t *testing.T, path string) {
		tellStory(t, path, func(tree *Tree, rule Rule) []Finding {
			require.NotNil(t, rule.typed, "%s is a syntactic rule", rule.Name)
			return checkTypes(tree, ex, []Rule{rule})
		})
	})
}

func tellStory(t *testing.T, path string, judge func(*Tree, Rule) []Finding) {
	tree := newTree()
	datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
		switch d.Cmd {
		case "file":
			// datadriven cuts the last line's end off, and Go files have one.
			tree.Add(d.CmdArgs[0].Key, []byte(d.Input+"\n"))
			return ""
		case "check":
			findings := judge(tree, ruleNamed(t, d.CmdArgs[0].Key))
			tree = newTree()
			return tell(findings)
		}
		d.Fatalf(t, "unknown command %q", d.Cmd)
		return ""
	})
}

func tell(findings []Finding) string {
	if len(findings) == 0 {
		return "nothing\n"
	}
	var b strings.Builder
	for _, f := range findings {
		b.WriteString(f.String() + "\n")
	}
	return b.String()
}

func ruleNamed(t *testing.T, name string) Rule {
	t.Helper()
	for _, r := range Rules() {
		if r.Name == name {
			return r
		}
	}
	require.FailNow(t, "no rule "+name)
	return Rule{}
}
