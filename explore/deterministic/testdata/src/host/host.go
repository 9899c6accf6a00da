package host

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"orrery/nodes"
)

type node struct {
	nodes.Node
	peer net.IP
	mode os.FileMode
}

func (n *node) bad() {
	_ = os.Getenv("HOME")      // want `os.Getenv reaches outside the universe; use Env.Disk`
	_, _ = os.ReadFile("x")    // want `os.ReadFile`
	os.Exit(1)                 // want `os.Exit reaches outside the universe; use Env.Halt`
	_ = exec.Command("date")   // want `exec.Command`
	_, _ = net.Dial("tcp", "") // want `net.Dial reaches outside the universe; use Env.Send`
	_, _ = http.Get("")        // want `http.Get`
	_ = runtime.NumGoroutine() // want `runtime.NumGoroutine reaches outside the universe; take it away`
	_ = runtime.GOARCH         // want `runtime.GOARCH`
	_, _ = filepath.Abs(".")   // want `filepath.Abs`
	_, _ = fmt.Scanln()        // want `fmt.Scanln`
	_ = os.Args                // want `os.Args`
}

func (n *node) good(err error) {
	_ = os.IsNotExist(err) || err == os.ErrNotExist
	_ = net.ParseIP("10.0.0.1")
	_ = filepath.Join("a", "b")
	_, _, _, _ = runtime.Caller(0)
	_ = fmt.Sprint(n.peer)
}
