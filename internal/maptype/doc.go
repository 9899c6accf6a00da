// Package maptype tells, of a type as go/types has it, whether a range over it has no
// order of its own.
//
// It serves the house rules of this repository and the analyzer for users' nodes, which
// must not differ on what a map is. It reports what can be a map, never what only
// contains one.
package maptype
