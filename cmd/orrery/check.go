package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"orrery/checker"
)

// checkFlags are the flags of orrery check.
type checkFlags struct {
	model string
	time  time.Duration
	json  bool
}

func (a *app) checkCommand() *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Check a history from elsewhere for linearizability",
		Long: `Check whether a history of operations is linearizable: whether one order of them, in which
none comes before one that had ended before it began, explains every answer. FILE has one
JSON object a line: one line an operation, as orrery writes it,

  {"id":0,"client":"c1","f":"put","key":"x","in":"1","call":12,"ret":40,"status":"ok"}

or one line an event, as Jepsen's histories have it when they are written as JSON. FILE - is
standard input. A status is ok, fail (certainly no effect) or maybe (no answer, or none
that settles it); a maybe may take effect at any later time, or never.

Models are register (read, write), cas-register (and compare-and-set) and kv (get, put,
append, cas, delete, scan). register:0 is a register that holds 0 at first.

Exit status: 0 linearizable, 1 not linearizable, 2 the file is no history, 3 undecided in the
time given, or an empty history. A history in which little could have gone wrong gets a caution.`,
		Example: `  orrery check history.jsonl --model kv
  orrery check artifacts/paxos-promise-not-durable-seed-14/history.jsonl --model kv --json
  lein run test … && orrery check history.jsonl --model cas-register`,
		Args: exactArgs("the FILE of a history"),
		RunE: func(_ *cobra.Command, args []string) error { return a.check(args[0], &f) },
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&f.model, "model", "kv", "register, cas-register or kv, with :VALUE for one that holds a value at first")
	cmd.Flags().DurationVar(&f.time, "time", time.Minute, "give up after so long")
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON object")
	return cmd
}

// checked is what came of a check, as --json prints it.
type checked struct {
	File      string   `json:"file"`
	Model     string   `json:"model"`
	Verdict   string   `json:"verdict"`
	Property  string   `json:"property"` // "linearizability", unless it holds
	Reason    string   `json:"reason,omitempty"`
	Caution   string   `json:"caution,omitempty"` // why an ok says little
	Sentence  string   `json:"explanation,omitempty"`
	Core      []string `json:"core,omitempty"` // the fewest operations that are still not linearizable
	Ops       int      `json:"ops"`
	OK        int      `json:"ops_ok"`
	Failed    int      `json:"ops_failed"`
	Maybe     int      `json:"ops_maybe"`
	Mismatch  int      `json:"ops_mismatch"`
	Telling   int      `json:"telling"`
	Forced    int      `json:"forced"`
	Overlaps  int      `json:"concurrent_pairs"`
	WallNS    int64    `json:"wall_ns"`
	Confirmed bool     `json:"confirmed,omitempty"` // a second checker finds the core violated too
}

func (a *app) check(path string, f *checkFlags) error {
	model, err := checker.ModelNamed(f.model)
	if err != nil {
		return err
	}
	if f.time <= 0 {
		return fmt.Errorf("--time %v: want a duration such as 30s or 2m", f.time)
	}
	history, err := readHistory(path)
	if err != nil {
		return err
	}
	began := a.now()
	// A history from elsewhere is what it is: only an empty one says nothing. What would make
	// one of our own runs vacuous is a caution here.
	options := checker.Options{Time: f.time, Floors: &checker.Floors{Ops: 1}}
	res := checker.Linearizable(history, model, options)
	if res.Verdict == checker.Malformed {
		return fmt.Errorf("%s: %s", path, res.Reason)
	}
	why := checker.Explain(history, model, res, options)
	c := &res.Coverage
	r := checked{
		File: path, Model: model.Name(), Verdict: res.Verdict.String(), Reason: res.Reason, Sentence: why.Sentence,
		Ops: c.Total(), OK: c.With(checker.OK), Failed: c.With(checker.Fail), Maybe: c.With(checker.Maybe),
		Mismatch: c.With(checker.Mismatch), Telling: c.Telling, Forced: c.Forced, Overlaps: c.Concurrent,
		WallNS: int64(a.now().Sub(began)), Confirmed: why.Confirmed,
	}
	if res.Verdict != checker.Holds {
		r.Property = "linearizability"
	} else if missed := checker.DefaultFloors.Missed(c); missed != "" {
		r.Caution = "this proves little: " + missed
	}
	for i := range why.Core {
		r.Core = append(r.Core, why.Core[i].String())
	}
	if f.json {
		err = writeJSON(a.out, &r)
	} else {
		err = toConsole(a.out, func(w *bytes.Buffer) { a.printChecked(w, &r, c) })
	}
	if err != nil {
		return err
	}
	return ended(checkStatus(res.Verdict))
}

func checkStatus(v checker.Verdict) int {
	switch v {
	case checker.Holds:
		return exitHeld
	case checker.Violated:
		return exitViolated
	}
	return exitUnknown
}

// readHistory reads a file, or standard input if it is "-".
func readHistory(path string) (checker.History, error) {
	var in io.Reader = os.Stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, fileError(err)
		}
		defer file.Close()
		in = file
	}
	return checker.ReadHistory(in, path)
}

func (a *app) printChecked(w *bytes.Buffer, r *checked, c *checker.Coverage) {
	columns := min(a.out.columns(), 120)
	switch r.Verdict {
	case checker.Holds.String():
		fmt.Fprintf(w, "%s: linearizable as a %s\n", r.File, r.Model)
	case checker.Violated.String():
		fmt.Fprintln(w, a.out.bold(fmt.Sprintf("%s: NOT linearizable as a %s", r.File, r.Model), true))
	default:
		fmt.Fprintf(w, "%s: %s\n", r.File, r.Verdict)
	}
	for _, text := range []string{r.Reason, r.Caution, r.Sentence, c.String()} {
		for _, line := range wrap(text, columns-2, 100) {
			fmt.Fprintln(w, "  "+line)
		}
	}
	if len(r.Core) == 0 {
		return
	}
	fmt.Fprintln(w, "  These operations alone cannot be put in order:")
	for _, op := range r.Core {
		fmt.Fprintln(w, "    "+clip(op, columns-4))
	}
}
