package kafkainterop

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// server is a process of ours: a ZooKeeper server, or a broker.
type server struct {
	t    testing.TB
	name string
	id   int32
	dir  string // where its files are
	args []string
	env  []string
	addr string // where its clients come
	cmd  *exec.Cmd
	log  *buffer
}

// buffer is a log that is being read. Of a long one the end is kept.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *buffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.b.Len() > 1<<20 {
		l.b.Next(l.b.Len() / 2)
	}
	return l.b.Write(p)
}

func (l *buffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// command is our command, built once, or the one that ORRERY names.
var command = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("ORRERY"); path != "" {
		return path, nil
	}
	dir, err := os.MkdirTemp("", "orrery-kafkainterop")
	if err != nil {
		return "", err
	}
	out := filepath.Join(dir, "orrery")
	build := exec.Command("go", "build", "-o", out, "./cmd/orrery")
	build.Dir = "../.."
	if text, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, text)
	}
	return out, nil
})

func TestMain(m *testing.M) {
	if os.Getenv(asKfake) != "" {
		beKfake()
	}
	code := m.Run()
	if path, err := command(); err == nil && os.Getenv("ORRERY") == "" {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// start starts the process.
func (s *server) start() {
	path, err := command()
	require.NoError(s.t, err)
	s.cmd = exec.Command(path, s.args...)
	s.cmd.Env = append(os.Environ(), s.env...)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	require.NoError(s.t, s.cmd.Start())
	cmd := s.cmd
	s.t.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
		if dir := os.Getenv("KAFKAINTEROP_LOGS"); dir != "" {
			_ = os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d.log", s.name, cmd.Process.Pid)), []byte(s.log.String()), 0o600)
		}
	})
}

// kill ends the process by SIGKILL. That it had ended before by itself is an error.
func (s *server) kill() {
	require.NoError(s.t, s.cmd.Process.Kill())
	_ = s.cmd.Wait()
	status := s.cmd.ProcessState.Sys().(syscall.WaitStatus)
	require.Equal(s.t, syscall.SIGKILL, status.Signal(), "%s ended before it was killed:\n%s", s.name, s.log)
}

// stop ends the process by SIGTERM: it says so, and exits with 0.
func (s *server) stop() {
	require.NoError(s.t, s.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(s.t, s.cmd.Wait(), s.log)
	require.Contains(s.t, s.log.String(), "msg=stopped")
}

// cluster is a ZooKeeper server and brokers, each a process of its own on this machine, with real directories.
type cluster struct {
	testing.TB
	keeper  *server
	brokers []*server
}

// quick are settings with which nothing waits longer than tests like to wait.
const quick = "offsets.topic.num.partitions=3\ntransaction.state.log.num.partitions=3\ngroup.initial.rebalance.delay.ms=0\n" +
	"zookeeper.session.timeout.ms=6000\ngroup.min.session.timeout.ms=100\ndelete.topic.enable=true\n" +
	"log.segment.bytes=16777216\nnum.partitions=3\n"

// start starts a cluster, and waits until all of its brokers know one another.
func start(t testing.TB, brokers int, settings string) *cluster {
	c := &cluster{TB: t}
	dir := t.TempDir()
	ports := freePorts(t, brokers+1)
	c.keeper = &server{t: t, name: "zk", dir: filepath.Join(dir, "zk"), addr: fmt.Sprintf("127.0.0.1:%d", ports[0]), log: &buffer{}}
	cfg := filepath.Join(dir, "zoo.cfg")
	text := fmt.Sprintf("tickTime=500\ndataDir=%s\nclientPortAddress=127.0.0.1\nclientPort=%d\nmaxClientCnxns=0\nadmin.enableServer=false\nforceSync=no\n",
		c.keeper.dir, ports[0])
	require.NoError(t, os.WriteFile(cfg, []byte(text), 0o600))
	c.keeper.args = []string{"node", "zookeeper", cfg}
	c.keeper.start()
	internal := min(brokers, 3)
	for i := range brokers {
		b := &server{t: t, name: fmt.Sprintf("b%d", i+1), id: int32(i + 1), dir: filepath.Join(dir, fmt.Sprintf("b%d", i+1)),
			addr: fmt.Sprintf("127.0.0.1:%d", ports[i+1]), log: &buffer{}}
		file := filepath.Join(dir, b.name+".properties")
		text := fmt.Sprintf("broker.id=%d\nlisteners=PLAINTEXT://%s\nlog.dirs=%s\nzookeeper.connect=%s/kafka\n"+
			"offsets.topic.replication.factor=%d\ntransaction.state.log.replication.factor=%d\ntransaction.state.log.min.isr=%d\n%s%s",
			b.id, b.addr, b.dir, c.keeper.addr, internal, internal, min(internal, 2), quick, settings)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		b.args = []string{"node", "kafka", file, "--log", level()}
		b.start()
		c.brokers = append(c.brokers, b)
	}
	c.allKnown()
	return c
}

// in is the cluster in a subtest.
func (c *cluster) in(t testing.TB) *cluster {
	return &cluster{TB: t, keeper: c.keeper, brokers: c.brokers}
}

// level is how much the processes say.
func level() string {
	if os.Getenv("KAFKAINTEROP_LOGS") != "" {
		return "debug"
	}
	return "info"
}

// seeds are the addresses of all brokers.
func (c *cluster) seeds() []string {
	var all []string
	for _, b := range c.brokers {
		all = append(all, b.addr)
	}
	return all
}

// client makes a client of franz-go.
func (c *cluster) client(opts ...kgo.Opt) *kgo.Client {
	c.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(c.seeds()...), kgo.MetadataMinAge(100 * time.Millisecond)}, opts...)...)
	require.NoError(c, err)
	c.Cleanup(cl.Close)
	return cl
}

