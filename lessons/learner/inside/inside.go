package inside

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"orrery/lessons"
	"orrery/lessons/learner"
	"orrery/lessons/stage"
)

// Main tries a learner's variant and prints a learner.Report as the last line. It returns the exit status. The
// program's only argument is its limit of time.
func Main(lesson int, v stage.Variant) int {
	began := time.Now()
	limit, err := time.ParseDuration(os.Args[len(os.Args)-1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "want a limit of time:", err)
		return 2
	}
	l, err := lessons.Numbered(lesson)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	r := learner.Report{Lesson: lesson, Want: l.Proof}
	if s, err := stage.Play(l.Scene, &v, l.Scene.Seed, nil); err == nil {
		for _, line := range stage.Lines(l.Scene.Demo) {
			_ = s.Do(line) // what is not possible with this variant is left out
		}
		if x := s.Universe().Violation(); x != nil {
			r.Demo = x.Error()
		}
	}
	out, err := l.Prove(&v, l.Proof, func(uint64) bool { return time.Since(began) < limit })
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	r.Seeds, r.Failed, r.Property, r.Detail = out.Seeds, out.Failed, out.Property, out.Detail
	r.Seconds = time.Since(began).Seconds()
	text, err := json.Marshal(r)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	fmt.Printf("%s\n", text)
	if !r.Passed() {
		return 1
	}
	return 0
}
