package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/internal/process"
	"orrery/nodes"
)

// kafkaCluster is a ZooKeeper server and brokers, each a process of its own on this computer.
type kafkaCluster struct {
	*testing.T
	binary    string
	bootstrap string
	brokers   []*replica
}

// startKafka starts a cluster, and waits until all of its brokers know each other.
func startKafka(t *testing.T, brokers int, settings string) *kafkaCluster {
	t.Setenv(asCommand, "yes")
	k := &kafkaCluster{T: t, binary: os.Args[0]}
	dir, zk := t.TempDir(), process.Address(t)
	_, port, err := net.SplitHostPort(zk)
	require.NoError(t, err)
	cfg, _ := zooCfg(t, "dataDir=DIR/data\nclientPortAddress=127.0.0.1\ntickTime=500\nclientPort="+port+"\n")
	keeper := &replica{id: "zk", args: []string{"node", "zookeeper", cfg}}
	keeper.start(t)
	var addresses []string
	for i := range brokers {
		address := process.Address(t)
		addresses = append(addresses, address)
		file := filepath.Join(dir, fmt.Sprintf("server-%d.properties", i+1))
		text := fmt.Sprintf("broker.id=%d\nlisteners=PLAINTEXT://%s\nlog.dirs=%s/b%d\nzookeeper.connect=%s/kafka\n%s", i+1, address, dir, i+1, zk, settings)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		b := &replica{id: nodes.ID(fmt.Sprintf("b%d", i+1)), args: []string{"node", "kafka", file, "--log", "debug"}}
		b.start(t)
		k.brokers = append(k.brokers, b)
	}
	k.bootstrap = strings.Join(addresses, ",")
	process.Eventually(t, 20*time.Second, func() bool {
		code, _, _ := k.try("topics --create --topic probe --replication-factor "+strconv.Itoa(brokers)+" --timeout 2s", nil)
		return code == exitHeld
	}, k.logs)
	return k
}

// logs is what the brokers have said.
func (k *kafkaCluster) logs() string {
	var all strings.Builder
	for _, b := range k.brokers {
		fmt.Fprintf(&all, "%s:\n%s\n", b.id, b.Log())
	}
	return all.String()
}

