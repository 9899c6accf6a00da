package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"orrery/checker"
	"orrery/checker/guarantee/lock"
	"orrery/nodes"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/recipes"
)

// What is promised of a lock, and of a term of office.
const (
	recipeExclusion = "exclusive-holders" // by zxids: no grant before the node of the last one was deleted
	recipeHerd      = "one-is-woken"      // the end of one node wakes one that waits, and not all
	recipeLeaders   = "one-leader"        // without pauses no two believe that they lead for longer than a session's time-out
)

// grant is a lock that was acquired.
type grant struct {
	who       string
	hold      recipes.Hold
	path      string // of the lock
	call, ret int64  // of the acquisition
	last      int64  // when its holder last believed in it; 0 if that was not noted
}

// wake is an event that ended a wait.
type wake struct {
	who  string
	path string
	zxid int64
}

// lockPart is machines that change what a lock protects.
type lockPart struct {
	r      *recipeWorld
	kind   string // "lock" or "rwlock"
	quirks recipes.LockQuirks
	grants []grant
	wakes  []wake
}

func (p *lockPart) name() string { return p.kind }

// turn acquires the lock, changes what it protects a few times, and releases it.
func (p *lockPart) turn(t *recipeTurn) {
	m := recipes.Exclusive
	if p.kind == "rwlock" && t.draw("mode", 2) == 1 {
		m = recipes.Shared
	}
	p.use(t, m, t.drawDuration("patience", p.r.timeout/4, 4*p.r.timeout))
}

// use returns "" if the lock was acquired, else why not.
func (p *lockPart) use(t *recipeTurn, m recipes.Mode, patience time.Duration) string {
	l := &recipes.Lock{Party: t.Party, Path: "/" + p.kind, Quirks: p.quirks}
	l.Woken = func(w client.Watched) {
		p.wakes = append(p.wakes, wake{t.Name, w.Path, w.Zxid})
	}
	call := t.now()
	h, err := l.Acquire(m, patience)
	if err != nil {
		t.note("does not get the %s: %v", p.kind, err)
		return err.Error()
	}
	t.note("holds the %s as of %x, with token %x", p.kind, h.Zxid, h.Token)
	p.grants = append(p.grants, grant{who: t.Name, hold: h, path: l.Path, call: call, ret: t.now()})
	accesses := 1 + int(t.draw("accesses", 3))
	if p.r.long {
		accesses *= 4
	}
	for i := range accesses {
		p.access(t, h, i)
		t.S.Sleep(t.drawDuration(fmt.Sprint("think at the store ", i), 0, 100*time.Millisecond))
	}
	l.Release(h)
	t.note("has released the %s of token %x", p.kind, h.Token)
	return ""
}

// access reads what the lock protects, and, if it is held exclusively, changes it after a while.
func (p *lockPart) access(t *recipeTurn, h recipes.Hold, i int) {
	read, ok := t.ask(func(n string) nodes.Message { return &storeRead{p.kind, h.Token, n} })
	if !ok || read.Refused || h.Mode == recipes.Shared {
		return
	}
	t.S.Sleep(t.drawDuration(fmt.Sprint("think before a write ", i), 0, 60*time.Millisecond))
	t.note("writes what it has made of version %d, with token %x", read.Version, h.Token)
	wrote, ok := t.ask(func(n string) nodes.Message {
		return &storeWrite{p.kind, h.Token, n, read.Version, fmt.Sprintf("%s.%d.%d", t.Name, t.n, i)}
	})
	if ok && wrote.Refused {
		t.note("is refused: token %x is too old", h.Token)
	}
}

func (p *lockPart) rest(t *recipeTurn) { t.S.Sleep(500 * time.Millisecond) }

func (p *lockPart) probe(t *recipeTurn) string {
	return p.use(t, recipes.Exclusive, 2*p.r.timeout)
}

func (p *lockPart) probed() string { return "" }

func (p *lockPart) judge(log *recipeLog) error {
	if err := judgeGrants(p.r, log, p.kind, p.grants); err != nil {
		return err
	}
	return p.judgeWakes()
}

// judgeWakes finds an event that woke two. A node is watched by whoever stands behind it, and by nobody else.
func (p *lockPart) judgeWakes() error {
	if p.kind != "lock" {
		return nil // a writer may well have many readers behind it
	}
	first := map[string]string{}
	for _, w := range p.wakes {
		if w.zxid <= 0 {
			continue
		}
		p.r.w.Asked(recipeHerd)
		id := fmt.Sprintf("%s@%x", w.path, w.zxid)
		if other, again := first[id]; again && other != w.who {
			return violation(recipeHerd, "%s and %s were both woken by what happened to %s at zxid %x", other, w.who, w.path, w.zxid)
		}
		first[id] = w.who
	}
	return nil
}

