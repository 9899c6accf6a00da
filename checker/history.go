package checker

import (
	"cmp"
	"fmt"
	"slices"
)

// A History is the operations of a run, in any order; Call and Ret say when each was.
type History []Op

// A MalformedError says why something that was given as a history is not one.
type MalformedError struct {
	Index int    // of the operation in the history
	Op    Op     // the operation itself
	Field string // the field that is wrong, as history files name it
	Want  string // what would be right
}

// Error says on one line which operation is wrong, and how.
func (e *MalformedError) Error() string {
	if e.Op.Line > 0 {
		return fmt.Sprintf("line %d: operation %d (%s): %s: want %s", e.Op.Line, e.Op.ID, e.Op.String(), e.Field, e.Want)
	}
	return fmt.Sprintf("operation %d (%s): %s: want %s", e.Op.ID, e.Op.String(), e.Field, e.Want)
}

// Validate returns nil, or the first defect because of which the history cannot be judged, as a *MalformedError: a
// return before the call, two open operations of one client, an id used twice, an unknown function or status, an input
// or output that must be there and is not.
func (h History) Validate() error {
	if m := h.defect(); m != nil {
		return m
	}
	return nil
}

func (h History) defect() *MalformedError {
	ascending := true
	for i := range h {
		if field, want := opDefect(&h[i]); field != "" {
			return h.wrong(i, field, want)
		}
		ascending = ascending && (i == 0 || h[i-1].ID < h[i].ID)
	}
	if !ascending {
		if d := h.repeatedID(); d != nil {
			return d
		}
	}
	return h.sequentialClients()
}

func (h History) repeatedID() *MalformedError {
	ids := make(map[int64]int, len(h))
	for i := range h {
		if first, twice := ids[h[i].ID]; twice {
			return h.wrong(i, "id", fmt.Sprintf("an id of its own: operation %s has it already", h[first].String()))
		}
		ids[h[i].ID] = i
	}
	return nil
}

func (h History) wrong(i int, field, want string) *MalformedError {
	return &MalformedError{Index: i, Op: h[i], Field: field, Want: want}
}

// opDefect judges an operation by itself.
func opDefect(o *Op) (field, want string) {
	switch {
	case !o.F.known():
		return "f", "one of " + namesOf(fNames[1:])
	case o.Status >= statusEnd:
		return "status", "one of " + namesOf(statusNames[:])
	case o.Client == "":
		return "client", "the name of a client"
	case o.Ret < o.Call:
		return "ret", fmt.Sprintf("a time not before its call at %d", o.Call)
	case o.Status != Maybe && o.Ret == Never:
		return "ret", "the time at which the operation ended"
	case o.Status == Mismatch && !o.F.canMismatch():
		return "status", "ok, fail or maybe: " + o.F.String() + " cannot mismatch"
	case o.F.brings() && !o.In.IsSet():
		return "in", "the value that the " + o.F.String() + " brings"
	case o.F == CAS && !o.Expect.Said():
		return "expect", "the value that the cas compares with (null for an unset key)"
	case o.F.answers() && o.Status == OK && !o.Out.Said():
		return "out", "the value that was read (null for an unset key)"
	case o.F == Append && o.Out.Said() && !o.Out.IsSet():
		return "out", "a value: a key is never unset after an append"
	}
	return "", ""
}

// sequentialClients finds two open operations of one client.
func (h History) sequentialClients() *MalformedError {
	last := make(map[string]int, 16)
	order := h.byCall()
	for _, i := range order {
		o := &h[i]
		if p, seen := last[o.Client]; seen && h[p].Ret > o.Call {
			return h.wrong(int(i), "client", fmt.Sprintf("one open operation of %s at a time: %s is still open at %d",
				o.Client, h[p].String(), o.Call))
		}
		last[o.Client] = int(i)
	}
	return nil
}

// byCall returns the indices of the operations in the order of their calls, then of their returns.
func (h History) byCall() []int32 {
	order := make([]int32, len(h))
	sorted := true
	for i := range order {
		order[i] = int32(i)
		sorted = sorted && (i == 0 || h[i-1].Call < h[i].Call)
	}
	if sorted {
		return order
	}
	slices.SortStableFunc(order, func(a, b int32) int {
		if c := cmp.Compare(h[a].Call, h[b].Call); c != 0 {
			return c
		}
		return cmp.Compare(h[a].Ret, h[b].Ret)
	})
	return order
}

func namesOf(names []string) string {
	s := ""
	for i, n := range names {
		if i > 0 {
			s += ", "
		}
		s += n
	}
	return s
}
