package findings

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Version is the version of the store that is written, and the newest that is read.
const Version = 1

// FileName is the file of a store, in its directory.
const FileName = "findings.db"

// lockWait is how long another process is waited for. It holds the lock for milliseconds.
const lockWait = 10 * time.Second

// The buckets, and the key of the version in the first. That record keeps its form in all versions.
var (
	metaBucket      = []byte("meta")
	campaignsBucket = []byte("campaigns")
	pendingBucket   = []byte("pending")
	findingsBucket  = []byte("findings")
	versionKey      = []byte("version")
)

// Store is a store of findings. It is good for one goroutine; several processes may use one
// file.
type Store struct{ path string }

// A VersionError says that a store is of a newer version than this program reads.
type VersionError struct {
	Path    string
	Version uint64
}

// Error is one line.
func (e *VersionError) Error() string {
	return fmt.Sprintf("%s: findings of version %d; this program reads up to %d", e.Path, e.Version, Version)
}

// ErrNone is the error of OpenExisting where there is no store.
var ErrNone = errors.New("there are no findings")

// Create opens the store in a directory, and makes both if they are not there. If the store cannot be
// read, it is moved aside, and moved is the path that it has now; then the store is empty. The
// error is a *VersionError for a store of a newer version.
func Create(dir string) (s *Store, moved string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, "", err
	}
	s, moved, err = OpenExisting(dir)
	if !errors.Is(err, ErrNone) && (err != nil || moved == "") {
		return s, moved, err
	}
	s = &Store{filepath.Join(dir, FileName)}
	return s, moved, s.create()
}

// OpenExisting opens the store in a directory. The error is ErrNone if there is none. A store that
// cannot be read is moved aside as by Create; there is none left then, and s is nil.
func OpenExisting(dir string) (s *Store, moved string, err error) {
	s = &Store{filepath.Join(dir, FileName)}
	info, err := os.Stat(s.path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, "", fmt.Errorf("%s: %w", dir, ErrNone)
	case err != nil:
		return nil, "", err
	case info.IsDir():
		return nil, "", fmt.Errorf("%s: want a file, and it is a directory", s.path)
	}
	var damaged *damagedError
	if err = s.examine(); !errors.As(err, &damaged) {
		return s, "", err
	}
	moved, err = moveAside(s.path)
	return nil, moved, err
}

// moveAside gives a file a name that says what is the matter with it, and that no other file has.
func moveAside(path string) (moved string, err error) {
	for n := 1; ; n++ {
		moved = fmt.Sprintf("%s.unreadable-%d", path, n)
		// A link fails if there is such a file, and a rename would replace it.
		if err = os.Link(path, moved); !errors.Is(err, os.ErrExist) {
			break
		}
	}
	if err != nil {
		return "", err
	}
	return moved, os.Remove(path)
}

// create makes the file, whole or not at all: a process that is killed meanwhile leaves no half of it.
func (s *Store) create() error {
	fresh := fmt.Sprintf("%s.new-%d", s.path, os.Getpid())
	defer os.Remove(fresh)
	err := use(fresh, false, func(db *bbolt.DB) error {
		return db.Update(func(tx *bbolt.Tx) error {
			for _, name := range [][]byte{metaBucket, campaignsBucket, pendingBucket, findingsBucket} {
				if _, err := tx.CreateBucketIfNotExists(name); err != nil {
					return err
				}
			}
			return put(tx, metaBucket, versionKey, Version)
		})
	})
	if err != nil {
		return err
	}
	if err := os.Link(fresh, s.path); err != nil && !errors.Is(err, os.ErrExist) { // somebody else was faster
		return err
	}
	return nil
}

// damagedError says what is wrong with a store's file.
type damagedError struct{ why string }

func (e *damagedError) Error() string { return e.why }

// examine finds out whether the store can be read at all, every record of it.
func (s *Store) examine() error {
	return use(s.path, true, func(db *bbolt.DB) error {
		return db.View(func(tx *bbolt.Tx) error {
			info, err := os.Stat(s.path)
			if err != nil {
				return err
			}
			if info.Size() < tx.Size() {
				return &damagedError{fmt.Sprintf("it has %d bytes, and says that it has %d", info.Size(), tx.Size())}
			}
			return s.readable(tx)
		})
	})
}

// readable reads everything that there is, on this goroutine: the database's own check runs on one of
// its own, where a page that is not there would end the program.
func (s *Store) readable(tx *bbolt.Tx) error {
	var version uint64
	if tx.Bucket(metaBucket) == nil {
		return &damagedError{"it has no version"}
	}
	if ok, err := get(tx, metaBucket, versionKey, &version); !ok || err != nil {
		return &damagedError{"it has no version"}
	}
	if version > Version {
		return &VersionError{s.path, version}
	}
	for _, b := range []struct {
		name []byte
		into func() any
	}{
		{campaignsBucket, func() any { return new(Progress) }},
		{pendingBucket, func() any { return new(Pending) }},
		{findingsBucket, func() any { return new(Finding) }},
	} {
		bucket := tx.Bucket(b.name)
		if bucket == nil {
			return &damagedError{fmt.Sprintf("it has no %s", b.name)}
		}
		err := bucket.ForEach(func(k, v []byte) error {
			if err := decode(k, v, b.into()); err != nil {
				return &damagedError{fmt.Sprintf("%s %q: %v", b.name, k, err)}
			}
			if again, _ := bucket.Cursor().Seek(k); string(again) != string(k) { // through the inner pages
				return &damagedError{fmt.Sprintf("%s %q is not where it should be", b.name, k)}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// use opens a file for one purpose. What the database finds wrong with the file, and a page that is not there
// when it is looked at, is a *damagedError: neither ends the program.
func use(path string, readOnly bool, f func(*bbolt.DB) error) (err error) {
	old := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(old)
	var db *bbolt.DB
	defer func() {
		if v := recover(); v != nil {
			err = &damagedError{fmt.Sprint(v)}
		}
		if db != nil {
			err = errors.Join(err, db.Close())
		}
	}()
	db, err = bbolt.Open(path, 0o644, &bbolt.Options{Timeout: lockWait, ReadOnly: readOnly})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return fmt.Errorf("%s: another process has been using it for %v", path, lockWait)
	case errors.Is(err, os.ErrPermission):
		return err
	case err != nil:
		return &damagedError{err.Error()}
	}
	return f(db)
}

// update changes the store, all or nothing.
func (s *Store) update(f func(tx *bbolt.Tx) error) error {
	return s.named(use(s.path, false, func(db *bbolt.DB) error { return db.Update(f) }))
}

func (s *Store) view(f func(tx *bbolt.Tx) error) error {
	return s.named(use(s.path, true, func(db *bbolt.DB) error { return db.View(f) }))
}

// named puts the file before what is wrong with it.
func (s *Store) named(err error) error {
	var damaged *damagedError
	if errors.As(err, &damaged) {
		return fmt.Errorf("%s: it cannot be read any more: %w", s.path, err)
	}
	return err
}

// Path is the store's file.
func (s *Store) Path() string { return s.path }
