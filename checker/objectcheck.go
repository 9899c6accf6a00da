package checker

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// linearizableObjects is Linearizable for the models that are no maps.
func linearizableObjects(h History, m Model, opt Options) Result {
	b := newBudget(opt)
	res := Result{Verdict: Holds, Coverage: objectCoverage(h, m)}
	for _, part := range objectParts(h, m) {
		b.begin()
		c := loadObjects(h, m, part, b)
		verdict, why, culprits := c.judge(opt.Engine)
		res.Steps += b.spent
		if verdict == Violated {
			res.Verdict, res.Component, res.Culprits = Violated, part, culprits
			if why == "" {
				why = fmt.Sprintf("no order of its %d operations is one that %s could have answered", len(part), m.Name())
			}
			res.Reason = objectName(h, m, part) + ": " + why
			return res
		}
		if verdict == Unknown && res.Verdict < Unknown {
			res.Verdict, res.Reason = Unknown, objectName(h, m, part)+": "+why
		}
	}
	return res.floored(m, opt)
}

// floored makes Holds vacuous if a floor was missed.
func (res Result) floored(m Model, opt Options) Result {
	floors := m.Floors()
	if opt.Floors != nil {
		floors = *opt.Floors
	}
	if missed := floors.Missed(&res.Coverage); missed != "" && res.Verdict < Vacuous {
		res.Verdict, res.Reason = Vacuous, missed
	}
	return res
}

// judge decides one component; why and culprits say more of a violation if the algorithm that found it can.
func (c *objects) judge(e Engine) (v Verdict, why string, culprits []int32) {
	switch e {
	case Porcupine:
		v, why = c.porcupine()
		return v, why, nil
	case Search:
		v, why = c.search()
		return v, why, nil
	}
	if v, why, culprits = c.inVersions(); v != 0 {
		return v, why, culprits
	}
	if c.of == ofQueue {
		if v, why, culprits = c.inPatterns(); v != 0 {
			return v, why, culprits
		}
	}
	v, why = c.search()
	return v, why, nil
}

// objectParts groups the operations by object, objects in the order of their names, operations in that of their calls.
func objectParts(h History, m Model) [][]int32 {
	nameOf := func(o *Op) string { return o.Key }
	if m.object == ofZnodes {
		nameOf = subtreeNames(h)
	}
	number := map[string]int{}
	var names []string
	var parts [][]int32
	for _, i := range h.byCall() {
		o := &h[i]
		if !o.tells() {
			continue
		}
		name := nameOf(o)
		at, ok := number[name]
		if !ok {
			at = len(parts)
			number[name] = at
			names, parts = append(names, name), append(parts, nil)
		}
		parts[at] = append(parts[at], i)
	}
	order := make([]int, len(parts))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(names[a], names[b]) })
	sorted := make([][]int32, len(parts))
	for i, at := range order {
		sorted[i] = parts[at]
	}
	return sorted
}

// subtreeNames says which part of a tree an operation belongs to: the subtrees right below the root have nothing to do
// with each other, nor with the root's own data, unless someone listed the root's children.
func subtreeNames(h History) func(*Op) string {
	for i := range h {
		if h[i].F == Children && h[i].Key == "/" && h[i].tells() {
			return func(*Op) string { return "/" }
		}
	}
	return func(o *Op) string {
		if end := strings.IndexByte(o.Key[1:], '/'); end >= 0 {
			return o.Key[:end+1]
		}
		return o.Key
	}
}

// objectName names a component for people: "the queue", "the queue q".
func objectName(h History, m Model, part []int32) string {
	kind := map[object]string{ofList: "the list", ofLog: "the log", ofSet: "the set", ofQueue: "the queue",
		ofPriorityQueue: "the priority queue", ofStack: "the stack", ofCounter: "the counter", ofLock: "the lock",
		ofFencedLock: "the lock", ofLeaseLock: "the lock", ofZnodes: "the tree"}[m.object]
	name := h[part[0]].Key
	switch {
	case m.object == ofZnodes:
		return kind + " at " + printable(subtreeNames(h)(&h[part[0]]))
	case name == "":
		return kind
	}
	return kind + " " + printable(name)
}
