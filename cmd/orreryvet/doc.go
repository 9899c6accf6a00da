// Command orreryvet reports what makes a node non-deterministic: wall clocks, goroutines,
// global randomness, decisions that follow the order of a map, and more. Package
// explore/deterministic says what, and how a line is excused.
//
//	go install orrery/cmd/orreryvet
//	orreryvet ./mynodes/...
//	go vet -vettool=$(which orreryvet) ./mynodes/...
//
// Invariants: it changes no file; its exit status is 0 only if nothing was found (or -json
// asked for a report); under go vet and by itself it finds the same.
package main