// judgeGrants judges exclusion in the order of zxids, where it holds whatever was paused: a hold begins at the zxid as of which its
// party saw that it was its turn, and ends at that of its node's deletion. Tokens are judged in real time, and at the store in the
// store's order.
func judgeGrants(r *recipeWorld, log *recipeLog, name string, grants []grant) error {
	inZxids, inTime := make([]lock.Op, 0, 2*len(grants)), []lock.Op{}
	for i, g := range grants {
		who := fmt.Sprintf("%s/%d", g.who, i)
		life, ok := log.life(g.hold.Node)
		if !ok {
			return violation(recipeExclusion, "%s was granted %s for %s, which was never created", g.who, name, g.hold.Node)
		}
		inTime = append(inTime, lock.Op{Client: who, Lock: name, Kind: lock.Acquire, Token: g.hold.Token, Status: checker.OK, Call: g.call, Ret: g.ret})
		if g.hold.Mode == recipes.Shared {
			continue
		}
		// Zxids count double: what is seen as of one lies behind what it did.
		inZxids = append(inZxids,
			lock.Op{Client: who, Lock: name, Kind: lock.Acquire, Token: g.hold.Token, Status: checker.OK, Call: 2 * life.created, Ret: 2*max(g.hold.Zxid, life.created) + 1})
		if life.deleted != checker.Never {
			inZxids = append(inZxids, lock.Op{Client: who, Lock: name, Kind: lock.Expire, Call: 2 * life.deleted, Ret: 2 * life.deleted})
		}
	}
	inTime = append(inTime, slices.DeleteFunc(slices.Clone(r.store.accesses), func(o lock.Op) bool { return o.Lock != name })...)
	for _, c := range []struct {
		property string
		h        []lock.Op
		claim    lock.Options
	}{
		{recipeExclusion, inZxids, lock.Options{Exclusive: true, Fenced: true}},
		{recipeEffects, inTime, lock.Options{Fenced: true, Guarded: true}},
	} {
		report := lock.Check(c.h, c.claim)
		if report.Verdict != checker.Vacuous {
			r.w.Asked(c.property)
		}
		if report.Verdict == checker.Violated || report.Verdict == checker.Unknown {
			return violation(c.property, "%s", report.Reason)
		}
	}
	return judgeReaders(log, name, grants)
}

// judgeReaders finds a reader and a writer that held a lock at one zxid.
func judgeReaders(log *recipeLog, name string, grants []grant) error {
	ends := func(g grant) int64 { l, _ := log.life(g.hold.Node); return l.deleted }
	for _, a := range grants {
		for _, b := range grants {
			if a.hold.Mode == recipes.Exclusive && b.hold.Mode == recipes.Shared && a.hold.Zxid < ends(b) && b.hold.Zxid < ends(a) {
				return violation(recipeExclusion, "%s holds %s exclusively as of %x, and %s shares it as of %x: %s until %x, %s until %x", a.who, name, a.hold.Zxid,
					b.who, b.hold.Zxid, base(a.hold.Node), ends(a), base(b.hold.Node), ends(b))
			}
		}
	}
	return nil
}

func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// electionPart is machines of which one leads.
type electionPart struct {
	r      *recipeWorld
	quirks recipes.ElectionQuirks
	terms  []grant
}

func (p *electionPart) name() string { return "election" }

func (p *electionPart) turn(t *recipeTurn) {
	p.serve(t, t.drawDuration("patience", p.r.timeout, 4*p.r.timeout), t.drawDuration("term", 100*time.Millisecond, p.term()))
}

// term is how long a term is at most.
func (p *electionPart) term() time.Duration {
	if p.r.long {
		return 8 * p.r.timeout
	}
	return 3 * p.r.timeout
}

// serve campaigns, leads for a while, and resigns. It returns "" if the party led.
func (p *electionPart) serve(t *recipeTurn, patience, long time.Duration) string {
	e := &recipes.Election{Party: t.Party, Path: "/election", Quirks: p.quirks}
	call := t.now()
	term, err := e.Campaign(patience)
	if err != nil {
		return err.Error()
	}
	t.note("leads as of %x, epoch %x", term.Zxid, term.Epoch())
	p.terms = append(p.terms, grant{who: t.Name, hold: term.Hold, path: e.Path, call: call, ret: t.now()})
	mine := len(p.terms) - 1
	acts := 0
	for end := t.T.Monotonic() + long; t.T.Monotonic() < end && !t.over(); {
		if e.Leads(term) {
			p.terms[mine].last = t.now()
			acts++
			t.T.Send(resourceID, &storeWrite{"election", term.Epoch(), fmt.Sprintf("%s.%d.%d", t.Name, term.Epoch(), acts), -1, t.Name})
		}
		t.S.Sleep(40 * time.Millisecond)
	}
	e.Resign(term)
	t.note("leads no more in epoch %x", term.Epoch())
	return ""
}

func (p *electionPart) rest(t *recipeTurn) { t.S.Sleep(500 * time.Millisecond) }

func (p *electionPart) probe(t *recipeTurn) string {
	return p.serve(t, 2*p.r.timeout, 50*time.Millisecond)
}

func (p *electionPart) probed() string { return "" }

func (p *electionPart) judge(log *recipeLog) error {
	return errors.Join(judgeGrants(p.r, log, "election", p.terms), p.judgeBeliefs())
}

// judgeBeliefs finds two that believed that they led for longer than recipes.Election allows. It is claimed only where nobody was
// paused: a machine that stands still believes what it likes.
func (p *electionPart) judgeBeliefs() error {
	if p.r.paused {
		return nil
	}
	for i, a := range p.terms {
		for j, b := range p.terms {
			if i == j || a.last == 0 || b.last == 0 {
				continue
			}
			if a.hold.Token < b.hold.Token {
				p.r.w.Asked(recipeLeaders)
			}
			if both := min(a.last, b.last) - max(a.ret, b.ret); both > int64(p.r.timeout) {
				return violation(recipeLeaders, "for %v both %s (epoch %x) and %s (epoch %x) believed that they led, and sessions time out after %v",
					time.Duration(both).Round(time.Millisecond), a.who, a.hold.Token, b.who, b.hold.Token, p.r.timeout)
			}
		}
	}
	return nil
}
