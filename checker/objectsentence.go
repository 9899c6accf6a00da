package checker

import (
	"fmt"
	"strings"
)

// objectSentence says in words why core, a part of h, cannot be ordered, when the object is no map. As for maps, the
// operation that shows it is the observer that was called last, and the others contradict it.
func objectSentence(h History, core []Op, m Model) string {
	var r *Op
	for i := range core {
		o := &core[i]
		if tellsOfObject(o) && (r == nil || o.Call >= r.Call) {
			r = o
		}
	}
	if r == nil {
		return listed(core)
	}
	head := fmt.Sprintf("client %s %s", r.Client, objectSaw(r, m))
	if len(core) == 1 {
		return head + alone(h, r, m)
	}
	var facts []string
	for i := range core {
		if o := &core[i]; o != r {
			facts = append(facts, objectFact(h, o, r, m))
		}
	}
	const most = 5
	if len(facts) > most {
		facts = append(facts[:most-1:most-1], fmt.Sprintf("%d more operations leave no room for it", len(facts)-most+1))
	}
	return head + ", although " + joined(facts)
}

// tellsOfObject tells whether the operation got an answer that depends on the state.
func tellsOfObject(o *Op) bool {
	if o.Status == Mismatch {
		return true
	}
	return o.Status == OK && (o.F.answers() || o.Out.Said() || o.F == Acquire || o.F == Release || o.F == Create || o.F == Delete || o.F == Write)
}

// alone says why an answer is wrong that no other operation is needed to contradict.
func alone(h History, r *Op, m Model) string {
	switch {
	case r.F == Release && r.Status == OK:
		return ", which it did not hold"
	case r.F == Acquire && r.Status == Mismatch:
		return ", which nobody can have held"
	case r.F == Dequeue || r.F == Pop || r.F == ReadAt || r.F == GetData:
		return nobodyBrought(h, r)
	}
	return ", which nothing in the history explains"
}

// nobodyBrought says why what r saw could not be there.
func nobodyBrought(h History, r *Op) string {
	for i := range h {
		o := &h[i]
		switch {
		case o.ID == r.ID || o.In != r.Out || o.F.reads():
		case o.Status == Fail:
			return fmt.Sprintf(", but the %s of it by %s at %s had certainly failed", o.F, o.Client, interval(o))
		case o.Call > r.Ret:
			return fmt.Sprintf(", but %s called its %s of it only at %d", o.Client, o.F, o.Call)
		}
	}
	return ", which nothing in the history explains"
}

// objectSaw is what an operation with an answer did and what it was told, in the words of its object.
func objectSaw(o *Op, m Model) string {
	at := interval(o)
	switch m.object {
	case ofZnodes:
		return treeSaw(o, at)
	case ofLock, ofFencedLock, ofLeaseLock:
		return lockSaw(o, at)
	case ofCounter:
		if o.F.oneRead() {
			return fmt.Sprintf("read %s as %s at %s", named("the counter", o.Key), o.Out, at)
		}
		return fmt.Sprintf("counted %s%s at %s", amount(o), became(o.Out), at)
	}
	switch o.F {
	case Dequeue, Pop:
		kind := map[F]string{Dequeue: "the queue", Pop: "the stack"}[o.F]
		if o.Out == Unset {
			return fmt.Sprintf("found %s empty at %s", named(kind, o.Key), at)
		}
		return fmt.Sprintf("%s %s at %s", pastOf(o.F), o.Out, at)
	case Contains:
		is := "was not"
		if o.Out.Text() == "true" {
			is = "was"
		}
		return fmt.Sprintf("found that %s %s in %s at %s", o.In, is, named("the set", o.Key), at)
	case ReadAt:
		if o.Out == Unset {
			return fmt.Sprintf("found that %s had ended before offset %s at %s", named("the log", o.Key), o.In, at)
		}
		return fmt.Sprintf("read %s at offset %s at %s", o.Out, o.In, at)
	case Tail:
		return fmt.Sprintf("found %s records at %s", o.Out, at)
	case Add, Remove:
		was := "was not in it"
		if (o.Out.Text() == "true") == (o.F == Remove) {
			was = "was in it"
		}
		if !o.Out.Said() {
			return fmt.Sprintf("%s %s at %s", pastOf(o.F), o.In, at)
		}
		return fmt.Sprintf("%s %s at %s and was told that it %s", pastOf(o.F), o.In, at, was)
	case Append:
		if o.Out.Said() {
			return fmt.Sprintf("appended %s at %s and was told %s", o.In, at, o.Out)
		}
	case Read, Get:
		return fmt.Sprintf("read %s at %s", o.Out, at)
	}
	return fmt.Sprintf("%s %s at %s", pastOf(o.F), o.In, at)
}

