package jutegen_test

import (
	"fmt"
	"strings"

	"orrery/internal/jutegen"
)

func Example() {
	schema, err := jutegen.Parse("example.jute", `
# deletes a node.
record DeleteRequest
	path string
	version int # that the node must have; -1 for any
`)
	if err != nil {
		fmt.Println(err)
		return
	}
	files, _ := jutegen.Generate("proto", []jutegen.Schema{schema})
	_, code, _ := strings.Cut(string(files["example_gen.go"]), "import \"orrery/nodes/zab/jute\"\n\n")
	fmt.Print(code)

	_, err = jutegen.Parse("example.jute", "# ends.\nrecord End\n\twhen time? # ms\n")
	fmt.Println(err)
	// Output:
	// // DeleteRequest deletes a node.
	// type DeleteRequest struct {
	// 	Path    string
	// 	Version int32 // that the node must have; -1 for any
	// }
	//
	// // Append implements jute.Record.
	// func (r *DeleteRequest) Append(b []byte) []byte {
	// 	b = jute.AppendString(b, r.Path)
	// 	b = jute.AppendInt(b, r.Version)
	// 	return b
	// }
	//
	// // Decode implements jute.Record.
	// func (r *DeleteRequest) Decode(d *jute.Decoder) error {
	// 	r.Path = d.String()
	// 	r.Version = d.Int()
	// 	return d.Err()
	// }
	// example.jute:3: when: a time cannot be marked so
}
