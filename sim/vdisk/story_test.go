package vdisk_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"orrery/sim/vdisk"
)

// TestStories runs the files of testdata/stories. They are the disk's manual: each line of a block
// is an operation, and the block prints what went wrong and what is on the disk then.
//
//	write FILE OFF TEXT · append FILE TEXT · truncate FILE SIZE · rename FILE FILE · remove FILE
//	sync FILE · syncdir DIR          a sync that begins and ends at once
//	begin NAME FILE · begindir NAME DIR · end NAME · fail NAME · abandon NAME
//	crash MODE [NUMBER...]           draws the numbers, then zeros
//	corrupt FILE OFF MASK · misdirect FILE PICK · lose FILE SECTORS PICK
//
// "-" stands for the top directory. In what is printed, "." is a zero byte, and a file
// has a second line with its durable content if that is not the same.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		s := &story{disk: newDisk(), captures: map[string]vdisk.Capture{}}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			require.Equal(t, "disk", d.Cmd, d.Pos)
			var out strings.Builder
			for line := range strings.Lines(d.Input) {
				if said := s.run(t, strings.Fields(line)); said != "" {
					fmt.Fprintln(&out, said)
				}
			}
			s.print(&out)
			return out.String()
		})
	})
}

type story struct {
	disk     *vdisk.Disk
	captures map[string]vdisk.Capture
}

func (s *story) run(t *testing.T, f []string) string {
	d := s.disk
	number := func(i int) int64 {
		n, err := strconv.ParseInt(f[i], 0, 64)
		require.NoError(t, err)
		return n
	}
	dir := func(i int) string { return strings.TrimPrefix(f[i], "-") }
	var err error
	switch f[0] {
	case "write":
		err = d.WriteAt(f[1], []byte(f[3]), number(2))
	case "append":
		err = d.Append(f[1], []byte(f[2]))
	case "truncate":
		err = d.Truncate(f[1], number(2))
	case "rename":
		err = d.Rename(f[1], f[2])
	case "remove":
		err = d.Remove(f[1])
	case "sync":
		var c vdisk.Capture
		if c, err = d.BeginSync(f[1]); err == nil {
			d.EndSync(c)
		}
	case "syncdir":
		d.EndSync(d.BeginSyncDir(dir(1)))
	case "begin":
		s.captures[f[1]], err = d.BeginSync(f[2])
	case "begindir":
		s.captures[f[1]] = d.BeginSyncDir(dir(2))
	case "end":
		d.EndSync(s.captures[f[1]])
	case "fail":
		return fmt.Sprintf("given up: %d", d.FailSync(s.captures[f[1]]))
	case "abandon":
		d.AbandonSync(s.captures[f[1]])
	case "corrupt":
		_, err = d.Corrupt(f[1], number(2), []byte{byte(number(3))})
	case "misdirect":
		d.Misdirect(f[1], uint64(number(2)))
	case "lose":
		d.LoseWrite(f[1], int(number(2)), uint64(number(3)))
	case "crash":
		mode, ok := vdisk.CrashModeNamed(f[1])
		require.True(t, ok, f[1])
		var numbers []uint64
		for i := range f[2:] {
			numbers = append(numbers, uint64(number(2+i)))
		}
		return fmt.Sprintf("lost: %+v", d.Crash(mode, scripted(numbers...)))
	default:
		t.Fatalf("unknown operation %q", f[0])
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func (s *story) print(out *strings.Builder) {
	worst := surviving(s.disk)
	now := read(s.disk)
	names, _ := s.disk.List("")
	for _, name := range names {
		fmt.Fprintf(out, "%-10s %s\n", name, visible(now[name]))
		durable, there := worst[name]
		switch {
		case !there:
			fmt.Fprintf(out, "%10s no durable name\n", "")
		case durable != now[name]:
			fmt.Fprintf(out, "%10s %s\n", "durable", visible(durable))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(worst)) {
		if _, there := now[name]; !there {
			fmt.Fprintf(out, "%10s %s still under %s\n", "durable", visible(worst[name]), name)
		}
	}
}

// visible shows zeros as dots, and what is not printable as question marks.
func visible(s string) string {
	return "|" + strings.Map(func(r rune) rune {
		switch {
		case r == 0:
			return '.'
		case r < ' ' || r > '~':
			return '?'
		}
		return r
	}, s) + "|"
}
