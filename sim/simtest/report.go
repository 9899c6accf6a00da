package simtest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"orrery/checker"
	"orrery/explore/trial"
	"orrery/trace"
	"orrery/viewer"
)

const storyLines = 8

// report tells of a trial that failed, in about a dozen lines: what does not hold, how it
// came to it, and how to see it again.
func report(t *testing.T, build func(*trial.World) error, o trial.Options, r *trial.Result) string {
	t.Helper()
	var rec trace.Recorder
	o.Recorder, o.States = &rec, true
	again, err := trial.Run(o, build)
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n  %s\n", r.Verdict, r.Property, r.Detail)
	if again.Hash != r.Hash {
		fmt.Fprintf(&b, "  and the same seed ran differently the second time (hash %s, then %s): the node is not deterministic\n",
			r.Hash, again.Hash)
	}
	withStates := rec.Collect()
	events := slices.DeleteFunc(slices.Clone(withStates), func(e trace.Event) bool { return e.Kind == trace.Note && e.State != "" })
	b.WriteString(trace.Story{Max: storyLines}.String(events))
	if r.Stack != "" {
		fmt.Fprintf(&b, "%s\n", r.Stack)
	}
	fmt.Fprintf(&b, "  again: go test -run '%s'\n", t.Name())
	if dir := os.Getenv("ORRERY_ARTIFACTS"); dir != "" {
		dir = filepath.Join(dir, strings.NewReplacer("/", "_", "=", "-").Replace(t.Name()))
		if err := writeArtifacts(dir, t.Name(), events, withStates, again, b.String()); err != nil {
			fmt.Fprintf(&b, "  artefacts: %v\n", err)
		} else {
			fmt.Fprintf(&b, "  trace, history, story and page.html: %s\n", dir)
		}
	}
	return b.String()
}

// writeArtifacts keeps what there is to look at. The page alone has the nodes' states: in the trace they would be most of it.
func writeArtifacts(dir, name string, events, withStates []trace.Event, r *trial.Result, story string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "story.txt"), []byte(story), 0o666); err != nil {
		return err
	}
	page := viewer.Page{
		Title: name, Scenario: name, Seed: r.Seed, Hash: r.Hash, Verdict: r.Verdict.String(), Property: r.Property, Sentence: r.Detail,
		Replay: "go test -run '" + name + "'", Events: withStates,
	}
	var html bytes.Buffer
	if err := page.Write(&html); err == nil { // a run without events has no page
		if err := os.WriteFile(filepath.Join(dir, "page.html"), html.Bytes(), 0o666); err != nil {
			return err
		}
	}
	var b strings.Builder
	header := trace.Header{Scenario: name, Seed: r.Seed, Hash: r.Hash, Property: r.Property}
	if err := trace.WriteAll(&b, header, events); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "trace.jsonl"), []byte(b.String()), 0o666); err != nil {
		return err
	}
	if r.History == nil {
		return nil
	}
	b.Reset()
	if err := checker.WriteHistory(&b, r.History); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "history.jsonl"), []byte(b.String()), 0o666)
}
