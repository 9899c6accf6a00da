package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"orrery/nodes"
)

// oneDirectory takes log.dirs.
func oneDirectory(c *Config, v value) error {
	dirs := strings.Split(v.text, ",")
	switch {
	case strings.TrimSpace(v.text) == "":
		return errors.New("has no value; want a directory, like /var/lib/kafka")
	case len(dirs) > 1:
		return errors.New("names several directories; one is used, so name one, and let the file system join the disks")
	}
	c.LogDir = strings.TrimSpace(dirs[0])
	return nil
}

// ensemble takes zookeeper.connect: servers with commas between, and a path behind the last.
func ensemble(c *Config, v value) error {
	c.ZooKeeper = nil
	servers, path, chroot := strings.Cut(v.text, "/")
	if c.Chroot = ""; chroot && strings.Trim(path, "/") != "" {
		if strings.Contains(path, "//") || strings.HasSuffix(path, "/") || strings.Contains(path, ",") {
			return fmt.Errorf("%q is no path of a znode; it stands behind the last server, like zk1:2181,zk2:2181/kafka", "/"+path)
		}
		c.Chroot = "/" + path
	}
	for s := range strings.SplitSeq(servers, ",") {
		host, port, err := hostPort(strings.TrimSpace(s), 2181)
		if err != nil || host == "" {
			return fmt.Errorf("%q is no server; want them with commas between, like zk1:2181,zk2:2181/kafka", s)
		}
		c.ZooKeeper = append(c.ZooKeeper, nodes.Addr{ID: nodes.ID(host), Port: port})
	}
	return nil
}

// hostPort cuts "host:port", "[::1]:port" or a host alone, which has the port given; 0 is a port only where none is given.
func hostPort(s string, port int) (string, int, error) {
	host, digits := s, ""
	if i := strings.LastIndexByte(s, ':'); i >= 0 && !strings.HasSuffix(s, "]") {
		host, digits = s[:i], s[i+1:]
	} else if port == 0 {
		return "", 0, errors.New("names no port")
	}
	if digits != "" {
		n, err := strconv.ParseUint(digits, 10, 16)
		if err != nil {
			return "", 0, errors.New("has no port from 0 to 65535")
		}
		port = int(n)
	} else if host != s {
		return "", 0, errors.New("names no port")
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, closed := strings.CutSuffix(inner, "]")
		if !closed || strings.Count(inner, ":") < 2 || strings.Trim(inner, "0123456789abcdefABCDEF:.") != "" {
			return "", 0, errors.New("has no IPv6 address in its brackets")
		}
		return inner, port, nil
	}
	if strings.ContainsAny(host, " \t:/[]") {
		return "", 0, errors.New("names no host")
	}
	return host, port, nil
}

// listeners takes listeners and advertised.listeners: NAME://host:port, with commas between. bound tells that a port may be
// 0 or a host missing, as one may that is listened at.
func listeners(text string, bound bool) ([]Listener, error) {
	var all []Listener
	for s := range strings.SplitSeq(text, ",") {
		s = strings.TrimSpace(s)
		name, address, ok := strings.Cut(s, "://")
		host, port, err := hostPort(address, 0)
		if !ok || name == "" || err != nil {
			return nil, fmt.Errorf("%q is no listener; want them like PLAINTEXT://host:9092, with commas between", s)
		}
		if !bound && (host == "" || host == anyHost || host == "::") {
			return nil, fmt.Errorf("%q tells clients no host that they could connect to; want one like PLAINTEXT://host:9092", s)
		}
		if port == 0 {
			return nil, fmt.Errorf("%q has port 0; want the one that clients connect to, like PLAINTEXT://host:9092", s)
		}
		l := Listener{Name: strings.ToUpper(name), Host: host, Port: port}
		for _, o := range all {
			if o.Name == l.Name {
				return nil, fmt.Errorf("%s is named twice; want a name for each, and listener.security.protocol.map for what they speak", l.Name)
			}
			if bound && o.Port == l.Port {
				return nil, fmt.Errorf("%s and %s have the same port %d; want one for each", o.Name, l.Name, l.Port)
			}
		}
		all = append(all, l)
	}
	return all, nil
}

// anyHost is every interface.
const anyHost = "0.0.0.0"

// finishListeners works out what the keys about listeners say together.
func (c *Config) finishListeners(wrong *problems) {
	c.checkPort(wrong)
	for _, l := range c.Listeners {
		if p := c.protocol(l.Name); p != "PLAINTEXT" {
			wrong.add("listeners", "%s would have to speak %s, and only PLAINTEXT is there; leave it out, or put a proxy before a PLAINTEXT listener", l.Name, p)
		}
	}
	for _, a := range c.Advertised {
		if !slices.ContainsFunc(c.Listeners, func(l Listener) bool { return l.Name == a.Name }) {
			wrong.add("advertised.listeners", "%s is not among listeners", a.Name)
		}
	}
	advertised := make([]Listener, 0, len(c.Listeners))
	for _, l := range c.Listeners {
		if i := slices.IndexFunc(c.Advertised, func(a Listener) bool { return a.Name == l.Name }); i >= 0 {
			l = c.Advertised[i]
		} else if l.Host == anyHost || l.Host == "::" {
			l.Host = ""
		}
		advertised = append(advertised, l)
	}
	c.Advertised = advertised
	if c.InterBroker = strings.ToUpper(c.InterBroker); c.InterBroker == "" {
		c.InterBroker = c.Listeners[0].Name
		if slices.ContainsFunc(c.Listeners, func(l Listener) bool { return l.Name == "PLAINTEXT" }) {
			c.InterBroker = "PLAINTEXT"
		}
	} else if !slices.ContainsFunc(c.Listeners, func(l Listener) bool { return l.Name == c.InterBroker }) {
		wrong.add("inter.broker.listener.name", "%s is not among listeners", c.InterBroker)
	}
}

// checkPort makes a listener of the keys that Kafka had before listeners.
func (c *Config) checkPort(wrong *problems) {
	if len(c.Listeners) > 0 {
		return
	}
	port, _ := strconv.Atoi(c.values["port"])
	if port == 0 {
		port = 9092
	}
	l := Listener{"PLAINTEXT", c.values["host.name"], port}
	c.Listeners = []Listener{l}
	if len(c.Advertised) > 0 {
		return
	}
	if h := c.values["advertised.host.name"]; h != "" {
		l.Host = h
	}
	if p, _ := strconv.Atoi(c.values["advertised.port"]); p != 0 {
		l.Port = p
	}
	if l.Host != "" {
		c.Advertised = []Listener{l}
	}
}

// protocol is what a listener of that name speaks.
func (c *Config) protocol(name string) string {
	for s := range strings.SplitSeq(c.values["listener.security.protocol.map"], ",") {
		if n, p, ok := strings.Cut(strings.TrimSpace(s), ":"); ok && strings.EqualFold(strings.TrimSpace(n), name) {
			return strings.ToUpper(strings.TrimSpace(p))
		}
	}
	return name
}

// perHosts takes max.connections.per.ip.overrides.
func perHosts(c *Config, v value) error {
	c.MaxPerIPOf = nil
	for _, s := range v.list {
		i := strings.LastIndexByte(s, ':')
		n, err := strconv.ParseUint(s[i+1:], 10, 31)
		if i <= 0 || err != nil {
			return fmt.Errorf("%q is out of place; want hosts with their numbers, like 10.0.0.7:200", s)
		}
		c.MaxPerIPOf = append(c.MaxPerIPOf, PerHost{strings.TrimSpace(s[:i]), int(n)})
	}
	return nil
}
