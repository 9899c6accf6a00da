package files

import (
	"slices"
	"strings"

	"orrery/checker"
	"orrery/checker/guarantee"
	"orrery/checker/zookeeper"
)

// Each reads operations that have no other form than Orrery's lines: those of the packages below guarantee. format is
// what their header has.
func Each[T any](f *File, format string) ([]T, error) {
	if err := f.once(); err != nil {
		return nil, err
	}
	if f.events() || f.Format != Format(format) && f.Format != Lines {
		return nil, f.not("JSON lines of " + format)
	}
	return guarantee.ReadLines[T](f.in, f.Name, format)
}

// ZooKeeper reads what clients of ZooKeeper saw.
func (f *File) ZooKeeper() (zookeeper.History, error) {
	if err := f.once(); err != nil {
		return zookeeper.History{}, err
	}
	if f.events() || f.Format != zookeeper.Format && f.Format != Lines {
		return zookeeper.History{}, f.not("JSON lines of " + zookeeper.Format)
	}
	return zookeeper.ReadHistory(f.in, f.Name)
}

// of turns each step into an operation of a small check. one returns false for what the check passes over.
func of[T any](f *File, format string, one func(s *step, status checker.Status) (T, bool, error)) ([]T, error) {
	if !f.events() {
		return Each[T](f, format)
	}
	if err := f.once(); err != nil {
		return nil, err
	}
	steps, err := f.steps(false)
	if err != nil {
		return nil, err
	}
	var h []T
	for i := range steps {
		status := checker.Maybe
		if steps[i].end != nil {
			switch steps[i].end.typ {
			case "ok":
				status = checker.OK
			case "fail":
				status = checker.Fail
			}
		}
		o, ok, err := one(steps[i], status)
		if err != nil {
			return nil, err
		}
		if ok {
			h = append(h, o)
		}
	}
	return h, nil
}

// seen is the value of the end, or nil.
func (s *step) seen() *node {
	if s.end == nil {
		return nil
	}
	return s.end.value
}

func (s *step) unknown(f *File, want string) error {
	return f.wrong(&s.event, "f", want, text(s.f))
}

// Sets reads add and read of sets that only grow, by key; of a history without keys the key is "".
func (f *File) Sets() (map[string][]guarantee.SetOp, error) {
	keyed, begun := false, false
	var keys []string
	h, err := of(f, "orrery-set", func(s *step, status checker.Status) (guarantee.SetOp, bool, error) {
		o := guarantee.SetOp{Client: s.process, Status: status, Call: s.call, Ret: s.ret}
		v, seen := s.value, s.seen()
		if !begun {
			begun = true
			_, _, keyed = v.pair()
		}
		if keyed {
			k, inner, ok := v.pair()
			if !ok {
				return o, false, f.wrong(&s.event, "value", "[key value], as in the first operation of the history", v)
			}
			keys = append(keys, k.scalar())
			v = inner
			if _, inner, ok := seen.pair(); ok {
				seen = inner
			}
		}
		switch s.f {
		case "add":
			if v.none() {
				return o, false, f.wrong(&s.event, "value", "the element that was added", s.value)
			}
			o.Element = v.scalar()
		case "read":
			o.Read = true
			if seen.sequence() {
				for i := range seen.items {
					o.Seen = append(o.Seen, seen.items[i].scalar())
				}
			} else if !seen.none() && status == checker.OK {
				return o, false, f.wrong(s.end, "value", "the elements that were seen", seen)
			}
		default:
			return o, false, s.unknown(f, "add or read")
		}
		return o, true, nil
	})
	if !keyed {
		return map[string][]guarantee.SetOp{"": h}, err
	}
	sets := map[string][]guarantee.SetOp{}
	for i := range h {
		sets[keys[i]] = append(sets[keys[i]], h[i])
	}
	return sets, err
}

// Queues reads enqueue and dequeue, and drain, which is as many dequeues as it returned values; drained tells that a
// drain succeeded.
func (f *File) Queues() (h []guarantee.QueueOp, drained bool, err error) {
	var more []guarantee.QueueOp
	h, err = of(f, "orrery-queue", func(s *step, status checker.Status) (guarantee.QueueOp, bool, error) {
		o := guarantee.QueueOp{Client: s.process, Status: status, Call: s.call, Ret: s.ret}
		switch s.f {
		case "enqueue":
			if s.value.none() {
				return o, false, f.wrong(&s.event, "value", "the value that was enqueued", s.value)
			}
			o.Value = s.value.scalar()
		case "dequeue":
			o.Dequeue = true
			if status == checker.OK {
				if o.Empty = s.seen().none(); !o.Empty {
					o.Value = s.seen().scalar()
				}
			}
		case "drain":
			drained = drained || status == checker.OK
			if v := s.seen(); v.sequence() {
				for i := range v.items {
					more = append(more, guarantee.QueueOp{Client: s.process, Dequeue: true, Value: v.items[i].scalar(),
						Status: checker.OK, Call: s.call, Ret: s.ret})
				}
			}
			return o, false, nil
		default:
			return o, false, s.unknown(f, "enqueue, dequeue or drain")
		}
		return o, true, nil
	})
	return append(h, more...), drained, err
}

