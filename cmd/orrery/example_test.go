package main

import (
	"context"
	"fmt"
	"os"
)

// The command, called from a program: what it prints, and its exit status.
func Example() {
	w := newWorld() // knows a made-up scenario alone
	w.out.Writer = os.Stdout
	status := w.main(context.Background(), []string{"replay", "toy", "--seed", "8"})
	fmt.Println("exit status", status)
	// Output:
	// hash 00000000091a2b38, twice the same; all held
	// exit status 0
}
