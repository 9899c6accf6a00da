// Package main runs jutegen from go generate: it reads all *.jute files of the directory that it
// is run in, and writes the Go files beside them. The name of the Go package is its
// argument.
package main
