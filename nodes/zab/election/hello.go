package election

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"orrery/nodes/zab/config"
)

// Protocols are what a connection may begin with, before the number of the server that dialled: whether it names one
// address or several (ZOOKEEPER-3188). A first number that is not negative is the server's number itself, from
// before 3.5.0.
const (
	protocolV1 = -65536
	protocolV2 = -65535
)

// maxAddresses is the longest list of addresses that a connection may begin with, in bytes.
const maxAddresses = 2048

// appendHello appends what a server that dials says first.
func appendHello(b []byte, sid int64, addrs []config.Address, several bool) []byte {
	protocol := int64(protocolV1)
	if several {
		protocol = protocolV2
	} else {
		addrs = addrs[:min(1, len(addrs))]
	}
	text := make([]string, len(addrs))
	for i, a := range addrs {
		text[i] = a.String()
	}
	joined := strings.Join(text, "|")
	b = binary.BigEndian.AppendUint64(b, uint64(protocol))
	b = binary.BigEndian.AppendUint64(b, uint64(sid))
	b = binary.BigEndian.AppendUint32(b, uint32(len(joined)))
	return append(b, joined...)
}

// parseHello reads what a server that dialled said first. n is how many bytes it was; 0 means that more are needed.
func parseHello(p []byte) (sid int64, addrs []config.Address, n int, err error) {
	if len(p) < 8 {
		return 0, nil, 0, nil
	}
	protocol := int64(binary.BigEndian.Uint64(p))
	if protocol >= 0 {
		return protocol, nil, 8, nil
	}
	if protocol != protocolV1 && protocol != protocolV2 {
		return 0, nil, 0, fmt.Errorf("election: unknown protocol %d", protocol)
	}
	if len(p) < 20 {
		return 0, nil, 0, nil
	}
	sid = int64(binary.BigEndian.Uint64(p[8:]))
	size := int32(binary.BigEndian.Uint32(p[16:]))
	if size <= 0 || size > maxAddresses {
		return 0, nil, 0, fmt.Errorf("election: %d bytes of addresses", size)
	}
	if len(p) < 20+int(size) {
		return 0, nil, 0, nil
	}
	for s := range strings.SplitSeq(string(p[20:20+size]), "|") {
		a, err := parseAddress(s)
		if err != nil {
			return 0, nil, 0, err
		}
		if a.Host != config.AnyHost && a.Host != "::" {
			addrs = append(addrs, a)
		}
	}
	return sid, addrs, 20 + int(size), nil
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
