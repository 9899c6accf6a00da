package scenes_test

import (
	"fmt"

	"orrery/lessons/scenes"
)

// The variants of a lesson.
func Example() {
	for _, v := range scenes.Of(9).Variants {
		fmt.Printf("%s: %s\n", v.Name, v.About)
	}
	// Output:
	// broken: acceptors answer at once, and the disk catches up
	// fixed: acceptors answer when the disk has caught up
}
