package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"orrery/lessons"
	"orrery/lessons/page"
)

// lessonFlags are the flags of orrery lesson.
type lessonFlags struct {
	answers string
	page    string
	check   string
	start   string
	play    string
	module  string
	hint    int
	reveal  bool
	json    bool
}

func (a *app) lessonCommand() *cobra.Command {
	var f lessonFlags
	cmd := &cobra.Command{
		Use:   "lesson [N]",
		Short: "Learn: predict, run, break, fix, prove",
		Long: `Learn how distributed systems go wrong, and how they are put right. Without a number the lessons
are listed, by tracks, with the badges of those that you have passed.

A lesson asks you to predict, runs a cluster to where it goes wrong, and wants at most fifteen lines
of Go that put it right. --start makes a directory to write them in, --check tries them: in the lesson's
story and in as many universes of random faults as the lesson says. --page writes a page with
a simulator inside, in which you are the network: one file, which needs none.

--check and --page compile code, so they need Go and Orrery's sources: run them inside a clone,
or name one with --module.

Exit status: 0 all went well, with --check: it passed; 1 --check or --play found a violation; 2 the
command could not run, or the variant does not compile; 3 it was not tried to the end.`,
		Example: `  orrery lesson                       # which there are
  orrery lesson 9
  orrery lesson 9 --answers b,b,c
  orrery lesson 9 --start ./mine      # the lines that are to be completed
  orrery lesson 9 --check ./mine
  orrery lesson 9 --page lesson.html`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return exactArgs("the number of a lesson")(cmd, args)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.listLessons(cmd, &f)
			}
			n, err := strconv.Atoi(args[0])
			if err != nil {
				return fmt.Errorf("%q: want the number of a lesson; orrery lesson lists them", args[0])
			}
			l, err := lessons.Numbered(n)
			if err != nil {
				return fmt.Errorf("%w; orrery lesson lists them", err)
			}
			return a.lesson(cmd, l, &f)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&f.answers, "answers", "", "answers to the questions, as b,b,c")
	cmd.Flags().StringVar(&f.start, "start", "", "make this directory, with the lines that are to be completed")
	cmd.Flags().StringVar(&f.check, "check", "", "try the Go package in this directory")
	cmd.Flags().IntVar(&f.hint, "hint", 0, "print so many hints; --hint alone prints one")
	cmd.Flags().Lookup("hint").NoOptDefVal = "1"
	cmd.Flags().BoolVar(&f.reveal, "reveal", false, "print the solution")
	cmd.Flags().StringVar(&f.page, "page", "", "write the lesson's page to this file")
	cmd.Flags().StringVar(&f.play, "play", "", "play a plan that was saved from the page, or a file of steps, and draw it")
	cmd.Flags().StringVar(&f.module, "module", "", "where Orrery's sources are, if not here")
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON object (a lesson, when listing)")
	return cmd
}

// lesson does what the flags ask for, or all of it in turn.
func (a *app) lesson(cmd *cobra.Command, l *lessons.Lesson, f *lessonFlags) error {
	for _, name := range []string{"start", "check", "page", "play"} {
		if cmd.Flags().Changed(name) && cmd.Flag(name).Value.String() == "" {
			return fmt.Errorf("--%s: want a path", name)
		}
	}
	switch {
	case f.check != "":
		return a.checkLesson(cmd.Context(), l, f)
	case f.page != "":
		return a.lessonPage(cmd, l, f)
	case f.play != "":
		return a.playLesson(l, f)
	case f.start != "":
		return a.startLesson(l, f.start)
	case f.hint > 0:
		return a.hintLesson(l, f.hint)
	case f.reveal:
		text, err := l.Text("fix/solution/solution.go")
		if err != nil {
			return err
		}
		return toConsole(a.out, func(w *bytes.Buffer) { w.WriteString(text) })
	case f.json:
		return a.lessonJSON(l)
	}
	return a.teach(cmd, l, f)
}

// lessonPage writes the page: whole, or not at all.
func (a *app) lessonPage(cmd *cobra.Command, l *lessons.Lesson, f *lessonFlags) error {
	var html bytes.Buffer
	if err := page.Write(cmd.Context(), &html, l, f.module); err != nil {
		return err
	}
	if err := os.WriteFile(f.page, html.Bytes(), 0o600); err != nil {
		return fileError(err)
	}
	return toConsole(a.out, func(w *bytes.Buffer) {
		fmt.Fprintf(w, "%s: lesson %d, %.1f MB; open it in a browser, no network is needed\n", f.page, l.Number, float64(html.Len())/1e6)
	})
}

func (a *app) hintLesson(l *lessons.Lesson, n int) error {
	hints, err := l.Hints()
	if err != nil {
		return err
	}
	return toConsole(a.out, func(w *bytes.Buffer) {
		for i, h := range hints[:min(n, len(hints))] {
			fmt.Fprint(w, hanging(fmt.Sprintf("%d.", i+1), 3, min(a.out.columns(), 100), h))
		}
		if n < len(hints) {
			fmt.Fprintf(w, "one more: orrery lesson %d --hint=%d\n", l.Number, n+1)
		} else {
			fmt.Fprintf(w, "that was the last; the solution: orrery lesson %d --reveal\n", l.Number)
		}
	})
}

// startLesson makes a directory with the skeleton. What is there already is not touched.
func (a *app) startLesson(l *lessons.Lesson, dir string) error {
	text, err := l.Text("fix/fix.go")
	if err != nil {
		return err
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("--start %s: there is something in it already; want a new directory", dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fileError(err)
	}
	path := strings.TrimSuffix(dir, "/") + "/fix.go"
	if err := os.WriteFile(path, []byte(strings.Replace(text, "package fix\n", "package mine\n", 1)), 0o600); err != nil {
		return fileError(err)
	}
	return toConsole(a.out, func(w *bytes.Buffer) {
		fmt.Fprintf(w, "%s: complete what it says; then orrery lesson %d --check %s\n", path, l.Number, dir)
	})
}

// errAnswers is the error for answers that are none.
var errAnswers = errors.New("want a letter for each question, as b,b,c")

// readAnswers are the answers of the flag, by index of the choice.
func readAnswers(text string, quiz []lessons.Question) ([]int, error) {
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
	if len(parts) != len(quiz) {
		return nil, fmt.Errorf("--answers %s: %w: there are %d questions", text, errAnswers, len(quiz))
	}
	answers := make([]int, 0, len(parts))
	for i, p := range parts {
		n, err := readAnswer(p, &quiz[i])
		if err != nil {
			return nil, fmt.Errorf("--answers %s: question %d: %w", text, i+1, err)
		}
		answers = append(answers, n)
	}
	return answers, nil
}

func readAnswer(text string, q *lessons.Question) (int, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	if len(text) != 1 || text[0] < 'a' || int(text[0]-'a') >= len(q.Choices) {
		return 0, fmt.Errorf("want a letter from a to %c", 'a'+len(q.Choices)-1)
	}
	return int(text[0] - 'a'), nil
}
