// Package lessons is a course in distributed systems: each lesson is a small cluster that goes wrong, and that
// is put right by at most fifteen lines.
//
// A lesson is a directory: its story (README.md), questions to be answered before the run (quiz.txt), a golden story
// of the run (story.txt), a skeleton to be completed and its solution (fix), and a test, so that no lesson can
// rot. [All] lists them. How to write one is told in README.md beside this file, how to teach with them in
// TEACHING.md.
//
// What happens on the stage is package stage's business; this package knows the lessons as wholes, and runs
// their variants in universes of random faults (package trial).
package lessons
