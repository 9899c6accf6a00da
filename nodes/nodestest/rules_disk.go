package nodestest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"orrery/nodes"
)

var diskRules = []Rule{
	{"WhatWasWrittenReadsBackAtOnce", onDisk(diskReadsBack)},
	{"ReadAtReadsAsIoReaderAtDoes", onDisk(diskReadAt)},
	{"AGapInAFileReadsAsZeros", onDisk(diskGaps)},
	{"AMissingFileIsErrNotExist", onDisk(diskMissing)},
	{"RenameReplacesAndRemoveRemoves", onDisk(diskNames)},
	{"ListTellsAllFilesBelowADirectorySorted", onDisk(diskList)},
	{"ANameCannotLeaveTheNodesDirectory", onDisk(diskEscape)},
}

// onDisk is the rule that f succeeds on an empty disk.
func onDisk(f func(d nodes.Disk) error) func(*cluster) {
	return func(c *cluster) {
		c.start("n1", &probe{c: c, boot: func(env nodes.Env) error { return f(env.Disk()) }})
	}
}

// outcome is a call of a disk, and what it returned.
type outcome struct {
	call string
	err  error
}

// holds tells whether a file's content is want.
func holds(d nodes.Disk, name, want string) error {
	got, err := d.ReadFile(name)
	if err != nil {
		return err
	}
	if string(got) != want {
		return fmt.Errorf("%s holds %.100q, want %.100q", name, got, want)
	}
	if size, err := d.Size(name); err != nil || size != int64(len(want)) {
		return fmt.Errorf("%s has size %d (%v), want %d", name, size, err, len(want))
	}
	clear(got) // the slice is the caller's
	if again, err := d.ReadFile(name); err != nil || string(again) != want {
		return fmt.Errorf("%s changed with a slice that was read from it: %.100q (%v)", name, again, err)
	}
	return nil
}

func diskReadsBack(d nodes.Disk) error {
	p := []byte("hello")
	long := bytes.Repeat([]byte("0123456789abcdef"), 10_000)
	err := errors.Join(
		d.Append("log/a", p), d.Append("log/a", []byte(", world")),
		d.WriteAt("b", p, 0), d.WriteAt("b", []byte("HE"), 0), d.WriteAt("b", []byte("p!"), 3),
		d.Append("long", long), d.WriteAt("long", []byte("X"), 5_000),
		d.Append("empty", nil),
	)
	if err != nil {
		return err
	}
	clear(p) // and what was written is not
	long[5_000] = 'X'
	return errors.Join(holds(d, "log/a", "hello, world"), holds(d, "b", "HElp!"),
		holds(d, "long", string(long)), holds(d, "empty", ""))
}

func diskReadAt(d nodes.Disk) error {
	if err := d.Append("f", []byte("0123456789")); err != nil {
		return err
	}
	for _, c := range []struct {
		off  int64
		len  int
		want string
		eof  bool // as io.ReaderAt says, a read that ends at the end may or may not tell so
	}{
		{0, 10, "0123456789", false},
		{3, 4, "3456", false},
		{8, 4, "89", true},
		{10, 1, "", true},
		{99, 3, "", true},
		{5, 0, "", false},
	} {
		p := make([]byte, c.len)
		n, err := d.ReadAt("f", p, c.off)
		if string(p[:n]) != c.want || c.eof && !errors.Is(err, io.EOF) || !c.eof && err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("ReadAt of %d bytes at %d: %q, %v; want %q, end of file: %v", c.len, c.off, p[:n], err, c.want, c.eof)
		}
	}
	return nil
}

func diskGaps(d nodes.Disk) error {
	err := errors.Join(
		d.WriteAt("gap", []byte("end"), 5_000),
		d.Append("cut", []byte("0123456789")), d.Truncate("cut", 4), d.Truncate("cut", 6), d.Append("cut", []byte("x")),
		d.Append("none", []byte("0123456789")), d.Truncate("none", 0),
		d.Append("after", []byte("0123456789")), d.Truncate("after", 2), d.WriteAt("after", []byte("x"), 4),
	)
	if err != nil {
		return err
	}
	return errors.Join(holds(d, "gap", string(make([]byte, 5_000))+"end"), holds(d, "cut", "0123\x00\x00x"),
		holds(d, "none", ""), holds(d, "after", "01\x00\x00x"))
}

