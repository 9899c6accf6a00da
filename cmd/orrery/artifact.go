package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"orrery/checker"
	"orrery/scenarios"
	"orrery/trace"
)

// artifactName is the directory of a universe, below that of all artefacts.
func artifactName(s *scenarios.Scenario, o scenarios.Options) string {
	name := s.Name
	if o.Bug != "" {
		name += "-" + o.Bug
	}
	return fmt.Sprintf("%s-seed-%d", name, o.Seed)
}

// file is one file of an artefact. write may leave it out by returning errNotWanted.
type file struct {
	name  string
	write func(w io.Writer) error
}

var errNotWanted = errors.New("the file would say nothing")

// writeArtifact writes all that is known of a universe into a directory of that name below root, and
// returns its path. The directory appears whole or not at all; one of the same name is replaced.
//
//	repro.json     what the universe depends on, and what is expected of it
//	trace.jsonl    every event
//	story.txt      how it came about, and the end of the run, in words and lanes
//	history.jsonl  what the clients saw; orrery check takes it
//	plan.json      the faults; orrery run --plan takes it
//	stack.txt      of a panic
//	page.html      all of it to look at in a browser, with the machines' states
//	mermaid.md     the story as a sequence diagram, if it is short enough for one
func writeArtifact(root, name string, s *scenarios.Scenario, o scenarios.Options, u *universe, re *rerun) (dir string, err error) {
	expected, err := newRepro(s, o, u)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return "", err
	}
	fresh, err := os.MkdirTemp(root, ".writing-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(fresh)
	dir = filepath.Join(root, name)
	for _, f := range artifactFiles(expected, s, u, re, "orrery replay "+quoted(dir)) {
		if err := writeFile(filepath.Join(fresh, f.name), f.write); err != nil {
			return "", err
		}
	}
	if err := os.Chmod(fresh, 0o755); err != nil {
		return "", err
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	return dir, os.Rename(fresh, dir)
}

func artifactFiles(expected *repro, s *scenarios.Scenario, u *universe, re *rerun, replay string) []file {
	return []file{
		{reproFile, func(w io.Writer) error {
			e := json.NewEncoder(w)
			e.SetEscapeHTML(false)
			e.SetIndent("", "  ")
			return e.Encode(expected)
		}},
		{traceFile, func(w io.Writer) error {
			return trace.WriteAll(w, re.header(expected.meta()), re.events)
		}},
		{"story.txt", func(w io.Writer) error { return writeStory(w, s, u, re) }},
		{"history.jsonl", func(w io.Writer) error {
			if len(re.result.History) == 0 {
				return errNotWanted
			}
			return checker.WriteHistory(w, re.result.History)
		}},
		{"plan.json", func(w io.Writer) error {
			plan, err := json.MarshalIndent(re.result.Plan, "", "  ")
			if err != nil || string(plan) == "null" {
				return errors.Join(err, errNotWanted)
			}
			_, err = w.Write(append(plan, '\n'))
			return err
		}},
		{"stack.txt", func(w io.Writer) error {
			if u.stack == "" {
				return errNotWanted
			}
			_, err := io.WriteString(w, strings.TrimRight(u.stack, "\n")+"\n")
			return err
		}},
		{"mermaid.md", func(w io.Writer) error { return writeMermaid(w, s, re) }},
		{"page.html", func(w io.Writer) error { return writeArtifactPage(w, s, re, replay) }},
	}
}

// meta is what the header of a trace says of the universe beyond scenario and seed.
func (r *repro) meta() map[string]string {
	m := map[string]string{}
	if r.Bug != "" {
		m["bug"] = r.Bug
	}
	if r.By != "" {
		m["by"] = r.By
	}
	return m
}

// writeFile writes a file through a buffer.
func writeFile(path string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); errors.Is(err, errNotWanted) {
		return nil
	} else if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// writeMermaid writes the story as a sequence diagram.
func writeMermaid(w io.Writer, s *scenarios.Scenario, re *rerun) error {
	p := plotOf(s, re)
	told := p.told()
	diagram, err := trace.Mermaid(told, describe(s))
	var long *trace.TooLongError
	if errors.As(err, &long) || len(told) == 0 {
		return errNotWanted
	} else if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "```mermaid\n%s\n```\n", strings.TrimRight(diagram, "\n"))
	return err
}

// endEvents is how many events from the end of the run story.txt draws.
const endEvents = 400

// writeStory writes what happened, for people: the verdict, the story, and lanes.
func writeStory(w io.Writer, s *scenarios.Scenario, u *universe, re *rerun) error {
	f := &firstError{w: w}
	fmt.Fprintf(f, "%s\n", u.headline())
	if u.Detail != "" {
		fmt.Fprintf(f, "%s\n", strings.TrimRight(u.Detail, "\n"))
	}
	fmt.Fprintf(f, "hash %s, %s\n", u.Hash, plural(u.Events, "event"))
	if len(re.events) == 0 {
		return f.err
	}
	p := plotOf(s, re)
	lines := p.story.Lines(p.events)
	fmt.Fprintf(f, "\nThe story\n\n%s", p.story.String(p.events))
	fmt.Fprintf(f, "\nThe story in lanes\n\n%s", trace.Lanes{Only: trace.Among(lines), Describe: describe(s), Legend: true}.String(p.events))
	from := re.events[max(0, len(re.events)-endEvents)].At
	fmt.Fprintf(f, "\nThe end of the run\n\n%s", trace.Lanes{From: from, Describe: describe(s)}.String(re.events))
	return f.err
}