// IDs reads requests for unique identifiers, whatever their function is called: generate as a rule.
func (f *File) IDs() ([]guarantee.IDOp, error) {
	return of(f, "orrery-ids", func(s *step, status checker.Status) (guarantee.IDOp, bool, error) {
		o := guarantee.IDOp{Client: s.process, Status: status, Call: s.call, Ret: s.ret}
		if v := s.seen(); status == checker.OK {
			if v.none() {
				return o, false, f.wrong(s.end, "value", "the identifier", v)
			}
			o.ID = v.scalar()
		}
		return o, true, nil
	})
}

// Counters reads add and read of a counter.
func (f *File) Counters() ([]guarantee.CounterOp, error) {
	return of(f, "orrery-counter", func(s *step, status checker.Status) (guarantee.CounterOp, bool, error) {
		o := guarantee.CounterOp{Client: s.process, Status: status, Call: s.call, Ret: s.ret}
		v, ok := s.value, true
		switch s.f {
		case "add", "incr", "inc", "increment":
			if o.Value, ok = v.integer(); v.none() && s.f != "add" {
				o.Value, ok = 1, true
			}
		case "read":
			if o.Read = true; status == checker.OK {
				v = s.seen()
				o.Value, ok = v.integer()
			}
		default:
			return o, false, s.unknown(f, "add or read")
		}
		if !ok {
			return o, false, f.wrong(&s.event, "value", "an integer", v)
		}
		return o, true, nil
	})
}

// Banks reads the reads of a bank, whose value is a map of accounts and balances; transfers are passed over.
func (f *File) Banks() ([]guarantee.BankRead, error) {
	return of(f, "orrery-bank", func(s *step, status checker.Status) (guarantee.BankRead, bool, error) {
		o := guarantee.BankRead{Client: s.process, Status: status, Call: s.call, Ret: s.ret}
		if s.f != "read" {
			return o, false, nil
		}
		v := s.seen()
		if status != checker.OK {
			return o, true, nil
		}
		if v.none() || v.kind != isMap {
			return o, false, f.wrong(s.end, "value", "a map of accounts and balances", v)
		}
		for i := 0; i+1 < len(v.items); i += 2 {
			amount, ok := v.items[i+1].integer()
			if !ok { // an account without a balance was not seen
				if v.items[i+1].kind == isNil {
					continue
				}
				return o, false, f.wrong(s.end, "value", "an integer for every balance", v)
			}
			o.Balances = append(o.Balances, guarantee.Balance{Account: v.items[i].scalar(), Amount: amount})
		}
		slices.SortFunc(o.Balances, func(a, b guarantee.Balance) int { return strings.Compare(a.Account, b.Account) })
		return o, true, nil
	})
}

// Snapshots reads writes of single keys and reads of several: transactions of [:w k 1] and [:r k value-or-nil], as
// Jepsen's long-fork has them, or writes of a value and reads of all values that are there, as in its comments.
func (f *File) Snapshots() ([]guarantee.SnapshotOp, error) {
	var written []string
	whole := map[int]bool{} // reads of all there is
	n := 0
	h, err := of(f, "orrery-snapshots", func(s *step, status checker.Status) (guarantee.SnapshotOp, bool, error) {
		o := guarantee.SnapshotOp{Client: s.process, Status: status, Call: s.call, Ret: s.ret}
		n++
		v := s.value
		if s.f == "write" && !v.none() && !v.sequence() {
			o.Write = v.scalar()
			written = append(written, o.Write)
			return o, true, nil
		}
		if s.f == "read" && (v.none() && status != checker.OK || s.seen().sequence() && !isMops(s.seen())) {
			whole[n-1] = true
			if status == checker.OK {
				for i := range s.seen().items {
					o.Seen = append(o.Seen, s.seen().items[i].scalar())
				}
			}
			return o, true, nil
		}
		if status == checker.OK && s.seen().sequence() {
			v = s.seen()
		}
		if !v.sequence() {
			return o, false, f.wrong(&s.event, "value", "micro-operations, as [[:w x 1]] or [[:r x 1] [:r y nil]]", v)
		}
		for i := range v.items {
			m := &v.items[i]
			if m.kind != isVector || len(m.items) != 3 {
				return o, false, f.wrong(&s.event, "value", "[function key value] for each micro-operation", m)
			}
			key := m.items[1].scalar()
			switch m.items[0].word() {
			case "w", "write":
				if len(v.items) != 1 {
					return o, false, f.wrong(&s.event, "value", "a write that is alone in its transaction", v)
				}
				o.Write = key
			case "r", "read":
				if o.Keys = append(o.Keys, key); m.items[2].kind != isNil {
					o.Seen = append(o.Seen, key)
				}
			default:
				return o, false, f.wrong(&s.event, "value", "w or r as the function of each micro-operation", &m.items[0])
			}
		}
		return o, true, nil
	})
	for i := range h {
		if whole[i] {
			h[i].Keys = written
		}
	}
	return h, err
}

// isMops tells whether a collection is one of micro-operations.
func isMops(n *node) bool {
	return len(n.items) > 0 && n.items[0].kind == isVector && len(n.items[0].items) == 3
}
