package files_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/checker/files"
)

// porcupineDir is where the module cache has porcupine, whose test data are histories with known verdicts.
func porcupineDir(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/anishathalye/porcupine").Output()
	dir := strings.TrimSpace(string(out))
	if err != nil || dir == "" {
		t.Skipf("the go command does not say where porcupine is: %v", err)
	}
	return dir
}

func judge(t *testing.T, path string, m checker.Model) checker.Result {
	t.Helper()
	in, err := os.Open(path)
	require.NoError(t, err)
	defer in.Close()
	f, err := files.Open(in, path)
	require.NoError(t, err)
	h, err := f.History(m)
	require.NoError(t, err)
	return checker.Linearizable(h, m, checker.Options{Floors: &checker.Floors{Ops: 1}})
}

// TestVerdictsOnPorcupinesOwnHistoriesAreThoseOfPorcupine runs the logs of etcd that Jepsen recorded in 2014 and the key-value
// histories of porcupine's tests. What is right is read out of these tests.
func TestVerdictsOnPorcupinesOwnHistoriesAreThoseOfPorcupine(t *testing.T) {
	dir := porcupineDir(t)
	source, err := os.ReadFile(filepath.Join(dir, "porcupine_test.go"))
	require.NoError(t, err)
	word := map[string]checker.Verdict{"true": checker.Holds, "false": checker.Violated}
	logs := 0
	for _, m := range regexp.MustCompile(`checkJepsen\(t, (\d+), (true|false)\)`).FindAllStringSubmatch(string(source), -1) {
		n, err := strconv.Atoi(m[1])
		require.NoError(t, err)
		path := filepath.Join(dir, "test_data", "jepsen", "etcd_"+strings.Repeat("0", 3-len(strconv.Itoa(n)))+strconv.Itoa(n)+".log")
		res := judge(t, path, checker.CASRegister)
		require.Equal(t, word[m[2]], res.Verdict, "%s: %s", path, res.Reason)
		logs++
	}
	require.Equal(t, 102, logs)
	for name, want := range map[string]string{"c01-ok": "true", "c01-bad": "false", "c10-ok": "true", "c10-bad": "false", "c50-ok": "true", "c50-bad": "false"} {
		path := filepath.Join(dir, "test_data", "kv", name+".txt")
		res := judge(t, path, checker.KV.StartingAt(checker.Val("")))
		require.Equal(t, word[want], res.Verdict, "%s: %s", path, res.Reason)
	}
}
