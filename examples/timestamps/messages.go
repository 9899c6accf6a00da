package timestamps

import (
	"fmt"

	"orrery/nodes"
)

// Ask is a client's question. Its number comes back with the answer.
type Ask struct{ Question uint64 }

// Answer is the timestamp, and the question that it answers.
type Answer struct{ Question, Timestamp uint64 }

// Kind is the message's name.
func (Ask) Kind() string { return "Ask" }

// Kind is the message's name.
func (Answer) Kind() string { return "Answer" }

// Codec is JSON: slow, and nothing to write.
func Codec() nodes.Codec { return nodes.JSONCodec(Ask{}, Answer{}) }

// Quirks are well-known defects that can be planted. The zero value is correct.
type Quirks struct {
	TellBeforeSync bool // a window is used while its name is in memory only
	SyncFileOnly   bool // the file is synced, and the directory that names it is not
}

// size is how many timestamps a window has.
const size = 10

// fileOf is the name that begins a window.
func fileOf(window uint64) string { return fmt.Sprintf("window-%012d", window) }

// lastWindow is the last one that was begun; 0 if none was.
func lastWindow(d nodes.Disk) (window uint64, err error) {
	names, err := d.List("")
	if err == nil && len(names) > 0 {
		_, err = fmt.Sscanf(names[len(names)-1], "window-%d", &window)
	}
	return window, err
}
