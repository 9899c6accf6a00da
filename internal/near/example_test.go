package near_test

import (
	"fmt"

	"orrery/internal/near"
)

func ExampleUnknown() {
	known := []string{"isolate", "halves", "bridge"}
	fmt.Println(near.Unknown("fault", "isolaet", known))
	fmt.Println(near.Unknown("fault", "earthquake", known))
	// Output:
	// unknown fault "isolaet"; did you mean isolate?
	// unknown fault "earthquake"; there are: isolate, halves, bridge
}
