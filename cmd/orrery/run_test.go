package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/scenarios"
	"orrery/trace"
)

func TestEveryJSONLineHasTheFieldsThatArePromised(t *testing.T) {
	t.Chdir(t.TempDir())
	w := newWorld()
	code, out, stderr := w.orrery(t, "run toy --seeds 1-14 --bug forgets --json")
	require.Equal(t, exitViolated, code)
	require.Empty(t, stderr)
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	require.Len(t, lines, 14)
	for i, line := range lines {
		var object map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &object), line)
		for _, field := range []string{"scenario", "seed", "verdict", "events", "virtual_ns", "wall_ns", "ops", "hash", "faults", "property"} {
			require.Contains(t, object, field)
		}
		require.EqualValues(t, i+1, object["seed"])
		require.IsType(t, []any{}, object["faults"])
		if i+1 == 7 || i+1 == 14 {
			require.Equal(t, "violated", object["verdict"])
			require.FileExists(t, object["repro"].(string))
		} else {
			require.Equal(t, "ok", object["verdict"])
			require.NotContains(t, object, "repro")
		}
	}
}

func TestAUniverseWithoutFaultsHasAnEmptyListOfThem(t *testing.T) {
	line, err := json.Marshal(condense("toy", &scenarios.Result{Verdict: checker.Holds}, 0).record)
	require.NoError(t, err)
	require.Contains(t, string(line), `"faults":[]`)
}

func TestCtrlCEndsWithWhatWasFound(t *testing.T) {
	for _, c := range []struct {
		line   string
		status int
		said   string
	}{
		{"run toy --seeds 1-90 --workers 1", exitHeld, "interrupted"},
		{"run toy --seeds 1-90 --workers 1 --bug forgets", exitViolated, "agreement, seeds 7, 14"},
		{"run toy --seeds 100-190 --workers 1", exitUnknown, "interrupted"},
		{"run toy --seeds 1-90 --workers 1 --json", exitHeld, ""},
	} {
		t.Run(c.line, func(t *testing.T) {
			t.Chdir(t.TempDir())
			ctx, cancel := context.WithCancel(t.Context())
			w := newWorld()
			runs := 0
			w.before = func(o scenarios.Options) {
				if runs++; runs == 20 {
					cancel()
				}
			}
			code, out, stderr := w.orreryWithin(ctx, c.line)
			require.Equal(t, c.status, code)
			require.Contains(t, out, c.said)
			if strings.Contains(c.line, "--json") {
				require.Equal(t, 20, strings.Count(out, "\n"), "what was begun is finished, and nothing is begun after")
				require.Equal(t, "orrery: interrupted after 20 universes\n", stderr)
			}
		})
	}
}

func TestACampaignThatRanNothingProvesNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	code, out, _ := newWorld().orreryWithin(ctx, "run toy")
	require.Equal(t, exitUnknown, code)
	require.Contains(t, out, "nothing can be said")
}

func TestTimeBoundsACampaignWithoutSeeds(t *testing.T) {
	t.Chdir(t.TempDir())
	code, out, _ := newWorld().orrery(t, "run toy --time 30ms --bug never-shows")
	require.Equal(t, exitHeld, code)
	require.Contains(t, out, "; the time is up) in")
	code, out, _ = newWorld().orrery(t, "run toy --time 1h --seeds 1-5")
	require.Equal(t, exitHeld, code)
	require.Contains(t, out, "(seeds 1-5) in")
}

func TestAReportHasAtMostTwelveLines(t *testing.T) {
	w := newWorld()
	s := toy()
	r := runToy(scenarios.Options{Seed: 7, Bug: "forgets"}, 0)
	r.Detail = strings.Repeat("n1 chose one thing, and n2 another, of which nobody knew. ", 40)
	var events []trace.Event
	for i := range 500 {
		events = append(events, trace.Event{Seq: uint64(i + 1), At: time.Duration(i) * time.Millisecond, Kind: trace.Note,
			Node: "n1", Text: fmt.Sprintf("notes number %d of a very long story that does not fit into the width of any terminal, %s", i, r.Detail)})
	}
	events = append(events, trace.Event{Seq: 501, At: time.Second, Kind: trace.Violation, Node: "n1", Name: "agreement", Text: r.Detail})
	for _, another := range []bool{false, true} {
		u := condense("toy", r, 0)
		re := &rerun{scenario: "toy", result: &scenarios.Result{Hash: u.Hash}, events: events}
		if another {
			re.result.Hash = "another"
		}
		var b bytes.Buffer
		w.report(&b, s, &u, re, "orrery replay x")
		lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		require.Len(t, lines, reportLines)
		for _, l := range lines {
			require.LessOrEqual(t, len([]rune(l)), 100, l)
		}
		require.Equal(t, another, strings.Contains(b.String(), "not one run"))
	}
}

