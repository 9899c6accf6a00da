package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/lessons"
)

// asked goes through lesson 9 with somebody who types this, and then nothing more.
func asked(t *testing.T, ctx context.Context, in io.Reader) (out string, err error) {
	t.Helper()
	l, err := lessons.Numbered(9)
	require.NoError(t, err)
	quiz, err := l.Quiz()
	require.NoError(t, err)
	var b bytes.Buffer
	a := newApp()
	a.out = console{Writer: &b}
	err = a.steps(l, quiz, nil, newAsker(ctx, in, a.out))
	return b.String(), err
}

func TestALessonWaitsForItsReader(t *testing.T) {
	out, err := asked(t, t.Context(), strings.NewReader("d\n\na\nb\nC\n\n\n"))
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(out, "want a letter from a to c"))
	require.Contains(t, out, "a: Not so: b is right.")
	require.Contains(t, out, "b: Right.")
	require.Contains(t, out, "2 of 3 predicted.")
	at := -1
	for _, part := range []string{"Run", "VIOLATION", "(Enter: what to do now)", "Break", "Prove", "(Enter: what there was to learn)", "What you learned"} {
		next := strings.Index(out[at+1:], part)
		require.GreaterOrEqual(t, next, 0, part)
		at += 1 + next
	}
}

// Whoever has not predicted sees nothing of the run; whoever goes later, nothing of what comes then.
func TestWhoeverLeavesALessonIsToldNoMore(t *testing.T) {
	out, err := asked(t, t.Context(), strings.NewReader("a\n"))
	require.ErrorIs(t, err, errLeft)
	require.NotContains(t, out, "VIOLATION")
	out, err = asked(t, t.Context(), strings.NewReader("a\nb\nc\n"))
	require.ErrorIs(t, err, errLeft)
	require.Contains(t, out, "VIOLATION")
	require.NotContains(t, out, "What you learned")
}

// Ctrl-C ends the wait for a line that never comes.
func TestCtrlCEndsAQuestion(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	in, typed := io.Pipe()
	defer typed.Close()
	cancel()
	_, err := asked(t, ctx, in)
	require.ErrorIs(t, err, errLeft)
}
