package picture_test

import (
	"fmt"
	"strings"

	"orrery/checker/picture"
)

func ExamplePage_Timeline() {
	p := picture.Page{Bars: []picture.Bar{
		{Lane: "c1", Text: "write 1", From: 1, To: 2, Core: true},
		{Lane: "c2", Text: "read → 0", From: 3, To: 4, Core: true},
	}}
	svg := p.Timeline()
	fmt.Println(strings.HasPrefix(svg, "<svg"), strings.Count(svg, `class="op core"`))
	// Output: true 2
}
