package live

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"orrery/nodes"
)

// Config says who a process is and where its peers are. ID and Dir are needed; the
// rest has defaults.
type Config struct {
	// ID is this machine's name.
	ID nodes.ID
	// Dir is the data directory. It is made if there is none. It belongs to one ID
	// for good, and to one process at a time.
	Dir string

	// Listen is the address ("host:port") at which datagrams are accepted. Empty means this
	// machine's own address in Peers; if there is none either, as for a client, peers
	// answer on the connections that this process made.
	Listen string
	// Peers are the addresses ("host:port") at which machines accept datagrams. This
	// process keeps a connection to each of them; it may be in there itself.
	Peers map[nodes.ID]string
	// Ports are the addresses ("host:port") behind the ports of Listen and Dial, for
	// this machine and for others. A port that is not listed is at the host that Peers
	// names for its machine, with its own number.
	Ports map[nodes.Addr]string

	// Place, if it is set, tells addresses ("host:port") instead of Ports and Peers: of another machine's
	// port the one to dial, of this machine's the one to listen at. It is for protocols whose configuration names
	// hosts and ports itself, and may change while the process runs. It is called from several goroutines.
	Place func(nodes.Addr) (string, error)

	// Bare makes Dir itself hold the node's files, for a protocol that shares its layout
	// with another program: nothing is added to it but LOCK, and nothing says whose it is.
	Bare bool
	// Elsewhere are files that are not below Dir: those whose names begin with a key are below
	// the directory that is its value, under the same names. It must not be used for directories: behind the
	// key, a name has no slash. Needs Bare.
	Elsewhere map[string]string

	// Logger is where the process says what happens to it; nil means slog.Default().
	// Notes of the node itself (nodes.Note) come at level Debug.
	Logger *slog.Logger

	// Queue is how many datagrams wait for one peer before the oldest is dropped. 0
	// means 1024.
	Queue int
	// MaxDatagram is the longest datagram, in bytes, that is sent or accepted. 0 means
	// nodes.DefaultMaxFrame.
	MaxDatagram int
	// DialTimeout is how long a connection may take to be made. 0 means 5 s.
	DialTimeout time.Duration
	// BackoffMin and BackoffMax bound the pause before a peer is dialled again: it doubles
	// from one to the other, and is shortened at random by up to a half. 0 means 20 ms and 2 s.
	BackoffMin, BackoffMax time.Duration
	// Grace is how long Stop lets what was written leave this machine. 0 means 2 s.
	Grace time.Duration
}

// withDefaults fills in what was left out.
func (c Config) withDefaults() Config {
	c.Listen = cmp.Or(c.Listen, c.Peers[c.ID])
	c.Logger = cmp.Or(c.Logger, slog.Default()).With("node", string(c.ID))
	c.Queue = cmp.Or(c.Queue, 1024)
	c.MaxDatagram = cmp.Or(c.MaxDatagram, nodes.DefaultMaxFrame)
	c.DialTimeout = cmp.Or(c.DialTimeout, 5*time.Second)
	c.BackoffMin = cmp.Or(c.BackoffMin, 20*time.Millisecond)
	c.BackoffMax = cmp.Or(c.BackoffMax, max(2*time.Second, c.BackoffMin))
	c.Grace = cmp.Or(c.Grace, 2*time.Second)
	return c
}

// Validate reports all that is wrong with c, in one line.
func (c Config) Validate() error {
	var wrong []string
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if c.ID == "" || len(c.ID) > maxID || strings.ContainsFunc(string(c.ID), isNotPrintable) {
		complain("ID %q is not a name of 1 to %d printable characters", c.ID, maxID)
	}
	if c.Dir == "" {
		complain("Dir is empty; a node needs a data directory")
	}
	checkAddress := func(what, addr string) {
		if _, port, err := net.SplitHostPort(addr); err != nil || !isPort(port) {
			complain("%s %q is not an address like \"localhost:7001\"", what, addr)
		}
	}
	if c.Listen != "" {
		checkAddress("Listen", c.Listen)
	}
	for _, id := range slices.Sorted(maps.Keys(c.Peers)) {
		checkAddress("the address of peer "+string(id), c.Peers[id])
	}
	for _, a := range slices.SortedFunc(maps.Keys(c.Ports), byName) {
		checkAddress("the address of port "+a.String(), c.Ports[a])
	}
	for _, n := range []struct {
		name string
		n    int64
	}{
		{"Queue", int64(c.Queue)}, {"MaxDatagram", int64(c.MaxDatagram)}, {"DialTimeout", int64(c.DialTimeout)},
		{"BackoffMin", int64(c.BackoffMin)}, {"BackoffMax", int64(c.BackoffMax)}, {"Grace", int64(c.Grace)},
	} {
		if n.n < 0 {
			complain("%s is negative", n.name)
		}
	}
	if len(c.Elsewhere) > 0 && !c.Bare {
		complain("Elsewhere needs Bare")
	}
	if c.BackoffMax != 0 && c.BackoffMax < c.BackoffMin {
		complain("BackoffMax %v is shorter than BackoffMin %v", c.BackoffMax, c.BackoffMin)
	}
	if len(wrong) == 0 {
		return nil
	}
	return errors.New("live: " + strings.Join(wrong, "; "))
}

func isNotPrintable(r rune) bool { return !unicode.IsPrint(r) }

func isPort(s string) bool {
	_, err := strconv.ParseUint(s, 10, 16)
	return err == nil
}

func byName(a, b nodes.Addr) int {
	return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Port, b.Port))
}

// place is the address behind a port of a machine.
func (c Config) place(a nodes.Addr) (string, error) {
	if c.Place != nil {
		return c.Place(a)
	}
	if at, listed := c.Ports[a]; listed {
		return at, nil
	}
	at := c.Peers[a.ID]
	if a.ID == c.ID {
		at = c.Listen
	}
	host, _, err := net.SplitHostPort(at)
	if err != nil {
		return "", fmt.Errorf("no address is known for %v", a)
	}
	return net.JoinHostPort(host, strconv.Itoa(a.Port)), nil
}
