package storm

import (
	"slices"

	"orrery/nodes"
)

// host is a supervisor that is registered.
type host struct {
	id    nodes.ID
	slots []nodes.ID
}

// schedule is the assignment that comes after old: workers that are alive keep their tasks, and those of dead ones go to free slots,
// spread over the supervisors. Tasks for which there is no slot stay without one until there is (EvenScheduler).
func schedule(t *Topology, old Assignment, alive func(SlotTasks) bool, hosts []host, taken func(nodes.ID) bool) Assignment {
	var next Assignment
	missing := t.Tasks("")
	var dead []nodes.ID
	for _, s := range old.Slots {
		if !alive(s) {
			dead = append(dead, s.Slot)
			continue
		}
		next.Slots = append(next.Slots, s)
		missing = slices.DeleteFunc(missing, func(task int32) bool { return slices.Contains(s.Tasks, task) })
	}
	if len(missing) == 0 {
		return next
	}
	free := freeSlots(hosts, func(id nodes.ID) bool {
		return taken(id) || next.of(id) != nil || slices.Contains(dead, id)
	})
	if len(free) == 0 { // a slot whose worker has died may have got another one
		free = freeSlots(hosts, func(id nodes.ID) bool { return taken(id) || next.of(id) != nil })
	}
	n := min(max(t.workers-len(next.Slots), 1), len(free))
	groups := make([][]int32, n)
	for i, task := range missing {
		if n > 0 {
			groups[i%n] = append(groups[i%n], task)
		}
	}
	for i, g := range groups {
		if len(g) > 0 {
			next.Slots = append(next.Slots, SlotTasks{free[i], g})
		}
	}
	slices.SortFunc(next.Slots, func(a, b SlotTasks) int { return compareID(a.Slot, b.Slot) })
	return next
}

// freeSlots are the slots that are not in use: the first one of each supervisor, then the second ones.
func freeSlots(hosts []host, used func(nodes.ID) bool) []nodes.ID {
	var list []nodes.ID
	for i := 0; ; i++ {
		more := false
		for _, h := range hosts {
			if i < len(h.slots) {
				more = true
				if !used(h.slots[i]) {
					list = append(list, h.slots[i])
				}
			}
		}
		if !more {
			return list
		}
	}
}

func compareID(a, b nodes.ID) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
