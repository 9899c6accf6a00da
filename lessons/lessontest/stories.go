package lessontest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"orrery/lessons"
	"orrery/lessons/stage"
	"orrery/trace"
)

// stories runs story.txt. Its directives are
//
//	play variant=broken        plays the steps of the input, or the demonstration if there are none: what cannot be
//	                           played, the picture in lanes, the verdict
//	universe variant=fixed seed=42     runs a universe of random faults: the verdict
//
// -rewrite writes what happens. Read the difference before you keep it.
func stories(t *testing.T, l *lessons.Lesson) {
	verdicts := ""
	datadriven.RunTest(t, "story.txt", func(t *testing.T, d *datadriven.TestData) string {
		var name string
		d.ScanArgs(t, "variant", &name)
		v := variant(t, l, name)
		out := ""
		switch d.Cmd {
		case "play":
			steps := stage.Lines(d.Input)
			if len(steps) == 0 {
				steps = stage.Lines(l.Scene.Demo)
			}
			out = played(l.Scene, v, steps)
		case "universe":
			var seed uint64
			d.ScanArgs(t, "seed", &seed)
			r, err := l.Universe(v, seed, nil)
			require.NoError(t, err)
			out = fmt.Sprintf("%v", r.Verdict)
			if r.Property != "" {
				out += ": " + r.Property + ": " + r.Detail
			}
			out += "\n"
		default:
			t.Fatalf("no directive %q", d.Cmd)
		}
		verdicts += out
		return out
	})
	require.Contains(t, verdicts, "violated", "story.txt must show what goes wrong")
	require.Contains(t, verdicts, "ok", "story.txt must show what goes right")
}

func played(scene *stage.Scene, v *stage.Variant, steps []string) string {
	s, not := play(scene, v, scene.Seed, steps)
	var b strings.Builder
	b.WriteString(trace.Lanes{Width: 110, Describe: scene.Describe, Boring: func(*trace.Event) bool { return false }}.String(s.Events()))
	for _, line := range not {
		fmt.Fprintf(&b, "not possible: %s\n", line)
	}
	b.WriteString(s.View().String())
	return b.String()
}
