package checker

import (
	"fmt"
	"strings"
)

// sentence says in words why core, a part of h, cannot be ordered. The operation that shows it is the observer that was
// called last; what contradicts it are the others.
func sentence(h History, core []Op, m Model) string {
	r := witness(core)
	if r == nil {
		return listed(core)
	}
	if impossible := neverRight(r); impossible != "" {
		return impossible
	}
	head := fmt.Sprintf("client %s %s", r.Client, sawWhat(r))
	if len(core) == 1 {
		return head + ", but " + fromNowhere(h, r, m)
	}
	origin := originOf(core, r)
	var facts []string
	for i := range core {
		if o := &core[i]; o != r && (o != origin || len(core) == 2) {
			facts = append(facts, fact(h, o, r))
		}
	}
	const most = 5
	if len(facts) > most {
		facts = append(facts[:most-1:most-1], fmt.Sprintf("%d more operations leave no room for it", len(facts)-most+1))
	}
	if s := noLaterWriter(h, core, r, m); s != "" {
		facts = append(facts, s)
	}
	tail := ""
	if origin != nil && len(core) > 2 {
		v, _ := saw(r)
		tail = fmt.Sprintf(" (%s=%s is %s's %s at %s)", keyText(r.Key), v, origin.Client, origin.F, interval(origin))
		if v == Unset {
			tail = fmt.Sprintf(" (%s's delete was at %s)", origin.Client, interval(origin))
		}
	}
	return head + ", although " + joined(facts) + tail
}

// originOf is the only operation of core that wrote what r saw, if it could have been before r.
func originOf(core []Op, r *Op) *Op {
	v, one := saw(r)
	if !one || v == (Value{}) {
		return nil
	}
	var origin *Op
	for i := range core {
		o := &core[i]
		if o == r || o.Key != r.Key || !writes(o, v) {
			continue
		}
		if origin != nil || o.F == Append || o.Status == Maybe || o.Call > r.Ret {
			return nil
		}
		origin = o
	}
	return origin
}

// witness is the last called operation of core that saw something.
func witness(core []Op) *Op {
	var r *Op
	for i := range core {
		o := &core[i]
		saw := o.Status == Mismatch || o.Status == OK && (o.F.reads() || o.F == CAS || o.Out.Said())
		if saw && (r == nil || o.Call >= r.Call) {
			r = o
		}
	}
	return r
}

func interval(o *Op) string {
	if o.Ret == Never {
		return fmt.Sprintf("[%d,…]", o.Call)
	}
	return fmt.Sprintf("[%d,%d]", o.Call, o.Ret)
}

// sawWhat is what an operation with an answer did, and what it was told.
func sawWhat(o *Op) string {
	k, at := keyText(o.Key), interval(o)
	switch {
	case o.F == Scan:
		return fmt.Sprintf("scanned [%s,%s) at %s and saw {%s}", o.Key, o.To, at, pairsText(o.Pairs))
	case o.F.oneRead() && o.Out == Unset:
		return fmt.Sprintf("read %s as unset at %s", k, at)
	case o.F.oneRead():
		return fmt.Sprintf("read %s=%s at %s", k, o.Out, at)
	case o.F == CAS && o.Status == OK:
		return fmt.Sprintf("changed %s from %s to %s by a cas at %s", k, o.Expect, o.In, at)
	case o.F == CAS && o.Out.Said():
		return fmt.Sprintf("found %s=%s by a cas that expected %s at %s", k, o.Out, o.Expect, at)
	case o.F == CAS:
		return fmt.Sprintf("found %s to be other than %s by a cas at %s", k, o.Expect, at)
	case o.F == Append:
		return fmt.Sprintf("appended %s to %s at %s, which made it %s", o.In, k, at, o.Out)
	case o.F == Delete:
		return fmt.Sprintf("deleted %s at %s, when it was %s", k, at, o.Out)
	}
	return fmt.Sprintf("wrote %s=%s at %s over %s", k, o.In, at, o.Out)
}

// saw is the value that the operation's key had for it, if there is one such value.
func saw(o *Op) (Value, bool) {
	switch {
	case o.F == Scan:
		return Value{}, false
	case o.F == CAS && o.Status == OK:
		return o.Expect, true
	}
	return o.Out, o.Out.Said()
}

