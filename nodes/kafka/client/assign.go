package client

import (
	"cmp"
	"slices"
)

// Assignor is a way to divide the partitions of a group's topics among its members, by its name in the protocol.
type Assignor string

// The assignors of Kafka's own consumer.
const (
	RangeAssignor       Assignor = "range"
	RoundRobinAssignor  Assignor = "roundrobin"
	StickyAssignor      Assignor = "sticky"
	CooperativeAssignor Assignor = "cooperative-sticky"
)

// Member is what an assignor knows of a member of a group.
type Member struct {
	ID       string
	Instance string   // "": not static
	Topics   []string // that it reads
	// Owned are the partitions that it had in Generation, its last one with an assignment; -1: it does not say.
	Owned      []TopicPartition
	Generation int32
}

// Counts is how many partitions topics have. A topic that is not in it does not exist.
type Counts map[string]int32

// Assign divides the partitions among the members, by their places in the list. Every partition of a topic that
// somebody reads is given to one reader of it; with CooperativeAssignor, those excepted that their owners have to give up first.
func (a Assignor) Assign(members []Member, counts Counts) [][]TopicPartition {
	return a.assign(members, counts, Quirks{})
}

func (a Assignor) assign(members []Member, counts Counts, quirks Quirks) [][]TopicPartition {
	switch a {
	case RoundRobinAssignor:
		return roundRobin(members, counts)
	case StickyAssignor:
		return sticky(members, counts, quirks)
	case CooperativeAssignor:
		plan := sticky(members, counts, quirks)
		if !quirks.NoTwoPhase {
			withhold(members, plan, quirks)
		}
		return plan
	}
	return ranges(members, counts)
}

// ordered are the members' places, in the order in which Kafka serves them: by instance, else by id.
func ordered(members []Member) []int {
	order := make([]int, len(members))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(members[i].name(), members[j].name()) })
	return order
}

func (m *Member) name() string {
	if m.Instance != "" {
		return m.Instance
	}
	return m.ID
}

// topicsOf are the topics that somebody reads and that exist, sorted.
func topicsOf(members []Member, counts Counts) []string {
	var topics []string
	for i := range members {
		for _, topic := range members[i].Topics {
			if counts[topic] > 0 {
				topics = append(topics, topic)
			}
		}
	}
	slices.Sort(topics)
	return slices.Compact(topics)
}

// ranges gives each reader of a topic a run of its partitions; the first ones get one more.
func ranges(members []Member, counts Counts) [][]TopicPartition {
	plan := make([][]TopicPartition, len(members))
	order := ordered(members)
	for _, topic := range topicsOf(members, counts) {
		var readers []int
		for _, i := range order {
			if slices.Contains(members[i].Topics, topic) {
				readers = append(readers, i)
			}
		}
		n := int(counts[topic])
		each, extra, at := n/len(readers), n%len(readers), 0
		for k, i := range readers {
			take := each
			if k < extra {
				take++
			}
			for ; take > 0; take-- {
				plan[i] = append(plan[i], TopicPartition{topic, int32(at)})
				at++
			}
		}
	}
	return plan
}

// roundRobin deals the partitions out one by one, going on where it was, past those who do not read the topic.
func roundRobin(members []Member, counts Counts) [][]TopicPartition {
	plan := make([][]TopicPartition, len(members))
	order := ordered(members)
	at := 0
	for _, topic := range topicsOf(members, counts) {
		for p := range counts[topic] {
			for !slices.Contains(members[order[at%len(order)]].Topics, topic) {
				at++
			}
			i := order[at%len(order)]
			plan[i] = append(plan[i], TopicPartition{topic, p})
			at++
		}
	}
	return plan
}