// admin makes an administrator of franz-go.
func (c *cluster) admin() *kadm.Client { return kadm.NewClient(c.client()) }

// allKnown waits until each broker names all of them, and a controller.
func (c *cluster) allKnown() {
	c.Helper()
	last := ""
	c.eventually(time.Minute, func() bool {
		for _, b := range c.brokers {
			cl, err := kgo.NewClient(kgo.SeedBrokers(b.addr))
			if err != nil {
				return false
			}
			ctx, cancel := context.WithTimeout(c.Context(), 5*time.Second)
			m, err := kadm.NewClient(cl).BrokerMetadata(ctx)
			cancel()
			cl.Close()
			if last = fmt.Sprintf("%s: %+v, %v", b.name, m.Brokers, err); err != nil || len(m.Brokers) != len(c.brokers) || m.Controller < 0 {
				return false
			}
		}
		return true
	}, func() string { return "the brokers do not know one another: " + last + c.logs() })
}

// topic makes a topic, and waits until every broker knows who leads it.
func (c *cluster) topic(name string, partitions int32, factor int16, configs map[string]*string) {
	c.Helper()
	r, err := c.admin().CreateTopic(c.Context(), partitions, factor, configs, name)
	require.NoError(c, err, "%s: %s", name, r.ErrMessage)
	cl := c.client()
	c.eventually(time.Minute, func() bool {
		for _, b := range c.brokers {
			if !c.led(c.Context(), cl.Broker(int(b.id)), name, partitions, int(factor)) {
				return false
			}
		}
		return true
	}, func() string { return name + " is not led" + c.logs() })
}

// led says that a broker knows a leader of each of the topic's partitions, and that all replicas are in sync.
func (c *cluster) led(ctx context.Context, b *kgo.Broker, topic string, partitions int32, factor int) bool {
	req := kmsg.NewPtrMetadataRequest()
	req.Topics = []kmsg.MetadataRequestTopic{{Topic: &topic}}
	answer, err := b.Request(ctx, req)
	if err != nil {
		return false
	}
	of := answer.(*kmsg.MetadataResponse).Topics[0]
	for _, p := range of.Partitions {
		if p.ErrorCode != 0 || p.Leader < 0 || len(p.ISR) != factor {
			return false
		}
	}
	return of.ErrorCode == 0 && len(of.Partitions) == int(partitions)
}

// logs is what all processes have said last.
func (c *cluster) logs() string {
	var all strings.Builder
	for _, s := range append([]*server{c.keeper}, c.brokers...) {
		text := s.log.String()
		fmt.Fprintf(&all, "\n%s:\n%s", s.name, text[max(0, len(text)-3000):])
	}
	return all.String()
}

func (c *cluster) eventually(limit time.Duration, cond func() bool, why func() string) {
	c.Helper()
	for end := time.Now().Add(limit); !cond(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			c.Fatal(why())
		}
	}
}

// freePorts are ports on which nothing listens, outside of the range from which systems take those of outgoing
// connections.
func freePorts(t testing.TB, n int) []int {
	var ports []int
	seen := map[int]bool{}
	for range 1000 {
		port := 10_000 + rand.IntN(20_000)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil || seen[port] {
			continue
		}
		require.NoError(t, l.Close())
		seen[port] = true
		if ports = append(ports, port); len(ports) == n {
			return ports
		}
	}
	t.Fatal("no port is free")
	return nil
}
