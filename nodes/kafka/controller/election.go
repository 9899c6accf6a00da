package controller

import "slices"

// The elections (PartitionStateMachine's companion): pure functions of the assignment, the ISR and who lives.

// electOffline elects a leader for a partition that has none: the first of the assignment that lives and is in sync; else, if
// unclean, the first that lives.
func electOffline(assignment, isr, live []int32, unclean bool) (leader int32, wasUnclean, ok bool) {
	for _, r := range assignment {
		if slices.Contains(live, r) && slices.Contains(isr, r) {
			return r, false, true
		}
	}
	if unclean {
		for _, r := range assignment {
			if slices.Contains(live, r) {
				return r, true, true
			}
		}
	}
	return 0, false, false
}

// electReassigned elects among the target of a reassignment: the first that lives and is in sync.
func electReassigned(target, isr, live []int32) (leader int32, ok bool) {
	for _, r := range target {
		if slices.Contains(live, r) && slices.Contains(isr, r) {
			return r, true
		}
	}
	return 0, false
}

// electPreferred elects the first of the assignment, if it lives and is in sync.
func electPreferred(assignment, isr, live []int32) (leader int32, ok bool) {
	if len(assignment) == 0 || !slices.Contains(live, assignment[0]) || !slices.Contains(isr, assignment[0]) {
		return 0, false
	}
	return assignment[0], true
}

// electShutdown elects the first of the assignment that lives, is in sync and does not shut down.
func electShutdown(assignment, isr, live, shuttingDown []int32) (leader int32, ok bool) {
	for _, r := range assignment {
		if slices.Contains(live, r) && slices.Contains(isr, r) && !slices.Contains(shuttingDown, r) {
			return r, true
		}
	}
	return 0, false
}

// only is the part of list that is in set, in the list's order.
func only(list, set []int32) []int32 {
	var out []int32
	for _, r := range list {
		if slices.Contains(set, r) {
			out = append(out, r)
		}
	}
	return out
}

// without is the part of list that is not in set, in the list's order.
func without(list, set []int32) []int32 {
	var out []int32
	for _, r := range list {
		if !slices.Contains(set, r) {
			out = append(out, r)
		}
	}
	return out
}

// subset tells whether all of list are in set.
func subset(list, set []int32) bool { return len(without(list, set)) == 0 }
