package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The numbers of a producer that is new to a log begin anywhere (KIP-360), but where the log begins (KAFKA-15591), and where a transaction is committed.
func TestTheGhostOfNumbersBites(t *testing.T) {
	data := func(epoch int16, seq int32) kafkaEntry {
		return kafkaEntry{present: true, txn: true, pid: 7_000, pepoch: epoch, seq: seq}
	}
	marker := func(epoch int16, commit bool) kafkaEntry {
		return kafkaEntry{present: true, control: true, commit: commit, pid: 7_000, pepoch: epoch, seq: -1}
	}
	for _, c := range []struct {
		says string
		from int64
		log  []kafkaEntry
		bad  bool
	}{
		{"one after the other", 0, []kafkaEntry{data(0, 0), data(0, 1), marker(0, true), data(0, 2)}, false},
		{"the second one begins a log", 0, []kafkaEntry{data(0, 1)}, true},
		{"the second one comes where others have written", 1, []kafkaEntry{data(0, 1), data(0, 2)}, false},
		{"and the first one behind it", 1, []kafkaEntry{data(0, 1), data(0, 0)}, true},
		{"and the transaction is aborted", 1, []kafkaEntry{data(0, 1), marker(0, false), data(1, 0), marker(1, true)}, false},
		{"and the transaction is committed", 1, []kafkaEntry{data(0, 1), marker(0, true)}, true},
		{"one is missing", 1, []kafkaEntry{data(0, 0), data(0, 2)}, true},
		{"an epoch begins with the second one", 1, []kafkaEntry{data(0, 0), data(1, 1)}, true},
		{"so does one of which there is a marker", 1, []kafkaEntry{marker(0, false), data(0, 1)}, true},
	} {
		t.Run(c.says, func(t *testing.T) {
			want := ""
			if c.bad {
				want = kafkaSequence
			}
			require.Equal(t, want, bite(t, kafkaLogShape(), func(b *bitten) {
				for i, e := range c.log {
					b.g.sequences(b.p, c.from+int64(i), e)
				}
			}))
		})
	}
}
