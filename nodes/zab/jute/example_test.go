package jute_test

import (
	"fmt"

	"orrery/nodes/zab/jute"
)

// A record is its fields, one behind the other; whoever reads asks once whether all was well.
func Example() {
	b := jute.AppendString(nil, "/a")
	b = jute.AppendBuffer(b, nil)
	b = jute.AppendInt(b, -1)
	fmt.Printf("% x\n", b)

	d := jute.NewDecoder(b)
	path, data, version := d.String(), d.Buffer(), d.Int()
	fmt.Println(path, data == nil, version, d.End())

	d = jute.NewDecoder(b[:len(b)-1])
	path, data, version = d.String(), d.Buffer(), d.Int()
	fmt.Println(path, data == nil, version, d.End())
	// Output:
	// 00 00 00 02 2f 61 ff ff ff ff ff ff ff ff
	// /a true -1 <nil>
	// /a true 0 jute: the record is longer than the bytes
}
