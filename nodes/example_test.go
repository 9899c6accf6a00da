package nodes_test

import (
	"fmt"

	"orrery/nodes"
)

// Hello is a message: a value with a name.
type Hello struct{ From string }

func (Hello) Kind() string { return "HELLO" }

// A protocol's codec is all that crosses the network. JSONCodec is the quickest to write.
func ExampleJSONCodec() {
	codec := nodes.JSONCodec(Hello{})
	p := codec.Append(nil, Hello{From: "n1"})
	fmt.Printf("%q\n", p)

	m, err := codec.Decode(p)
	fmt.Println(m.Kind(), m.(Hello).From, err)

	_, err = codec.Decode([]byte("garbage"))
	fmt.Println(err)
	// Output:
	// "HELLO\x00{\"From\":\"n1\"}"
	// HELLO n1 <nil>
	// nodes: message of 7 bytes has no kind
}
