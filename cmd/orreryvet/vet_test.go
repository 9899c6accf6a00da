package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the repository, as seen from this directory.
const root = "../.."

// tool builds the command.
func tool(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the command and runs the go command")
	}
	name := filepath.Join(t.TempDir(), "orreryvet")
	out, err := exec.Command("go", "build", "-o", name, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return name
}

// run runs a command in a directory, and returns all that it printed and its exit status.
func run(t *testing.T, dir, name string, args ...string) (string, int) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	var status *exec.ExitError
	if err != nil && !errors.As(err, &status) {
		require.NoError(t, err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// module writes a user's module: mine declares a node, and mine/parts does not.
func module(t *testing.T) (dir string) {
	t.Helper()
	repository, err := filepath.Abs(root)
	require.NoError(t, err)
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	require.NoError(t, err)
	dir = t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module mine\n\ngo 1.26.0\n\nrequire orrery v0.0.0\n\nreplace orrery => " + strconv.Quote(repository) + "\n",
		"go.sum": string(sums),
		"node.go": `package mine

import (
	"time"

	"mine/parts"
	"orrery/nodes"
)

type Node struct {
	nodes.Node
	load float64
}

func (n *Node) Fire(env nodes.Env, tag nodes.Tag) {
	go parts.Wait()
	time.Sleep(time.Second)
	if n.load > 1 {
		env.Halt(nil)
	}
}
`,
		"parts/parts.go": `package parts

import "time"

func Wait() { <-time.After(time.Second) }
`,
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

func TestOwnNodesHaveNoFinding(t *testing.T) {
	vet := tool(t)
	for _, way := range ways(vet) {
		out, status := run(t, root, way[0], append(way[1:], "./nodes/...", "./examples/...")...)
		require.Empty(t, out)
		require.Zero(t, status)
	}
}

// ways are the two ways to run the tool.
func ways(vet string) [][]string {
	return [][]string{{vet}, {"go", "vet", "-vettool=" + vet}}
}

func TestFindsTheSameByItselfAndUnderGoVet(t *testing.T) {
	vet, dir := tool(t), module(t)
	found := []string{"node.go:16:2: go starts a goroutine", "node.go:17:7: time.Sleep reaches outside the universe; use Env.SetTimer"}
	decides := "node.go:18:5: n.load > 1 is floating point"
	helper := []string{"parts.go:5:15: a channel receive", "parts.go:5:22: time.After reaches"}
	for _, tc := range []struct {
		flags      []string
		has, lacks []string
	}{
		{nil, found, slices.Concat([]string{decides}, helper)},
		{[]string{"-float"}, slices.Concat([]string{decides}, found), helper},
		{[]string{"-all"}, slices.Concat(helper, found), []string{decides}},
		{[]string{"-all", "-float"}, slices.Concat(helper, found, []string{decides}), nil},
	} {
		for _, way := range ways(vet) {
			args := slices.Concat(way[1:], tc.flags, []string{"./..."})
			out, status := run(t, dir, way[0], args...)
			require.NotZero(t, status, out)
			for _, s := range tc.has {
				require.Contains(t, out, s, args)
			}
			for _, s := range tc.lacks {
				require.NotContains(t, out, s, args)
			}
		}
	}
}

func TestHelpHasExamplesAndAnEmptyCommandLineFails(t *testing.T) {
	vet := tool(t)
	for _, ask := range []string{"-h", "-help", "--help", "help"} {
		out, status := run(t, root, vet, ask)
		require.Zero(t, status)
		require.Contains(t, out, "Examples:\n\n\torreryvet ./mynodes/...")
		require.Contains(t, out, "//orrery:allow REASON")
	}
	out, status := run(t, root, vet)
	require.Equal(t, 1, status)
	require.Contains(t, out, "Usage:")
}
