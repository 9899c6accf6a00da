package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/scenarios"
)

func TestADefectIsSuggestedThatTheSeedsFindWhichAreRun(t *testing.T) {
	for want, bugs := range map[string][]scenarios.Bug{
		"":             nil,
		"--bug few":    {{Name: "none"}, {Name: "many", Seeds: "1-300"}, {Name: "few", Seeds: "1-40"}, {Name: "fewer", Seeds: "1-20"}},
		"--bug fewest": {{Name: "many", Seeds: "1-300"}, {Name: "fewest", Seeds: "1-160"}},
		"--bug rare --seeds 1-2000 --stop-at-first":   {{Name: "rare", Seeds: "1-2000"}},
		"--bug later --seeds 301-340 --stop-at-first": {{Name: "later", Seeds: "301-340"}},
	} {
		require.Equal(t, want, suggestion(&scenarios.Scenario{Bugs: bugs}))
	}
}

func TestADefectThatAnotherScenarioFindsIsSaidToBeFoundThere(t *testing.T) {
	here := &scenarios.Scenario{Name: "here", Bugs: []scenarios.Bug{{Name: "a", Source: "T-1"}, {Name: "b", Source: "T-2"}, {Name: "c", Seeds: "1-9"}}}
	there := &scenarios.Scenario{Name: "there", Bugs: []scenarios.Bug{{Name: "a", Source: "T-1", Seeds: "1-40"}, {Name: "b", Source: "another of that name", Seeds: "1-40"}}}
	a := &app{scenarios: []*scenarios.Scenario{here, there}}
	require.Equal(t, "found in seeds 1-40 of there", a.foundIn(here, here.Bugs[0]))
	require.Equal(t, "found in no seeds that are published", a.foundIn(here, here.Bugs[1]))
	require.Equal(t, "found in seeds 1-9", a.foundIn(here, here.Bugs[2]))
}
