package scenarios

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore/trial"
)

// What a defect is planted into breaks nothing by itself: the conditions are set, and the defect is not.
func TestTheConditionsOfADefectAloneBreakNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("some hundred universes")
	}
	for name, found := range kafkaSeeds { // each by itself: the order does not matter
		s := kafkaBare(t, name)
		for defect := range found {
			require.True(t, slices.ContainsFunc(s.Bugs, func(b Bug) bool { return b.Name == defect }), "%s has no %s", name, defect)
			for seed := uint64(1); seed <= 3; seed++ {
				r, err := s.Run(trial.Options{Seed: seed, Bug: defect})
				require.NoError(t, err)
				require.NotEqual(t, checker.Violated, r.Verdict, "%s, as for %s, seed %d: %s: %s", name, defect, seed, r.Property, r.Detail)
			}
		}
	}
}

// A defect that needs others of its time shows by a rule that those alone do not break.
func TestWhatLeadersOfTheTimeTookInBreaksNothingElse(t *testing.T) {
	if testing.Short() {
		t.Skip("some universes")
	}
	for _, name := range []string{"kafka", "kafka-admin"} {
		shape := kafkaShapes()[name]
		shape.era = true
		for seed := uint64(1); seed <= 10; seed++ {
			r, err := kafkaScenario(shape).Run(trial.Options{Seed: seed, Bug: "removed-stays-in-isr"})
			require.NoError(t, err)
			require.NotEqual(t, checker.Violated, r.Verdict, "%s, seed %d: %s: %s", name, seed, r.Property, r.Detail)
		}
	}
}

// Seeds in which the conditions of a defect alone once alarmed.
func TestConditionsThatOnceAlarmedBreakNothing(t *testing.T) {
	for _, c := range []struct {
		scenario, defect string
		seed             uint64
		was              string
	}{
		{"kafka", "halt-on-unclean", 617, "a consumer was not told that what it had read was lost, for the leader had deleted what it had instead"},
		{"kafka", "full-truncation-keeps-hw", 57, "a follower joined whose log ended where its leader's began, and differed in what the leader had deleted"},
		{"kafka", "preferred-fenced", 3020, "disks were so slow that a broker could not connect to ZooKeeper within its part of the session"},
		{"kafka", "no-verify", 3001, "what stragglers write was taken for records that nobody had sent"},
		{"kafka", "full-truncation-keeps-hw", 70010, "a consumer's position was deleted by a leader, and the next one had an older log start"},
		{"kafka", "preferred-out-of-isr", 489, "a consumer was sent to a broker that it did not know, and asked the leader again for ever"},
		{"kafka", "clean-past-high-watermark", 20263, "a fetch waited at its leader, and then on slow links, for longer than the follower did"},
		{"kafka-compaction", "clean-loses-aborted", 5039, "a transaction had begun with what compaction had taken, and another one's record was behind that"},
		{"kafka-compaction", "clean-loses-aborted", 5108, "of two transactions that had ended a log that was loaded knew the second, whose marker was behind the snapshot"},
		{"kafka-compaction", "clean-loses-aborted", 28, "compaction had left an empty batch of a transaction, and the ghost took no transaction for open by it"},
		{"kafka", "stop-without-epoch", 30024, "who was elected though it was not in sync removed its log before it heard of that"},
		{"kafka", "no-verify", 20002, "what stragglers write was taken for an operation's"},
		{"kafka-compaction", "no-verify", 20002, "what stragglers write was taken for an operation's"},
		{"kafka-compaction", "clean-loses-aborted", 20014, "compaction had taken the first records of a transaction, which a snapshot says began with them"},
		{"kafka-compaction", "clean-loses-aborted", 40091, "compaction had taken all of a transaction whose marker the loss of power had taken"},
		{"kafka-groups", "ResetOnFollower", 160, "batches were deleted before what is known of their producers was durable, and an acknowledged one was appended once more"},
		{"kafka-groups", "ResetOnFollower", 365, "a follower began anew while it was told of a next leader, and the ghost took it for an append"},
		{"kafka-groups", "ResetOnFollower", 550, "a leader had deleted before it led what who joined it had wrong"},
		{"kafka-groups", "RetryAfterFence", 2001, "a group had read up to a marker, and committed what is behind it"},
		{"kafka-groups", "RetryAfterFence", 2035, "a transaction was under way when the universe ended, and others had read of it"},
		{"kafka-groups", "KeepEpochAfterLostEnd", 3180, "a member began anew because of a leader of before the group's offset, whose metadata was its first"},
		{"kafka-groups", "check-before-verify", 2046, "a member began before a transaction that the group's offset was in, because it read what is uncommitted"},
		{"kafka-groups", "check-before-verify", 5261, "offsets hung in a transaction that its coordinator had lost, as it might"},
		{"kafka-groups", "check-before-verify", 2090, "links were so slow that a broker could not connect to ZooKeeper within its part of the session"},
		{"kafka-groups", "expire-staged", 4019, "a member heard late what it owned in a generation of a group that had been removed since and had begun anew"},
		{"kafka-groups", "KeepOldEpochs", 24, "a deletion waited for a reassignment, and the reassignment for brokers that were told nothing of a topic that was to be deleted"},
		{"kafka-eos", "verify-without-guard", 76, "offsets were committed to a topic that was just made, whose partition the coordinator took for deleted"},
		{"kafka-eos", "verify-without-guard", 339, "the journal had lost a verdict, as it might, and partitions knew an epoch that its coordinator did not"},
		{"kafka-eos", "verify-without-guard", 987, "a transaction took longer over slow links than the time-out that the fresh client had asked for"},
		{"kafka-eos", "KeepOldEpochs", 30325, "a broker that had come back refused to delete what its last process was to, and the controller took that for an answer to its next try"},
		{"kafka-eos", "TrustAllOwned", 20036, "a pipeline had lost the topic of its results"},
		{"kafka-eos", "CommitBeforeProcess", 20002, "a pipeline's consumers committed by themselves, and so without results"},
		{"kafka-eos", "completion-drops-another", 1276, "a slow broker was behind with its timers, and kept a member who was due"},
		{"kafka-eos", "completion-drops-another", 1577, "ZooKeeper never answered a sync that was behind a write"},
	} {
		r, err := kafkaBare(t, c.scenario).Run(trial.Options{Seed: c.seed, Bug: c.defect})
		require.NoError(t, err)
		require.NotEqual(t, checker.Violated, r.Verdict, "%s, as for %s, seed %d, where %s: %s: %s", c.scenario, c.defect, c.seed, c.was, r.Property, r.Detail)
	}
}

// kafkaBare is a scenario that sets the conditions of a defect and leaves the defect out.
func kafkaBare(t *testing.T, name string) *Scenario {
	shape := kafkaShapes()[name]
	require.NotNil(t, shape, "there are seeds of %s, and there is no such scenario", name)
	shape.bare = true
	return kafkaScenario(shape)
}
