package simtest

import (
	"testing"

	"orrery/checker"
	"orrery/explore"
	"orrery/explore/trial"
)

// Fuzz makes a target of go test -fuzz, whose bytes are the choices of the run: see
// [explore.Tape]. A run that violates a property fails; its input is then kept by the
// fuzzer, and replayed by every later go test.
func Fuzz(f *testing.F, build func(*trial.World) error, opts ...Option) {
	s := newSettings(opts)
	f.Add([]byte{})
	f.Add([]byte{1, 0, 0, 0, 0, 0, 0, 0, 200, 0, 0xff, 50, 1, 0x80})
	f.Fuzz(func(t *testing.T, p []byte) {
		tape := explore.NewTape(p)
		o := s.options
		o.Seed, o.Source = tape.Seed(), tape
		r, err := trial.Run(o, build)
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict == checker.Violated {
			o.Source = explore.NewTape(p)
			t.Fatal(report(t, build, o, r))
		}
	})
}
