package nodestest_test

import (
	"fmt"

	"orrery/nodes/nodestest"
)

// What the toys say to each other, as bytes and back.
func ExampleCodec() {
	codec := nodestest.Codec()
	wire := codec.Append(nil, nodestest.Sum{N: 3, Value: 42})
	m, err := codec.Decode(wire)
	fmt.Println(len(wire), m.Kind(), m, err)

	_, err = codec.Decode(wire[:5])
	fmt.Println(err)
	// Output:
	// 17 SUM {3 42} <nil>
	// nodestest: malformed message
}
