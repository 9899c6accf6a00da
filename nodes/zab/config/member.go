package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Role says whether a server votes.
type Role uint8

// The roles of a server.
const (
	Participant Role = iota // votes and acknowledges
	Observer                // hears what was decided
)

// String is the role as server lines spell it.
func (r Role) String() string {
	if r == Observer {
		return "observer"
	}
	return "participant"
}

// Address is a host, by name or number, and a port. The zero Address is none.
type Address struct {
	Host string
	Port int
}

// AnyHost is the host of a client address that names only a port.
const AnyHost = "0.0.0.0"

// IsZero tells whether there is no address.
func (a Address) IsZero() bool { return a == Address{} }

// String prints "host:2181", and "[::1]:2181" for an IPv6 host.
func (a Address) String() string { return a.host() + ":" + strconv.Itoa(a.Port) }

// host is the host as it stands before a colon.
func (a Address) host() string {
	if strings.Contains(a.Host, ":") {
		return "[" + a.Host + "]"
	}
	return a.Host
}

// Member is one server of an ensemble: the value of a key server.N.
type Member struct {
	ID       int64     // the N, which the server's file myid holds
	Quorum   []Address // where learners connect to it while it leads; several with ZOOKEEPER-3188
	Election []Address // where the others connect to it for elections, on the same hosts
	Role     Role
	Client   Address // where clients connect; none if it is only known to the server's own zoo.cfg
	Secure   Address // where clients connect by TLS
}

// ParseMember reads the value of a key server.N:
//
//	host:peerPort:electionPort[:role][|host:peerPort:electionPort[:role]...][;[host:]clientPort[;[host:]securePort]]
//
// A client address without a host gets [AnyHost].
func ParseMember(id int64, value string) (Member, error) {
	m := Member{ID: id}
	parts := strings.Split(value, ";")
	if len(parts) > 3 {
		return Member{}, errors.New("has more than two addresses for clients; " + memberForm)
	}
	role := ""
	for _, s := range strings.Split(parts[0], "|") {
		r, err := m.addServer(strings.TrimSpace(s))
		if err != nil {
			return Member{}, err
		}
		if r != "" && role != "" && r != role {
			return Member{}, fmt.Errorf("is %s at one address and %s at another", role, r)
		}
		role = cmp.Or(r, role)
	}
	if role == Observer.String() {
		m.Role = Observer
	}
	for i, a := range []*Address{&m.Client, &m.Secure} {
		if i+1 < len(parts) && strings.TrimSpace(parts[i+1]) != "" {
			var err error
			if *a, err = parseClient(strings.TrimSpace(parts[i+1])); err != nil {
				return Member{}, err
			}
		}
	}
	byHost := func(a, b Address) int { return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.Port, b.Port)) }
	slices.SortFunc(m.Quorum, byHost)
	slices.SortFunc(m.Election, byHost)
	return m, nil
}

const memberForm = "want host:peerPort:electionPort[:participant|:observer][;[host:]clientPort], like zk1:2888:3888;2181"

// addServer reads one host with its two ports, and the role if there is one.
func (m *Member) addServer(s string) (role string, err error) {
	fields, err := splitHost(s)
	if err != nil {
		return "", err
	}
	if len(fields) < 3 || len(fields) > 4 || fields[0] == "" {
		return "", fmt.Errorf("%q has %d of the parts host, peerPort, electionPort; %s", s, len(fields), memberForm)
	}
	var ports [2]int
	for i := range ports {
		if ports[i], err = parsePort(fields[1+i]); err != nil {
			return "", err
		}
	}
	if ports[0] == ports[1] {
		return "", fmt.Errorf("uses port %d twice; peerPort and electionPort must differ", ports[0])
	}
	m.Quorum = append(m.Quorum, Address{fields[0], ports[0]})
	m.Election = append(m.Election, Address{fields[0], ports[1]})
	if len(fields) == 4 {
		role = strings.ToLower(strings.TrimSpace(fields[3]))
		if role != Participant.String() && role != Observer.String() {
			return "", fmt.Errorf("unknown role %q; want participant or observer", fields[3])
		}
	}
	return role, nil
}

// parseClient reads [host:]port.
func parseClient(s string) (Address, error) {
	fields, err := splitHost(s)
	if err != nil {
		return Address{}, err
	}
	if len(fields) > 2 {
		return Address{}, fmt.Errorf("client address %q has %d parts; want [host:]port, like 2181 or 10.0.0.1:2181", s, len(fields))
	}
	port, err := parsePort(fields[len(fields)-1])
	if err != nil {
		return Address{}, err
	}
	host := AnyHost
	if len(fields) == 2 && fields[0] != "" {
		host = fields[0]
	}
	return Address{host, port}, nil
}

// splitHost cuts at colons, those inside brackets excepted, which surround an IPv6 host.
func splitHost(s string) ([]string, error) {
	if !strings.HasPrefix(s, "[") {
		return strings.Split(s, ":"), nil
	}
	host, rest, ok := strings.Cut(s[1:], "]")
	if !ok {
		return nil, fmt.Errorf("%q begins with [ and has no ]", s)
	}
	if rest == "" {
		return []string{host}, nil
	}
	if rest[0] != ':' || len(rest) == 1 {
		return nil, fmt.Errorf("%q has no port behind ]:", s)
	}
	return append([]string{host}, strings.Split(rest[1:], ":")...), nil
}

func parsePort(s string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || n < 1 || n > 65535 {
		return 0, fmt.Errorf("%q is no port; want a number from 1 to 65535", s)
	}
	return n, nil
}

// String is the value of the member's key server.N, in the form in which ZooKeeper prints it.
func (m Member) String() string {
	var b strings.Builder
	for i, a := range m.Quorum {
		if i > 0 {
			b.WriteByte('|')
		}
		fmt.Fprintf(&b, "%s:%d:%d", a.host(), a.Port, m.Election[i].Port)
	}
	b.WriteString(":" + m.Role.String())
	if !m.Client.IsZero() {
		b.WriteString(";" + m.Client.String())
	}
	if !m.Secure.IsZero() {
		if m.Client.IsZero() {
			b.WriteByte(';')
		}
		b.WriteString(";" + m.Secure.String())
	}
	return b.String()
}

// Equal tells whether two members are the same server at the same addresses in the same role.
func (m Member) Equal(o Member) bool {
	return m.ID == o.ID && m.Role == o.Role && m.Client == o.Client && m.Secure == o.Secure &&
		slices.Equal(m.Quorum, o.Quorum) && slices.Equal(m.Election, o.Election)
}
