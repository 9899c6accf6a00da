package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"
)

// TestStories runs the command lines of testdata/stories and compares all that they print, and
// their exit statuses. The directives are
//
//	orrery                the input is a command line
//	file NAME             makes a file of the input
//	edit FILE             replaces text in a file: the input is two lines, old and new
//	ls DIR                lists a directory
//	cat FILE              prints a file
//
// Each story has a directory of its own.
func TestStories(t *testing.T) {
	paths, err := filepath.Glob("testdata/stories/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			path, err := filepath.Abs(path)
			require.NoError(t, err)
			t.Chdir(t.TempDir())
			w := newWorld()
			datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string { return w.directive(t, d) })
		})
	}
}

func (w *world) directive(t *testing.T, d *datadriven.TestData) string {
	name := ""
	if len(d.CmdArgs) > 0 {
		name = d.CmdArgs[0].Key
	}
	switch d.Cmd {
	case "orrery":
		code, stdout, stderr := w.orrery(t, d.Input)
		for line := range strings.Lines(stderr) {
			stdout += "[stderr] " + line
		}
		return stdout + fmt.Sprintf("exit %d\n", code)
	case "file":
		require.NoError(t, os.WriteFile(name, []byte(d.Input+"\n"), 0o600))
		return "ok\n"
	case "edit":
		old, fresh, _ := strings.Cut(d.Input, "\n")
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Equal(t, 1, strings.Count(string(text), old), "how often %q is in %s", old, name)
		require.NoError(t, os.WriteFile(name, []byte(strings.Replace(string(text), old, fresh, 1)), 0o600))
		return "ok\n"
	case "ls":
		entries, err := os.ReadDir(name)
		require.NoError(t, err)
		out := ""
		for _, e := range entries {
			out += e.Name() + "\n"
		}
		return out
	case "cat":
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		return string(text)
	}
	t.Fatalf("no directive %q", d.Cmd)
	return ""
}
