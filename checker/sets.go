package checker

import (
	"fmt"
	"slices"
	"strings"
)

// Sets are judged as maps: a member is a key that holds something, to read the whole set is to scan those keys, and every
// member is apart as long as nobody reads the whole. A set that only grows, and that nobody adds to twice, has versions.

// linearizableSets is Linearizable for Set.
func linearizableSets(h History, m Model, opt Options) Result {
	b := newBudget(opt)
	res := Result{Verdict: Holds, Coverage: objectCoverage(h, m)}
	s := scratchPool.Get().(*scratch)
	defer scratchPool.Put(s)
	for _, part := range objectParts(h, m) {
		verdict, why, culprits := Verdict(0), "", []int32(nil)
		if opt.Engine == Auto {
			b.begin()
			verdict, why, culprits = loadObjects(h, m, part, b).inVersions()
		}
		if verdict == 0 {
			members := s.linearizable(membersAsKeys(h, part), KV, Options{Steps: b.steps, Time: b.left(), Memory: b.memory,
				Engine: opt.Engine, Floors: &Floors{}})
			verdict, why, culprits = members.Verdict, memberReason(h, part, &members), members.Component
			for i := range culprits {
				culprits[i] = part[culprits[i]]
			}
			res.Steps += members.Steps
		}
		switch {
		case verdict == Violated:
			res.Verdict, res.Component, res.Culprits = Violated, part, culprits
			res.Reason = objectName(h, m, part) + ": " + why
			return res
		case verdict == Unknown && res.Verdict < Unknown:
			res.Verdict, res.Reason = Unknown, objectName(h, m, part)+": "+why
		}
	}
	return res.floored(m, opt)
}

// memberReason says what the check of the members as keys found, in the words of sets.
func memberReason(h History, part []int32, res *Result) string {
	switch {
	case res.Verdict == Unknown:
		_, why, _ := strings.Cut(res.Reason, ": ")
		return why
	case res.Verdict != Violated:
		return ""
	}
	members := map[string]bool{}
	for _, i := range res.Component {
		if o := &h[part[i]]; o.In.IsSet() {
			members[o.In.Text()] = true
		}
	}
	if len(members) == 1 && !slices.ContainsFunc(res.Component, func(i int32) bool { return !h[part[i]].In.IsSet() }) {
		for m := range members {
			return fmt.Sprintf("no order of the %d operations on member %s is one that a set could have answered", len(res.Component), printable(m))
		}
	}
	return fmt.Sprintf("no order of its %d operations is one that set could have answered", len(res.Component))
}

const (
	isMember  = "in"
	memberKey = "m:" // in front of a member's name, so that it comes before the end of the scans
	allKeys   = "n"
)

// membersAsKeys translates the operations of one set, in the order of part.
func membersAsKeys(h History, part []int32) History {
	out := make(History, 0, len(part))
	for _, i := range part {
		o := h[i]
		o.Key = memberKey + o.In.Text()
		was := o.Out
		o.In, o.Out, o.Expect = Value{}, Value{}, Value{}
		switch o.F {
		case Add, Remove:
			o.F = Put
			o.In = Val(isMember)
			changed := Unset // what a change finds
			if h[i].F == Remove {
				o.F, o.In, changed = Delete, Value{}, Val(isMember)
			}
			if was.Said() {
				o.Out = changed
				if was.Text() != "true" {
					o.Out = otherMembership(changed)
				}
			}
		case Contains:
			o.F, o.Out = Get, Unset
			if was.Text() == "true" {
				o.Out = Val(isMember)
			}
		default:
			o.F, o.Key, o.To, o.Pairs = Scan, memberKey, allKeys, nil
			items := was.Items()
			slices.Sort(items)
			for _, m := range items {
				o.Pairs = append(o.Pairs, Pair{Key: memberKey + m, Value: isMember})
			}
		}
		out = append(out, o)
	}
	return out
}

func otherMembership(v Value) Value {
	if v == Unset {
		return Val(isMember)
	}
	return Unset
}
