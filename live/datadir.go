package live

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"orrery/nodes"
)

// LayoutVersion is the newest version of a data directory's layout that this program knows,
// and the one that it makes.
const LayoutVersion = 1

// The entries of a data directory.
const (
	lockName    = "LOCK"
	versionName = "VERSION"
	newVersion  = "VERSION.new"
	filesName   = "files"
)

// dataDir is a data directory that this process holds.
type dataDir struct {
	path  string
	lock  *os.File
	files *os.Root // the node's own files
	// elsewhere are the other directories, by the beginnings of the names that are in them.
	elsewhere map[string]*os.Root
}

// openBare is openDataDir for a directory whose layout is the node's own.
func openBare(path string, elsewhere map[string]string) (_ *dataDir, err error) {
	d := &dataDir{path: path, elsewhere: map[string]*os.Root{}}
	defer func() {
		if err != nil {
			d.close()
			err = fmt.Errorf("live: data directory %s %w", path, err)
		}
	}()
	if err := os.MkdirAll(path, 0o750); err != nil {
		return d, fmt.Errorf("cannot be made: %w", pathCause(err))
	}
	if d.lock, err = os.OpenFile(filepath.Join(path, lockName), os.O_RDWR|os.O_CREATE, 0o640); err != nil {
		return d, fmt.Errorf("cannot be used: %w", err)
	}
	if err := lockFile(d.lock); err != nil {
		return d, err
	}
	if d.files, err = os.OpenRoot(path); err != nil {
		return d, fmt.Errorf("cannot be used: %w", err)
	}
	for _, prefix := range slices.Sorted(maps.Keys(elsewhere)) {
		dir := elsewhere[prefix]
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return d, fmt.Errorf("cannot have its files %s* in %s: %w", prefix, dir, pathCause(err))
		}
		if d.elsewhere[prefix], err = os.OpenRoot(dir); err != nil {
			return d, fmt.Errorf("cannot have its files %s* in %s: %w", prefix, dir, err)
		}
	}
	return d, nil
}

// openDataDir makes or opens the data directory of a machine, and takes it for this
// process alone.
func openDataDir(path string, id nodes.ID) (_ *dataDir, err error) {
	d := &dataDir{path: path}
	defer func() {
		if err != nil {
			d.close()
			err = fmt.Errorf("live: data directory %s %w", path, err)
		}
	}()
	if err := os.MkdirAll(filepath.Join(path, filesName), 0o750); err != nil {
		return d, fmt.Errorf("cannot be made: %w", pathCause(err))
	}
	if d.lock, err = os.OpenFile(filepath.Join(path, lockName), os.O_RDWR|os.O_CREATE, 0o640); err != nil {
		return d, fmt.Errorf("cannot be used: %w", err)
	}
	if err := lockFile(d.lock); err != nil {
		return d, err
	}
	if err := d.check(id); err != nil {
		return d, err
	}
	if d.files, err = os.OpenRoot(filepath.Join(path, filesName)); err != nil {
		return d, fmt.Errorf("cannot be used: %w", err)
	}
	return d, nil
}

// check reads whose directory it is and of which version, or writes it into one that is new.
func (d *dataDir) check(id nodes.ID) error {
	b, err := os.ReadFile(filepath.Join(d.path, versionName))
	if errors.Is(err, fs.ErrNotExist) {
		return d.stamp(id)
	}
	if err != nil {
		return fmt.Errorf("cannot be used: %w", err)
	}
	var version int
	var owner string
	if n, _ := fmt.Sscanf(string(b), "version %d\n", &version); n != 1 || version < 1 {
		return fmt.Errorf("has a %s file that is not one: want \"version %d\", found %.40q", versionName, LayoutVersion, b)
	}
	if version > LayoutVersion {
		return fmt.Errorf("is of version %d, this program knows up to %d", version, LayoutVersion)
	}
	if _, rest, found := strings.Cut(string(b), "\nnode "); found {
		owner = strings.TrimSuffix(rest, "\n")
	}
	if owner != string(id) {
		return fmt.Errorf("belongs to node %q, not to %q", owner, id)
	}
	return nil
}

// stamp makes a directory this machine's. It refuses one that has files already, which
// somebody may miss.
func (d *dataDir) stamp(id nodes.ID) error {
	entries, err := os.ReadDir(filepath.Join(d.path, filesName))
	if err != nil {
		return fmt.Errorf("cannot be used: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("has files but no %s file: it is not one of this program's, or was damaged", versionName)
	}
	text := fmt.Sprintf("version %d\nnode %s\n", LayoutVersion, id)
	for _, step := range []func() error{
		func() error { return writeSynced(filepath.Join(d.path, newVersion), text) },
		func() error { return os.Rename(filepath.Join(d.path, newVersion), filepath.Join(d.path, versionName)) },
		func() error { return syncPath(d.path) },
		func() error { return syncPath(filepath.Dir(d.path)) },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("cannot be made: %w", err)
		}
	}
	return nil
}

func (d *dataDir) close() {
	if d.files != nil {
		d.files.Close()
	}
	for _, root := range d.elsewhere {
		root.Close()
	}
	if d.lock != nil {
		d.lock.Close() // and the lock goes with it
	}
}

func writeSynced(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// syncPath makes the names in a directory durable.
func syncPath(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// pathCause takes the path off an error that is told beside it.
func pathCause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
