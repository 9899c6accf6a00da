package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"orrery/lessons"
	"orrery/lessons/stage"
	"orrery/trace"
)

// teach goes through a lesson: predict, run, break, fix, prove.
func (a *app) teach(cmd *cobra.Command, l *lessons.Lesson, f *lessonFlags) error {
	quiz, err := l.Quiz()
	if err != nil {
		return err
	}
	var answers []int
	if f.answers != "" {
		if answers, err = readAnswers(f.answers, quiz); err != nil {
			return err
		}
	}
	var k *asker
	if in := cmd.InOrStdin(); answers == nil && a.out.terminal && isTerminal(in) {
		k = newAsker(cmd.Context(), in, a.out)
	}
	err = a.steps(l, quiz, answers, k)
	if errors.Is(err, errLeft) {
		_, err = fmt.Fprintf(a.out, "\nTo begin again:     orrery lesson %[1]d\nTo answer at once:  orrery lesson %[1]d --answers a,b,…\n", l.Number)
	}
	return err
}

// steps goes through the lesson; k is nil if nobody is there to answer. The error is errLeft if somebody was, and goes.
func (a *app) steps(l *lessons.Lesson, quiz []lessons.Question, answers []int, k *asker) error {
	if err := a.tellStory(l); err != nil {
		return err
	}
	if err := a.predict(k, quiz, answers); err != nil {
		return err
	}
	if err := a.runDemo(l); err != nil {
		return err
	}
	if err := k.wait("what to do now"); err != nil {
		return err
	}
	if err := a.breakAndFix(l); err != nil {
		return err
	}
	if err := k.wait("what there was to learn"); err != nil {
		return err
	}
	return toConsole(a.out, func(w *bytes.Buffer) {
		for _, name := range []string{"What you learned", "The paper's line", "In the wild"} {
			_ = a.part(w, l, name) // a lesson has it: a test says so
		}
	})
}

// section prints the heading of a part.
func (a *app) section(w *bytes.Buffer, name string) {
	fmt.Fprintf(w, "\n%s\n\n", a.out.bold(name, false))
}

// part prints a part of the lesson's text, wrapped.
func (a *app) part(w *bytes.Buffer, l *lessons.Lesson, name string) error {
	text, err := l.Section(name)
	if err != nil {
		return err
	}
	a.section(w, name)
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		fmt.Fprintf(w, "%s\n", hanging("", 0, min(a.out.columns(), 100), paragraph))
	}
	return nil
}

func (a *app) tellStory(l *lessons.Lesson) error {
	var err error
	said := toConsole(a.out, func(w *bytes.Buffer) {
		fmt.Fprintf(w, "%s\n%s · %d minutes · badge: %s\n", a.out.bold(fmt.Sprintf("Lesson %d: %s", l.Number, l.Title), false), l.Track, l.Minutes, l.Badge)
		if err = a.part(w, l, "Story"); err == nil {
			err = a.part(w, l, "Hypothesis")
		}
	})
	if err != nil {
		return err
	}
	return said
}

// predict asks the questions, if somebody is there to answer; otherwise it prints them, and grades the answers that
// were given.
func (a *app) predict(k *asker, quiz []lessons.Question, answers []int) error {
	right := 0
	for i := range quiz {
		q := &quiz[i]
		err := toConsole(a.out, func(w *bytes.Buffer) {
			if i == 0 {
				a.section(w, "Predict")
			}
			a.question(w, i, q)
		})
		if err != nil {
			return err
		}
		answer := -1
		switch {
		case k != nil:
			if answer, err = k.ask(q); err != nil {
				return err
			}
		case answers != nil:
			answer = answers[i]
		default:
			continue
		}
		word := fmt.Sprintf("Not so: %c is right.", 'a'+q.Right)
		if answer == q.Right {
			word = "Right."
			right++
		}
		err = toConsole(a.out, func(w *bytes.Buffer) {
			fmt.Fprintf(w, "%s\n", hanging(fmt.Sprintf("%c:", 'a'+answer), 3, min(a.out.columns(), 100), word+" "+q.Why))
		})
		if err != nil {
			return err
		}
	}
	if answers == nil && k == nil {
		_, err := fmt.Fprint(a.out, "Answer with --answers, before you read on.\n")
		return err
	}
	_, err := fmt.Fprintf(a.out, "%d of %d predicted.\n", right, len(quiz))
	return err
}

