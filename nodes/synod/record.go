package synod

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"orrery/nodes"
	"orrery/nodes/internal/wire"
)

// record is all that a node must never forget. Every change appends one whole
// record to the file; what counts is the last that is whole.
type record struct {
	Round    uint64 // the highest that this node has used as a proposer
	Promised Ballot
	Accepted Ballot
	Value    string
}

const recordFile = "acceptor"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// append appends the record as length, sum and content.
func (r *record) append(b []byte) []byte {
	p := binary.AppendUvarint(nil, r.Round)
	p = appendBallot(p, r.Promised)
	p = appendBallot(p, r.Accepted)
	p = wire.AppendString(p, r.Value)
	b = binary.BigEndian.AppendUint32(b, uint32(len(p)))
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(p, castagnoli))
	return append(b, p...)
}

// load reads the last whole record. What follows it was never synced: nobody was told of it, and it is
// cut off.
func load(d nodes.Disk) (record, error) {
	p, err := d.ReadFile(recordFile)
	switch {
	case errors.Is(err, nodes.ErrNotExist):
		return record{}, d.Append(recordFile, nil)
	case err != nil:
		return record{}, err
	}
	var last record
	whole := 0
	for rest := p; len(rest) >= 8; rest = p[whole:] {
		n, sum := binary.BigEndian.Uint32(rest), binary.BigEndian.Uint32(rest[4:])
		if uint64(n) > uint64(len(rest)-8) || n == 0 {
			break
		}
		content := rest[8 : 8+n]
		if crc32.Checksum(content, castagnoli) != sum {
			break
		}
		r := wire.NewReader(content)
		last = record{Round: r.Uint(), Promised: readBallot(&r), Accepted: readBallot(&r), Value: r.String()}
		if !r.Done() {
			return record{}, fmt.Errorf("synod: %s holds a record that this program did not write", recordFile)
		}
		whole += 8 + int(n)
	}
	if whole < len(p) {
		return last, d.Truncate(recordFile, int64(whole))
	}
	return last, nil
}
