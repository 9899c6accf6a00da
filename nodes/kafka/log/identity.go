package log

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"orrery/nodes"
	"orrery/nodes/internal/properties"
)

// Identity is whose log directory it is, as meta.properties says.
type Identity struct {
	Broker  int32  // broker.id
	Cluster string // cluster.id; "" while it is not known
}

// IdentityError says that a log directory belongs to another broker, or to a broker of another cluster. A broker that went on would
// serve, and truncate, what is not its own.
type IdentityError struct {
	Key           string // of meta.properties
	Stored, Given string
}

// Error says what does not fit, and what to do.
func (e *IdentityError) Error() string {
	why := "zookeeper.connect may name another cluster's ZooKeeper, or log.dirs another cluster's directory"
	if e.Key == brokerKey {
		why = "correct broker.id, or log.dirs; or remove the directory if its data is not needed"
	}
	return fmt.Sprintf("log: this directory has %s=%s in %s, and the broker is configured with %s: %s", e.Key, e.Stored, identityFile, e.Given, why)
}

const (
	brokerKey  = "broker.id"
	clusterKey = "cluster.id"
	versionKey = "version"
)

// claim is what meta.properties says, or will.
type claim struct {
	id      Identity
	more    []byte // lines that mean nothing to this broker, and stay
	there   bool   // the file exists
	unsaved bool
	saving  bool
}

// Claim makes sure that the directory belongs to this broker: an empty one is marked as its own from now on, and is so durably some time
// later. It may be called once with the broker's id, before anything is served, and again when the cluster's id is known. The
// error is an *IdentityError; or says that meta.properties cannot be read, for then nobody knows whose the directory is; or the disk's.
func (m *Manager) Claim(d nodes.Disk, id Identity) error {
	if m.claim == nil {
		c, err := readIdentity(d)
		if err != nil {
			return err
		}
		m.claim = c
	}
	c := m.claim
	if c.there && c.id.Broker != id.Broker {
		return &IdentityError{brokerKey, strconv.Itoa(int(c.id.Broker)), strconv.Itoa(int(id.Broker))}
	}
	if c.id.Cluster != "" && id.Cluster != "" && c.id.Cluster != id.Cluster {
		return &IdentityError{clusterKey, c.id.Cluster, id.Cluster}
	}
	if id.Cluster == "" {
		id.Cluster = c.id.Cluster
	}
	if c.there && c.id == id {
		return nil
	}
	c.id, c.there, c.unsaved = id, true, true
	return m.saveClaim(d)
}

// saveClaim writes meta.properties, one write at a time.
func (m *Manager) saveClaim(d nodes.Disk) error {
	c := m.claim
	if c.saving || !c.unsaved {
		return nil
	}
	c.saving, c.unsaved = true, false
	text := fmt.Appendf(nil, "#\n%s=0\n%s=%d\n", versionKey, brokerKey, c.id.Broker)
	if c.id.Cluster != "" {
		text = fmt.Appendf(text, "%s=%s\n", clusterKey, c.id.Cluster)
	}
	return m.start(d,
		step{do: doWrite, name: identityFile + tmpExt, data: append(text, c.more...)},
		step{do: doSync, name: identityFile + tmpExt},
		step{do: doRename, name: identityFile + tmpExt, to: identityFile},
		step{do: doSyncDir},
		step{do: doClaimed})
}

// readIdentity reads meta.properties.
func readIdentity(d nodes.Disk) (*claim, error) {
	p, err := d.ReadFile(identityFile)
	if errors.Is(err, fs.ErrNotExist) {
		return &claim{}, nil
	}
	if err != nil {
		return nil, err
	}
	bad := func(format string, args ...any) (*claim, error) {
		return nil, fmt.Errorf("log: %s: %s; put right what it says if you know whose directory this is", identityFile, fmt.Sprintf(format, args...))
	}
	c := &claim{there: true}
	var version, broker string
	for _, e := range properties.Read(p) {
		switch e.Key {
		case versionKey:
			version = e.Value
		case brokerKey:
			broker = e.Value
		case clusterKey:
			c.id.Cluster = e.Value
		default:
			c.more = fmt.Appendf(c.more, "%s=%s\n", e.Key, e.Value)
		}
	}
	if version != "0" {
		return bad("version is %q, not 0, as brokers have it that are controlled through ZooKeeper", version)
	}
	n, err := strconv.ParseInt(broker, 10, 32)
	if err != nil {
		return bad("broker.id is %q, not a number", broker)
	}
	c.id.Broker = int32(n)
	return c, nil
}
