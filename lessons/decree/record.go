package decree

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"

	"orrery/nodes"
)

// Record is what an acceptor must not forget.
type Record struct {
	Promised Ballot `json:"promised"`
	Voted    Ballot `json:"voted"` // zero: it has not voted
	Value    string `json:"value"` // of that vote
}

// recordFile holds records, a line each; the last whole one counts.
const recordFile = "acceptor"

// append writes the record behind the others.
func (r *Record) append(disk nodes.Disk) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return disk.Append(recordFile, fmt.Appendf(nil, "%08x %s\n", crc32.ChecksumIEEE(text), text))
}

// load reads the last whole record. A crash may have torn what was behind it, and that is cut off.
func load(disk nodes.Disk) (last Record, err error) {
	file, err := disk.ReadFile(recordFile)
	if errors.Is(err, nodes.ErrNotExist) {
		return last, disk.Append(recordFile, nil)
	}
	if err != nil {
		return last, err
	}
	whole := 0
	for line := range bytes.Lines(file) {
		var sum uint32
		var r Record
		text := bytes.TrimSuffix(line[min(9, len(line)):], []byte("\n"))
		if _, err := fmt.Sscanf(string(line[:min(8, len(line))]), "%x", &sum); err != nil || !bytes.HasSuffix(line, []byte("\n")) ||
			sum != crc32.ChecksumIEEE(text) || json.Unmarshal(text, &r) != nil {
			break
		}
		last, whole = r, whole+len(line)
	}
	if whole < len(file) {
		return last, disk.Truncate(recordFile, int64(whole))
	}
	return last, nil
}
