package election

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"orrery/nodes/zab/config"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// appendHello appends what a server that dials says first: its number, and where it listens. Several addresses
// need servers of 3.6.0 and later on the other side (ZOOKEEPER-3188).
func appendHello(b []byte, sid int64, addrs []config.Address, several bool) []byte {
	h := proto.Hello{Version: proto.HelloV2, SID: sid}
	if !several {
		h.Version, addrs = proto.HelloV1, addrs[:min(1, len(addrs))]
	}
	text := make([]string, len(addrs))
	for i, a := range addrs {
		text[i] = a.String()
	}
	h.Addr = strings.Join(text, "|")
	return h.Append(b)
}

// parseHello reads what a server that dialled said first. n is how many bytes it was; 0 means that more are needed.
func parseHello(p []byte) (sid int64, addrs []config.Address, n int, err error) {
	var h proto.Hello
	d := jute.NewDecoder(p)
	if err := h.Decode(d); errors.Is(err, jute.ErrShort) {
		return 0, nil, 0, nil
	} else if err != nil {
		return 0, nil, 0, err
	}
	n = len(p) - d.Left()
	if h.Version == proto.HelloLegacy {
		return h.SID, nil, n, nil
	}
	for s := range strings.SplitSeq(h.Addr, "|") {
		a, err := parseAddress(s)
		if err != nil {
			return 0, nil, 0, err
		}
		if a.Host != config.AnyHost && a.Host != "::" { // which nobody can dial
			addrs = append(addrs, a)
		}
	}
	return h.SID, addrs, n, nil
}

// parseAddress reads host:port; an IPv6 host stands in brackets.
func parseAddress(s string) (config.Address, error) {
	colon := strings.LastIndexByte(s, ':')
	if colon < 0 {
		return config.Address{}, fmt.Errorf("election: address %q has no port", s)
	}
	host := strings.TrimSuffix(strings.TrimPrefix(s[:colon], "["), "]")
	port, err := strconv.Atoi(s[colon+1:])
	if err != nil || port < 1 || port > 65535 || host == "" {
		return config.Address{}, fmt.Errorf("election: %q is no address", s)
	}
	return config.Address{Host: host, Port: port}, nil
}
