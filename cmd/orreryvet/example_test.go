package main

import (
	"fmt"
	"strings"
)

// What orreryvet says of itself begins with what it is for.
func Example() {
	var b strings.Builder
	help(&b)
	first, _, _ := strings.Cut(b.String(), "\n")
	fmt.Println(first)
	fmt.Println(strings.Contains(b.String(), "go vet -vettool=$(which orreryvet) ./mynodes/..."))
	// Output:
	// orreryvet: find what makes a node non-deterministic
	// true
}
