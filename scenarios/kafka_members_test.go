package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A position passes the marker of a transaction, which no reader is given; a record it does not.
func TestAGroupCommitsWhatIsBehindAMarkerWithoutHavingSeenIt(t *testing.T) {
	for name, c := range map[string]struct {
		marker bool
		want   string
	}{
		"a marker": {true, ""},
		"a record": {false, kafkaProcessed},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, bite(t, kafkaLogShape(), func(b *bitten) {
				end := int64(len(b.p.committed))
				b.p.committed[end-1].control = c.marker
				part := kafkaGroupPart{kafkaGroup, b.p.tp}
				b.g.groups.reach[part] = end - 1
				b.g.processes(&kafkaStored{part: part, offset: end})
			}))
		})
	}
}

// Offsets hang in a transaction only where its coordinator was allowed to lose what it knew of it: elsewhere it ends.
func TestTheOffsetsOfAGroupHangOnlyWhereTheirTransactionMayBeLost(t *testing.T) {
	require.Empty(t, bite(t, kafkaGroupsShape(), func(b *bitten) {
		offsets, journal := b.g.parts[len(b.g.parts)-2], b.g.parts[len(b.g.parts)-1]
		r := offsets.order[offsets.state.Leader-1]
		require.False(b.t, b.g.hangs())
		r.lso--
		require.False(b.t, b.g.hangs(), "its coordinator ends it")
		journal.lossy = true
		require.True(b.t, b.g.hangs())
		r.lso++
		require.False(b.t, b.g.hangs(), "it has ended")
	}))
}
