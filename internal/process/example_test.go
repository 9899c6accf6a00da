package process_test

import (
	"fmt"

	"orrery/internal/process"
)

// What a process says is read while it runs.
func Example() {
	log := &process.Log{}
	fmt.Fprint(log, "msg=ready")
	fmt.Println(log)
	// Output: msg=ready
}
