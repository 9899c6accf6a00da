package lessontest_test

import (
	"fmt"

	"orrery/lessons/stage"
)

// What Replay makes a test of: a plan as a page saves it.
func Example() {
	p, err := stage.ReadPlan([]byte(`{"orrery":"steps","version":1,"lesson":9,"variant":"broken","seed":1,"steps":["until 30ms","crash a2"]}`))
	fmt.Println(p.Lesson, p.Variant, len(p.Steps), err)
	// Output: 9 broken 2 <nil>
}
