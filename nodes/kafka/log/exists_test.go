package log_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/sim/vdisk"
)

// blind is a disk that cannot say anything about the files of some name.
type blind struct {
	*disk
	hide string
}

func (b *blind) Size(name string) (int64, error) {
	if b.hide != "" && strings.HasSuffix(name, b.hide) {
		return 0, nodes.ErrIO
	}
	return b.disk.Size(name)
}

// A file about which the disk cannot say anything is not a file that is not there: what was to be synced before it gets its name must
// not get it without.
func TestACheckpointIsNotRenamedUnsynced(t *testing.T) {
	d := &blind{disk: newDisk()}
	m, _, err := log.Open(d, time.Time{}, log.Options{})
	require.NoError(t, err)
	_, err = m.Create(d, time.Time{}, log.TopicPartition{Topic: "orders"})
	require.NoError(t, err)
	d.settle(t, m)
	d.hide = "recovery-point-offset-checkpoint.tmp"
	require.ErrorIs(t, m.Checkpoint(d), nodes.ErrIO)
	d.hide = ""
	d.crash(vdisk.LoseUnsynced, lose)
	_, _, err = log.Open(d, time.Time{}, log.Options{})
	require.NoError(t, err)
}

// Nor does a start take the mark of a clean shutdown, or a cut that is to be finished, for missing.
func TestAStartThatCannotLookDoesNotGuess(t *testing.T) {
	for _, name := range []string{".kafka_cleanshutdown", ".truncating"} {
		d := &blind{disk: newDisk()}
		m, _, err := log.Open(d, time.Time{}, log.Options{})
		require.NoError(t, err)
		_, err = m.Create(d, time.Time{}, log.TopicPartition{Topic: "orders"})
		require.NoError(t, err)
		d.hide = name
		_, _, err = log.Open(d, time.Time{}, log.Options{})
		require.ErrorIs(t, err, nodes.ErrIO, name)
	}
}
