package partition

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"orrery/nodes"
	"orrery/nodes/kafka/replica/isr"
)

// replica is what a broker must not forget: its records, where each leader epoch began, and a high watermark, which may be stale.
type replica struct {
	Records []Record
	Epochs  []epochStart
	HW      int64
}

type epochStart struct {
	Epoch int32
	Start int64
}

// EndOffset implements isr.Log.
func (r *replica) EndOffset() int64 { return int64(len(r.Records)) }

// LatestEpoch implements isr.Log.
func (r *replica) LatestEpoch() int32 {
	if len(r.Epochs) == 0 {
		return isr.Unknown
	}
	return r.Epochs[len(r.Epochs)-1].Epoch
}

// EndOffsetFor implements isr.Log. An epoch from before the first one ends where that begins, as in Kafka: else a log whose first record is of a
// later epoch than the leader's would not be cut at all.
func (r *replica) EndOffsetFor(epoch int32) (int32, int64) {
	i := slices.IndexFunc(r.Epochs, func(e epochStart) bool { return e.Epoch > epoch })
	switch {
	case len(r.Epochs) == 0:
		return isr.Unknown, isr.Unknown
	case i == 0:
		return epoch, r.Epochs[0].Start
	case i < 0:
		return r.LatestEpoch(), r.EndOffset()
	}
	return r.Epochs[i-1].Epoch, r.Epochs[i].Start
}

// begins notes that an epoch begins at the end of the log.
func (r *replica) begins(epoch int32) {
	if epoch > r.LatestEpoch() {
		r.Epochs = append(r.Epochs, epochStart{epoch, r.EndOffset()})
	}
}

func (r *replica) append(records ...Record) {
	for _, x := range records {
		r.begins(x.Epoch)
		r.Records = append(r.Records, x)
	}
}

// cut leaves what is below an offset.
func (r *replica) cut(to int64) {
	r.Records = r.Records[:to]
	r.Epochs = slices.DeleteFunc(r.Epochs, func(e epochStart) bool { return e.Start >= to })
	r.HW = min(r.HW, to)
}

// latest is the stamp of the last record of a producer.
func (r *replica) latest(producer string) (s Stamp, any bool) {
	for _, x := range slices.Backward(r.Records) {
		if x.Stamp.Producer == producer {
			return x.Stamp, true
		}
	}
	return s, false
}

// find is where a record is that was sent with this stamp; -1 if it is not there.
func (r *replica) find(s Stamp) int64 {
	return int64(slices.IndexFunc(r.Records, func(x Record) bool { return x.Stamp == s }))
}

// String is the log as a Kafka engineer writes it: offset, value, leader epoch.
func (r *replica) String() string {
	text := "["
	for i, x := range r.Records {
		if i > 0 {
			text += " "
		}
		text += fmt.Sprintf("%d:%s@%d", i, x.Value, x.Epoch)
	}
	return text + "]"
}

// file holds replicas, a line each; the last whole one counts.
const file = "partition"

// write writes the replica behind what it was before.
func (r *replica) write(disk nodes.Disk) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return disk.Append(file, fmt.Appendf(nil, "%08x %s\n", crc32.ChecksumIEEE(text), text))
}

// load reads the last whole line. A crash may have torn what was behind it, and that is cut off.
func load(disk nodes.Disk) (last replica, err error) {
	all, err := disk.ReadFile(file)
	if errors.Is(err, nodes.ErrNotExist) {
		return last, disk.Append(file, nil)
	}
	if err != nil {
		return last, err
	}
	whole := 0
	for line := range bytes.Lines(all) {
		r, ok := parse(line)
		if !ok {
			break
		}
		last, whole = r, whole+len(line)
	}
	if whole < len(all) {
		return last, disk.Truncate(file, int64(whole))
	}
	return last, nil
}

func parse(line []byte) (r replica, ok bool) {
	var sum uint32
	text := bytes.TrimSuffix(line[min(9, len(line)):], []byte("\n"))
	if _, err := fmt.Sscanf(string(line[:min(8, len(line))]), "%x", &sum); err != nil || !bytes.HasSuffix(line, []byte("\n")) {
		return r, false
	}
	return r, sum == crc32.ChecksumIEEE(text) && json.Unmarshal(text, &r) == nil
}
