package inside_test

import (
	"fmt"
	"os"

	"orrery/lessons/learner/inside"
	"orrery/lessons/stage"
)

// The limit of time must be one.
func ExampleMain() {
	args, say := os.Args, os.Stderr
	os.Args, os.Stderr = []string{"run", "soon"}, nil
	fmt.Println(inside.Main(9, stage.Variant{}))
	os.Args, os.Stderr = args, say
	// Output: 2
}
