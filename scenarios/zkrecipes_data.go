package scenarios

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"orrery/checker"
	"orrery/checker/guarantee"
	"orrery/nodes/zab/recipes"
)

// What is promised of counters, queues and configurations.
const (
	recipeCounter  = "counter-counts" // acknowledged additions ≤ value ≤ attempted additions
	recipeQueue    = "queue-keeps"    // nothing is lost, and nothing comes out twice
	recipePriority = "priority-first" // what came out was first in line
)

// statusOf is what an error of a recipe says of its operation.
func statusOf(err error) checker.Status {
	switch {
	case err == nil:
		return checker.OK
	case errors.Is(err, recipes.ErrUnknown):
		return checker.Maybe
	}
	return checker.Fail
}

// judged makes an error of a report.
func judged(r *recipeWorld, property string, report guarantee.Report) error {
	if report.Verdict != checker.Vacuous {
		r.w.Asked(property)
	}
	if report.Verdict == checker.Violated || report.Verdict == checker.Unknown {
		return violation(property, "%s", report.Reason)
	}
	return nil
}

// counterPart is machines that count in one counter.
type counterPart struct {
	r      *recipeWorld
	quirks recipes.CounterQuirks
	ops    []guarantee.CounterOp
}

func (p *counterPart) name() string { return "counter" }

// counter is the machine's counter: it numbers the additions of one session.
func (p *counterPart) counter(t *recipeTurn) *recipes.Counter {
	return &recipes.Counter{Party: t.Party, Path: "/counter", Quirks: p.quirks}
}

func (p *counterPart) turn(t *recipeTurn) {
	c := p.counter(t)
	for i := range 3 {
		p.add(t, c, 1+int64(t.draw(fmt.Sprint("how much ", i), 3)), t.drawDuration(fmt.Sprint("patience ", i), p.r.timeout/2, 3*p.r.timeout))
	}
	if t.draw("read", 3) == 0 {
		p.read(t, c)
	}
}

func (p *counterPart) add(t *recipeTurn, c *recipes.Counter, n int64, patience time.Duration) {
	i := len(p.ops)
	p.ops = append(p.ops, guarantee.CounterOp{Client: t.Name, Value: n, Status: checker.Maybe, Call: t.now(), Ret: checker.Never})
	err := c.Add(n, patience)
	if p.ops[i].Status = statusOf(err); err == nil {
		p.ops[i].Ret = t.now()
	}
	t.note("adds %d: %s", n, p.ops[i].Status)
}

func (p *counterPart) read(t *recipeTurn, c *recipes.Counter) string {
	i := len(p.ops)
	p.ops = append(p.ops, guarantee.CounterOp{Client: t.Name, Read: true, Status: checker.Maybe, Call: t.now(), Ret: checker.Never})
	v, _, err := c.Value(p.r.timeout)
	if err != nil {
		p.ops[i].Status = checker.Fail
		return err.Error()
	}
	p.ops[i].Value, p.ops[i].Status, p.ops[i].Ret = v, checker.OK, t.now()
	t.note("reads the counter: %d", v)
	return ""
}

func (p *counterPart) rest(t *recipeTurn) { t.S.Sleep(500 * time.Millisecond) }

func (p *counterPart) probe(t *recipeTurn) string { return p.read(t, p.counter(t)) }

func (p *counterPart) probed() string { return "" }

func (p *counterPart) judge(*recipeLog) error {
	return judged(p.r, recipeCounter, guarantee.Counter(p.ops))
}

// queuePart is machines that put items into a queue and take some out.
type queuePart struct {
	r       *recipeWorld
	kind    string // "queue" or "priority-queue"
	quirks  recipes.QueueQuirks
	queues  map[string]*recipes.Queue
	ops     []guarantee.QueueOp
	taken   []recipes.Item
	drained bool
}

func (p *queuePart) name() string { return p.kind }

// queue is the machine's queue. It is one object for as long as its session, for what it remembers.
func (p *queuePart) queue(t *recipeTurn) *recipes.Queue {
	id := fmt.Sprint(t.Name, t.S.Client().Session(), p.r.w.U.Machine(t.seat.id).Incarnation())
	q := p.queues[id]
	if q == nil {
		q = &recipes.Queue{Path: "/" + p.kind, Quirks: p.quirks}
		p.queues[id] = q
	}
	q.Party = t.Party
	return q
}

func (p *queuePart) turn(t *recipeTurn) {
	q := p.queue(t)
	for i := range 1 + int(t.draw("puts", 3)) {
		priority := 0
		if p.kind != "queue" {
			priority = int(t.draw(fmt.Sprint("priority ", i), 16))
		}
		n := len(p.ops)
		p.ops = append(p.ops, guarantee.QueueOp{Client: t.Name, Value: fmt.Sprintf("%s.%d.%d", t.Name, t.n, i), Status: checker.Maybe, Call: t.now(), Ret: checker.Never})
		err := q.Put(priority, []byte(p.ops[n].Value), p.r.timeout)
		if p.ops[n].Status = statusOf(err); err == nil {
			p.ops[n].Ret = t.now()
		}
		t.note("puts %s in, priority %d: %s", p.ops[n].Value, priority, p.ops[n].Status)
	}
	for range 1 + int(t.draw("takes", 2)) {
		p.take(t, q)
	}
}

// take takes an item. more is false if there was none, or nobody knows.
func (p *queuePart) take(t *recipeTurn, q *recipes.Queue) (more bool, err error) {
	n := len(p.ops)
	p.ops = append(p.ops, guarantee.QueueOp{Client: t.Name, Dequeue: true, Status: checker.Maybe, Call: t.now(), Ret: checker.Never})
	it, ok, err := q.Take(p.r.timeout)
	o := &p.ops[n]
	if o.Status = statusOf(err); err != nil {
		t.note("takes what it can get: %v", err)
		return true, err
	}
	o.Ret, o.Empty, o.Value = t.now(), !ok, string(it.Data)
	if ok {
		t.note("takes %s, which is %s", it.Node, it.Data)
		p.taken = append(p.taken, it)
	}
	return ok, nil
}

