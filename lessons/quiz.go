package lessons

import (
	"fmt"
	"strings"
)

// Question is asked before the run.
type Question struct {
	Text    string   `json:"text"`
	Choices []string `json:"choices"`
	Right   int      `json:"right"` // index of the right choice
	Why     string   `json:"why"`   // told after the answer
}

// Quiz returns the lesson's questions.
func (l *Lesson) Quiz() ([]Question, error) {
	text, err := l.Text("quiz.txt")
	if err != nil {
		return nil, err
	}
	quiz, err := ParseQuiz(text)
	if err != nil {
		return nil, fmt.Errorf("lesson %d: quiz.txt:%w", l.Number, err)
	}
	return quiz, nil
}

// ParseQuiz reads questions. A line begins with what it is:
//
//	? a question
//	- a choice that is wrong
//	* the choice that is right
//	! why
//
// and is continued by lines that begin with a space. The error begins with the number of a line.
func ParseQuiz(text string) ([]Question, error) {
	var quiz []Question
	var last *string
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, " \r\n")
		if line == "" {
			continue
		}
		mark, words := line[0], strings.TrimSpace(line[1:])
		if mark == '?' {
			quiz = append(quiz, Question{Text: words, Right: -1})
			last = &quiz[len(quiz)-1].Text
			continue
		}
		if len(quiz) == 0 {
			return nil, fmt.Errorf("%d: want a question first, a line that begins with ?", n)
		}
		q := &quiz[len(quiz)-1]
		switch mark {
		case '*', '-':
			if mark == '*' && q.Right >= 0 {
				return nil, fmt.Errorf("%d: the question has a right choice already", n)
			}
			if mark == '*' {
				q.Right = len(q.Choices)
			}
			q.Choices = append(q.Choices, words)
			last = &q.Choices[len(q.Choices)-1]
		case '!':
			q.Why = words
			last = &q.Why
		case ' ':
			*last += " " + words
		default:
			return nil, fmt.Errorf("%d: want a line that begins with ?, -, *, ! or a space", n)
		}
	}
	for i, q := range quiz {
		if len(q.Choices) < 2 || q.Right < 0 || q.Why == "" {
			return nil, fmt.Errorf("%d: question %d wants two choices, one of them right, and why", n, i+1)
		}
	}
	if len(quiz) == 0 {
		return nil, fmt.Errorf("%d: there is no question", n)
	}
	return quiz, nil
}
