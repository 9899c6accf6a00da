package kafkainterop

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// suiteOutcome says of how many tests of franz-go v1.22.2, those of what came after Kafka 2.4 left out, what becomes. Against
// kfake, when that is asked to be Kafka 2.4, 138 pass and 2 are skipped: it refuses Produce of version 2, and is asked one thing more.
var suiteOutcome = map[string]int{"pass": 137, "skip": 3}

// beyond are tests of what came with later versions of Kafka: share groups, the groups of KIP-848, telemetry.
const beyond = "Share|848|714"

// may is why a test may be skipped.
var may = map[string]string{
	"TestSCRAMAuth":                            "there is no SASL",
	"TestSCRAMAuthBadCredentials":              "there is no SASL",
	"TestIssueProduceBrokerTooOldFailsRecords": "it is for a broker that no longer takes Produce of version 2, as Kafka 4 does not",
}

// Franz-go's own tests, as they come from the module proxy, with replicas on three brokers.
func TestFranzGosOwnTestsPass(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	suite(t, start(t, 3, ""), "3")
}

// KAFKAINTEROP_CHAOS=1: the same with one broker, and on connections that die after half a second to a second and a half.
func TestFranzGosOwnTestsPassOnConnectionsThatDie(t *testing.T) {
	if os.Getenv("KAFKAINTEROP_CHAOS") == "" {
		t.Skip("it takes minutes: KAFKAINTEROP_CHAOS=1 runs it")
	}
	t.Run("one broker", func(t *testing.T) { suite(t, start(t, 1, ""), "1") })
	t.Run("chaos", func(t *testing.T) { suite(t, start(t, 3, ""), "3", "KGO_TEST_CHAOS=1") })
}

// suite runs the tests against a cluster.
func suite(t *testing.T, c *cluster, factor string, env ...string) {
	cmd := exec.Command("go", "test", "-count=1", "-timeout=540s", "-json", "-skip", beyond, "github.com/twmb/franz-go/pkg/kgo")
	cmd.Env = append(os.Environ(), "KGO_SEEDS="+strings.Join(c.seeds(), ","), "KGO_TEST_RF="+factor, "KGO_TEST_RECORDS=3000",
		"KGO_TEST_MAX_TOPIC_PARTS=3")
	cmd.Env = append(cmd.Env, env...)
	out, _ := cmd.Output() // what has failed is in there

	outcome, said := map[string]string{}, map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e struct{ Action, Test, Output string }
		if json.Unmarshal(lines.Bytes(), &e) != nil || e.Test == "" {
			continue
		}
		switch e.Action {
		case "pass", "fail", "skip":
			outcome[e.Test] = e.Action
		case "output":
			said[e.Test] += e.Output
		}
	}
	require.NoError(t, lines.Err())
	require.NotEmpty(t, outcome, "they were not run:\n%s", out)
	counts := map[string]int{}
	for name, how := range outcome {
		if !strings.Contains(name, "/") {
			counts[how]++
		}
		if how == "fail" || how == "skip" && may[name] == "" && !strings.Contains(name, "/848") {
			text := said[name]
			t.Errorf("%s: %s\n%s", name, how, text[max(0, len(text)-2_000):])
		}
	}
	require.Equal(t, suiteOutcome, counts)
	t.Logf("%d pass, %d skipped", counts["pass"], counts["skip"])
}
