package wire_test

import (
	"encoding/binary"
	"fmt"

	"orrery/nodes/internal/wire"
)

// What was appended is read in the same order.
func Example() {
	b := wire.AppendString(binary.AppendUvarint(nil, 300), "n1")
	r := wire.NewReader(b)
	fmt.Println(r.Uint(), r.String(), r.Done())
	r = wire.NewReader(b[:3])
	fmt.Println(r.Uint(), r.String() == "", r.Done())
	// Output:
	// 300 n1 true
	// 300 true false
}
