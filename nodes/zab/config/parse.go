package config

import (
	"fmt"
	"strconv"
	"strings"

	"orrery/nodes/internal/properties"
)

// Parse reads a zoo.cfg. file is its name, for errors. If the configuration says
// dynamicConfigFile, its members are in that file, and Quorum stays nil until [Config.SetQuorum].
// The error names everything that is wrong.
func Parse(file string, p []byte) (*Config, error) {
	c := Default()
	c.file = file
	wrong := &problems{file: file}
	var members []entry
	for _, e := range properties.Read(p) {
		if inEnsemble(e.Key) {
			members = append(members, e)
			continue
		}
		c.take(e, wrong)
	}
	c.finish(wrong)
	switch {
	case c.DynamicFile == "":
		before := len(wrong.errs)
		c.Quorum = parseQuorum(members, 0, wrong)
		if len(wrong.errs) == before {
			c.checkMembers(c.Quorum, wrong)
		}
	case len(members) > 0:
		wrong.add(members[0], "stands beside dynamicConfigFile; members belong into %s", c.DynamicFile)
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	return &c, nil
}

// inEnsemble tells whether a key is about the members.
func inEnsemble(key string) bool {
	return strings.HasPrefix(key, "server.") || strings.HasPrefix(key, "group.") || strings.HasPrefix(key, "weight.")
}

// take obeys one key.
func (c *Config) take(e entry, wrong *problems) {
	k, found := lookUp(e.Key)
	switch {
	case !found:
		wrong.add(e, "%s", unknown(e.Key))
	case k.use != nil:
		if err := k.use(c, e.Value); err != nil {
			wrong.add(e, "%v", err)
		}
	case k.refuse != "":
		if yes, err := isTrue(e.Value); err != nil || yes {
			wrong.add(e, "%s", k.refuse)
		}
	default:
		c.Notes = append(c.Notes, fmt.Sprintf("%s:%d: %s has no effect: %s", wrong.file, e.Line, e.Key, k.without))
	}
}

// unknown says that nobody knows a key, and which one may have been meant.
func unknown(name string) string {
	if short, ok := strings.CutPrefix(name, "zookeeper."); ok {
		if _, found := lookUp(short); found {
			return "in this file it is called " + short
		}
	}
	if a := properties.Alike(name, known()); a != "" {
		return "unknown key; did you mean " + a + "?"
	}
	return "unknown key; ZooKeeper would ignore it, so leave it out"
}

// finish works out what depends on more than one key, and checks it.
func (c *Config) finish(wrong *problems) {
	if c.DataDir == "" {
		wrong.missing("dataDir", "is not set; want the directory of the server's data, like dataDir=/var/lib/zookeeper")
	}
	if c.DataLogDir == "" {
		c.DataLogDir = c.DataDir
	}
	if c.ClientPort == 0 && c.ClientHost != AnyHost {
		wrong.missing("clientPortAddress", "is set, and clientPort is not; want both, like clientPort=2181")
	}
	if c.MinSession == unset {
		c.MinSession = 2 * c.TickTime
	}
	if c.MaxSession == unset {
		c.MaxSession = 20 * c.TickTime
	}
	if c.MinSession > c.MaxSession {
		wrong.missing("minSessionTimeout", "is %d ms, more than maxSessionTimeout, which is %d ms",
			c.MinSession.Milliseconds(), c.MaxSession.Milliseconds())
	}
	c.NotificationMax = max(c.NotificationMax, c.NotificationMin)
	c.SnapRetain = max(c.SnapRetain, minRetain)
}

// checkMembers checks what must hold between the members and the rest.
func (c *Config) checkMembers(q *Quorum, wrong *problems) {
	voters, observers := len(q.Voters()), len(q.Members())-len(q.Voters())
	switch {
	case voters == 0 && !c.Standalone:
		wrong.missing("standaloneEnabled", "is false, and there is no participant; want lines like server.1=zk1:2888:3888")
	case voters <= 1 && c.Standalone && observers > 0:
		wrong.missing("", "there are observers, and no ensemble to observe; want more participants, or standaloneEnabled=false")
	}
	for _, m := range q.Members() {
		if len(m.Quorum) > 1 && !c.MultiAddress {
			wrong.missing(fmt.Sprintf("server.%d", m.ID), "has several addresses; want one, or multiAddress.enabled=true")
		}
	}
	if voters > 1 || voters == 1 && !c.Standalone {
		if c.InitLimit == 0 {
			wrong.missing("initLimit", "is not set; an ensemble needs it, like initLimit=10")
		}
		if c.SyncLimit == 0 {
			wrong.missing("syncLimit", "is not set; an ensemble needs it, like syncLimit=5")
		}
	}
}

// SetQuorum gives a configuration its members: those of the dynamic file, or of a reconfiguration.
func (c *Config) SetQuorum(q *Quorum) error {
	wrong := &problems{file: c.file}
	c.checkMembers(q, wrong)
	if err := wrong.err(); err != nil {
		return err
	}
	c.Quorum = q
	return nil
}

// Identify tells a member of an ensemble who it is: the number in its file myid. The client address in the server
// line, if there is one, takes the place of clientPort, and must not contradict it.
func (c *Config) Identify(id int64) error {
	wrong := &problems{file: c.file}
	line := fmt.Sprintf("server.%d", id)
	if c.Quorum == nil {
		wrong.missing("dynamicConfigFile", "was not read")
		return wrong.err()
	}
	m, found := c.Quorum.Member(id)
	if !found {
		return nil // a server that is to join later
	}
	if !m.Secure.IsZero() {
		wrong.missing(line, "names a port for TLS, which is not there; leave it out")
	}
	if a := m.Client; !a.IsZero() {
		if c.ClientPort != 0 && (c.ClientPort != a.Port || c.ClientHost != AnyHost && c.ClientHost != a.Host) {
			wrong.missing(line, "says that clients connect to %v, and clientPort says %v; leave clientPort out",
				a, Address{c.ClientHost, c.ClientPort})
		}
		c.ClientHost, c.ClientPort = a.Host, a.Port
	}
	return wrong.err()
}

// SetProperties takes settings that the original gets from the command line of its virtual machine, as
// in the environment variable SERVER_JVMFLAGS: "-Dzookeeper.skipACL=yes -Djute.maxbuffer=4194304". They
// take the place of what the file says. Options that are no settings of ZooKeeper's are left to Java.
func (c *Config) SetProperties(flags string) error {
	wrong := &problems{file: "SERVER_JVMFLAGS"}
	for i, flag := range strings.Fields(flags) {
		name, ok := strings.CutPrefix(flag, "-D")
		if !ok {
			continue
		}
		name, value, _ := strings.Cut(strings.Trim(name, `"'`), "=")
		name, ours := strings.CutPrefix(name, "zookeeper.")
		if _, found := lookUp(name); found || ours {
			c.take(entry{Key: name, Value: value, Line: i + 1}, wrong)
		}
	}
	return wrong.err()
}

// ParseDynamic reads a dynamic configuration file. Its version is the end of its name, in
// hexadecimal: "zoo.cfg.dynamic.100000000"; without one it is 0.
func ParseDynamic(file string, p []byte) (*Quorum, error) {
	return parseText(file, p, versionOf(file), false)
}

// ParseQuorum reads the text of a configuration that says its own version: what servers send
// each other, and the file "zoo.cfg.dynamic.next". file is a name for errors.
func ParseQuorum(file string, p []byte) (*Quorum, error) { return parseText(file, p, 0, true) }

func parseText(file string, p []byte, version int64, inside bool) (*Quorum, error) {
	wrong := &problems{file: file}
	var members []entry
	for _, e := range properties.Read(p) {
		switch {
		case inEnsemble(e.Key):
			members = append(members, e)
		case e.Key != "version":
			wrong.add(e, "unknown key; a file of members has server.N, group.N, weight.N and no others")
		case !inside:
			wrong.add(e, "does not belong here; the version is the end of the file's name")
		default:
			v, err := strconv.ParseUint(e.Value, 16, 64)
			if err != nil {
				wrong.add(e, "%q is no version; want a hexadecimal number", e.Value)
			}
			version = int64(v)
		}
	}
	q := parseQuorum(members, version, wrong)
	return q, wrong.err()
}

// versionOf reads the end of a dynamic file's name.
func versionOf(file string) int64 {
	v, err := strconv.ParseUint(file[strings.LastIndexByte(file, '.')+1:], 16, 64)
	if err != nil || !strings.Contains(file, ".") {
		return 0
	}
	return int64(v)
}

// parseQuorum puts the members together. What is wrong is added to wrong, and then the result has no meaning.
func parseQuorum(entries []entry, version int64, wrong *problems) *Quorum {
	q := &Quorum{version: version}
	before := len(wrong.errs)
	for _, e := range entries {
		kind, number, _ := strings.Cut(e.Key, ".")
		id, err := strconv.ParseInt(number, 10, 64)
		if err != nil || id < 0 {
			wrong.add(e, "%q is no number of a %s; want %s.1, %s.2 and so on", number, kind, kind, kind)
			continue
		}
		if err := q.take(kind, id, e.Value); err != nil {
			wrong.add(e, "%v", err)
		}
	}
	if len(wrong.errs) > before {
		return q
	}
	if err := q.settle(); err != nil {
		at := entry{Key: "group"}
		for _, e := range entries {
			if strings.HasPrefix(e.Key, "group.") {
				at = e
				break
			}
		}
		wrong.add(at, "%v", err)
	}
	return q
}

// take adds one key to the ensemble. Of two weights of a server the later one counts, as in properties.
func (q *Quorum) take(kind string, id int64, value string) error {
	switch kind {
	case "server":
		m, err := ParseMember(id, value)
		if err != nil {
			return err
		}
		return q.add(m)
	case "group":
		var servers []int64
		for s := range strings.SplitSeq(value, ":") {
			n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
			if err != nil {
				return fmt.Errorf("%q is no server's number; want them with colons between, like 1:2:3", s)
			}
			servers = append(servers, n)
		}
		return q.group(id, servers)
	default:
		w, err := strconv.ParseInt(value, 10, 32)
		if err != nil || w < 0 {
			return fmt.Errorf("%q is no weight; want a whole number from 0 on", value)
		}
		for i := range q.weights {
			if q.weights[i].server == id {
				q.weights[i].weight = w
				return nil
			}
		}
		q.weights = append(q.weights, weight{id, w})
		return nil
	}
}
