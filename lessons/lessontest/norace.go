//go:build !race

package lessontest

// slower is how many times longer tests may take.
const slower = 1
