package timestamps_test

import (
	"fmt"
	"time"

	"orrery/examples/timestamps"
	"orrery/nodes"
)

// The oracle as it should be, and with a defect that every textbook warns of: universe 0 tells them apart.
func Example() {
	for _, q := range []timestamps.Quirks{{}, {SyncFileOnly: true}} {
		l := newWorld(0, func() nodes.Node { return &timestamps.Server{Quirks: q} })
		l.u.Run(12 * time.Second)
		if v := l.u.Violation(); v != nil {
			fmt.Println("violated:", v.Property)
		} else {
			fmt.Println("all held")
		}
	}
	// Output:
	// all held
	// violated: time goes on
}
