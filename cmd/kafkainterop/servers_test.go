package kafkainterop

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/internal/process"
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
	*process.Process
}

func TestMain(m *testing.M) {
	if os.Getenv(asKfake) != "" {
		beKfake()
	}
	os.Exit(process.Run(m))
}

// start starts the process.
func (s *server) start() {
	path, err := process.Orrery()
	require.NoError(s.t, err)
	cmd := exec.Command(path, s.args...)
	cmd.Env = append(os.Environ(), s.env...)
	s.Process = process.Start(s.t, s.name, cmd)
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
	ports := process.Ports(t, brokers+1)
	c.keeper = &server{t: t, name: "zk", dir: filepath.Join(dir, "zk"), addr: fmt.Sprintf("127.0.0.1:%d", ports[0])}
	cfg := filepath.Join(dir, "zoo.cfg")
	text := fmt.Sprintf("tickTime=500\ndataDir=%s\nclientPortAddress=127.0.0.1\nclientPort=%d\nmaxClientCnxns=0\nadmin.enableServer=false\nforceSync=no\n",
		c.keeper.dir, ports[0])
	require.NoError(t, os.WriteFile(cfg, []byte(text), 0o600))
	c.keeper.args = []string{"node", "zookeeper", cfg}
	c.keeper.start()
	internal := min(brokers, 3)
	for i := range brokers {
		b := &server{t: t, name: fmt.Sprintf("b%d", i+1), id: int32(i + 1), dir: filepath.Join(dir, fmt.Sprintf("b%d", i+1)),
			addr: fmt.Sprintf("127.0.0.1:%d", ports[i+1])}
		file := filepath.Join(dir, b.name+".properties")
		text := fmt.Sprintf("broker.id=%d\nlisteners=PLAINTEXT://%s\nlog.dirs=%s\nzookeeper.connect=%s/kafka\n"+
			"offsets.topic.replication.factor=%d\ntransaction.state.log.replication.factor=%d\ntransaction.state.log.min.isr=%d\n%s%s",
			b.id, b.addr, b.dir, c.keeper.addr, internal, internal, min(internal, 2), quick, settings)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		b.args = []string{"node", "kafka", file, "--log", process.Level()}
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
		if s == nil { // kfake has no ZooKeeper
			continue
		}
		text := s.Log().String()
		fmt.Fprintf(&all, "\n%s:\n%s", s.name, text[max(0, len(text)-3000):])
	}
	return all.String()
}

func (c *cluster) eventually(limit time.Duration, cond func() bool, why func() string) {
	c.Helper()
	process.Eventually(c, limit, cond, why)
}
