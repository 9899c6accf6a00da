package controller

import (
	"cmp"
	"slices"

	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/zk"
)

// candidate is a broker that replicas can be placed on.
type candidate struct {
	id   int32
	rack string
}

// assign spreads replicas over brokers (AdminUtils.assignReplicasToBrokers): the first ones round-robin, the others at a distance
// that grows with each round, so that the followers of one leader are spread too. If every broker has a rack, no two replicas of
// a partition share one until all racks have one.
//
// start and shift are where it begins, in [0, len(list)); first is the number of the first of the count partitions.
func assign(list []candidate, first, count int32, factor int, start, shift int) []zk.Assignment {
	slices.SortFunc(list, func(a, b candidate) int { return cmp.Compare(a.id, b.id) })
	racks := rackNames(list)
	if len(racks) > 0 {
		list = alternate(list, racks)
	}
	var out []zk.Assignment
	for p := first; p < first+count; p++ {
		if p > 0 && int(p)%len(list) == 0 {
			shift++
		}
		lead := (int(p) + start) % len(list)
		replicas := []int32{list[lead].id}
		used := []string{list[lead].rack}
		for k := 0; len(replicas) < factor; k++ {
			if len(racks) == 0 {
				replicas = append(replicas, list[replicaIndex(lead, shift, k, len(list))].id)
				continue
			}
			b := list[replicaIndex(lead, shift*len(racks), k, len(list))]
			if (!slices.Contains(used, b.rack) || len(used) >= len(racks)) && !slices.Contains(replicas, b.id) {
				replicas = append(replicas, b.id)
				if !slices.Contains(used, b.rack) {
					used = append(used, b.rack)
				}
			}
		}
		out = append(out, zk.Assignment{Partition: p, Replicas: replicas})
	}
	return out
}

func replicaIndex(lead, shift, k, n int) int {
	if n < 2 {
		return 0
	}
	return (lead + 1 + (shift+k)%(n-1)) % n
}

// rackNames are the racks, ascending; none unless every broker has one.
func rackNames(list []candidate) []string {
	var racks []string
	for _, b := range list {
		if b.rack == "" {
			return nil
		}
		addName(&racks, b.rack)
	}
	return racks
}

// alternate orders brokers so that neighbours are in different racks.
func alternate(list []candidate, racks []string) []candidate {
	var out []candidate
	for round := 0; len(out) < len(list); round++ {
		for _, rack := range racks {
			n := 0
			for _, b := range list {
				if b.rack != rack {
					continue
				}
				if n == round {
					out = append(out, b)
				}
				n++
			}
		}
	}
	return out
}

// complaint is why something is refused: a code of the protocol, and words.
type complaint struct {
	code proto.Code
	text string
}

// validReplicas refuses lists that no partition can have.
func validReplicas(list []int32) *complaint {
	sorted := slices.Sorted(slices.Values(list))
	switch {
	case len(list) == 0:
		return &complaint{proto.InvalidReplicaAssignment, "a partition needs at least one replica"}
	case sorted[0] < 0:
		return &complaint{proto.InvalidReplicaAssignment, "a broker's id is not negative"}
	case len(slices.Compact(sorted)) < len(list):
		return &complaint{proto.InvalidReplicaAssignment, "a broker holds at most one replica of a partition"}
	}
	return nil
}
