package broker

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"orrery/nodes"
	"orrery/nodes/internal/properties"
	"orrery/nodes/kafka/controller"
	"orrery/nodes/kafka/zk"
)

// ErrShutdown is why a broker halts that was asked to shut down, and has.
var ErrShutdown = errors.New("kafka: the broker has shut down in order")

var errFixed = errors.New("it is read from server.properties when the broker starts; change it there")

// The timers of a broker's life.
const (
	tagZooKeeper = "broker/zookeeper" // a start without ZooKeeper is given up
	tagExit      = "broker/exit"      // the session's end is waited for no longer
	tagTerminate = "broker/terminate" // it has been asked to shut down
)

// The files of a log directory that are the broker's, and the syncs of them.
const (
	metaFile    = "meta.properties"
	metaTemp    = "meta.properties.tmp"
	syncMeta    = "broker/meta"
	syncMetaDir = "broker/meta-dir"
)

// stage is how far a broker's life has come.
type stage uint8

const (
	starting stage = iota // it has never been registered
	running
	leaving // a controller takes its leaderships away
	closing // the logs are closed
	parting // the session ends
	gone    // nothing is left to do
)

// String is the stage in a word.
func (s stage) String() string {
	return [...]string{"starting", "running", "leaving", "closing", "parting", "departed"}[s]
}

// checkMeta reads meta.properties: a directory that belongs to another broker must not be used.
func (b *Broker) checkMeta(d nodes.Disk) error {
	p, err := d.ReadFile(metaFile)
	if errors.Is(err, nodes.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("kafka: %s: %w", metaFile, err)
	}
	for _, e := range properties.Read(p) {
		switch e.Key {
		case "version":
			if e.Value != "0" {
				return fmt.Errorf("kafka: %s: version is %s, of a newer Kafka; want 0", metaFile, e.Value)
			}
		case "broker.id":
			if e.Value != strconv.Itoa(int(b.id)) {
				return fmt.Errorf("kafka: the log directory belongs to broker %s, and broker.id is %d; want its own directory for each broker", e.Value, b.id)
			}
		case "cluster.id":
			b.cluster = zk.ClusterID(e.Value)
		}
	}
	return nil
}

// connects takes the news that ZooKeeper answers.
func (b *Broker) connects(env nodes.Env) {
	b.connected = true
	id := b.store.Cluster()
	switch {
	case id == "" || id == b.cluster:
	case b.cluster != "":
		env.Halt(fmt.Errorf("kafka: the log directory belongs to cluster %s, and zookeeper.connect leads to cluster %s; want the ensemble of the former, or an empty directory",
			b.cluster, id))
	default:
		b.cluster = id
		b.writeMeta(env)
	}
}

// writeMeta notes whose directory this is.
func (b *Broker) writeMeta(env nodes.Env) {
	text := fmt.Sprintf("#\nversion=0\nbroker.id=%d\ncluster.id=%s\n", b.id, b.cluster)
	d := env.Disk()
	if _, err := d.Size(metaTemp); err == nil {
		b.must(env, d.Remove(metaTemp))
	}
	b.must(env, d.Append(metaTemp, []byte(text)))
	d.Sync(metaTemp, nodes.Tag{Name: syncMeta})
}

func (b *Broker) must(env nodes.Env, err error) {
	if err != nil {
		env.Halt(fmt.Errorf("kafka: %s: %w", metaFile, err))
	}
}

// metaSynced gives the file its name when its content is durable.
func (b *Broker) metaSynced(env nodes.Env, tag nodes.Tag, err error) {
	b.must(env, err)
	if tag.Name == syncMeta {
		b.must(env, env.Disk().Rename(metaTemp, metaFile))
		env.Disk().SyncDir("", nodes.Tag{Name: syncMetaDir})
	}
}

// registered takes the news that the broker is known to the cluster, under a new epoch.
func (b *Broker) registered(env nodes.Env, epoch int64) {
	b.replicas.BrokerEpoch(epoch)
	nodes.Sometimes(env, b.stage != starting, markExpired)
	if nodes.Noting(env) {
		nodes.Note(env, fmt.Sprintf("registers as broker %d, broker epoch %d", b.id, epoch))
	}
	if b.stage == starting {
		b.stage = running
		env.StopTimer(nodes.Tag{Name: tagZooKeeper})
	}
}

// disowned takes the news that the session has expired.
func (b *Broker) disowned(env nodes.Env) {
	if nodes.Noting(env) {
		nodes.Note(env, "its session with ZooKeeper has expired")
	}
}

// became takes the news that this broker is the controller, or no longer.
func (b *Broker) became(env nodes.Env, e controller.Became) {
	if nodes.Noting(env) {
		verb := "is the controller, epoch "
		if !e.Active {
			verb = "resigns as controller of epoch "
		}
		nodes.Note(env, verb+strconv.Itoa(int(e.Epoch)))
	}
	if !e.Active {
		b.breakAll(env, controlling)
	}
}

// ready tells that requests may be taken.
func (b *Broker) ready() bool { return b.stage == running || b.stage == leaving }

// Shutdown begins a shutdown in order, as SIGTERM does: the leaderships are handed over, the logs closed, the session ended. The
// broker then halts with ErrShutdown.
func (b *Broker) Shutdown(env nodes.Env) {
	switch {
	case b.stage == running && b.cfg.ControlledShutdown:
		b.stage = leaving
		b.ctrl.Shutdown(env)
	case b.stage == starting || b.stage == running:
		b.closeLogs(env)
	}
	b.drain(env)
}

// departed takes the news that the leaderships are with others, or cannot be.
func (b *Broker) departed(env nodes.Env, clean bool) {
	if b.stage == leaving {
		nodes.Sometimes(env, clean, markDeparted)
		if nodes.Noting(env) && !clean {
			nodes.Note(env, "shuts down although nobody takes its leaderships")
		}
		b.closeLogs(env)
	}
}

// closeLogs answers nobody any more, and closes the logs.
func (b *Broker) closeLogs(env nodes.Env) {
	b.stage = closing
	for _, ch := range slices.Clone(b.accepted) {
		b.drop(env, ch)
	}
	b.replicas.Shutdown(env)
}

// logsClosed ends the session: from now on others may lead whatever this broker led.
func (b *Broker) logsClosed(env nodes.Env) {
	if b.stage != closing {
		return
	}
	b.stage = parting
	b.store.Close(env)
	env.SetTimer(nodes.Tag{Name: tagExit}, 2*time.Second)
}

// sessionEnds takes the end of a session: where it was asked for, nothing is left to do.
func (b *Broker) sessionEnds(env nodes.Env) {
	b.connected = false
	if b.stage == parting {
		b.depart(env)
	}
}

// depart ends the process.
func (b *Broker) depart(env nodes.Env) {
	b.stage = gone
	env.StopTimer(nodes.Tag{Name: tagExit})
	if b.opts.Departed == nil {
		env.Halt(ErrShutdown)
	}
	b.opts.Departed()
}