func (a *app) question(w *bytes.Buffer, i int, q *lessons.Question) {
	width := min(a.out.columns(), 100)
	fmt.Fprint(w, hanging(fmt.Sprintf("%d.", i+1), 3, width, q.Text))
	for k, c := range q.Choices {
		fmt.Fprint(w, "   ", strings.ReplaceAll(strings.TrimSuffix(hanging(fmt.Sprintf("%c)", 'a'+k), 3, width-3, c), "\n"), "\n", "\n   "), "\n")
	}
	fmt.Fprintln(w)
}

func isTerminal(in io.Reader) bool {
	f, ok := in.(*os.File)
	if !ok {
		return false
	}
	_, terminal := terminalWidth(f)
	return terminal
}

// runDemo plays the demonstration with the wrong variant.
func (a *app) runDemo(l *lessons.Lesson) error {
	v, err := l.Scene.Variant(stage.Broken)
	if err != nil {
		return err
	}
	s, err := stage.Play(l.Scene, v, l.Scene.Seed, stage.Lines(l.Scene.Demo))
	if err != nil {
		return err
	}
	return toConsole(a.out, func(w *bytes.Buffer) {
		a.section(w, "Run")
		fmt.Fprintf(w, "The variant %s: %s.\n\n", v.Name, v.About)
		a.drawSession(w, l, s)
	})
}

// drawnMost is how many events of a session are drawn: the last so many.
const drawnMost = 80

func (a *app) drawSession(w *bytes.Buffer, l *lessons.Lesson, s *stage.Session) {
	events := s.Events()
	var drawn []trace.Event
	for i := range events {
		if k := events[i].Kind; k != trace.Send && k != trace.Sync && k != trace.Posted && k != trace.Script {
			drawn = append(drawn, events[i])
		}
	}
	if left := len(drawn) - drawnMost; left > 0 {
		fmt.Fprintf(w, "… %s before\n", plural(left, "event"))
		drawn = drawn[left:]
	}
	w.WriteString(trace.Lanes{Width: a.out.columns(), Color: a.out.color, Describe: l.Scene.Describe, Boring: func(*trace.Event) bool { return false }}.String(drawn))
	fmt.Fprintf(w, "\n%s", s.View())
}

// breakAndFix says what to do now, and runs both variants in the lesson's universes.
func (a *app) breakAndFix(l *lessons.Lesson) error {
	wrong, err := l.Scene.Variant(stage.Broken)
	if err != nil {
		return err
	}
	right, err := l.Scene.Variant(stage.Fixed)
	if err != nil {
		return err
	}
	caught, err := l.Prove(wrong, l.Within, nil)
	if err != nil {
		return err
	}
	holds, err := l.Prove(right, l.Proof, nil)
	if err != nil {
		return err
	}
	return toConsole(a.out, func(w *bytes.Buffer) {
		say := func(label, text string, args ...any) {
			fmt.Fprint(w, hanging(label, 29, a.out.columns(), fmt.Sprintf(text, args...)))
		}
		a.section(w, "Break")
		say("Be the network yourself:", "orrery lesson %d --page lesson.html", l.Number)
		if name, bug, found := strings.Cut(l.Museum, " "); found {
			say("In the full protocol:", "orrery run %s --bug %s", name, bug)
		}
		chance := "By chance:"
		if len(l.Faults) > 0 {
			chance = "By " + strings.Join(l.Faults, ", ") + ":"
		}
		say(chance, "seed %d of %d: %s: %s", caught.Failed, l.Within, caught.Property, caught.Detail)
		a.section(w, "Fix")
		say("Complete these lines:", "orrery lesson %d --start ./mine", l.Number)
		say("If you are stuck:", "orrery lesson %d --hint, or --reveal", l.Number)
		a.section(w, "Prove")
		say("Have them tried:", "orrery lesson %d --check ./mine", l.Number)
		if holds.Failed == 0 {
			fmt.Fprintf(w, "The reference solution passes %s.\n", plural(holds.Seeds, "universe"))
		}
	})
}
