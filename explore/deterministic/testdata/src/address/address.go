package address

import (
	"fmt"
	"reflect"
	"unsafe"

	"orrery/nodes"
)

type node struct{ nodes.Node }

func logf(env nodes.Env, format string, args ...any) {}

func (n *node) bad(env nodes.Env) {
	_ = fmt.Sprintf("%p", n)            // want `%p prints an address`
	logf(env, "node %-16p of %d", n, 3) // want `%p prints an address`
	_ = fmt.Errorf("100%%%p", n)        // want `%p prints an address`
	_ = uintptr(unsafe.Pointer(n))      // want `unsafe.Pointer reaches outside the universe; use the value itself`
	_ = reflect.ValueOf(n).Pointer()    // want `reflect.Value.Pointer`
}

func (n *node) good(env nodes.Env) {
	_ = fmt.Sprintf("100%%p %v", 3)
	logf(env, "%d percent", 3)
	_ = "%p"
	_ = reflect.ValueOf(n).IsNil()
}
