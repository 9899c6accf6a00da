package kafkainterop

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
)

// kcat runs kcat against a cluster, with words as its arguments and in as its input, and answers what it prints.
func (c *cluster) kcat(in, words string, more ...string) string {
	c.Helper()
	cmd := c.kcatCommand(words, more...)
	cmd.Stdin = strings.NewReader(in)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	require.NoError(c, cmd.Run(), "kcat %s %q:\n%s%s", words, more, &said, c.logs())
	return out.String()
}

func (c *cluster) kcatCommand(words string, more ...string) *exec.Cmd {
	args := append([]string{"-b", strings.Join(c.seeds(), ","), "-m", "30"}, append(strings.Fields(words), more...)...)
	return exec.CommandContext(soon(c), "kcat", args...)
}

// needKcat skips a test where kcat is not installed.
func needKcat(t testing.TB) {
	if _, err := exec.LookPath("kcat"); err != nil {
		t.Skip("there is no kcat: apt-get install --no-install-recommends kcat")
	}
}

// rows are the lines of what kcat prints.
func rows(out string) []string { return strings.Split(strings.TrimSuffix(out, "\n"), "\n") }

func TestKcatSeesTheCluster(t *testing.T) {
	needKcat(t)
	c := start(t, 3, "")
	c.topic("seen", 2, 3, nil)
	var m struct {
		ControllerID int `json:"controllerid"`
		Brokers      []struct {
			ID   int    `json:"id"`
			Name string `json:"name"`
		} `json:"brokers"`
		Topics []struct {
			Topic      string `json:"topic"`
			Partitions []struct {
				Partition int              `json:"partition"`
				Leader    int              `json:"leader"`
				Replicas  []map[string]int `json:"replicas"`
				ISRs      []map[string]int `json:"isrs"`
			} `json:"partitions"`
		} `json:"topics"`
	}
	require.NoError(t, json.Unmarshal([]byte(c.kcat("", "-L -J -t seen")), &m))
	require.Len(t, m.Brokers, 3)
	for i, b := range m.Brokers {
		require.Equal(t, i+1, b.ID)
		require.Equal(t, c.brokers[i].addr, b.Name)
	}
	require.Contains(t, []int{1, 2, 3}, m.ControllerID)
	require.Len(t, m.Topics, 1)
	require.Len(t, m.Topics[0].Partitions, 2)
	for _, p := range m.Topics[0].Partitions {
		require.Len(t, p.Replicas, 3)
		require.Len(t, p.ISRs, 3)
		require.Positive(t, p.Leader)
	}
	require.Contains(t, c.kcat("", "-L"), " 3 brokers:")
}

// What kcat writes, with each codec, kcat and franz-go read: keys, headers, values and nulls.
func TestWhatKcatWritesAllRead(t *testing.T) {
	needKcat(t)
	c := start(t, 3, "")
	var in, want strings.Builder
	for i := range 500 {
		fmt.Fprintf(&in, "k%d:value %d\n", i, i)
		fmt.Fprintf(&want, "%d k%d a=1,b=two value %d\n", i, i, i)
	}
	for _, codec := range []string{"none", "gzip", "snappy", "lz4", "zstd"} {
		t.Run(codec, func(t *testing.T) {
			c := c.in(t)
			c.topic("kcat-"+codec, 1, 3, nil)
			c.kcat(in.String(), "-P -K : -H a=1 -H b=two -X acks=all -X enable.idempotence=true -z "+codec+" -t kcat-"+codec)
			require.Equal(t, want.String(), c.kcat("", "-C -e -q -o beginning -t kcat-"+codec, "-f", "%o %k %h %s\n"))
			got := read(t, c.client(kgo.ConsumeTopics("kcat-"+codec)), 500)
			for i, r := range got {
				require.Equal(t, fmt.Sprintf("k%d", i), string(r.Key))
				require.Equal(t, fmt.Sprintf("value %d", i), string(r.Value))
				require.Len(t, r.Headers, 2)
			}
		})
	}
	t.Run("acks=0 and nulls", func(t *testing.T) {
		c := c.in(t)
		c.topic("kcat-null", 1, 3, nil)
		c.kcat("x:\n:y\n", "-P -K : -Z -X acks=0 -t kcat-null")
		c.eventually(30*time.Second, func() bool {
			return c.kcat("", "-C -e -q -Z -o beginning -t kcat-null", "-f", "%k %S %s|") == "x -1 NULL|NULL 1 y|"
		}, func() string { return c.kcat("", "-C -e -q -Z -o beginning -t kcat-null", "-f", "%k %S %s|") })
	})
	t.Run("offsets", func(t *testing.T) {
		c := c.in(t)
		require.Equal(t, []string{"value 498", "value 499"}, rows(c.kcat("", "-C -e -q -o -2 -t kcat-gzip")))
		require.Equal(t, []string{"value 7"}, rows(c.kcat("", "-C -q -o 7 -c 1 -p 0 -t kcat-gzip")))
		require.Equal(t, "kcat-gzip [0] offset 0\n", c.kcat("", "-Q -t kcat-gzip:0:1"))
	})
	t.Run("a large record", func(t *testing.T) {
		c := c.in(t)
		c.topic("kcat-large", 1, 3, nil)
		large := strings.Repeat("x", 900_000)
		c.kcat(large, "-P -D \\x01 -t kcat-large")
		require.Equal(t, large, strings.TrimSpace(c.kcat("", "-C -e -q -o beginning -t kcat-large")))
	})
}

