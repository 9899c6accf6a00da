package scenarios

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"orrery/checker"
	"orrery/checker/guarantee/commit"
	"orrery/nodes/task"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/recipes"
)

// What is promised of those who do something together.
const (
	recipeTogether = "all-enter-before-any-leaves"
	recipeGate     = "nobody-passes-a-barrier"
	recipeAtomic   = "atomic-commitment" // AC1 to AC3
)

// doublePart is machines that go through rounds together.
type doublePart struct {
	r      *recipeWorld
	quirks recipes.BarrierQuirks
	called map[int]map[string]bool // by round: who has called Enter
	broken string
	left   []departure
}

// departure is a Leave that has returned.
type departure struct {
	who   string
	round int
	place string
	zxid  int64
}

const probeRounds = 1000

func (p *doublePart) name() string { return "double-barrier" }

func (p *doublePart) barrier(t *recipeTurn) *recipes.DoubleBarrier {
	return &recipes.DoubleBarrier{Party: t.Party, Path: "/double", Size: len(p.r.seats), Quirks: p.quirks}
}

// turn goes through one round, the same for everybody's turn of that number.
func (p *doublePart) turn(t *recipeTurn) {
	b := p.barrier(t)
	for range 3 {
		if p.enter(t, b, t.n) == nil {
			break
		}
		if t.over() || p.r.stopped {
			return
		}
	}
	t.S.Sleep(t.drawDuration("inside", 0, 100*time.Millisecond))
	p.leave(t, b, t.n)
}

func (p *doublePart) enter(t *recipeTurn, b *recipes.DoubleBarrier, round int) error {
	if p.called[round] == nil {
		p.called[round] = map[string]bool{}
	}
	p.called[round][b.Name] = true
	if err := b.Enter(round, 3*p.r.timeout); err != nil {
		return err
	}
	t.note("%s is in round %d", b.Name, round)
	p.r.w.Asked(recipeTogether)
	if n := len(p.called[round]); n < b.Size && p.broken == "" {
		p.broken = fmt.Sprintf("%s has entered round %d, to which %d of %d have come", b.Name, round, n, b.Size)
	}
	return nil
}

func (p *doublePart) leave(t *recipeTurn, b *recipes.DoubleBarrier, round int) {
	if zxid, err := b.Leave(round, 3*p.r.timeout); err == nil {
		t.note("%s is out of round %d as of %x", b.Name, round, zxid)
		p.left = append(p.left, departure{b.Name, round, fmt.Sprintf("/double/round-%d", round), zxid})
	}
}

func (p *doublePart) rest(t *recipeTurn) { t.S.Sleep(500 * time.Millisecond) }

// probe goes through a round with as many tasks of one machine as there are parties.
func (p *doublePart) probe(t *recipeTurn) string {
	round, size := probeRounds+t.n, len(p.r.seats)
	why := make([]string, size)
	for i := range size {
		t.T.Go(fmt.Sprint("party ", i), func(tt *task.T) {
			sub := *t
			sub.Party = recipes.Party{T: tt, Name: fmt.Sprintf("probe-%d", i)}
			sub.renew()
			b := p.barrier(&sub)
			if err := p.enter(&sub, b, round); err != nil {
				why[i] = err.Error()
			} else {
				p.leave(&sub, b, round)
			}
			sub.S.Close()
		})
	}
	t.T.Wait()
	return strings.Join(slices.DeleteFunc(why, func(s string) bool { return s == "" }), "; ")
}

func (p *doublePart) probed() string { return "" }

// judge finds who left while another one was still inside.
func (p *doublePart) judge(log *recipeLog) error {
	if p.broken != "" {
		return violation(recipeTogether, "%s", p.broken)
	}
	if p.quirks.SamePath || p.quirks.ReusePath {
		return nil
	}
	for _, d := range p.left {
		for _, l := range log.below(d.place) {
			if l.created <= d.zxid && l.deleted > d.zxid {
				return violation(recipeTogether, "%s has left round %d as of zxid %x, when %s was inside", d.who, d.round, d.zxid, base(l.path))
			}
		}
	}
	return nil
}

// gatePart is machines that wait before a barrier, which one of them raises and lifts.
type gatePart struct {
	r      *recipeWorld
	quirks recipes.BarrierQuirks
	passed []passage
}

// passage is a Wait that has returned.
type passage struct {
	who         string
	since, zxid int64
}

func (p *gatePart) name() string { return "barrier" }

func (p *gatePart) turn(t *recipeTurn) {
	b := &recipes.Barrier{Party: t.Party, Path: "/gate", Quirks: p.quirks}
	if t.seat.index > 0 {
		p.wait(t, b)
		return
	}
	if b.Raise(p.r.timeout) != nil {
		return
	}
	for i := range int(t.draw("writes", 3)) {
		t.S.Sleep(t.drawDuration(fmt.Sprint("before a write ", i), 0, 200*time.Millisecond))
		t.S.Do(client.Set("/gate", []byte(fmt.Sprint(i)), -1)) // who keeps somebody back may say why
	}
	t.S.Sleep(t.drawDuration("raised", 0, 300*time.Millisecond))
	_ = b.Lift(p.r.timeout)
}

