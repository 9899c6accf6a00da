package lessons_test

import (
	"fmt"

	"orrery/lessons"
)

// A lesson, and the first of its questions.
func Example() {
	l, err := lessons.Numbered(9)
	if err != nil {
		panic(err)
	}
	quiz, err := l.Quiz()
	fmt.Printf("%d. %s (%s): %d questions, %v\n", l.Number, l.Title, l.Track, len(quiz), err)
	// Output: 9. The forgotten promise (Paxos): 3 questions, <nil>
}