// try runs a tool.
func (k *kafkaCluster) try(line string, in io.Reader) (code int, out, stderr string) {
	words := fields(line)
	args := append([]string{"kafka", words[0], "--bootstrap-server", k.bootstrap}, words[1:]...)
	var o, e bytes.Buffer
	cmd := exec.Command(k.binary, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, &o, &e
	err := cmd.Run()
	return exitOf(err), o.String(), e.String()
}

// tool runs a tool, which must succeed.
func (k *kafkaCluster) tool(line string, in io.Reader) string {
	k.Helper()
	code, out, stderr := k.try(line, in)
	require.Equal(k, exitHeld, code, "%s\n%s\n%s", line, stderr, k.logs())
	return out
}

const quickKafka = "offsets.topic.num.partitions=2\ntransaction.state.log.num.partitions=2\ngroup.initial.rebalance.delay.ms=0\n" +
	"zookeeper.session.timeout.ms=2000\nreplica.lag.time.max.ms=2000\ncontrolled.shutdown.retry.backoff.ms=200\n"

// A broker is killed, and starts again, while a thousand records are written: all are there, each once, in order.
func TestALiveClusterLosesNothingWhenABrokerIsKilled(t *testing.T) {
	k := startKafka(t, 3, quickKafka)
	k.tool("topics --create --topic orders --partitions 1 --replication-factor 3 --config min.insync.replicas=2", nil)
	described := k.tool("topics --describe --topic orders", nil)
	require.Contains(t, described, "PartitionCount: 1\tReplicationFactor: 3\tConfigs: min.insync.replicas=2")
	_, rest, _ := strings.Cut(described, "Leader: ")
	leader := k.brokers[rest[0]-'1']

	lines, typist := io.Pipe()
	go func() {
		for i := range 1_000 {
			if i%50 == 25 {
				time.Sleep(100 * time.Millisecond)
			}
			fmt.Fprintln(typist, i)
		}
		typist.Close()
	}()
	written := make(chan string, 1)
	go func() {
		code, _, stderr := k.try("produce --topic orders --timeout 60s", lines)
		written <- fmt.Sprint(code, stderr)
	}()
	time.Sleep(600 * time.Millisecond)
	leader.kill()
	time.Sleep(500 * time.Millisecond)
	leader.start(t)
	require.Equal(t, "0", <-written, k.logs())

	read := strings.Fields(k.tool("consume --topic orders --from-beginning --max-messages 1000 --idle 20s", nil))
	require.Len(t, read, 1_000)
	require.True(t, slices.IsSortedFunc(read, func(a, b string) int { x, _ := strconv.Atoi(a); y, _ := strconv.Atoi(b); return x - y }))
	require.Len(t, slices.Compact(read), 1_000)
}

func TestTheToolsOfALiveCluster(t *testing.T) {
	k := startKafka(t, 2, quickKafka+"offsets.topic.replication.factor=2\ntransaction.state.log.replication.factor=2\n")
	require.Contains(t, k.tool("topics --list", nil), "probe\n")
	require.Equal(t, "Created topic orders.\n", k.tool("topics --create --topic orders --replica-assignment 1:2,2:1", nil))
	k.tool("topics --alter --topic orders --partitions 3 --config retention.ms=100000", nil)
	described := k.tool("topics --describe --topic orders", nil)
	require.Contains(t, described, "PartitionCount: 3\tReplicationFactor: 2\tConfigs: retention.ms=100000")
	require.Contains(t, described, "Partition: 1\tLeader: 2\tReplicas: 2,1\tIsr: 2,1\n")

	k.tool("produce --topic orders --key-separator : --compression lz4", strings.NewReader("a:1\nb:2\nc:3\nd:4\n"))
	k.tool("produce --topic orders --transactional-id tx", strings.NewReader("5\n6\n"))
	out := strings.Fields(k.tool("consume --topic orders --group g --from-beginning --isolation committed --max-messages 6", nil))
	slices.Sort(out)
	require.Equal(t, []string{"1", "2", "3", "4", "5", "6"}, out)
	require.Equal(t, "g\n", k.tool("groups --list", nil))
	require.Contains(t, k.tool("groups --describe --group g", nil), "Group g is Empty, with 0 members\n")
	require.Contains(t, k.tool("groups --reset-offsets --group g --topic orders --to-earliest --execute", nil), "g      orders  0          0\n")
	require.Len(t, strings.Fields(k.tool("consume --topic orders --group g --max-messages 6", nil)), 6)
	k.tool("groups --delete --group g", nil)
	require.Empty(t, k.tool("groups --list", nil))

	plan := filepath.Join(t.TempDir(), "plan.json")
	require.NoError(t, os.WriteFile(plan, []byte(`{"version":1,"partitions":[{"topic":"orders","partition":0,"replicas":[2]}]}`), 0o600))
	k.tool("reassign --execute --file "+plan, nil)
	process.Eventually(t, 20*time.Second, func() bool { code, _, _ := k.try("reassign --verify --file "+plan, nil); return code == exitHeld }, k.logs)
	require.Contains(t, k.tool("topics --describe --topic orders", nil), "Partition: 0\tLeader: 2\tReplicas: 2\tIsr: 2\n")
	require.Empty(t, k.tool("reassign --list", nil))
	require.JSONEq(t, `{"version":1,"partitions":[{"topic":"probe","partition":0,"replicas":[1,2]}]}`, k.tool("reassign --generate --topics probe --brokers 2,1", nil))
	k.tool("topics --delete --topic orders", nil)
	process.Eventually(t, 20*time.Second, func() bool { return !strings.Contains(k.tool("topics --list", nil), "orders") }, k.logs)

	for line, why := range map[string]string{
		"topics":                                           "want one of --list, --create",
		"topics --create":                                  "want --topic TOPIC",
		"topics --create --topic probe":                    "TOPIC_ALREADY_EXISTS",
		"topics --create --topic x --config a=b":           "INVALID_CONFIG",
		"topics --create --topic x --replication-factor 9": "INVALID_REPLICATION_FACTOR",
		"produce":                                           "want --topic TOPIC",
		"produce --topic nowhere":                           "topic nowhere: kafka: UNKNOWN_TOPIC_OR_PARTITION",
		"produce --topic probe --acks 2":                    "--acks",
		"consume --topic probe --offset 4":                  "together with --partition",
		"consume --topic probe --partition 7":               "has no partition 7",
		"groups --describe --group nobody":                  "there is no group nobody",
		"groups --reset-offsets --group g":                  "want --topic TOPIC and one of",
		"reassign --execute --file " + plan + "x":           "no such file",
		"reassign --generate --topics probe --brokers 1":    "has 2 replicas",
		"reassign --generate --topics probe --brokers many": "is no broker's id",
	} {
		code, _, stderr := k.try(line, nil)
		require.Equal(t, exitUnable, code, line)
		require.Contains(t, stderr, why, line)
		require.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
	}
	for _, b := range k.brokers { // SIGTERM ends a broker in order
		require.NoError(t, b.Terminate(), k.logs())
		require.NotContains(t, b.Log().String(), "level=ERROR")
	}
}

func TestABrokerThatCannotStartSaysWhyInOneLine(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "server.properties")
	for text, why := range map[string]string{
		"broker.id=1\nzookeeper.connect=zk:2181\nnum.partitions=few\n":  `server.properties:3: num.partitions: "few" is out of place`,
		"zookeeper.connect=zk:2181\n":                                   "broker.id: is not set",
		"broker.id=1\nzookeeper.connect=zk:2181\nlisteners=SSL://:9\n":  "only PLAINTEXT is there",
		"broker.id=1\nzookeeper.connect=zk:2181\nlog.dirs=DIR/b\n#no\n": "belongs to broker 7",
	} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "b"), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "b", "meta.properties"), []byte("version=0\nbroker.id=7\n"), 0o600))
		require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(text, "DIR", dir)), 0o600))
		code, out, stderr := newWorld().orrery(t, "node kafka "+file)
		require.Equal(t, exitUnable, code, text)
		require.Empty(t, out)
		require.Contains(t, stderr, why)
		require.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
	}
	code, _, stderr := newWorld().orrery(t, "node kafka "+file+" --override num.partitions")
	require.Equal(t, exitUnable, code)
	require.Contains(t, stderr, `"num.partitions" is no setting`)
	code, _, stderr = newWorld().orrery(t, "kafka topics --list")
	require.Equal(t, exitUnable, code)
	require.Contains(t, stderr, "want --bootstrap-server HOST:PORT")
}
