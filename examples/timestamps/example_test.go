package timestamps_test

import (
	"fmt"

	"orrery/examples/timestamps"
	"orrery/explore/trial"
	"orrery/nodes"
)

// The oracle as it should be, and with a defect that every textbook warns of: one universe tells them apart.
func Example() {
	options := withPowerCuts()
	options.Seed = 1
	for _, q := range []timestamps.Quirks{{}, {SyncFileOnly: true}} {
		r, err := trial.Run(options, world(func() nodes.Node { return &timestamps.Server{Quirks: q} }))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%+v: %v %q\n", q, r.Verdict, r.Property)
	}
	// Output:
	// {TellBeforeSync:false SyncFileOnly:false}: ok ""
	// {TellBeforeSync:false SyncFileOnly:true}: violated "time goes on"
}
