package live

import (
	"fmt"
	"io"
	"io/fs"

	"orrery/nodes"
)

// diskEnv is the nodes.Disk of one call.
type diskEnv struct{ e *env }

var _ nodes.Disk = diskEnv{}

// disk is the effect boundary, see env.process.
func (d diskEnv) disk() *disk { return d.e.process().disk }

// at returns an open file, if the offset can be one.
func (d diskEnv) at(name string, create bool, off int64) (*file, error) {
	if off < 0 {
		return nil, fmt.Errorf("live: %s at %d: %w", name, off, fs.ErrInvalid)
	}
	return d.disk().open(name, create)
}

func (d diskEnv) ReadFile(name string) ([]byte, error) {
	f, err := d.at(name, false, 0)
	if err != nil {
		return nil, err
	}
	b := make([]byte, f.size)
	n, err := f.f.ReadAt(b, 0)
	if err == io.EOF {
		err = nil
	}
	return b[:n], diskError(err)
}

func (d diskEnv) ReadAt(name string, p []byte, off int64) (int, error) {
	f, err := d.at(name, false, off)
	if err != nil {
		return 0, err
	}
	n, err := f.f.ReadAt(p, off)
	return n, diskError(err)
}

func (d diskEnv) WriteAt(name string, p []byte, off int64) error {
	f, err := d.at(name, true, off)
	if err != nil {
		return err
	}
	return d.disk().writeAt(f, p, off)
}

func (d diskEnv) Append(name string, p []byte) error {
	f, err := d.at(name, true, 0)
	if err != nil {
		return err
	}
	return d.disk().appendTo(f, p)
}

func (d diskEnv) Truncate(name string, size int64) error {
	f, err := d.at(name, false, size)
	if err != nil {
		return err
	}
	f.writes++
	if err := f.f.Truncate(size); err != nil {
		return diskError(err)
	}
	f.size = size
	return nil
}

func (d diskEnv) Size(name string) (int64, error) {
	f, err := d.at(name, false, 0)
	if err != nil {
		return 0, err
	}
	return f.size, nil
}

func (d diskEnv) Rename(oldName, newName string) error { return d.disk().rename(oldName, newName) }

func (d diskEnv) Remove(name string) error {
	if _, err := d.at(name, false, 0); err != nil {
		return err
	}
	if err := d.disk().rootOf(name).Remove(name); err != nil {
		return diskError(err)
	}
	d.disk().forget(name)
	return nil
}

func (d diskEnv) List(dir string) ([]string, error) { return d.disk().list(dir) }

func (d diskEnv) Sync(name string, tag nodes.Tag) { d.disk().syncFile(name, tag) }

func (d diskEnv) SyncDir(dir string, tag nodes.Tag) { d.disk().syncDir(dir, tag) }