func TestManyViolationsAreListedAndThenCounted(t *testing.T) {
	t.Chdir(t.TempDir())
	code, out, _ := newWorld().orrery(t, "run toy --seeds 1-700 --bug forgets")
	require.Equal(t, exitViolated, code)
	require.Equal(t, 1+listedMost, strings.Count(out, "VIOLATED agreement: toy, seed"))
	require.Contains(t, out, "Further violations are counted, and not listed.")
	require.Contains(t, out, "seeds 7, 14, 21, 28, 35, 42, 49, 56 and 92 more")
	entries, err := os.ReadDir("artifacts")
	require.NoError(t, err)
	require.Len(t, entries, artifactsMost)
	require.Contains(t, out, "orrery replay toy --seed 77 --bug forgets", "what left no directory replays from its seed")
}

func TestAnArtefactThatCannotBeWrittenIsSaidAndTheViolationStands(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("artifacts", nil, 0o600))
	code, out, stderr := newWorld().orrery(t, "run toy --seed 7 --bug forgets")
	require.Equal(t, exitViolated, code)
	require.Contains(t, out, "VIOLATED agreement: toy, seed 7")
	require.Contains(t, out, "orrery replay toy --seed 7 --bug forgets")
	require.Contains(t, stderr, "orrery: no artefact of seed 7 could be written: ")
	require.Equal(t, 1, strings.Count(stderr, "\n"))
}

func TestAnArtefactReplacesTheOneOfBeforeWhole(t *testing.T) {
	t.Chdir(t.TempDir())
	w := newWorld()
	w.orrery(t, "run toy --seed 7 --bug forgets")
	dir := filepath.Join("artifacts", "toy-forgets-seed-7")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "of-before"), nil, 0o600))
	w.orrery(t, "run toy --seed 7 --bug forgets")
	require.NoFileExists(t, filepath.Join(dir, "of-before"))
	require.FileExists(t, filepath.Join(dir, reproFile))
	entries, err := os.ReadDir("artifacts")
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing half-written is left")
}

// A repro holds all that the universe depends on: the options that a replay runs are those
// of the campaign.
func TestAReproKeepsEveryOption(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("plan.txt", []byte("1s isolate(leader) until 2s\n"), 0o600))
	for _, flags := range []string{
		"--bug forgets --nemesis crash,partition --profile unrestricted --ops 12 --nodes 3",
		"--bug forgets --nemesis none",
		"--bug forgets --plan plan.txt",
	} {
		w := newWorld()
		var seen []scenarios.Options
		states := 0 // runs that record them change nothing else
		w.before = func(o scenarios.Options) {
			if o.States {
				states++
			}
			o.Recorder, o.States = nil, false
			seen = append(seen, o)
		}
		code, _, stderr := w.orrery(t, "run toy --seed 7 "+flags)
		require.Equal(t, exitViolated, code, stderr)
		code, out, stderr := w.orrery(t, "replay artifacts/toy-forgets-seed-7")
		require.Equal(t, exitViolated, code, stderr)
		require.Contains(t, out, "same hash")
		for _, o := range seen[1:] {
			require.Equal(t, seen[0], o)
		}
		require.Len(t, seen, 5, "once to find it, once to record it, once for the page, and twice to replay it")
		require.Equal(t, 1, states, "the page alone has the machines' states")
	}
}

