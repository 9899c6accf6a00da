package log

import (
	"fmt"
	"strconv"
	"strings"
)

// The files of a broker's log directory, besides the directories of the partitions.
const (
	recoveryFile = "recovery-point-offset-checkpoint"
	highFile     = "replication-offset-checkpoint"
	startFile    = "log-start-offset-checkpoint"
	cleanerFile  = "cleaner-offset-checkpoint"
	cleanFile    = ".kafka_cleanshutdown"
	identityFile = "meta.properties"
)

// The files of a partition's directory. Those of a segment are named after its base offset.
const (
	epochFile    = "leader-epoch-checkpoint"
	metadataFile = "partition.metadata" // the topic's id
	deleteFile   = ".delete"            // the partition is being deleted
	cutFile      = ".truncating"        // a truncation is not known to be durable
	gapFile      = ".gaps"              // offsets are missing, for a compacted log has been copied

	logExt   = ".log"
	indexExt = ".index"
	timeExt  = ".timeindex"
	txnExt   = ".txnindex"
	snapExt  = ".snapshot"

	cleanedExt = ".cleaned" // a compaction writes it
	swapExt    = ".swap"    // a compaction has written it
	tmpExt     = ".tmp"
)

// segmentExts are the files that a segment consists of, the log last.
var segmentExts = []string{indexExt, timeExt, txnExt, logExt}

// TopicPartition names a partition.
type TopicPartition struct {
	Topic     string
	Partition int32
}

// String is the name of the partition's directory: "orders-3".
func (tp TopicPartition) String() string { return tp.Topic + "-" + strconv.Itoa(int(tp.Partition)) }

// compare orders partitions by topic, then by number.
func (tp TopicPartition) compare(o TopicPartition) int {
	if c := strings.Compare(tp.Topic, o.Topic); c != 0 {
		return c
	}
	return int(tp.Partition) - int(o.Partition)
}

// parsePartition is the inverse of TopicPartition.String.
func parsePartition(dir string) (tp TopicPartition, ok bool) {
	i := strings.LastIndexByte(dir, '-')
	if i <= 0 {
		return tp, false
	}
	n, err := strconv.ParseInt(dir[i+1:], 10, 32)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != dir[i+1:] {
		return tp, false
	}
	return TopicPartition{dir[:i], int32(n)}, true
}

// offsetName is the name of a file of the segment or snapshot at an offset.
func offsetName(dir string, offset int64, ext string) string {
	if offset < 0 {
		return fmt.Sprintf("%s/%020d%s", dir, offset, ext)
	}
	var digits [20]byte
	for i, n := len(digits)-1, offset; i >= 0; i, n = i-1, n/10 {
		digits[i] = byte('0' + n%10)
	}
	b := make([]byte, 0, 64)
	b = append(append(b, dir...), '/')
	return string(append(append(b, digits[:]...), ext...))
}

// parseOffset splits a file's name, without its directory, into offset and extension.
func parseOffset(name string) (offset int64, ext string, ok bool) {
	if len(name) < 21 || name[20] != '.' {
		return 0, "", false
	}
	offset, err := strconv.ParseInt(name[:20], 10, 64)
	return offset, name[20:], err == nil && offset >= 0
}
