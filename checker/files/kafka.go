package files

import (
	"slices"

	"orrery/checker"
	"orrery/checker/kafka"
)

// Kafka reads the operations of producers and consumers. Of events they are those of Jepsen's Kafka workload:
//
//	send, poll and txn   with [:send partition value], [:send partition [offset value]], [:poll] and
//	                     [:poll {partition [[offset value] …]}]
//	assign and subscribe with the partitions
//	crash                after which the process is another one
//
// and :rebalance-log of a poll. All else, as questions about partitions, is passed over.
func (f *File) Kafka() ([]kafka.Op, error) {
	if err := f.once(); err != nil {
		return nil, err
	}
	if !f.events() {
		if f.Format != kafka.Format && f.Format != Lines {
			return nil, f.not("operations on partitions")
		}
		return kafka.ReadHistory(f.in, f.Name)
	}
	steps, err := f.steps(false)
	if err != nil {
		return nil, err
	}
	l := logs{f: f, values: map[string]int64{}, processes: map[string]int64{}}
	var h []kafka.Op
	for i := range steps {
		o, ok, err := l.op(steps[i])
		if err != nil {
			return nil, err
		}
		if ok {
			h = append(h, o)
		}
		steps[i] = nil
	}
	return h, nil
}

// logs turns events into operations on partitions.
type logs struct {
	f                 *File
	values, processes map[string]int64
}

func (l *logs) op(s *step) (o kafka.Op, ok bool, err error) {
	o = kafka.Op{Process: number(l.processes, s.process, 0), Invoke: s.call, Return: s.ret}
	value := s.value
	if s.end != nil {
		switch s.end.typ {
		case "ok":
			o.Status = checker.OK
		case "fail":
			o.Status = checker.Fail
		}
		if s.end.value.sequence() {
			value = s.end.value
		}
		o.Rebalanced = rebalanced(s.end.rebal)
	}
	switch s.f {
	case "send", "poll", "txn":
		o.F = kafka.Work
		if value.none() {
			return o, true, nil
		}
		if !value.sequence() {
			return o, false, l.f.wrong(&s.event, "value", "micro-operations, as [[:send p0 1] [:poll]]", value)
		}
		for i := range value.items {
			if err := l.mop(s, &o, &value.items[i]); err != nil {
				return o, false, err
			}
		}
		return o, true, nil
	case "assign", "subscribe":
		if o.F = kafka.Assign; s.f == "subscribe" {
			o.F = kafka.Subscribe
		}
		if value.sequence() {
			for i := range value.items {
				o.Keys = append(o.Keys, value.items[i].scalar())
			}
		}
		return o, true, nil
	}
	return o, false, nil
}

const wantSend = "[:send partition value] or [:send partition [offset value]]"

func (l *logs) mop(s *step, o *kafka.Op, n *node) error {
	if n.kind != isVector || len(n.items) == 0 {
		return l.f.wrong(&s.event, "value", "[:send …] or [:poll …] for each micro-operation", n)
	}
	switch n.items[0].word() {
	case "send":
		if len(n.items) != 3 {
			return l.f.wrong(&s.event, "value", wantSend, n)
		}
		offset, v := kafka.NoOffset, &n.items[2]
		if at, told, ok := v.pair(); ok {
			v = told
			if !at.none() {
				if offset, ok = at.integer(); !ok {
					return l.f.wrong(&s.event, "value", wantSend, n)
				}
			}
		}
		o.Mops = append(o.Mops, kafka.Send(n.items[1].scalar(), l.value(v), offset))
	case "poll":
		if len(n.items) == 1 || n.items[1].none() {
			return nil // it was never answered
		}
		return l.poll(s, o, n)
	default:
		return l.f.wrong(&s.event, "value", "send or poll as the function of each micro-operation", &n.items[0])
	}
	return nil
}

const wantPoll = "[:poll {partition [[offset value] …]}]"

func (l *logs) poll(s *step, o *kafka.Op, n *node) error {
	m := &n.items[1]
	if m.kind != isMap {
		return l.f.wrong(&s.event, "value", wantPoll, n)
	}
	for i := 0; i+1 < len(m.items); i += 2 {
		p := kafka.Poll(m.items[i].scalar())
		if !m.items[i+1].sequence() && !m.items[i+1].none() {
			return l.f.wrong(&s.event, "value", wantPoll, n)
		}
		for j := range m.items[i+1].items {
			at, v, ok := m.items[i+1].items[j].pair()
			offset, isInt := at.integer()
			if !ok || !isInt {
				return l.f.wrong(&s.event, "value", wantPoll, &m.items[i+1].items[j])
			}
			p.Records = append(p.Records, kafka.Record{Offset: offset, Value: l.value(v)})
		}
		o.Mops = append(o.Mops, p)
	}
	return nil
}

func (l *logs) value(n *node) int64 {
	if i, ok := n.integer(); ok {
		return i
	}
	return number(l.values, n.scalar(), firstNumber)
}

// rebalanced are the partitions that a rebalance log is about: maps with :keys.
func rebalanced(log *node) (keys []string) {
	if !log.sequence() {
		return nil
	}
	for i := range log.items {
		if k := log.items[i].get("keys"); k.sequence() {
			for j := range k.items {
				keys = append(keys, k.items[j].scalar())
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
