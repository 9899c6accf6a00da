package config

import (
	"errors"
	"fmt"
	"strings"

	"orrery/nodes/internal/properties"
)

// Parse reads a server.properties. file is its name, for errors; overrides are keys and values ("num.partitions=3") that take the
// place of the file's, as the option --override of Kafka's own start script does. The error names everything that is wrong.
func Parse(file string, p []byte, overrides ...string) (*Config, error) {
	c := defaults()
	c.File = file
	wrong := &problems{file: file, lines: map[string]int{}}
	order := c.collect(p, overrides, wrong)
	for i := range keys {
		if text, given := c.values[keys[i].name]; given {
			keys[i].assign(c, text, wrong)
		}
	}
	for _, name := range order {
		switch k := byName(name); {
		case k == nil:
			c.note(wrong.lines[name], name, unknown(name))
		case k.without != "":
			c.note(wrong.lines[name], name, "has no effect: "+k.without)
		}
	}
	c.finish(wrong)
	c.checkNeeded(wrong)
	if err := wrong.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// collect keeps the last value of each key, and returns the keys in the order in which they stand.
func (c *Config) collect(p []byte, overrides []string, wrong *problems) (order []string) {
	take := func(name, text string, line int) {
		if _, twice := c.values[name]; !twice {
			order = append(order, name)
		}
		c.values[name], wrong.lines[name] = text, line
	}
	for _, e := range properties.Read(p) {
		wrong.lines[e.Key] = e.Line
		switch {
		case e.Malformed:
			wrong.add(e.Key, `has an escape \u without four hexadecimal digits; want them, or \\u for a backslash`)
		case e.Key == "":
			wrong.add("", "line %d has a value and no key; want key=value", e.Line)
		default:
			take(e.Key, e.Value, e.Line)
		}
	}
	for _, o := range overrides {
		name, text, ok := strings.Cut(o, "=")
		if name = strings.TrimSpace(name); !ok || name == "" {
			wrong.errs = append(wrong.errs, &Error{File: "--override", What: fmt.Sprintf("%q is no setting; want key=value, like num.partitions=3", o)})
			continue
		}
		take(name, strings.TrimSpace(text), 0)
	}
	return order
}

func (c *Config) note(line int, name, what string) {
	where := c.File
	if line > 0 {
		where = fmt.Sprintf("%s:%d", c.File, line)
	}
	c.Notes = append(c.Notes, fmt.Sprintf("%s: %s %s", where, name, what))
}

// unknown says that nobody knows a key, and which one may have been meant.
func unknown(name string) string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.name
	}
	if a := properties.Alike(name, names); a != "" {
		return "is not known; did you mean " + a + "?"
	}
	return "is not known"
}

// finish works out what depends on more than one key, and checks it.
func (c *Config) finish(wrong *problems) {
	c.finishListeners(wrong)
	c.finishTopics(wrong)
	c.checkOrder(wrong)
}

// checkNeeded checks what has no default.
func (c *Config) checkNeeded(wrong *problems) {
	if c.BrokerID < 0 && !wrong.has("broker.id") {
		wrong.add("broker.id", "is not set; want a number that no other broker of the cluster has, like broker.id=1")
	}
	if _, given := c.values["zookeeper.connect"]; !given {
		wrong.add("zookeeper.connect", "is not set; want the servers of the ensemble, like zookeeper.connect=zk1:2181,zk2:2181/kafka")
	}
}

// checkOrder checks what Kafka checks between keys.
func (c *Config) checkOrder(wrong *problems) {
	for _, o := range []struct {
		ok         bool
		key, other string
	}{
		{c.FetchWaitMax <= c.ReplicaLagTime, "replica.fetch.wait.max.ms", "at most replica.lag.time.max.ms, or the ISR shrinks and expands without end"},
		{c.FetchWaitMax <= c.ReplicaWait, "replica.fetch.wait.max.ms", "at most replica.socket.timeout.ms"},
		{c.Group.MinSession <= c.Group.MaxSession, "group.min.session.timeout.ms", "at most group.max.session.timeout.ms"},
		{c.QueuedBytes < 0 || c.QueuedBytes >= int64(c.MaxRequestSize), "queued.max.request.bytes", "-1, or at least socket.request.max.bytes, or the longest request could never be read"},
	} {
		if !o.ok {
			wrong.add(o.key, "is %s; want %s", c.values[o.key], o.other)
		}
	}
}

// ErrValue says that a key of a topic is not known, or its value out of place.
var ErrValue = errors.New("invalid configuration")
