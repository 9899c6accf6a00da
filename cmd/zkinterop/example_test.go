package zkinterop

import (
	"fmt"
	"os/exec"
	"strings"
)

// Whoever starts ZooKeeper by its script starts Orrery's server by this one.
func Example() {
	out, _ := exec.Command("../../docs/zookeeper/zkServer.sh").CombinedOutput()
	first, _, _ := strings.Cut(string(out), "\n")
	fmt.Println(strings.Replace(first, "../../docs/zookeeper/", "", 1))
	// Output: usage: zkServer.sh start-foreground [zoo.cfg] | version
}
