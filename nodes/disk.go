package nodes

import (
	"errors"
	"io/fs"
)

// Disk is the machine's disk, below one directory of the node's own. Names are
// slash-separated and relative ("log/0001.wal"); directories come into being with
// their first file.
//
// Writes go to the page cache: they can be read back at once, and a crash of the
// machine may lose them, in any part and any order, until a Sync of the file that
// was called after them has succeeded. That a name exists, or no longer does, is
// a fact of the directory, not of the file: it is certain only after SyncDir.
//
// What a node reads after a restart need not be durable: a process that is killed leaves the page
// cache as it was, and a later loss of power takes from it what no sync has covered. A node that
// counts on what it finds syncs it once more. After a sync that failed not even that helps: the pages
// count as clean, so the bytes must be written again.
//
// Every method may return an error from the device ([ErrIO], [ErrNoSpace]).
type Disk interface {
	// ReadFile returns a file's whole content; the slice is the caller's. It returns
	// an error that is ErrNotExist if there is no such file.
	ReadFile(name string) ([]byte, error)
	// ReadAt fills p from the offset, as io.ReaderAt does: n < len(p) only with an error,
	// io.EOF at the end of the file.
	ReadAt(name string, p []byte, off int64) (n int, err error)
	// WriteAt writes p at the offset, creates the file if there is none, and
	// lengthens it as needed; a gap reads as zeros.
	WriteAt(name string, p []byte, off int64) error
	// Append writes p at the end of the file, which it creates if there is none.
	Append(name string, p []byte) error
	// Truncate cuts the file, or lengthens it with zeros, to size bytes.
	Truncate(name string, size int64) error
	// Size is the file's length in bytes.
	Size(name string) (int64, error)
	// Rename gives a file another name, and replaces a file of that name in one step:
	// after a crash the new name is either what it was before or the renamed file.
	Rename(oldName, newName string) error
	// Remove deletes a file's name.
	Remove(name string) error
	// List returns the names of all files below a directory ("" for all), sorted.
	List(dir string) ([]string, error)

	// Sync begins to make a file's present content durable. Synced(tag, err) ends it.
	// Syncs of one machine may end in another order than they began in.
	Sync(name string, tag Tag)
	// SyncDir begins to make the names in a directory ("" for the top one) durable,
	// as they are now. Synced(tag, err) ends it.
	SyncDir(dir string, tag Tag)
}

// What a Disk reports. They are compared with errors.Is.
var (
	ErrNotExist = fs.ErrNotExist
	ErrNoSpace  = errors.New("no space left on device")
	ErrIO       = errors.New("input/output error")
)
