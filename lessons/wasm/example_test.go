package main

import (
	"encoding/json"
	"fmt"
)

// What a page asks, and part of what it is told.
func Example() {
	out := answer([]byte(`{"lesson":9,"variant":"broken","seed":1,"steps":["until 30ms","crash a2"]}`))
	var v struct {
		Verdict  string
		Machines []struct {
			ID string
			Up bool
		}
	}
	fmt.Println(json.Unmarshal(out, &v), v.Verdict, v.Machines[1])
	fmt.Println(string(answer([]byte(`{"lesson":99}`))))
	// Output:
	// <nil> ok so far {a2 false}
	// {"error":"there is no lesson 99"}
}