func lockSaw(o *Op, at string) string {
	lock := named("the lock", o.Key)
	switch {
	case o.F == Write && o.Status == Mismatch:
		return fmt.Sprintf("had its write with token %s refused at %s", o.Expect, at)
	case o.F == Write:
		return fmt.Sprintf("had its write with token %s taken at %s", o.Expect, at)
	case o.F == Acquire && o.Status == Mismatch:
		return fmt.Sprintf("found %s held at %s", lock, at)
	case o.F == Acquire && o.Out.IsSet():
		return fmt.Sprintf("acquired %s with token %s at %s", lock, o.Out, at)
	case o.F == Acquire:
		return fmt.Sprintf("acquired %s at %s", lock, at)
	case o.Status == Mismatch:
		return fmt.Sprintf("was told at %s that it did not hold %s", at, lock)
	}
	return fmt.Sprintf("released %s at %s", lock, at)
}

func treeSaw(o *Op, at string) string {
	if o.Status == Mismatch {
		why := ""
		if o.Out.Said() {
			why = " with " + o.Out.String()
		}
		return fmt.Sprintf("had its %s refused%s at %s", versioned(o), why, at)
	}
	switch o.F {
	case Exists:
		if o.Out == Unset {
			return fmt.Sprintf("found no %s at %s", o.Key, at)
		}
		return fmt.Sprintf("found %s with version %s at %s", o.Key, o.Out, at)
	case GetData:
		if d := o.Out.Items(); len(d) == 2 {
			return fmt.Sprintf("read %s as %s of version %s at %s", o.Key, printable(d[0]), d[1], at)
		}
		return fmt.Sprintf("read %s as %s at %s", o.Key, o.Out, at)
	case Children:
		return fmt.Sprintf("listed the children of %s as %s at %s", o.Key, o.Out, at)
	}
	at = " at " + at
	if o.Out.Said() {
		at += ", which made version " + o.Out.String()
	}
	switch o.F {
	case Create:
		return "created " + o.Key + at
	case Delete:
		return "deleted " + o.Key + at
	}
	return fmt.Sprintf("set the data of %s to %s%s", o.Key, o.In, at)
}

// versioned names a change of a tree: "setdata of /a at version 3".
func versioned(o *Op) string {
	if o.Expect.Said() {
		return fmt.Sprintf("%s of %s at version %s", o.F, o.Key, o.Expect)
	}
	return fmt.Sprintf("%s of %s", o.F, o.Key)
}

func named(kind, key string) string {
	if key == "" {
		return kind
	}
	return kind + " " + printable(key)
}

func amount(o *Op) string {
	if o.In.Said() {
		return o.In.String()
	}
	return "1"
}

func became(v Value) string {
	if v.Said() {
		return ", which made it " + v.String() + ","
	}
	return ""
}

func pastOf(f F) string {
	s := f.String()
	switch {
	case f == Pop:
		return "popped"
	case strings.HasSuffix(s, "e"):
		return s + "d"
	}
	return s + "ed"
}

// objectFact states what another operation of the core contributes.
func objectFact(h History, o, r *Op, m Model) string {
	switch {
	case o.Call > r.Ret:
		return fmt.Sprintf("%s called its %s only at %d", o.Client, o.Act(), o.Call)
	case o.Status == Maybe && answeredLater(h, o):
		return fmt.Sprintf("%s's %s, called at %d, was still under way", o.Client, o.Act(), o.Call)
	case o.Status == Maybe:
		return fmt.Sprintf("%s's %s, called at %d, was never answered", o.Client, o.Act(), o.Call)
	case o.Ret < r.Call:
		return fmt.Sprintf("%s had %s%s", o.Client, objectSaw(o, m), stillHeld(h, o, r))
	}
	return fmt.Sprintf("%s %s", o.Client, objectSaw(o, m))
}

// stillHeld says of an acquire whether its session gave the lock back before r.
func stillHeld(h History, o, r *Op) string {
	if o.F != Acquire || o.Status != OK || r.F != Acquire || r.Status != OK {
		return ""
	}
	for i := range h {
		if p := &h[i]; p.F == Release && p.Key == o.Key && p.who() == o.who() && p.Call > o.Ret && p.Status != Fail && p.Status != Mismatch {
			if p.Call > r.Ret {
				return fmt.Sprintf(" and called its release only at %d", p.Call)
			}
			return ""
		}
	}
	return " and never released it"
}
