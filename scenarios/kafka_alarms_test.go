package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore/trial"
	"orrery/nodes/kafka/log"
)

// Seeds in which the correct cluster once alarmed. What each cause was is tested where it was mended; here the whole of it is run once more.
func TestWhatOnceAlarmedHolds(t *testing.T) {
	for _, c := range []struct {
		scenario *Scenario
		seed     uint64
		was      string
	}{
		{Kafka(), 155, "the ghost waited for a server of the ensemble to settle, and saw a state when a broker had long acted on it"},
		{KafkaGroups(), 35, "a session did not end whose broker had been paused over its end"},
		{KafkaGroups(), 384, "a follower was not told again of a high watermark that it had ignored, and that stood still"},
		{KafkaAdmin(), 35, "a reassignment was given another target without the last replica in sync"},
		{KafkaAdmin(), 153, "a reassignment was taken back when it had just ended, and what it had moved was deleted"},
		{KafkaAdmin(), 238, "a shutdown never ended that had waited for a deletion"},
		{KafkaAdmin(), 463, "a multi was answered that the session has moved, for ever"},
		{KafkaExactlyOnce(), 358, "a producer sent under a new epoch what another log had already"},
		{KafkaExactlyOnce(), 384, "a transaction that has ended stays so when the high watermark falls"},
		{KafkaExactlyOnce(), 442, "a leader was elected whose loss nobody could have seen yet"},
		{KafkaExactlyOnce(), 443, "offsets were committed by a member that had left, in no generation"},
	} {
		r, err := c.scenario.Run(trial.Options{Seed: c.seed})
		require.NoError(t, err)
		require.NotEqual(t, checker.Violated, r.Verdict, "%s, seed %d, where %s: %s: %s", c.scenario.Name, c.seed, c.was, r.Property, r.Detail)
	}
}

func TestAReplayOfTheJournalKeepsThePlacesOfATransaction(t *testing.T) {
	a := kafkaGroupPart{"g", log.TopicPartition{Topic: "t"}}
	b := kafkaGroupPart{"g", log.TopicPartition{Topic: "t", Partition: 1}}
	stored := func(part kafkaGroupPart, offset, pid int64) kafkaEntry {
		return kafkaEntry{stored: &kafkaStored{part: part, offset: offset}, pid: pid, txn: pid > 0}
	}
	j := newKafkaReplay()
	for at, e := range []kafkaEntry{
		stored(a, 5, 77),
		stored(b, 6, 77),
		stored(b, 1, 78),
		stored(a, 9, 0),
		{control: true, commit: true, pid: 77}, // offset 9 was recorded later than 5
		{control: true, pid: 78},
	} {
		j.take(int64(at), e)
	}
	require.Equal(t, map[kafkaGroupPart]kafkaRecorded{a: {9, 3}, b: {6, 1}}, j.offsets)
	j.take(6, stored(a, -1, 0))
	require.Equal(t, map[kafkaGroupPart]kafkaRecorded{b: {6, 1}}, j.offsets)
}
