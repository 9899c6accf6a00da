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

// A follower takes nothing of an answer to an earlier leader epoch, or to an offset that it has cut off since. What it was told then it may not
// know: it is told again.
func TestAHighWatermarkThatAFollowerMayHaveIgnoredIsToldAgain(t *testing.T) {
	at := log.Fetched{HighWatermark: 5}
	tp := log.TopicPartition{Topic: "orders"}
	for _, c := range []struct {
		name  string
		now   asked
		again bool
	}{
		{"another leader epoch", asked{tp: tp, leaderEpoch: 3, offset: 5}, true},
		{"an offset from before", asked{tp: tp, leaderEpoch: 2, offset: 4}, true},
		{"it has gone on", asked{tp: tp, leaderEpoch: 2, offset: 6}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &session{index: map[log.TopicPartition]*asked{}}
			s.update([]*asked{{tp: tp, leaderEpoch: 2, offset: 5}}, Quirks{})
			remember(s.index[tp], &outcome{read: at, preferred: -1})
			s.update([]*asked{&c.now}, Quirks{})
			require.Equal(t, c.again, changed(s.index[tp], &outcome{read: at, preferred: -1}))
		})
	}
}
