package lint

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// root is the repository, as seen from this directory.
const root = "../.."

// TestRepositoryKeepsTheSyntacticRules reports every breach in one run.
func TestRepositoryKeepsTheSyntacticRules(t *testing.T) {
	start := time.Now()
	tree, err := Load(root)
	require.NoError(t, err)
	report(t, Check(tree))
	t.Logf("%d files in %v", len(tree.Files), time.Since(start).Round(time.Millisecond))
}

// TestRepositoryKeepsTheTypedRules needs the compiler, and so some seconds when
// the build cache is cold.
func TestRepositoryKeepsTheTypedRules(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the simulated packages")
	}
	tree, err := Load(root)
	require.NoError(t, err)
	Check(tree) // uses up the excuses that it needs
	findings, err := CheckTypes(root, tree)
	require.NoError(t, err)
	report(t, findings)
}

// report fails the test with one line a finding, and says the reasons below.
func report(t *testing.T, findings []Finding) {
	t.Helper()
	if len(findings) == 0 {
		return
	}
	var b strings.Builder
	broken := make(map[string]bool)
	for _, f := range findings {
		b.WriteString(f.String() + "\n")
		broken[f.Rule] = true
	}
	b.WriteString("\n")
	for _, r := range Rules() {
		if broken[r.Name] {
			b.WriteString(r.Name + ": " + r.Why + ".\n")
		}
	}
	if broken["imports"] {
		b.WriteString("\n" + Layers())
	}
	t.Errorf("%d breaches of the house rules:\n%s", len(findings), b.String())
}

func TestRulesHaveDistinctNamesAndReasons(t *testing.T) {
	seen := make(map[string]bool)
	for _, r := range Rules() {
		require.False(t, seen[r.Name], r.Name)
		require.NotEmpty(t, r.Why, r.Name)
		require.True(t, r.check != nil || r.typed != nil, r.Name)
		seen[r.Name] = true
	}
}
