package store

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"orrery/nodes"
)

// The files of a data directory.
const (
	Dir           = "version-2" // all but myid are in it
	myidFile      = "myid"
	acceptedFile  = Dir + "/acceptedEpoch"
	currentFile   = Dir + "/currentEpoch"
	updatingFile  = Dir + "/updatingEpoch"
	tmp           = ".tmp"
	logPrefix     = Dir + "/log."
	savingPrefix  = Dir + "/saving."
	replacePrefix = Dir + "/replace."
	snapPrefix    = Dir + "/snapshot."
)

func logName(zxid int64) string { return logPrefix + strconv.FormatUint(uint64(zxid), 16) }

func snapName(zxid int64) string { return snapPrefix + strconv.FormatUint(uint64(zxid), 16) }

// zxidOf reads the number in a file's name, which is in hexadecimal; ok is false for other files.
func zxidOf(name, prefix string) (zxid int64, ok bool) {
	digits, found := strings.CutPrefix(name, prefix)
	n, err := strconv.ParseUint(digits, 16, 64)
	return int64(n), found && err == nil
}

// list returns the zxids in the names of the logs or of the snapshots, ascending.
func list(d nodes.Disk, prefix string) ([]int64, error) {
	names, err := d.List(Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var zxids []int64
	for _, name := range names {
		if z, ok := zxidOf(name, prefix); ok {
			zxids = append(zxids, z)
		}
	}
	slices.Sort(zxids)
	return zxids, nil
}

// exists tells whether there is such a file.
func exists(d nodes.Disk, name string) bool {
	_, err := d.Size(name)
	return err == nil
}

// ReadMyID reads the server's number from the file myid.
func ReadMyID(d nodes.Disk) (int64, error) {
	n, err := readNumber(d, myidFile)
	if err != nil {
		return 0, err
	}
	if n < 0 || n > 255 {
		return 0, fmt.Errorf("%s: %d is not a server's number: want 0 to 255", myidFile, n)
	}
	return n, nil
}

// readNumber reads a file that holds a number in decimal. The error is fs.ErrNotExist, wrapped, if
// there is none.
func readNumber(d nodes.Disk, name string) (int64, error) {
	p, err := d.ReadFile(name)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	line, _, _ := strings.Cut(string(p), "\n")
	n, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %q is not a number: restore the file, or remove it if the server may lose its place", name, line)
	}
	return n, nil
}
