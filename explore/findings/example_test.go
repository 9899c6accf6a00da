package findings_test

import (
	"encoding/json"
	"fmt"
	"os"

	"orrery/explore/findings"
)

// A violation is kept until somebody has looked into it; then it is a finding.
func Example() {
	dir, err := os.MkdirTemp("", "findings")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	store, _, err := findings.Create(dir)
	if err != nil {
		panic(err)
	}
	v := &findings.Pending{Scenario: "toy", Property: "agreement", Repro: json.RawMessage("{}"),
		Sighting: findings.Sighting{Session: "monday", Campaign: "c1", Execution: 41}}
	if err := store.Commit(findings.Progress{ID: "c1", Done: 42, Violated: 1}, v); err != nil {
		panic(err)
	}
	f, fresh, err := store.Keep(v, findings.Finding{
		Key:   findings.Key{Scenario: "toy", Property: "agreement", Signature: "crash+isolate"},
		Repro: json.RawMessage("{}"),
	})
	fmt.Println(f.Property, f.State, fresh, err)
	f, err = store.Replayed(f.ID, false, "tuesday")
	fmt.Println(f.Property, f.State, err)
	// Output:
	// agreement new true <nil>
	// agreement gone <nil>
}
