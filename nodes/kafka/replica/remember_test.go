package replica

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/replica/isr"
)

// A follower that is told to truncate takes nothing else of that answer. A high watermark that does not move any more is therefore told
// once more: else the follower, elected leader, would begin with the one that it had before.
func TestAHighWatermarkBesideADivergenceIsToldAgain(t *testing.T) {
	at := log.Fetched{HighWatermark: 5}
	a := &asked{}
	remember(a, &outcome{read: at, diverging: &isr.EpochEnd{Epoch: 1, End: 3}, preferred: -1})
	require.True(t, changed(a, &outcome{read: at, preferred: -1}))
	remember(a, &outcome{read: at, preferred: -1})
	require.False(t, changed(a, &outcome{read: at, preferred: -1}))
}
