//go:build !js

package main

import (
	"fmt"
	"io"
	"os"
)

// serve answers one request, from standard input.
func serve() {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, "wasm:", err)
		os.Exit(2)
	}
	fmt.Printf("%s\n", answer(text))
}
