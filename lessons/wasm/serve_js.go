//go:build js && wasm

package main

import "syscall/js"

// serve gives the page its function and waits for ever: a program that ends takes its functions along.
func serve() {
	js.Global().Set("orreryPlay", js.FuncOf(func(_ js.Value, args []js.Value) any {
		return string(answer([]byte(args[0].String())))
	}))
	js.Global().Call("orreryReady")
	select {}
}
