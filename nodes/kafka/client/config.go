package client

import (
	"strconv"
	"strings"
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/proto"
)

// Config says how a client speaks to a cluster. Bootstrap is needed; the zero value of the rest is the Java client's default.
type Config struct {
	// Bootstrap are brokers to ask first. One that lives is enough.
	Bootstrap []nodes.Addr
	// ClientID is what the client calls itself. "" means "orrery".
	ClientID string
	// Rack is where the client stands: a consumer may then be sent to a follower there (KIP-392).
	Rack string

	// RequestTimeout is how long an answer may take before the connection is given up. 0 means 30 s.
	RequestTimeout time.Duration
	// DialTimeout is how long a connection may take to stand. 0 means 10 s.
	DialTimeout time.Duration
	// RetryBackoff is the pause before a request is tried again. 0 means 100 ms.
	RetryBackoff time.Duration
	// ReconnectBackoff is the pause before the first new attempt at a broker that could not be reached; it doubles
	// with each failure up to ReconnectBackoffMax. 0 means 50 ms and 1 s.
	ReconnectBackoff, ReconnectBackoffMax time.Duration
	// APITimeout is how long a call of the API may go on trying. 0 means 60 s.
	APITimeout time.Duration
	// MetadataMaxAge is when what is known of the cluster is asked anew. 0 means 5 min.
	MetadataMaxAge time.Duration

	// Negotiate asks every broker which versions it speaks, as a client must that does not know the brokers. Else they
	// are taken to be Orrery's own.
	Negotiate bool
	// Told keeps to the versions of Kafka 2.4, and with them does without KIP-360 and KIP-447.
	Told bool

	// Older are the largest versions of some requests that the client uses, by their keys: it plays a client of an earlier time.
	Older map[int16]int16

	// Quirks are historical defects.
	Quirks Quirks
}

// withDefaults puts the defaults where nothing is said.
func (c Config) withDefaults() Config {
	put := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	if c.ClientID == "" {
		c.ClientID = "orrery"
	}
	put(&c.RequestTimeout, 30*time.Second)
	put(&c.DialTimeout, 10*time.Second)
	put(&c.RetryBackoff, 100*time.Millisecond)
	put(&c.ReconnectBackoff, 50*time.Millisecond)
	put(&c.ReconnectBackoffMax, time.Second)
	put(&c.APITimeout, time.Minute)
	put(&c.MetadataMaxAge, 5*time.Minute)
	return c
}

// version is the largest version of a request that the client uses.
func (c *Config) version(key int16) int16 {
	if v, ok := c.Older[key]; ok {
		return v
	}
	switch key {
	case 22, 9, 28: // InitProducerId, OffsetFetch, TxnOffsetCommit
		return proto.Max(key, !c.Told)
	}
	return proto.Max(key, false)
}

// Addr is where a broker is that says it is at host and port: a machine of that name in the simulator, a name or a
// number of the network on live.
func Addr(host string, port int32) nodes.Addr { return nodes.Addr{ID: nodes.ID(host), Port: int(port)} }

// ParseAddrs reads a list like "n1:9092,n2:9092", as bootstrap.servers has it. ok is false if an entry has no port.
func ParseAddrs(list string) (addrs []nodes.Addr, ok bool) {
	for _, s := range strings.Split(list, ",") {
		s = strings.TrimSpace(s)
		i := strings.LastIndexByte(s, ':')
		if i <= 0 {
			return nil, false
		}
		port, err := strconv.ParseUint(s[i+1:], 10, 16)
		if err != nil || port == 0 {
			return nil, false
		}
		addrs = append(addrs, Addr(strings.Trim(s[:i], "[]"), int32(port)))
	}
	return addrs, true
}
