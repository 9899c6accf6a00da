package live

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"orrery/nodes"
)

// flusher runs the syncs of one file, or of one directory, one after the other. All that are
// asked for while one runs share the next: the group commit of a database. It belongs to
// the loop.
type flusher struct {
	d       *disk
	run     func() error // the fsync; runs elsewhere
	ended   func()       // is told when none runs any more; may be nil
	busy    bool
	waiting []nodes.Tag
	failed  error // of the first one that failed; it stays
}

// ask begins a sync, or queues it.
func (s *flusher) ask(tag nodes.Tag, begun func() (done func())) {
	s.waiting = append(s.waiting, tag)
	if !s.busy {
		s.begin(begun)
	}
}

// begin runs one sync for all that wait. What begun returns is called if it succeeds.
func (s *flusher) begin(begun func() func()) {
	tags := s.waiting
	s.waiting, s.busy = nil, true
	done := begun()
	s.d.p.workers.Go(func() {
		s.d.slots <- struct{}{}
		err := s.run()
		<-s.d.slots
		s.d.p.inbox.put(func() { s.end(tags, err, begun, done) })
	})
}

func (s *flusher) end(tags []nodes.Tag, err error, begun func() func(), done func()) {
	s.busy = false
	switch {
	case s.failed != nil:
	case err != nil:
		s.failed = fmt.Errorf("sync failed: %w", diskError(err))
	default:
		done()
	}
	if len(s.waiting) > 0 {
		s.begin(begun)
	} else if s.ended != nil {
		s.ended()
	}
	s.d.synced(tags, s.failed)
}

// synced tells the node.
func (d *disk) synced(tags []nodes.Tag, err error) {
	for _, tag := range tags {
		if d.p.over() {
			return
		}
		d.p.call(func(env nodes.Env) { d.p.node.Synced(env, tag, err) })
	}
}

// syncFile begins to make a file's present content durable.
func (d *disk) syncFile(name string, tag nodes.Tag) {
	f, err := d.open(name, false)
	if err != nil {
		d.p.inbox.put(func() { d.synced([]nodes.Tag{tag}, err) })
		return
	}
	f.sync.ask(tag, func() func() {
		writes := f.writes
		return func() { f.durable = writes }
	})
}

// syncDir begins to make a directory's names durable, and its own name, and so on up: what
// a node calls a name is the whole path.
func (d *disk) syncDir(dir string, tag nodes.Tag) {
	if dir == "" {
		dir = "."
	}
	if !fs.ValidPath(dir) {
		err := fmt.Errorf("live: directory name %q: %w", dir, fs.ErrInvalid)
		d.p.inbox.put(func() { d.synced([]nodes.Tag{tag}, err) })
		return
	}
	s := d.dirs[dir]
	if s == nil {
		s = &flusher{d: d, run: func() error { return d.flushDirs(dir) }}
		d.dirs[dir] = s
	}
	nothing := func() {}
	s.ask(tag, func() func() { return nothing })
}

// flushDirs syncs a directory, and where files elsewhere have names in it, their directory too.
func (d *disk) flushDirs(dir string) error {
	errs := []error{flushDir(d.root, dir)}
	for prefix, root := range d.elsewhere {
		if path.Dir(prefix) == dir {
			errs = append(errs, flushDir(root, dir))
		}
	}
	return errors.Join(errs...)
}

// flushDir syncs a directory and all above it. One that is not there has no names.
func flushDir(root *os.Root, dir string) error {
	for ; ; dir = path.Dir(dir) {
		f, err := root.Open(dir)
		if err == nil {
			err = errors.Join(f.Sync(), f.Close())
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if dir == "." {
			return nil
		}
	}
}
