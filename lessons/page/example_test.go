package page_test

import (
	"context"
	"fmt"
	"os"

	"orrery/lessons"
	"orrery/lessons/page"
)

// Without the sources there is no page.
func ExampleWrite() {
	l, err := lessons.Numbered(9)
	if err != nil {
		panic(err)
	}
	dir, err := os.MkdirTemp("", "elsewhere")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	fmt.Println(page.Write(context.Background(), os.Stdout, l, dir) != nil)
	// Output: true
}
