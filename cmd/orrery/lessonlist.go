package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"orrery/lessons"
)

// badges is what a learner has passed: by the lesson's number, when.
type badges struct {
	Passed map[string]string `json:"passed"`
}

// badgesFile is where it is kept: where ORRERY_LESSONS says, or in the user's directory for configurations.
func badgesFile() (string, error) {
	if path := os.Getenv("ORRERY_LESSONS"); path != "" {
		return path, nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "orrery", "lessons.json"), nil
}

// readBadges reads what was passed. No file is nothing passed.
func readBadges() (*badges, error) {
	b := &badges{Passed: map[string]string{}}
	path, err := badgesFile()
	if err != nil {
		return b, err
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	if err != nil {
		return b, fileError(err)
	}
	if err := json.Unmarshal(data, b); err != nil {
		return b, fmt.Errorf("%s: %w; it holds which lessons were passed, and may be deleted", path, err)
	}
	if b.Passed == nil {
		b.Passed = map[string]string{}
	}
	return b, nil
}

// pass notes that a lesson was passed.
func (b *badges) pass(lesson int, when time.Time) error {
	key := strconv.Itoa(lesson)
	if b.Passed[key] != "" {
		return nil
	}
	b.Passed[key] = when.UTC().Format(time.DateOnly)
	data, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	path, err := badgesFile()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fileError(err)
	}
	return os.WriteFile(path, append(data, '\n'), 0o600)
}

// listLessons lists the tracks.
func (a *app) listLessons(cmd *cobra.Command, f *lessonFlags) error {
	for _, name := range []string{"answers", "start", "check", "hint", "reveal", "page", "play"} {
		if cmd.Flags().Changed(name) {
			return fmt.Errorf("--%s wants the number of a lesson, as in orrery lesson 9 --%s", name, name)
		}
	}
	b, err := readBadges()
	if err != nil {
		fmt.Fprintln(a.err, "orrery:", err)
	}
	if f.json {
		for _, l := range lessons.All() {
			if err := a.lessonJSON(l); err != nil {
				return err
			}
		}
		return nil
	}
	return toConsole(a.out, func(w *bytes.Buffer) {
		passed, all := 0, lessons.All()
		for _, t := range lessons.Tracks() {
			first := true
			for _, l := range all {
				if l.Track != t {
					continue
				}
				if first {
					fmt.Fprintf(w, "%s\n", a.out.bold(t.String(), false))
					first = false
				}
				mark, badge := " ", ""
				if when := b.Passed[strconv.Itoa(l.Number)]; when != "" {
					mark, badge = "★", l.Badge+", "+when
					passed++
				}
				fmt.Fprintf(w, "  %s %2d  %-42s %2d min  %s\n", mark, l.Number, l.Title, l.Minutes, badge)
			}
			if !first {
				fmt.Fprintln(w)
			}
		}
		fmt.Fprintf(w, "%d of %s passed. orrery lesson N begins one.\n", passed, plural(len(all), "lesson"))
	})
}

// lessonJSON prints a lesson as one object.
func (a *app) lessonJSON(l *lessons.Lesson) error {
	b, _ := readBadges() // who cannot be read has passed nothing
	return writeJSON(a.out, struct {
		Number  int    `json:"number"`
		Title   string `json:"title"`
		Track   string `json:"track"`
		Minutes int    `json:"minutes"`
		Badge   string `json:"badge"`
		Dir     string `json:"dir"`
		Museum  string `json:"museum,omitempty"`
		Proof   uint64 `json:"proof"` // seeds that a variant must pass
		Passed  string `json:"passed,omitempty"`
	}{l.Number, l.Title, l.Track.String(), l.Minutes, l.Badge, "lessons/" + l.Dir, l.Museum, l.Proof, b.Passed[strconv.Itoa(l.Number)]})
}
