package client_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orrery/nodes/kafka/client"
)

type tp = client.TopicPartition

// group draws the members of a group and its topics. With uniform all read the same topics.
func group(t *rapid.T, uniform bool) ([]client.Member, client.Counts) {
	counts := client.Counts{}
	names := []string{"a", "b", "c"}[:rapid.IntRange(1, 3).Draw(t, "topics")]
	for _, name := range names {
		counts[name] = rapid.Int32Range(0, 7).Draw(t, "partitions of "+name)
	}
	var members []client.Member
	for i := range rapid.IntRange(1, 6).Draw(t, "members") {
		m := client.Member{ID: fmt.Sprintf("m%d", (i*7)%10), Topics: names, Generation: -1}
		if !uniform {
			m.Topics = rapid.SliceOfDistinct(rapid.SampledFrom(names), rapid.ID[string]).Draw(t, "topics of "+m.ID)
		}
		members = append(members, m)
	}
	return members, counts
}

// check holds a plan against what every plan must be: total and disjoint, and nobody gets what it does not read.
func check(t require.TestingT, members []client.Member, counts client.Counts, plan [][]tp) {
	require.Len(t, plan, len(members))
	seen := map[tp]int{}
	for i, ps := range plan {
		for _, p := range ps {
			require.Contains(t, members[i].Topics, p.Topic)
			require.Less(t, p.Partition, counts[p.Topic])
			seen[p]++
			require.Equal(t, 1, seen[p], "%v is given twice", p)
		}
	}
	for topic, n := range counts {
		if slices.ContainsFunc(members, func(m client.Member) bool { return slices.Contains(m.Topics, topic) }) {
			for p := range n {
				require.Equal(t, 1, seen[tp{Topic: topic, Partition: p}], "%s-%d is given to nobody", topic, p)
			}
		}
	}
}

// spread is how much the loads of the members differ.
func spread(plan [][]tp) int {
	least, most := len(plan[0]), len(plan[0])
	for _, ps := range plan {
		least, most = min(least, len(ps)), max(most, len(ps))
	}
	return most - least
}

func TestEveryPartitionHasOneReader(t *testing.T) {
	for _, a := range []client.Assignor{client.RangeAssignor, client.RoundRobinAssignor, client.StickyAssignor, client.CooperativeAssignor} {
		t.Run(string(a), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				members, counts := group(t, rapid.Bool().Draw(t, "uniform"))
				check(t, members, counts, a.Assign(members, counts))
			})
		})
	}
}

func TestMembersWithTheSameTopicsShareEvenly(t *testing.T) {
	for _, a := range []client.Assignor{client.RoundRobinAssignor, client.StickyAssignor, client.CooperativeAssignor} {
		t.Run(string(a), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				members, counts := group(t, true)
				require.LessOrEqual(t, spread(a.Assign(members, counts)), 1)
			})
		})
	}
}

func TestStickyIsAsEvenAsTheSubscriptionsAllow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members, counts := group(t, false)
		plan := client.StickyAssignor.Assign(members, counts)
		for i, ps := range plan {
			for _, p := range ps {
				for j := range plan {
					if slices.Contains(members[j].Topics, p.Topic) {
						require.LessOrEqual(t, len(plan[i])-len(plan[j]), 1, "%v could move from %d to %d", p, i, j)
					}
				}
			}
		}
	})
}

// owning gives the members what a plan gave them.
func owning(members []client.Member, plan [][]tp, generation int32) {
	for i := range members {
		members[i].Owned, members[i].Generation = slices.Clone(plan[i]), generation
	}
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

func TestStickyMovesNothingWithoutNeed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members, counts := group(t, rapid.Bool().Draw(t, "uniform"))
		first := client.StickyAssignor.Assign(members, counts)
		owning(members, first, 1)
		require.Equal(t, first, client.StickyAssignor.Assign(members, counts), "nothing has changed")

		gone := rapid.IntRange(0, len(members)-1).Draw(t, "leaves")
		if len(members) == 1 {
			return
		}
		rest := slices.Delete(slices.Clone(members), gone, gone+1)
		plan := client.StickyAssignor.Assign(rest, counts)
		check(t, rest, counts, plan)
		others := func(m client.Member) bool { return !slices.Equal(sorted(m.Topics), sorted(rest[0].Topics)) }
		if slices.ContainsFunc(rest, others) {
			return // with unequal subscriptions a gap may be filled in two steps
		}
		for i, m := range rest {
			for _, p := range m.Owned {
				require.Contains(t, plan[i], p, "%s keeps what it has when another leaves", m.ID)
			}
		}
	})
}

func TestStickyTakesForANewcomerOnlyItsShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members, counts := group(t, true)
		owning(members, client.StickyAssignor.Assign(members, counts), 1)
		members = append(members, client.Member{ID: "new", Topics: members[0].Topics, Generation: -1})
		plan := client.StickyAssignor.Assign(members, counts)
		moved := 0
		for i, m := range members {
			for _, p := range m.Owned {
				if !slices.Contains(plan[i], p) {
					moved++
				}
			}
		}
		require.Equal(t, len(plan[len(plan)-1]), moved)
	})
}

func TestCooperativeTakesBeforeItGives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members, counts := group(t, true)
		owning(members, client.CooperativeAssignor.Assign(members, counts), 1)
		members = append(members, client.Member{ID: "new", Topics: members[0].Topics, Generation: -1})
		for round := int32(2); ; round++ {
			require.Less(t, round, int32(5), "two rebalances are enough")
			plan := client.CooperativeAssignor.Assign(members, counts)
			revoked := false
			for i := range plan {
				for j, m := range members {
					for _, p := range plan[i] {
						require.False(t, i != j && slices.Contains(m.Owned, p), "%v is given away while %s owns it", p, m.ID)
					}
					if j == i {
						revoked = revoked || slices.ContainsFunc(m.Owned, func(p tp) bool { return !slices.Contains(plan[i], p) })
					}
				}
			}
			owning(members, plan, round)
			if !revoked {
				check(t, members, counts, plan)
				require.LessOrEqual(t, spread(plan), 1)
				return
			}
		}
	})
}

func TestTheLaterClaimIsRight(t *testing.T) { // KIP-792
	p := tp{Topic: "a"}
	members := []client.Member{
		{ID: "stale", Topics: []string{"a"}, Owned: []tp{p}, Generation: 4},
		{ID: "owner", Topics: []string{"a"}, Owned: []tp{p}, Generation: 5},
	}
	for _, a := range []client.Assignor{client.StickyAssignor, client.CooperativeAssignor} {
		require.Equal(t, [][]tp{nil, {p}}, a.Assign(members, client.Counts{"a": 1}))
	}
}

func TestRangeGivesTheFirstOnesMore(t *testing.T) {
	members := []client.Member{{ID: "y", Topics: []string{"a"}}, {ID: "x", Topics: []string{"a"}}, {ID: "z", Instance: "0", Topics: []string{"a"}}}
	require.Equal(t, [][]tp{{{Topic: "a", Partition: 4}}, {{Topic: "a", Partition: 2}, {Topic: "a", Partition: 3}}, {{Topic: "a", Partition: 0}, {Topic: "a", Partition: 1}}},
		client.RangeAssignor.Assign(members, client.Counts{"a": 5}), "the static member's instance is its name")
}
