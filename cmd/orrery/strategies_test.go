package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/explore/strategy"
)

func TestStrategiesAreListedWithTheirParameters(t *testing.T) {
	var out, errs bytes.Buffer
	a := newApp()
	a.out, a.err = console{Writer: &out}, console{Writer: &errs}
	require.Equal(t, exitHeld, a.main(context.Background(), []string{"strategies"}), errs.String())
	for _, k := range strategy.Kinds() {
		require.Contains(t, "\n"+out.String(), "\n"+k.Name, "at the start of a line")
		for _, p := range k.Params {
			require.Contains(t, out.String(), p.Name+"=")
		}
		require.NotEmpty(t, strategyNotes[k.Name], "docs/exploration.md has nothing to say of %s", k.Name)
	}
}

func TestThePageOfStrategiesShowsWhatWasMeasured(t *testing.T) {
	dir := t.TempDir()
	measured, page := filepath.Join(dir, "m.jsonl"), filepath.Join(dir, "exploration.md")
	run := func(args ...string) (int, string) {
		var out, errs bytes.Buffer
		a := newApp()
		a.out, a.err = console{Writer: &out}, console{Writer: &errs}
		return a.main(context.Background(), append([]string{"strategies"}, args...)), errs.String()
	}
	rows := `{"scenario":"paxos","bug":"counts-nacks","strategy":"pctcp","budget":200,"seeds":2,"found":2,"median":17,"cpu_ns":300000000}
{"scenario":"paxos","bug":"counts-nacks","strategy":"random","budget":200,"seeds":2,"found":0,"median":null,"cpu_ns":5000000000}
{"scenario":"paxos","bug":"","strategy":"pctcp","budget":200,"seeds":1,"found":0,"median":null,"executions_in_all":2000,"alarms":0}
`
	require.NoError(t, os.WriteFile(measured, []byte(rows), 0o600))
	text, err := newApp().explorationPage(page, measured, 1, 20)
	require.NoError(t, err)
	require.Contains(t, string(text), "| counts-nacks | 17 (0.3) | > 200 (5.0) |")
	require.Contains(t, string(text), "0 alarms in 2,000 executions")
	require.Contains(t, string(text), "| pctcp:d=5,window=60000 |")
	require.NotContains(t, string(text), "{{")

	for _, c := range []struct{ data, want string }{
		{"", "nothing was measured"},
		{"what?\n", ":1: want what orrery mutants --json prints"},
		{rows + "{}\n", ":4: want what orrery mutants --json prints: this line names no strategy"},
	} {
		require.NoError(t, os.WriteFile(measured, []byte(c.data), 0o600))
		code, errs := run("--markdown", page, "--measured", measured)
		require.Equal(t, exitUnable, code)
		require.Contains(t, errs, c.want)
		require.Equal(t, 1, strings.Count(errs, "\n"), "one line")
	}
	code, errs := run("--markdown", page)
	require.Equal(t, exitUnable, code)
	require.Contains(t, errs, "want both, or neither")
}
