package main

import (
	"fmt"
	"time"
)

const (
	rewriteEvery = 100 * time.Millisecond // of the line on a terminal
	plainEvery   = 5 * time.Second        // between lines elsewhere
)

// progress tells how far a campaign has come: on a terminal in one line that is rewritten,
// elsewhere in a plain line every few seconds.
type progress struct {
	to      console
	quiet   bool // elsewhere, print nothing
	began   time.Time
	next    time.Time
	total   uint64 // universes; 0 if only time bounds them
	written bool   // a line stands that is to be rewritten
}

func newProgress(to console, quiet bool, began time.Time, total uint64) *progress {
	p := &progress{to: to, quiet: quiet, began: began, total: total}
	p.next = began.Add(p.every())
	return p
}

func (p *progress) every() time.Duration {
	if p.to.terminal {
		return rewriteEvery
	}
	return plainEvery
}

// tick prints where the campaign stands, if it is time.
func (p *progress) tick(t *tally, now time.Time) {
	if now.Before(p.next) {
		return
	}
	p.next = now.Add(p.every())
	switch {
	case p.to.terminal:
		fmt.Fprintf(p.to, "\r\x1b[K%s", clip(p.line(t, now), p.to.columns()-1))
		p.written = true
	case !p.quiet:
		fmt.Fprintln(p.to, p.line(t, now))
	}
}

// clear takes the line away, so that something else can be printed.
func (p *progress) clear() {
	if p.written {
		fmt.Fprint(p.to, "\r\x1b[K")
		p.written = false
	}
}

func (p *progress) line(t *tally, now time.Time) string {
	elapsed := now.Sub(p.began)
	universes := plural(t.universes, "universe")
	if p.total > 0 {
		universes = fmt.Sprintf("%s of %s", count(t.universes), plural(p.total, "universe"))
	}
	reached, never := t.marksReached()
	line := fmt.Sprintf("%s · %s events/s · %s faults bit · marks %d/%d", universes,
		count(perSecond(t.events, elapsed)), count(t.bites), reached, reached+len(never))
	if held := t.verdicts[1]; held < t.universes {
		line += fmt.Sprintf(" · %s did not hold", count(t.universes-held))
	}
	return line + " · " + span(elapsed)
}
