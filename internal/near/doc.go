// Package near finds the words that somebody may have meant.
//
// It serves every "unknown …; did you mean …?" of the project, so that all of them guess
// alike. What it returns is never empty because of a word's length alone, and never more
// than three words long.
package near
