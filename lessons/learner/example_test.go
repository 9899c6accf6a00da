package learner_test

import (
	"fmt"

	"orrery/lessons/learner"
)

// What a learner reads.
func ExampleReport_String() {
	fmt.Println(&learner.Report{Want: 1000, Seeds: 42, Failed: 42, Property: "agreement", Detail: "x was chosen, and now y is"})
	fmt.Println(&learner.Report{Want: 1000, Seeds: 1000, Seconds: 0.3})
	// Output:
	// violated at seed 42 of 1000: agreement: x was chosen, and now y is
	// passed: 1000 seeds and the demonstration, 0.3 s
}
