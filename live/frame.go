package live

import (
	"encoding/binary"
	"io"
	"math"
	"slices"

	"orrery/nodes"
)

// headerSize is the length of a frame's length, in bytes.
const headerSize = 4

// trusted is how much memory a length alone is good for, in bytes. For a longer frame memory
// is taken as its bytes arrive: for each byte that has, for ahead more.
const (
	trusted = 64 << 10
	ahead   = 15
)

// appendHeader appends the length of a frame of n bytes.
func appendHeader(b []byte, n int) []byte {
	return binary.BigEndian.AppendUint32(b, uint32(n))
}

// longest is the longest frame that can be written under a limit: the length has four
// bytes, and Kafka and ZooKeeper read it as a signed number.
func longest(limit int) int { return min(limit, math.MaxInt32) }

// readFrame reads one frame of at most limit bytes. It returns io.EOF only between two
// frames, io.ErrUnexpectedEOF within one, and nodes.ErrFrame for a frame that is too
// long, of which it has read the length only.
func readFrame(r io.Reader, limit int) ([]byte, error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(header[:])
	if n > uint32(longest(limit)) {
		return nil, nodes.ErrFrame
	}
	var p []byte
	for rest := int(n); rest > 0; {
		part := min(rest, max(trusted, ahead*len(p)))
		p = slices.Grow(p, part)
		got, err := io.ReadFull(r, p[len(p):len(p)+part])
		p = p[:len(p)+got]
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
		rest -= got
	}
	return p, nil
}
