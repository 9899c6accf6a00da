package maptype_test

import (
	"fmt"
	"go/types"

	"orrery/internal/maptype"
)

func ExampleIs() {
	key, value := types.Typ[types.String], types.Typ[types.Int]
	fmt.Println(maptype.Is(types.NewMap(key, value)), maptype.Is(types.NewSlice(types.NewMap(key, value))), maptype.Is(nil))
	// Output: true false false
}
