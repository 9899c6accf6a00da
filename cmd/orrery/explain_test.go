package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/explore/explain"
)

func TestAViolationIsExplained(t *testing.T) {
	w := realWorld()
	t.Chdir(t.TempDir())
	line, name := nacks(t)
	code, _, stderr := w.orrery(t, line)
	require.Equal(t, exitViolated, code, stderr)
	code, out, stderr := w.orrery(t, "explain artifacts/"+name+" --siblings 4 --points 8")
	require.Equal(t, exitViolated, code, stderr)
	for _, part := range []string{"VIOLATION of ", "How likely the violation is", "no return", "held", "The nearest run without the violation"} {
		require.Contains(t, out, part)
	}
	code, out, _ = w.orrery(t, "explain artifacts/"+name+" --siblings 4 --points 8 --json")
	require.Equal(t, exitViolated, code)
	var x struct {
		Scenario, Bug string
		explain.Explanation
	}
	require.NoError(t, json.Unmarshal([]byte(out), &x))
	require.Equal(t, "paxos", x.Scenario)
	require.Equal(t, "counts-nacks", x.Bug)
	require.Equal(t, 1, strings.Count(out, "\n"))
	require.NotEmpty(t, x.Story)
	require.NotEmpty(t, x.Slice)
	require.NotEmpty(t, x.Needs)
	require.Equal(t, 100, x.Curve[len(x.Curve)-1].Share())
}

func TestNothingToExplain(t *testing.T) {
	w := realWorld()
	t.Chdir(t.TempDir())
	code, out, _ := w.orrery(t, "explain paxos --seed 1 --profile calm")
	require.Equal(t, exitHeld, code)
	require.Equal(t, "paxos is ok: there is nothing to explain\n", out)
	for line, says := range map[string]string{
		"--budget -1s":  "--budget -1s: want a time such as 30s",
		"--siblings 0":  "--siblings 0: want at least 1",
		"--points 0":    "--points 0: want at least 1",
		"--bug nothing": "unknown bug of paxos",
	} {
		code, _, stderr := w.orrery(t, "explain paxos --seed 1 "+line)
		require.Equal(t, exitUnable, code)
		require.Contains(t, stderr, says)
		require.Equal(t, 1, strings.Count(stderr, "\n"))
	}
}