// neverRight says of an answer that is wrong whatever the state was, why, and "" of any other.
func neverRight(o *Op) string {
	who := fmt.Sprintf("client %s ", o.Client)
	switch {
	case o.Status == Mismatch && o.Out == o.Expect:
		return who + fmt.Sprintf("was told that its cas at %s failed because %s was %s, which is what it expected",
			interval(o), keyText(o.Key), o.Out)
	case o.F == Append && o.Out.Said() && !strings.HasSuffix(o.Out.Text(), o.In.Text()):
		return who + sawWhat(o) + ", which does not end with what it appended"
	case o.F == Scan:
		for i, p := range o.Pairs {
			if p.Key < o.Key || (o.To != "" && p.Key >= o.To) {
				return who + sawWhat(o) + fmt.Sprintf(", but %s is not in that range", keyText(p.Key))
			}
			if i > 0 && o.Pairs[i-1].Key >= p.Key {
				return who + sawWhat(o) + fmt.Sprintf(", but %s cannot follow %s", keyText(p.Key), keyText(o.Pairs[i-1].Key))
			}
		}
	}
	return ""
}

// fromNowhere says why what r saw could not be there at all.
func fromNowhere(h History, r *Op, m Model) string {
	v, one := saw(r)
	if !one {
		return "nothing in the history could have made it so"
	}
	for i := range h {
		w := &h[i]
		if w == r || w.Key != r.Key || !writes(w, v) {
			continue
		}
		switch {
		case w.Status == Fail || w.Status == Mismatch:
			return fmt.Sprintf("the %s of it by %s at %s had certainly failed", w.F, w.Client, interval(w))
		case w.Call > r.Ret:
			return fmt.Sprintf("%s called its %s of it only at %d", w.Client, w.F, w.Call)
		}
	}
	if v == m.initial {
		return "that was so only at the beginning"
	}
	return "no operation wrote that value"
}

func writes(w *Op, v Value) bool {
	switch w.F {
	case Put, Write, CAS, Append:
		return w.In == v
	case Delete:
		return v == Unset
	}
	return false
}

// fact states what another operation of the core contributes.
func fact(h History, o, r *Op) string {
	ended := o.Status != Maybe && o.Ret < r.Call
	name := fmt.Sprintf("%s's %s", o.Client, o.Act())
	switch {
	case o.Call > r.Ret:
		return fmt.Sprintf("%s called its %s only at %d", o.Client, o.Act(), o.Call)
	case o.Status == Maybe && answeredLater(h, o):
		return fmt.Sprintf("%s, called at %d, was still under way", name, o.Call)
	case o.Status == Maybe:
		return fmt.Sprintf("%s, called at %d, was never answered", name, o.Call)
	case o.F.reads() && ended:
		return fmt.Sprintf("%s had %s", o.Client, sawWhat(o))
	case o.F.reads() || o.Status == Mismatch:
		return fmt.Sprintf("%s %s", o.Client, sawWhat(o))
	case ended:
		return fmt.Sprintf("%s, called at %d, had been acknowledged at %d", name, o.Call, o.Ret)
	}
	return fmt.Sprintf("%s took effect in %s", name, interval(o))
}

// answeredLater tells whether o, which is open in the prefix that the core is of, ended in h.
func answeredLater(h History, o *Op) bool {
	for i := range h {
		if h[i].ID == o.ID {
			return h[i].Status != Maybe
		}
	}
	return false
}

// noLaterWriter completes the story of a stale read: nothing could have brought the old value back.
func noLaterWriter(h History, core []Op, r *Op, m Model) string {
	v, one := saw(r)
	if !one || v == (Value{}) {
		return ""
	}
	for i := range core {
		if core[i].F == Append {
			return "" // nobody need have written it whole
		}
	}
	var newest *Op // the last acknowledged change before r
	for i := range core {
		o := &core[i]
		if o != r && o.Key == r.Key && o.Status == OK && !o.F.reads() && o.Ret < r.Call && (newest == nil || o.Call > newest.Call) {
			newest = o
		}
	}
	if newest == nil || writes(newest, v) {
		return ""
	}
	for i := range h {
		w := &h[i]
		if w.Key == r.Key && w.Status != Fail && w.Status != Mismatch && writes(w, v) && w.End() >= newest.Call && w.Call <= r.Ret {
			return ""
		}
	}
	switch {
	case v == m.initial && v == Unset:
		return "nothing unset it later"
	case v.IsSet():
		return fmt.Sprintf("no later write of %s exists", v)
	}
	return ""
}

func joined(facts []string) string {
	if n := len(facts); n > 1 {
		return strings.Join(facts[:n-1], ", ") + ", and " + facts[n-1]
	}
	return strings.Join(facts, "")
}

// listed is the sentence when there is no better one.
func listed(core []Op) string {
	var b strings.Builder
	fmt.Fprintf(&b, "these %d operations cannot be put in any order:", len(core))
	for i := range core {
		if i > 0 {
			b.WriteByte(';')
		}
		b.WriteString(" " + core[i].String())
	}
	return b.String()
}