func (p *queuePart) rest(t *recipeTurn) { t.S.Sleep(500 * time.Millisecond) }

// probe drains the queue.
func (p *queuePart) probe(t *recipeTurn) string {
	q := p.queue(t)
	for {
		switch more, err := p.take(t, q); {
		case err != nil:
			return err.Error()
		case !more:
			p.drained = true
			return ""
		}
	}
}

func (p *queuePart) probed() string { return "" }

func (p *queuePart) judge(log *recipeLog) error {
	if err := judged(p.r, recipeQueue, guarantee.Queue(p.ops, guarantee.QueueOptions{Drained: p.drained})); err != nil {
		return err
	}
	return p.judgeOrder(log)
}

// judgeOrder finds an item that was taken while one before it in line was there, and had been there when the taker began to look.
func (p *queuePart) judgeOrder(log *recipeLog) error {
	lives := log.below("/" + p.kind)
	rank := func(name string) (priority, n int) {
		f := strings.Split(name, "-")
		priority, _ = strconv.Atoi(f[1])
		n, _ = strconv.Atoi(f[2])
		return priority, n
	}
	for _, it := range p.taken {
		gone := it.Zxid
		if l, ok := log.life("/" + p.kind + "/" + it.Node); ok {
			gone = min(gone, l.deleted)
		}
		a, i := rank(it.Node)
		p.r.w.Asked(recipePriority)
		for _, l := range lives {
			b, j := rank(base(l.path))
			if l.created <= it.Since && l.deleted > gone && cmp.Or(cmp.Compare(b, a), cmp.Compare(j, i)) < 0 {
				return violation(recipePriority, "%s was taken at zxid %x, while %s stood in line before it, since %x", it.Node, gone, base(l.path), l.created)
			}
		}
	}
	return nil
}

// configPart is machines that change a configuration, and follow it.
type configPart struct {
	r        *recipeWorld
	quirks   recipes.ConfigQuirks
	settings map[string]*recipes.Settings // by machine, of its present incarnation
	starts   map[string]uint32
	updates  []guarantee.SetOp
	final    []byte
	version  int32
	finals   bool
}

const recipeUpdatesStay = "updates-stay" // a configuration holds what was acknowledged

func (p *configPart) name() string { return "config" }

func (p *configPart) of(t *recipeTurn) *recipes.Settings {
	now := p.r.w.U.Machine(t.seat.id).Incarnation()
	s := p.settings[t.Name]
	if s == nil || p.starts[t.Name] != now {
		s = &recipes.Settings{Path: "/config", Quirks: p.quirks}
		p.settings[t.Name], p.starts[t.Name] = s, now
	}
	s.Begin(t.Party)
	return s
}

func (p *configPart) turn(t *recipeTurn) {
	s := p.of(t)
	_ = s.Follow(t.drawDuration("follow", 50*time.Millisecond, time.Second))
	if t.over() || t.draw("update", 2) == 0 {
		return
	}
	i := len(p.updates)
	p.updates = append(p.updates, guarantee.SetOp{Client: t.Name, Element: fmt.Sprintf("%s.%d", t.Name, t.n), Status: checker.Maybe, Call: t.now(), Ret: checker.Never})
	_, err := s.Update(func(old []byte) []byte {
		return slices.Concat(old, []byte(p.updates[i].Element+" "))
	}, p.r.timeout)
	if p.updates[i].Status = statusOf(err); err == nil {
		p.updates[i].Ret = t.now()
	}
}

func (p *configPart) rest(t *recipeTurn) { _ = p.of(t).Follow(300 * time.Millisecond) }

// probe reads the configuration, once all others are done with it.
func (p *configPart) probe(t *recipeTurn) string {
	s := p.of(t)
	for i := range 12 { // in succession, so that one comes while the others react to another
		if _, err := s.Update(func(old []byte) []byte { return slices.Concat(old, []byte("probe ")) }, p.r.timeout); err != nil {
			return err.Error()
		}
		t.S.Sleep(t.drawDuration(fmt.Sprint("between updates ", i), 0, 5*time.Millisecond))
	}
	_ = s.Follow(p.r.timeout / 4)
	if !s.Known {
		return "there is no configuration"
	}
	p.final, p.version, p.finals = s.Data, s.Version, true
	seen := slices.DeleteFunc(strings.Fields(string(s.Data)), func(e string) bool { return e == "probe" })
	p.updates = append(p.updates, guarantee.SetOp{Client: t.Name, Read: true, Seen: seen, Status: checker.OK, Call: t.now(), Ret: t.now()})
	return ""
}

// probed tells whether every machine has come to the last value.
func (p *configPart) probed() string {
	for _, seat := range p.r.seats {
		s := p.settings[string(seat.id)]
		switch {
		case s == nil || !s.Known:
			return fmt.Sprintf("%s knows no configuration", seat.id)
		case string(s.Data) != string(p.final):
			return fmt.Sprintf("%s believes in %q, and the last configuration is %q", seat.id, s.Data, p.final)
		case s.Version != p.version:
			return fmt.Sprintf("%s has counted %d updates, and there were %d", seat.id, s.Version, p.version)
		}
	}
	return ""
}

func (p *configPart) judge(*recipeLog) error {
	if !p.finals {
		return nil
	}
	return judged(p.r, recipeUpdatesStay, guarantee.Set(p.updates, guarantee.SetOptions{}))
}
