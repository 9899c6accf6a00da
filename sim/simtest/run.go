package simtest

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"orrery/checker"
	"orrery/explore/trial"
)

// Option changes how Run goes about it.
type Option func(*settings)

type settings struct {
	seeds   uint64
	options trial.Options
	wants   checker.Verdict
}

// Seeds has so many seeds tried, from 1, where the environment does not say otherwise. The
// default is 100, and 10 with -short.
func Seeds(n uint64) Option { return func(s *settings) { s.seeds = n } }

// With sets the options of every trial; the seed in them is ignored.
func With(o trial.Options) Option { return func(s *settings) { s.options = o } }

// Run runs one trial for every seed, each as a subtest. A property that does not hold fails
// the subtest, and so does a trial whose verdict is vacuous or unknown: such a test
// would pass for nothing.
func Run(t *testing.T, build func(*trial.World) error, opts ...Option) {
	t.Helper()
	s := newSettings(opts)
	plan, err := readEnvironment(os.Getenv, s.seeds)
	if err != nil {
		t.Fatal(err)
	}
	if seed, asked := seedOf(runFlag()); asked {
		plan = seedPlan{first: seed, last: seed}
	}
	deadline := time.Now().Add(plan.time)
	for seed := plan.first; seed <= plan.last; seed++ {
		if plan.time > 0 && time.Now().After(deadline) {
			t.Logf("%d seeds in %v, and none failed", seed-plan.first, plan.time)
			return
		}
		ok := t.Run(fmt.Sprintf("seed=%#02x", seed), func(t *testing.T) {
			if plan.time == 0 {
				t.Parallel()
			}
			one(t, build, s, seed)
		})
		if !ok && plan.time > 0 {
			return
		}
	}
}

func newSettings(opts []Option) *settings {
	s := &settings{seeds: 100}
	if testing.Short() {
		s.seeds = 10
	}
	for _, o := range opts {
		o(s)
	}
	return s
}

// one is one trial. A failure is run again, with the trace recorded, for its story.
func one(t *testing.T, build func(*trial.World) error, s *settings, seed uint64) {
	t.Helper()
	o := s.options
	o.Seed = seed
	r, err := trial.Run(o, build)
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict != checker.Holds {
		t.Fatal(report(t, build, o, r))
	}
}

// Find runs seeds from 1 to at most limit until one violates a property, and returns
// what it found. It is how a test shows that a planted defect is caught: it fails if none
// is. With property "" any will do.
func Find(t testing.TB, build func(*trial.World) error, property string, limit uint64, opts ...Option) *trial.Result {
	t.Helper()
	s := newSettings(opts)
	for seed := uint64(1); seed <= limit; seed++ {
		o := s.options
		o.Seed = seed
		r, err := trial.Run(o, build)
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict == checker.Violated && (property == "" || r.Property == property) {
			return r
		}
	}
	t.Fatalf("%d seeds, and none violates %s: the defect is not caught", limit, orAny(property))
	return nil
}

func orAny(property string) string {
	if property == "" {
		return "any property"
	}
	return "the property " + strconv.Quote(property)
}

// seedPlan is which seeds to run, or for how long.
type seedPlan struct {
	first, last uint64
	time        time.Duration
}

// readEnvironment reads ORRERY_SEED, ORRERY_SEEDS and ORRERY_TIME.
func readEnvironment(getenv func(string) string, n uint64) (seedPlan, error) {
	if v := getenv("ORRERY_SEED"); v != "" {
		seed, err := strconv.ParseUint(v, 0, 64)
		if err != nil {
			return seedPlan{}, fmt.Errorf("ORRERY_SEED=%q: want a number, like 42 or 0x2a", v)
		}
		return seedPlan{first: seed, last: seed}, nil
	}
	p := seedPlan{first: 1, last: n}
	if v := getenv("ORRERY_SEEDS"); v != "" {
		from, to, isRange := strings.Cut(v, "-")
		first, last := uint64(1), uint64(0)
		var err1, err2 error
		if isRange {
			first, err1 = strconv.ParseUint(from, 0, 64)
			last, err2 = strconv.ParseUint(to, 0, 64)
		} else {
			last, err2 = strconv.ParseUint(v, 0, 64)
		}
		if err1 != nil || err2 != nil || last < first {
			return seedPlan{}, fmt.Errorf("ORRERY_SEEDS=%q: want a number, like 1000, or a range, like 100-200", v)
		}
		p.first, p.last = first, last
	}
	if v := getenv("ORRERY_TIME"); v != "" {
		d, err := time.ParseDuration(v)
		if err != nil || d <= 0 {
			return seedPlan{}, fmt.Errorf("ORRERY_TIME=%q: want a duration, like 30s or 10m", v)
		}
		p.time, p.last = d, ^uint64(0)-1
	}
	return p, nil
}

func runFlag() string {
	if f := flag.Lookup("test.run"); f != nil {
		return f.Value.String()
	}
	return ""
}

var seedInFlag = regexp.MustCompile(`/seed=(0x[0-9a-fA-F]+)\$?$`)

// seedOf finds the seed that -run asks for, so that any seed can be run again, and
// not only those that the test would run.
func seedOf(run string) (seed uint64, ok bool) {
	m := seedInFlag.FindStringSubmatch(run)
	if m == nil {
		return 0, false
	}
	seed, err := strconv.ParseUint(m[1], 0, 64)
	return seed, err == nil
}
