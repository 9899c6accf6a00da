package broker_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/kafka/broker"
	"orrery/nodes/kafka/broker/config"
	"orrery/nodes/kafka/client"
	"orrery/nodes/task"
	"orrery/nodes/zab"
	zoo "orrery/nodes/zab/config"
	"orrery/sim"
	"orrery/sim/vdisk"
	"orrery/trace"
)

// small are settings for a world of few partitions, in which time is short.
const small = `listeners=PLAINTEXT://:9092
log.dirs=/kafka
zookeeper.connect=z1:2181
zookeeper.session.timeout.ms=3000
offsets.topic.num.partitions=1
transaction.state.log.num.partitions=1
transaction.state.log.min.isr=2
group.initial.rebalance.delay.ms=0
auto.leader.rebalance.enable=false
replica.lag.time.max.ms=3000
replica.fetch.backoff.ms=100
`

// ensemble is the configuration of the ZooKeeper server, and brokerConfigs are those of the brokers: they can be shared by universes.
func ensemble(t testing.TB) *zoo.Config {
	c, err := zoo.Parse("zoo.cfg", []byte("dataDir=/data\nclientPort=2181\ntickTime=1000\nsnapCount=1000\n"))
	require.NoError(t, err)
	c.PreAllocSize = 0
	return c
}

func brokerConfig(t testing.TB, id int, more ...string) *config.Config {
	c, err := config.Parse("server.properties", []byte(fmt.Sprintf("broker.id=%d\n%s", id, small)), more...)
	require.NoError(t, err)
	return c
}

// world is a universe with one ZooKeeper server, z1, brokers b1, b2 … and clients.
type world struct {
	testing.TB
	u     *sim.Universe
	notes []string
}

func newWorld(t testing.TB, seed uint64, brokers int, more ...string) *world {
	return withBrokers(t, seed, brokers, broker.Quirks{}, more...)
}

// withBrokers is a world of brokers that have these quirks, once they know each other.
func withBrokers(t testing.TB, seed uint64, brokers int, q broker.Quirks, more ...string) *world {
	var configs []*config.Config
	for i := range brokers {
		configs = append(configs, brokerConfig(t, i+1, more...))
	}
	w := worldOf(t, seed, ensemble(t), configs, q, true)
	t.Cleanup(func() { // a task that is blocked would keep the universe
		for _, m := range w.u.Machines() {
			m.Kill(vdisk.LoseNothing)
		}
	})
	w.until(time.Minute, "all brokers know each other", func() bool {
		for _, a := range w.bootstrap() {
			if b, ok := w.u.Machine(a.ID).Node().(*broker.Broker); !ok || len(b.Lives()) < brokers {
				return false
			}
		}
		return true
	})
	return w
}

func worldOf(t testing.TB, seed uint64, z *zoo.Config, configs []*config.Config, q broker.Quirks, record bool) *world {
	w := &world{TB: t}
	c := sim.Config{Seed: seed, Net: sim.NetConfig{Delay: sim.Dist{Min: 100 * time.Microsecond, Mean: 200 * time.Microsecond}},
		Disk: sim.DiskConfig{Sync: sim.Dist{Min: 50 * time.Microsecond, Mean: 100 * time.Microsecond}}}
	if record {
		c.Recorder = recorder{w}
	}
	w.u = sim.New(c)
	w.u.Add("z1", func() nodes.Node { c := *z; return zab.New(zab.Config{Zoo: &c}) }).Start(0)
	for i, c := range configs {
		w.u.Add(nodes.ID(fmt.Sprintf("b%d", i+1)), func() nodes.Node { return broker.New(broker.Options{Config: c, Quirks: q}) }).Start(0)
	}
	return w
}

// recorder keeps the notes, for a test that fails.
type recorder struct{ w *world }

func (r recorder) Record(e *trace.Event) {
	if e.Kind == trace.Note {
		r.w.notes = append(r.w.notes, fmt.Sprintf("%v %s: %s", time.Duration(e.At), e.Node, e.Text))
	}
}

// bootstrap are the brokers' addresses.
func (w *world) bootstrap() (all []nodes.Addr) {
	for _, m := range w.u.Machines() {
		if strings.HasPrefix(string(m.ID()), "b") {
			all = append(all, nodes.Addr{ID: m.ID(), Port: 9092})
		}
	}
	return all
}

// client runs a body on a machine of its own, until it returns.
func (w *world) client(name nodes.ID, limit time.Duration, body func(t *task.T, c *client.Cluster)) {
	w.Helper()
	done := w.begin(name, body)
	w.until(limit, string(name)+" is done", func() bool { return *done })
}

// begin starts a body on a machine of its own.
func (w *world) begin(name nodes.ID, body func(t *task.T, c *client.Cluster)) *bool {
	done := new(bool)
	w.u.Add(name, func() nodes.Node {
		return task.New(broker.Codec(), func(t *task.T) {
			c := client.New(client.Config{Bootstrap: w.bootstrap(), RequestTimeout: 5 * time.Second})
			body(t, c)
			c.Close(t)
			*done = true
		})
	}).Start(0)
	return done
}

// until runs until cond holds.
func (w *world) until(limit time.Duration, what string, cond func() bool) {
	w.Helper()
	ok := w.u.RunUntil(cond, w.u.Now()+limit)
	if v := w.u.Violation(); v != nil {
		require.Fail(w, v.Error(), "%s\n%s", v.Stack, w.story())
	}
	if !ok {
		require.Fail(w, "not within "+limit.String()+": "+what, w.story())
	}
}

func (w *world) story() string {
	var b strings.Builder
	for _, m := range w.u.Machines() {
		if !m.Up() {
			fmt.Fprintf(&b, "%s is down: %v\n", m.ID(), m.Exit())
		}
	}
	from := max(0, len(w.notes)-120)
	return b.String() + strings.Join(w.notes[from:], "\n")
}

// of is the view of a broker.
func (w *world) of(id nodes.ID) broker.View {
	if b, ok := w.u.Machine(id).Node().(*broker.Broker); ok {
		return b.Inspect().(broker.View)
	}
	return broker.View{}
}

// newest is the newest that any broker which lives has heard of a partition.
func (w *world) newest(topic string, partition int) (leader nodes.ID, isr int) {
	epoch, version := int32(-1), int32(-1)
	for _, m := range w.u.Machines() {
		b, ok := m.Node().(*broker.Broker)
		if !ok || !m.Up() {
			continue
		}
		if p, ok := b.Partition(topic, int32(partition)); ok && (p.LeaderEpoch > epoch || p.LeaderEpoch == epoch && p.Version > version) {
			epoch, version = p.LeaderEpoch, p.Version
			leader, isr = nodes.ID(fmt.Sprintf("b%d", p.Leader)), len(p.ISR)
		}
	}
	return leader, isr
}

// leader is who leads a partition.
func (w *world) leader(topic string, partition int) nodes.ID {
	leader, _ := w.newest(topic, partition)
	return leader
}

// inSync is how many replicas the ISR of a partition has.
func (w *world) inSync(topic string, partition int) int {
	_, isr := w.newest(topic, partition)
	return isr
}

func (w *world) kill(id nodes.ID) { w.u.Machine(id).Kill(vdisk.LoseNothing) }
