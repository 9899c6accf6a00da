package main

import (
	"bytes"
	"io"
	"os"
	"strconv"
)

// console is where a command prints to, and what is known about the reader.
type console struct {
	io.Writer
	terminal bool // somebody is looking: lines may be rewritten
	color    bool
	width    int // columns; 0 if unknown
}

func newConsole(f *os.File) console {
	width, terminal := terminalWidth(f)
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		width = n
	}
	dumb := os.Getenv("TERM") == "dumb"
	return console{
		Writer:   f,
		terminal: terminal && !dumb,
		color:    terminal && !dumb && os.Getenv("NO_COLOR") == "",
		width:    width,
	}
}

const defaultWidth = 100

// columns is how wide pictures are drawn.
func (c console) columns() int {
	if c.width > 0 {
		return c.width
	}
	return defaultWidth
}

// bold returns s in bold where colours are wanted, red as well if it is bad news.
func (c console) bold(s string, bad bool) string {
	switch {
	case !c.color:
		return s
	case bad:
		return "\x1b[1;31m" + s + "\x1b[0m"
	}
	return "\x1b[1m" + s + "\x1b[0m"
}

// faint returns s, dimmed where colours are wanted.
func (c console) faint(s string) string {
	if !c.color {
		return s
	}
	return "\x1b[2m" + s + "\x1b[0m"
}

// firstError remembers the first error of a writer and writes nothing after it, so that a
// command can print freely and look once.
type firstError struct {
	w   io.Writer
	err error
}

// Write never fails.
func (f *firstError) Write(p []byte) (int, error) {
	if f.err == nil {
		_, f.err = f.w.Write(p)
	}
	return len(p), nil
}

// toConsole collects what print prints and writes it at once: a reader sees all or nothing of
// it, and its writer's error is not lost.
func toConsole(c console, print func(w *bytes.Buffer)) error {
	var b bytes.Buffer
	print(&b)
	_, err := c.Write(b.Bytes())
	return err
}
