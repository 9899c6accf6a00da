// Package learner compiles a learner's package into its lesson and tries it: orrery lesson 9 --check ./mine.
//
// The learner's files stay where they are. The go command is told by an overlay that they lie in a directory of this
// module, beside a main program that is generated; so nothing is written into the module, and the learner
// needs no go.mod. What is compiled runs as a process of its own, under a limit of time: a loop without end in the
// learner's code, or a panic, ends that process alone.
package learner
