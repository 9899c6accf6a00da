// Command wasm is the simulator in the page of a lesson: the same Go code, compiled for the browser.
//
//	GOOS=js GOARCH=wasm go build -trimpath -ldflags="-s -w -buildid=" ./lessons/wasm
//
// In a browser it gives the page one function, orreryPlay: text in, text out. The request names a lesson, a variant, a
// seed and steps; the reply is a stage.View of the state that these come to. It remembers nothing between two
// calls, so the page can go back to any step by asking for fewer.
//
// Compiled for anything else it reads one request from standard input and prints the reply: what the page shows
// can be had in a terminal, and is tested there.
package main
