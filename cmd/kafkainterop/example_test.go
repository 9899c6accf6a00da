package kafkainterop

import (
	"fmt"
	"os/exec"
	"strings"

	"orrery/internal/process"
)

// Whoever starts Kafka from a server.properties starts Orrery's broker from the same file.
func Example() {
	path, err := process.Orrery()
	if err != nil {
		fmt.Println(err)
		return
	}
	out, _ := exec.Command(path, "node", "kafka", "no/server.properties").CombinedOutput()
	fmt.Println(strings.TrimPrefix(strings.TrimSpace(string(out)), "orrery: "))
	// Output: open no/server.properties: no such file or directory
}
