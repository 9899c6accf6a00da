package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func Example() {
	dir, _ := os.MkdirTemp("", "jutegen")
	defer func() { _ = os.RemoveAll(dir) }()
	_ = os.WriteFile(filepath.Join(dir, "a.jute"), []byte("# is one.\nrecord A\n\tpath string\n"), 0o600)
	_ = os.WriteFile(filepath.Join(dir, "b.jute"), []byte("# is another.\nrecord B\n\tn A\n"), 0o600)
	fmt.Println(run(dir, "p"))
	names, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	for _, name := range names {
		fmt.Println(filepath.Base(name))
	}

	_ = os.WriteFile(filepath.Join(dir, "b.jute"), []byte("# is broken.\nrecord B\n\tn\n"), 0o600)
	fmt.Println(run(dir, "p"))
	// Output:
	// <nil>
	// a_gen.go
	// b_gen.go
	// records_gen_test.go
	// b.jute:3: want "name type", not "n"
}
