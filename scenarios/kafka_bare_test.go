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
		shape := kafkaShapes()[name]
		require.NotNil(t, shape, "there are seeds of %s, and there is no such scenario", name)
		shape.bare = true
		s := kafkaScenario(shape)
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