func TestProgressIsOneLineThatIsRewrittenOnATerminal(t *testing.T) {
	t.Chdir(t.TempDir())
	w := newWorld()
	w.err.terminal, w.err.width = true, 60
	var mu sync.Mutex
	w.now = func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		w.time = w.time.Add(20 * time.Millisecond)
		return w.time
	}
	_, out, stderr := w.orrery(t, "run toy --seeds 1-50")
	require.NotContains(t, out, "\r")
	require.NotContains(t, stderr, "\n")
	require.True(t, strings.HasSuffix(stderr, "\r\x1b[K"), "the line is taken away at the end")
	parts := strings.Split(stderr, "\r\x1b[K")
	require.Greater(t, len(parts), 5)
	for _, p := range parts {
		require.Less(t, len([]rune(p)), 60)
	}
	require.Regexp(t, `^\d+ of 50 universes · [\d,]+ events/s · \d+ faults bit · marks`, parts[1])
}

func TestProgressIsAPlainLineNowAndThenElsewhere(t *testing.T) {
	for _, quiet := range []bool{false, true} {
		var out bytes.Buffer
		began := time.Unix(0, 0)
		p := newProgress(console{Writer: &out}, quiet, began, 50)
		sum := newTally([]string{"toy: agreed", "toy: gave up"})
		for seed := range uint64(50) { // a second each
			u := condense("toy", runToy(scenarios.Options{Seed: seed}, 0), 0)
			sum.add(&u)
			p.tick(sum, began.Add(time.Duration(seed+1)*time.Second))
		}
		p.clear()
		if quiet {
			require.Empty(t, out.String())
			continue
		}
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		require.Len(t, lines, 10)
		require.Equal(t, "5 of 50 universes · 42 events/s · 7 faults bit · marks 2/3 · 5s", lines[0])
		require.Equal(t, "50 of 50 universes · 64 events/s · 75 faults bit · marks 2/3 · 50s", lines[9])
	}
}

// broken is a pipe whose reader has gone.
type broken struct{ after int }

func (b *broken) Write(p []byte) (int, error) {
	if b.after -= len(p); b.after < 0 {
		return 0, fmt.Errorf("write |1: %w", syscall.EPIPE)
	}
	return len(p), nil
}

func TestAReaderWhoHasSeenEnoughEndsTheCommandSilently(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, line := range []string{"run toy --json", "run toy", "show toy --seed 7 --bug forgets", "bugs", "list", "list --json", "replay toy --seed 3"} {
		w := newWorld()
		w.out.Writer = &broken{after: 10}
		code, _, stderr := w.orrery(t, line)
		require.Equal(t, exitHeld, code, line)
		require.Empty(t, stderr, line)
	}
}

func TestTheFirstViolationIsTheSameOnAnyNumberOfWorkers(t *testing.T) {
	var first string
	for _, workers := range []int{1, 2, 5} {
		t.Chdir(t.TempDir())
		_, out, _ := newWorld().orrery(t, fmt.Sprintf("run toy --seeds 1-500 --bug forgets --stop-at-first --json --workers %d", workers))
		if first == "" {
			first = out
		}
		require.Equal(t, first, out)
	}
	require.Equal(t, 7, strings.Count(first, "\n"))
}

func TestNumbersAreWrittenForPeople(t *testing.T) {
	require.Equal(t, "1,234,567", count(1234567))
	require.Equal(t, "-1,234", count(-1234))
	require.Equal(t, "999", count(999))
	require.Equal(t, "1 core", plural(1, "core"))
	require.Equal(t, "9h12m", span(9*time.Hour+12*time.Minute+4*time.Second))
	require.Equal(t, "7.2s", span(7*time.Second+210*time.Millisecond))
	require.Equal(t, []string{"one two", "three f…"}, wrap("one two three four five", 8, 2))
	require.Equal(t, []string{"abcdefg…"}, wrap("abcdefghij", 8, 2))
	require.Equal(t, "a b · c", oneLine("a b\n\n c \n"))
	require.Equal(t, "'it'\\''s here'", quoted("it's here"))
}

func TestEveryCommandHasHelpAndAnExample(t *testing.T) {
	w := newWorld()
	for _, c := range append(w.root().Commands(), w.nodePaxosCommand()) {
		if slices.Contains([]string{"help", "completion"}, c.Name()) {
			continue
		}
		require.NotEmpty(t, c.Long, c.Name())
		require.Contains(t, c.Example, "orrery ", c.Name())
	}
}
