package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"orrery/lessons"
	"orrery/lessons/learner"
	"orrery/lessons/stage"
)

// checkLesson tries a learner's variant, and gives him his badge.
func (a *app) checkLesson(ctx context.Context, l *lessons.Lesson, f *lessonFlags) error {
	r, err := learner.Check(ctx, learner.Request{Lesson: l.Number, Dir: f.check, Module: f.module})
	if errors.Is(err, learner.ErrNotRun) {
		// What a compiler or a panic says has lines of its own.
		fmt.Fprintln(a.err, "orrery: lesson:", err)
		return ended(exitUnable)
	}
	if err != nil {
		return err
	}
	if r.Passed() {
		b, err := readBadges()
		if err == nil {
			err = b.pass(l.Number, a.now())
		}
		if err != nil {
			fmt.Fprintln(a.err, "orrery: the badge could not be kept:", err)
		}
	}
	if f.json {
		err = writeJSON(a.out, r)
	} else {
		err = toConsole(a.out, func(w *bytes.Buffer) {
			fmt.Fprintf(w, "lesson %d, %s: %s\n", l.Number, f.check, a.out.bold(r.String(), !r.Passed()))
			if r.Passed() {
				fmt.Fprintf(w, "★ %s\n", l.Badge)
			}
		})
	}
	return errors.Join(err, ended(checkedStatus(r)))
}

func checkedStatus(r *learner.Report) int {
	switch {
	case r.Passed():
		return exitHeld
	case r.Failed != 0 || r.Demo != "":
		return exitViolated
	}
	return exitUnknown
}

// playLesson draws a plan that was saved from a page, or a file of steps for the wrong variant.
func (a *app) playLesson(l *lessons.Lesson, f *lessonFlags) error {
	data, err := os.ReadFile(f.play)
	if err != nil {
		return fileError(err)
	}
	p := &stage.Plan{Lesson: l.Number, Variant: stage.Broken, Seed: l.Scene.Seed, Steps: stage.Lines(string(data))}
	if stage.IsPlan(data) {
		if p, err = stage.ReadPlan(data); err != nil {
			return fmt.Errorf("%s: %w", f.play, err)
		}
	}
	if p.Lesson != l.Number {
		return fmt.Errorf("%s is a plan of lesson %d", f.play, p.Lesson)
	}
	s, err := p.Play(l.Scene)
	if err != nil {
		return fmt.Errorf("%s: %w", f.play, err)
	}
	v := s.View()
	if f.json {
		err = writeJSON(a.out, played(p, v))
	} else {
		err = toConsole(a.out, func(w *bytes.Buffer) { a.drawSession(w, l, s) })
	}
	return errors.Join(err, ended(viewStatus(v)))
}

// playedPlan is what came of a plan, for programs.
type playedPlan struct {
	Lesson    int    `json:"lesson"`
	Variant   string `json:"variant"`
	Seed      uint64 `json:"seed"`
	Steps     int    `json:"steps"`
	Verdict   string `json:"verdict"`
	Property  string `json:"property,omitempty"`
	Detail    string `json:"detail,omitempty"`
	Hash      string `json:"hash"`
	Expected  string `json:"expected_hash,omitempty"`
	VirtualNS int64  `json:"virtual_ns"`
}

func played(p *stage.Plan, v *stage.View) *playedPlan {
	r := &playedPlan{p.Lesson, p.Variant, p.Seed, len(p.Steps), "ok", v.Property, v.Detail, v.Hash, p.Expect.Hash, v.Now}
	if v.Property != "" {
		r.Verdict = "violated"
	}
	return r
}

func viewStatus(v *stage.View) int {
	if v.Property != "" {
		return exitViolated
	}
	return exitHeld
}

// isSteps tells whether a file is a plan of steps, for orrery replay.
func isSteps(path string) bool {
	data, err := os.ReadFile(path)
	return err == nil && stage.IsPlan(data)
}

// replaySteps plays a plan of steps again and compares.
func (a *app) replaySteps(path string, asJSON bool) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fileError(err)
	}
	p, err := stage.ReadPlan(data)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	l, err := lessons.Numbered(p.Lesson)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	s, err := p.Play(l.Scene)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	v := s.View()
	same := p.Expect.Hash == "" || p.Expect.Hash == v.Hash
	if asJSON {
		err = writeJSON(a.out, played(p, v))
	} else {
		err = toConsole(a.out, func(w *bytes.Buffer) {
			fmt.Fprintf(w, "lesson %d, variant %s, %s: %s", p.Lesson, p.Variant, plural(len(p.Steps), "step"), strings.TrimSuffix(v.String(), "\n"))
			fmt.Fprintf(w, "\n%s\n", compared(p, v, same))
		})
	}
	if !same {
		return errors.Join(err, ended(exitUnknown))
	}
	return errors.Join(err, ended(viewStatus(v)))
}

func compared(p *stage.Plan, v *stage.View, same bool) string {
	switch {
	case !same:
		return fmt.Sprintf("ANOTHER RUN: hash %s, expected %s", v.Hash, p.Expect.Hash)
	case p.Expect.Hash == "":
		return fmt.Sprintf("hash %s after %v; none was expected", v.Hash, time.Duration(v.Now))
	}
	return "same hash " + v.Hash
}
