package properties_test

import (
	"fmt"

	"orrery/nodes/internal/properties"
)

func Example() {
	file := "# a broker\nlog.dirs = /var/lib/kafka\nlisteners=PLAINTEXT://a:9092,\\\n          OTHER://b:9093\n"
	for _, e := range properties.Read([]byte(file)) {
		fmt.Printf("%d: %s is %q\n", e.Line, e.Key, e.Value)
	}
	fmt.Println("log.dir may have been meant:", properties.Alike("log.dri", []string{"log.dir", "port"}))
	// Output:
	// 2: log.dirs is "/var/lib/kafka"
	// 3: listeners is "PLAINTEXT://a:9092,OTHER://b:9093"
	// log.dir may have been meant: log.dir
}
