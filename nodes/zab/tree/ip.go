package tree

import (
	"strconv"
	"strings"
)

// parseIP reads an IPv4 or IPv6 address as the original does: no names, no zones, no embedded IPv4.
func parseIP(s string) []byte {
	if strings.Contains(s, ":") {
		return parseIPv6(s)
	}
	parts := strings.Split(s, ".")
	if len(parts) != 4 {
		return nil
	}
	ip := make([]byte, 0, 4)
	for _, p := range parts {
		v, err := strconv.Atoi(p)
		if err != nil || v < 0 || v > 255 {
			return nil
		}
		ip = append(ip, byte(v))
	}
	return ip
}

func parseIPv6(s string) []byte {
	ip := make([]byte, 16)
	halves := strings.Split(s, "::")
	switch len(halves) {
	case 1:
		parts := strings.Split(s, ":")
		if len(parts) != 8 || !putSegments(ip, parts) {
			return nil
		}
	case 2:
		front, back := segments(halves[0]), segments(halves[1])
		if len(front)+len(back) >= 8 || !putSegments(ip, front) || !putSegments(ip[16-2*len(back):], back) {
			return nil
		}
	default:
		return nil
	}
	return ip
}

func segments(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ":")
}

func putSegments(ip []byte, parts []string) bool {
	for i, p := range parts {
		v, err := strconv.ParseUint(p, 16, 16)
		if err != nil || len(p) > 4 {
			return false
		}
		ip[2*i], ip[2*i+1] = byte(v>>8), byte(v)
	}
	return true
}

// parseNet reads an address with, perhaps, the number of bits of it that count.
func parseNet(s string) (ip []byte, bits int, ok bool) {
	addr, prefix, masked := strings.Cut(s, "/")
	ip = parseIP(addr)
	bits = 8 * len(ip)
	if masked {
		n, err := strconv.Atoi(prefix)
		if err != nil || n < 0 || n > bits {
			return nil, 0, false
		}
		bits = n
	}
	return ip, bits, ip != nil
}

func validIP(s string) bool {
	_, _, ok := parseNet(s)
	return ok
}

// matchesIP tells whether an address lies in the net that an entry names.
func matchesIP(address, entry string) bool {
	want, bits, ok := parseNet(entry)
	ip := parseIP(address)
	if !ok || len(ip) != len(want) {
		return false
	}
	for i := range ip {
		left := min(max(bits-8*i, 0), 8)
		mask := byte(0xff) << (8 - left)
		if (ip[i]^want[i])&mask != 0 {
			return false
		}
	}
	return true
}