// A group of two: kcat and franz-go divide the partitions, and the offsets that kcat commits are the group's.
func TestKcatAndFranzGoAreOneGroup(t *testing.T) {
	needKcat(t)
	c := start(t, 3, "")
	adm := c.admin()
	c.topic("both", 4, 3, nil)
	write(t, c.client(), "both", numbers(0, 100)...)
	got := rows(c.kcat("", "-G both -e -q -X auto.offset.reset=earliest both"))
	slices.Sort(got)
	want := numbers(0, 100)
	slices.Sort(want)
	require.Equal(t, want, got)
	lag, err := adm.Lag(soon(t), "both")
	require.NoError(t, err)
	of := lag["both"]
	require.NoError(t, of.Error())
	require.Zero(t, of.Lag.Total())

	cmd := c.kcatCommand("-G both -u -q -X client.id=kcat -X session.timeout.ms=10000 -X heartbeat.interval.ms=200 -X partition.assignment.strategy=range both")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	all := make(chan string, 1)
	go func() { b, _ := io.ReadAll(out); all <- string(b) }()
	m := c.join("both", "both", kgo.ClientID("franz"), kgo.Balancers(kgo.RangeBalancer()))
	c.divided(adm, "both", map[string]int{"franz": 2, "kcat": 2})
	write(t, c.client(), "both", numbers(100, 100)...)
	c.eventually(30*time.Second, func() bool {
		lag, err := adm.Lag(soon(t), "both")
		of := lag["both"]
		return err == nil && of.Error() == nil && of.Lag.Total() == 0
	}, func() string { return "the group does not come to the end" })
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	require.NoError(t, cmd.Wait())
	c.divided(adm, "both", map[string]int{"franz": 4})
	got = rows(<-all)
	require.NotEmpty(t, got)
	for v := range m.total() {
		got = append(got, v)
	}
	slices.Sort(got)
	want = numbers(100, 100)
	slices.Sort(want)
	require.Equal(t, want, got)
}

// A transaction of kcat's is seen when it is committed; one that a kcat leaves open ends when the next begins, and is never seen.
func TestKcatsTransactions(t *testing.T) {
	needKcat(t)
	c := start(t, 3, "")
	c.topic("ktx", 1, 3, nil)
	c.kcat("1\n2\n", "-P -X transactional.id=kcat -t ktx")
	cmd := c.kcatCommand("-P -X transactional.id=kcat -X linger.ms=1 -t ktx")
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	_, err = io.WriteString(in, strings.Repeat("3\n", 50_000)) // it sends what fills its buffers
	require.NoError(t, err)
	require.Equal(t, []string{"1", "2", "3"}, values(read(t, c.client(kgo.ConsumeTopics("ktx")), 3)[:3]))
	require.Equal(t, []string{"1", "2"}, rows(c.kcat("", "-C -e -q -o beginning -X isolation.level=read_committed -t ktx")))
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
	c.kcat("5\n", "-P -X transactional.id=kcat -t ktx")
	require.Equal(t, []string{"1", "2", "5"}, rows(c.kcat("", "-C -e -q -o beginning -X isolation.level=read_committed -t ktx")))
	require.Contains(t, rows(c.kcat("", "-C -e -q -o beginning -X isolation.level=read_uncommitted -t ktx")), "3")
}
