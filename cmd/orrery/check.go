package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"orrery/checker"
	"orrery/checker/files"
	"orrery/checker/judge"
)

// checkFlags are the flags of orrery check.
type checkFlags struct {
	model   string
	with    []string
	time    time.Duration
	memory  string
	html    string
	stream  bool
	mutate  bool
	mutants int
	seed    uint64
	models  bool
	json    bool
}

func (a *app) checkCommand() *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Check a history from elsewhere: linearizability, isolation, sessions, Kafka, …",
		Long: `Check a history of operations against what a system promises, and say why if it is broken.
FILE is found out to be one of these, packed with gzip or not; - is standard input:

  JSON lines of operations, as orrery writes them,
    {"id":0,"client":"c1","f":"put","key":"x","in":"1","call":12,"ret":40,"status":"ok"}
  or of transactions, or of what other models judge;
  events in EDN or JSON, as Jepsen's histories have them, also of independent keys,
    {:process 0, :type :invoke, :f :txn, :value [[:append x 1] [:r y nil]]}
  and lines of Jepsen's log,
    INFO  jepsen.util - 0 :invoke :write 1

The model says what is promised; --models lists them all. register:0 is a register that holds
0 at first. A status is ok, fail (certainly no effect) or maybe (info: no answer, or none that
settles it); a maybe may take effect at any later time, or never.

--mutate damages a history that is ok in the ways in which systems are wrong, and shows how
many of the damaged copies the check rejects: what it lets through it would have let through.

Exit status: 0 it holds, 1 it is violated, 2 the file is no history, 3 undecided in the time
given, or nothing in it could have been wrong. A history that proves little gets a caution.`,
		Example: `  orrery check history.edn --model cas-register
  orrery check store/latest/history.edn --model snapshot-isolation --html why.html
  orrery check history.jsonl --model kv --mutate
  orrery check kafka.edn --model kafka --with final --json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if f.models && len(args) == 0 {
				return nil
			}
			return exactArgs("the FILE of a history")(cmd, args)
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if f.models {
				return a.listChecks(f.json)
			}
			return a.check(args[0], &f)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&f.model, "model", "kv", "what the history is of, or what it must keep; see --models")
	cmd.Flags().StringArrayVar(&f.with, "with", nil, "something to know beside the history, as final or total=100; may be repeated")
	cmd.Flags().DurationVar(&f.time, "time", time.Minute, "give up after so long")
	cmd.Flags().StringVar(&f.memory, "memory", "512MiB", "give up when a search remembers so much")
	cmd.Flags().StringVar(&f.html, "html", "", "write a page with a picture to this file")
	cmd.Flags().BoolVar(&f.stream, "stream", false, "judge registers while they are read: for files larger than memory")
	cmd.Flags().BoolVar(&f.mutate, "mutate", false, "damage the history, and see whether the check notices")
	cmd.Flags().IntVar(&f.mutants, "mutants", 50, "with --mutate: how many damaged copies of each kind")
	cmd.Flags().Uint64Var(&f.seed, "seed", 1, "with --mutate: decides where the damage is")
	cmd.Flags().BoolVar(&f.models, "models", false, "list the models and end")
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON object")
	return cmd
}

func (f *checkFlags) options() (judge.Options, error) {
	o := judge.Options{Time: f.time, With: map[string]string{}}
	if f.time <= 0 {
		return o, fmt.Errorf("--time %v: want a duration such as 30s or 2m", f.time)
	}
	if f.mutate && f.mutants <= 0 {
		return o, fmt.Errorf("--mutants %d: want at least 1", f.mutants)
	}
	if f.mutate && f.stream {
		return o, errors.New("--mutate needs the whole history, and --stream forgets it: want one of them")
	}
	var err error
	if o.Memory, err = size(f.memory); err != nil {
		return o, fmt.Errorf("--memory %s: %w", f.memory, err)
	}
	for _, w := range f.with {
		name, value, _ := strings.Cut(w, "=")
		o.With[name] = value
	}
	return o, nil
}

// size reads an amount of memory, as 512MiB, 2GB or 100000.
func size(text string) (int, error) {
	units := []struct {
		name  string
		bytes int
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}, {"", 1}}
	for _, u := range units {
		digits, ok := strings.CutSuffix(text, u.name)
		if !ok {
			continue
		}
		var n int
		if _, err := fmt.Sscanf(digits+"|", "%d|", &n); err == nil && n > 0 && n <= (1<<40)/u.bytes {
			return n * u.bytes, nil
		}
		break
	}
	return 0, errors.New("want an amount such as 512MiB or 2GB")
}

func (a *app) check(path string, f *checkFlags) error {
	ask, err := judge.Named(f.model)
	if err != nil {
		return err
	}
	options, err := f.options()
	if err != nil {
		return err
	}
	began := a.now()
	res, err := judgeFile(path, ask, f.stream, options)
	if err != nil {
		return err
	}
	r := newChecked(path, ask, res)
	if f.mutate {
		if r.Mutants, err = res.Mutate(f.mutants, f.seed, options); err != nil {
			r.MutantsWhyNot = err.Error()
		}
	}
	r.WallNS = int64(a.now().Sub(began))
	if f.html != "" {
		if err := writePage(f.html, res, strings.TrimPrefix(r.headline(), filepath.Dir(path)+string(filepath.Separator))); err != nil {
			return err
		}
		r.Page = f.html
	}
	if err := a.showChecked(r, f.json); err != nil {
		return err
	}
	return ended(checkStatus(res.Verdict))
}

// judgeFile judges a file, or standard input if it is "-".
func judgeFile(path string, ask judge.Check, stream bool, o judge.Options) (*judge.Result, error) {
	var in io.Reader = os.Stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, fileError(err)
		}
		defer file.Close()
		in = file
	}
	f, err := files.Open(in, path)
	if err != nil {
		return nil, err
	}
	if stream {
		return ask.Stream(f, o)
	}
	return ask.File(f, o)
}

func writePage(path string, res *judge.Result, title string) error {
	file, err := os.Create(path)
	if err != nil {
		return fileError(err)
	}
	return errors.Join(res.Page(title).WriteHTML(file), file.Close())
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
