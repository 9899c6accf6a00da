package nemesis_test

import (
	"fmt"

	"orrery/nemesis"
)

func ExampleParsePlan() {
	plan, err := nemesis.ParsePlan("leader.txt", []byte(`
		300ms  isolate(following leader, way=in)  until 1.2s
		1s     crash(minority, power=torn)
		2s     hunt-leader(by=pause, times=3)     until 5s
	`))
	fmt.Print(plan, err, "\n")

	_, err = nemesis.ParsePlan("leader.txt", []byte("300ms isolat(leader)"))
	fmt.Println(err)
	// Output:
	// 300ms isolate(following leader, way=in) until 1.2s
	// 1s crash(minority, power=torn)
	// 2s hunt-leader(by=pause, times=3) until 5s
	// <nil>
	// leader.txt:1:7: unknown fault "isolat"; did you mean isolate?
}
