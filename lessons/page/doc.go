// Package page makes the page of a lesson: its text and a simulator with the lesson's cluster, in one HTML file that
// needs no network.
//
// The simulator is compiled when the page is made, by the Go toolchain and from the sources of this module: it is more
// than a megabyte, and would be another one after every change of a protocol. Only the one lesson is in it, so a page
// does not grow with the course.
package page