func diskMissing(d nodes.Disk) error {
	if err := d.Append("dir/there", nil); err != nil {
		return err
	}
	for _, name := range []string{"missing", "dir/missing", "missing/too", "dir"} {
		_, read := d.ReadFile(name)
		_, readAt := d.ReadAt(name, make([]byte, 1), 0)
		_, size := d.Size(name)
		for _, c := range []outcome{
			{"ReadFile", read}, {"ReadAt", readAt}, {"Size", size}, {"Truncate", d.Truncate(name, 1)},
			{"Rename", d.Rename(name, "new")}, {"Remove", d.Remove(name)},
		} {
			if !errors.Is(c.err, nodes.ErrNotExist) {
				return fmt.Errorf("%s of %s: %v, want %w", c.call, name, c.err, nodes.ErrNotExist)
			}
		}
	}
	if names, err := d.List("missing"); err != nil || len(names) != 0 {
		return fmt.Errorf("List of a missing directory: %q, %v", names, err)
	}
	return nil
}

func diskNames(d nodes.Disk) error {
	err := errors.Join(
		d.Append("a", []byte("A")), d.Append("b", []byte("B")), d.Rename("a", "b"),
		d.Append("c", []byte("C")), d.Rename("c", "new/dir/c"), d.Append("new/dir/c", []byte("+")),
		d.Append("d", []byte("D")), d.Remove("d"), d.Append("d", []byte("again")),
		d.Append("e", []byte("E")), d.Rename("e", "e"),
		d.Append("f", []byte("F")), d.Remove("f"),
	)
	if err != nil {
		return err
	}
	names, err := d.List("")
	if want := []string{"b", "d", "e", "new/dir/c"}; err != nil || !slices.Equal(names, want) {
		return fmt.Errorf("the files are %q (%v), want %q", names, err, want)
	}
	return errors.Join(holds(d, "b", "A"), holds(d, "new/dir/c", "C+"), holds(d, "d", "again"), holds(d, "e", "E"))
}

func diskList(d nodes.Disk) error {
	for _, name := range []string{"log/2", "log/10", "log/old/1", "logs", "a/b/c", "log-1"} {
		if err := d.Append(name, nil); err != nil {
			return err
		}
	}
	for _, c := range []struct {
		dir  string
		want []string
	}{
		{"", []string{"a/b/c", "log-1", "log/10", "log/2", "log/old/1", "logs"}},
		{"log", []string{"log/10", "log/2", "log/old/1"}},
		{"log/old", []string{"log/old/1"}},
		{"a", []string{"a/b/c"}},
		{"lo", nil},
	} {
		names, err := d.List(c.dir)
		if err != nil || !slices.Equal(names, c.want) {
			return fmt.Errorf("List(%q) is %q (%v), want %q", c.dir, names, err, c.want)
		}
	}
	return nil
}

func diskEscape(d nodes.Disk) error {
	if err := d.Append("f", []byte("x")); err != nil {
		return err
	}
	for _, name := range []string{"../x", "/x", "a/../../x", "..", "."} {
		_, read := d.ReadFile(name)
		for _, c := range []outcome{
			{"ReadFile", read}, {"Append", d.Append(name, []byte("x"))}, {"WriteAt", d.WriteAt(name, []byte("x"), 0)},
			{"Rename", d.Rename("f", name)}, {"Remove", d.Remove(name)}, {"Truncate", d.Truncate(name, 0)},
		} {
			if c.err == nil {
				return fmt.Errorf("%s of %q succeeded", c.call, name)
			}
		}
	}
	names, err := d.List("")
	if err != nil || !slices.Equal(names, []string{"f"}) {
		return fmt.Errorf("the files are %q (%v)", names, err)
	}
	return nil
}
