package proto

import "encoding/binary"

func requestShape(key, version int16) string  { return "" }
func responseShape(key, version int16) string { return "" }

func checkShape(p []byte, shape string) error { return nil }

// maxTags is how many tagged fields a structure may have. Kafka 2.4 has none, and no release more than a handful.
const maxTags = 64

// skipTags goes over tagged fields (KIP-482).
func skipTags(p []byte) ([]byte, error) {
	n, p, err := uvarint(p)
	if err != nil || n > maxTags {
		return nil, malformed("tagged fields")
	}
	for ; n > 0; n-- {
		var size uint32
		if _, p, err = uvarint(p); err != nil {
			return nil, err
		}
		if size, p, err = uvarint(p); err != nil {
			return nil, err
		}
		if uint64(size) > uint64(len(p)) {
			return nil, malformed("a tagged field of %d bytes, of which %d are there", size, len(p))
		}
		p = p[size:]
	}
	return p, nil
}

// uvarint reads an unsigned number of at most 32 bits.
func uvarint(p []byte) (uint32, []byte, error) {
	x, n := binary.Uvarint(p)
	if n <= 0 || n > 5 || x > 1<<32-1 {
		return 0, nil, malformed("a number is cut off or too large")
	}
	return uint32(x), p[n:], nil
}
