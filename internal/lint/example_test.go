package lint_test

import (
	"fmt"

	"orrery/internal/lint"
)

// A file is judged before it is anywhere on disk.
func ExampleCheck() {
	tree, err := lint.Load("testdata/empty")
	if err != nil {
		fmt.Println(err)
		return
	}
	tree.Add("nodes/toy/doc.go", []byte("// Package toy is a toy.\npackage toy\n"))
	tree.Add("nodes/toy/toy.go", []byte("package toy\n\nimport \"orrery/sim\"\n\nvar _ = sim.World{}\n"))
	for _, f := range lint.Check(tree) {
		fmt.Println(f.File, f.Line, f.Rule)
	}
	// Output:
	// nodes/toy/doc.go 1 examples
	// nodes/toy/toy.go 3 imports
}
