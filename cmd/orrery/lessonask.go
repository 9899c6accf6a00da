package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"orrery/lessons"
)

// errLeft tells that somebody who was asked has gone: Ctrl-C, or the end of the input.
var errLeft = errors.New("nobody answers any more")

// asker asks somebody at a terminal. A nil asker asks nobody, and waits for nobody.
type asker struct {
	ctx   context.Context
	lines <-chan string // closed at the end of the input
	out   io.Writer
}

// newAsker reads lines until the context is done; a read that is under way then stays behind.
func newAsker(ctx context.Context, in io.Reader, out io.Writer) *asker {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(in); s.Scan(); {
			select {
			case lines <- s.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return &asker{ctx, lines, out}
}

// line is what is typed, or errLeft.
func (k *asker) line(prompt string) (string, error) {
	fmt.Fprint(k.out, prompt)
	select {
	case text, more := <-k.lines:
		if more {
			return text, nil
		}
	case <-k.ctx.Done():
	}
	fmt.Fprintln(k.out)
	return "", errLeft
}

// ask asks until there is an answer.
func (k *asker) ask(q *lessons.Question) (answer int, err error) {
	for {
		text, err := k.line("> ")
		if err != nil {
			return 0, err
		}
		if answer, err = readAnswer(text, q); err == nil {
			return answer, nil
		}
		fmt.Fprintln(k.out, err)
	}
}

// wait waits until the reader has read.
func (k *asker) wait(next string) error {
	if k == nil {
		return nil
	}
	_, err := k.line(fmt.Sprintf("\n(Enter: %s) ", next))
	return err
}
