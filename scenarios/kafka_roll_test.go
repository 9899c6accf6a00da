package scenarios

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// kafka-eos, under pctcp: a clock went at four fifths of the true rate when a member's session was begun, and too fast before it ended.
func TestATimerMayBeLateByTheScheduleAndByAClockThatWasSlow(t *testing.T) {
	steady := kafkaAttended{slow: trueRate, fast: trueRate}
	require.Equal(t, time.Second+kafkaGrace, steady.clocked(time.Second, 0))
	require.Equal(t, 1200*time.Millisecond+kafkaGrace, steady.clocked(time.Second, 100*time.Millisecond))
	drifted := kafkaAttended{slow: 800_000, fast: 1_200_000}
	require.Equal(t, 1500*time.Millisecond+kafkaGrace, drifted.clocked(time.Second, 0))
}
