package zkinterop

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/go-zookeeper/zk" // whose own tests are run
	"github.com/stretchr/testify/require"

	"orrery/internal/process"
)

// suiteTests is how many tests go-zookeeper v1.0.4 has.
const suiteTests = 47

// The suite of go-zookeeper, as it comes from the module proxy, against our server in place of Apache's.
func TestGoZooKeepersOwnSuitePasses(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes more than a minute")
	}
	path, err := process.Orrery()
	require.NoError(t, err)
	bin := t.TempDir()
	script, err := os.ReadFile("../../docs/zookeeper/zkServer.sh")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(bin, "zkServer.sh"), script, 0o700))
	suite := func(args ...string) (outcome, said map[string]string) {
		cmd := exec.Command("go", append([]string{"test", "-count=1", "-timeout=540s", "-json", "github.com/go-zookeeper/zk"}, args...)...)
		cmd.Env = append(os.Environ(), "ZOOKEEPER_BIN_PATH="+bin, "ORRERY="+path, "ZK_VERSION=3.5.6")
		out, _ := cmd.Output() // what has failed is in there
		return outcomes(t, out)
	}
	outcome, said := suite()
	passed := 0
	for name, how := range outcome {
		for try := 0; how == "fail" && strings.Contains(said[name], outOfServers) && try < 3; try++ {
			t.Logf("%s is run again: it has run out of servers during an election", name)
			again, words := suite("-run", "^"+name+"$")
			how, said[name] = again[name], words[name]
		}
		if how == "pass" {
			passed++
			continue
		}
		t.Errorf("%s: %s\n%s", name, how, said[name])
	}
	require.Equal(t, suiteTests, passed, "tests that passed, of %d", len(outcome))
	t.Logf("%d of %d tests pass", passed, suiteTests)
}

// outOfServers is what go-zookeeper's client fails all requests with that wait, as soon as it has tried each server once. Its test of an
// incremental reconfiguration removes a server and asks for the next change at once: where the one that went was the leader, the others elect
// for some hundred milliseconds and turn clients away, as Apache's do, and it depends on the shuffled order of the servers, and on
// the machine's load, whether the client finds one before it gives up.
const outOfServers = "zk: could not connect to a server"

// outcomes reads what go test -json tells of the tests that have no parent.
func outcomes(t *testing.T, out []byte) (outcome, said map[string]string) {
	outcome, said = map[string]string{}, map[string]string{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var e struct{ Action, Test, Output string }
		require.NoError(t, json.Unmarshal(lines.Bytes(), &e), lines.Text())
		if top, _, sub := cutTest(e.Test); !sub && top != "" {
			switch e.Action {
			case "pass", "fail", "skip":
				outcome[e.Test] = e.Action
			}
		}
		said[e.Test] += e.Output
	}
	return outcome, said
}

// cutTest tells a test from its subtests.
func cutTest(name string) (top, rest string, sub bool) {
	dir, base := filepath.Split(name)
	if dir == "" {
		return base, "", false
	}
	return dir, base, true
}