func (p *gatePart) wait(t *recipeTurn, b *recipes.Barrier) string {
	since := t.S.Client().Zxid()
	zxid, err := b.Wait(2 * p.r.timeout)
	if err != nil {
		return err.Error()
	}
	t.note("passes the barrier as of %x", zxid)
	p.passed = append(p.passed, passage{t.Name, since, zxid})
	return ""
}

func (p *gatePart) rest(t *recipeTurn) { t.S.Sleep(500 * time.Millisecond) }

func (p *gatePart) probe(t *recipeTurn) string {
	b := &recipes.Barrier{Party: t.Party, Path: "/gate", Quirks: p.quirks}
	if err := b.Lift(p.r.timeout); err != nil { // whoever has raised it may have crashed
		return err.Error()
	}
	return p.wait(t, b)
}

func (p *gatePart) probed() string { return "" }

// judge finds who has passed although the barrier stood all the time that he waited.
func (p *gatePart) judge(log *recipeLog) error {
	for _, w := range p.passed {
		for _, l := range log.lives {
			if l.path != "/gate" {
				continue
			}
			p.r.w.Asked(recipeGate)
			if l.created <= w.since && l.deleted > w.zxid {
				return violation(recipeGate, "%s has passed as of zxid %x, and the barrier stood from %x to %x", w.who, w.zxid, l.created, l.deleted)
			}
		}
	}
	return nil
}

// commitPart is machines that commit transactions together; each is coordinated by another one.
type commitPart struct {
	r       *recipeWorld
	quirks  recipes.CommitQuirks
	decided []decided
}

// decided is a decision that a site has got to know, and acts upon.
type decided struct {
	who, txn string
	yes      bool
	zxid     int64
}

func (p *commitPart) name() string { return "two-phase-commit" }

func (p *commitPart) sites() []string {
	var list []string
	for _, s := range p.r.seats {
		list = append(list, string(s.id))
	}
	return list
}

func (p *commitPart) turn(t *recipeTurn) { p.join(t, fmt.Sprintf("t%d", t.n), p.sites()) }

// join takes part in a transaction, and returns "" if it was decided.
func (p *commitPart) join(t *recipeTurn, txn string, sites []string) string {
	c := &recipes.Commitment{Party: t.Party, Path: "/txns", Quirks: p.quirks}
	if err := c.Begin(txn, sites, p.r.timeout); err != nil {
		return err.Error()
	}
	t.S.Sleep(t.drawDuration("work", 0, 300*time.Millisecond))
	if _, err := c.Vote(txn, t.draw("vote", 8) > 0, p.r.timeout); err != nil {
		return err.Error()
	}
	patience := t.drawDuration("patience", p.r.timeout/2, 2*p.r.timeout)
	var d recipes.Decision
	var err error
	if len(sites) == 1 || t.n%len(sites) == t.seat.index {
		d, err = c.Coordinate(txn, sites, patience)
	} else {
		d, err = c.Await(txn, sites, patience)
	}
	if err != nil {
		return err.Error()
	}
	t.note("knows of %s: %s", txn, d)
	p.decided = append(p.decided, decided{t.Name, txn, d == recipes.Commit, t.S.Client().Zxid()})
	return ""
}

func (p *commitPart) rest(t *recipeTurn) { t.S.Sleep(500 * time.Millisecond) }

func (p *commitPart) probe(t *recipeTurn) string {
	return p.join(t, fmt.Sprintf("probe%d", t.n), []string{t.Name})
}

func (p *commitPart) probed() string { return "" }

// judge puts votes, as the ensemble holds them, and decisions, as sites got to know them, in the order of their zxids. Everything may
// have failed at any time, so nothing is asked of when a transaction must commit (AC4), or end (AC5: what begins after the heal is).
func (p *commitPart) judge(log *recipeLog) error {
	type step struct {
		zxid int64
		e    commit.Event
	}
	var steps []step
	var events []commit.Event
	for _, l := range log.below("/txns") {
		txn := base(l.path)
		who := p.sites()
		if strings.HasPrefix(txn, "probe") {
			who = []string{"probe"}
		}
		events = append(events, commit.Event{Kind: commit.Begin, Txn: txn, Participants: who}, commit.Event{Kind: commit.Fault, Txn: txn})
		for _, v := range log.below(l.path) {
			steps = append(steps, step{v.created, commit.Event{Kind: commit.Vote, Txn: txn, Process: base(v.path), Yes: string(v.data) == "yes"}})
		}
	}
	for _, d := range p.decided {
		steps = append(steps, step{d.zxid, commit.Event{Kind: commit.Decide, Txn: d.txn, Process: d.who, Yes: d.yes}})
	}
	slices.SortStableFunc(steps, func(a, b step) int { return cmp.Compare(a.zxid, b.zxid) })
	for _, s := range steps {
		events = append(events, s.e)
	}
	report := commit.Check(commit.Run{Events: events})
	if report.Verdict != checker.Vacuous {
		p.r.w.Asked(recipeAtomic)
	}
	if report.Verdict == checker.Violated || report.Verdict == checker.Unknown {
		return violation(recipeAtomic, "%s", report.Reason)
	}
	return nil
}
