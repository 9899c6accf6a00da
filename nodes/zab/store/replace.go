package store

import (
	"errors"
	"fmt"
	"hash/adler32"
	"io"
	"io/fs"
	"strconv"
	"strings"

	"orrery/nodes"
)

// A snapshot that came by SNAP replaces a history: nothing else on the disk is of its past, and nothing of it may come
// back, neither by a replay of a log that goes further than the snapshot nor by a TRUNC to before it. Several files
// must go at once, so a file says it first: version-2/replace.<zxid> has the sum and the size of the snapshot of that zxid that
// replaces all else. From the moment that this snapshot has its name, it alone counts. When all else is gone for good
// the word goes too, before anything is logged.

func replaceName(zxid int64) string { return replacePrefix + strconv.FormatUint(uint64(zxid), 16) }

// wordSteps make durable that the snapshot replaces a history.
func (n *snapshot) wordSteps() []step {
	name := replaceName(n.zxid)
	return []step{
		{do: doRemove, name: name},
		{do: doWrite, name: name, data: word(n.sum.Sum32(), n.off)},
		{do: doSync, name: name},
		{do: doSyncDir, name: Dir},
	}
}

func word(sum uint32, size int64) []byte { return fmt.Appendf(nil, "%08x %d\n", sum, size) }

// othersSteps remove all but the snapshot that replaces them, and then the word.
func othersSteps(d nodes.Disk, snapshot int64) (steps []step, err error) {
	names, err := d.List(Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, name := range names {
		log, isLog := zxidOf(name, logPrefix)
		snap, isSnap := zxidOf(name, snapPrefix)
		if isLog && name == logName(log) || isSnap && snap != snapshot {
			steps = append(steps, step{do: doRemove, name: name})
		}
	}
	return append(steps,
		step{do: doSyncDir, name: Dir},
		step{do: doRemove, name: replaceName(snapshot)},
		step{do: doSyncDir, name: Dir}), nil
}

// replacing finds the snapshot that replaces all else; -1 if there is none.
func replacing(d nodes.Disk) (zxid int64, err error) {
	words, err := list(d, replacePrefix)
	if err != nil {
		return -1, err
	}
	for _, z := range words {
		said, err := d.ReadFile(replaceName(z))
		if err != nil {
			return -1, err
		}
		is, err := wordOf(d, snapName(z))
		if err != nil {
			return -1, err
		}
		if is != nil && string(said) == string(is) {
			return z, nil
		}
	}
	return -1, nil
}

// wordOf is the word that there would be for a file; nil if there is no such file.
func wordOf(d nodes.Disk, name string) ([]byte, error) {
	sum, off, p := adler32.New(), int64(0), make([]byte, window)
	for {
		n, err := d.ReadAt(name, p, off)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, nil
		case err != nil && !errors.Is(err, io.EOF):
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		_, _ = sum.Write(p[:n])
		off += int64(n)
		if n < len(p) {
			return word(sum.Sum32(), off), nil
		}
	}
}

// forgetWords removes what was said of snapshots that never got their name.
func forgetWords(d nodes.Disk) (steps []step, err error) {
	names, err := d.List(Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, name := range names {
		if strings.HasPrefix(name, replacePrefix) {
			steps = append(steps, step{do: doRemove, name: name})
		}
	}
	return steps, nil
}
