package task

import "orrery/nodes"

// Disk is this machine's disk. Unlike an Env's it may be kept by the task. Its Sync and
// SyncDir panic: those of T wait for the end.
func (t *T) Disk() nodes.Disk {
	t.env()
	return disk{t}
}

// Sync makes a file's present content durable, and waits until it is. After
// an error the only safe answer is Halt (see [nodes.Node]).
func (t *T) Sync(name string) error {
	return t.sync("the sync of "+name, func(d nodes.Disk, tag nodes.Tag) { d.Sync(name, tag) })
}

// SyncDir makes the names in a directory ("" for the top one) durable, and waits
// until they are.
func (t *T) SyncDir(dir string) error {
	return t.sync("the sync of directory "+dir, func(d nodes.Disk, tag nodes.Tag) { d.SyncDir(dir, tag) })
}

func (t *T) sync(waits string, begin func(nodes.Disk, nodes.Tag)) error {
	env := t.env()
	t.m.synced++
	t.m.syncs[t.m.synced] = t
	begin(env.Disk(), nodes.Tag{Name: syncName, N: t.m.synced})
	t.block(waits, Forever)
	err := t.err
	t.err = nil
	return err
}

// disk asks for the machine's disk anew at each call.
type disk struct{ t *T }

func (d disk) now() nodes.Disk { return d.t.env().Disk() }

func (d disk) ReadFile(name string) ([]byte, error) { return d.now().ReadFile(name) }
func (d disk) ReadAt(name string, p []byte, off int64) (int, error) {
	return d.now().ReadAt(name, p, off)
}
func (d disk) WriteAt(name string, p []byte, off int64) error { return d.now().WriteAt(name, p, off) }
func (d disk) Append(name string, p []byte) error             { return d.now().Append(name, p) }
func (d disk) Truncate(name string, size int64) error         { return d.now().Truncate(name, size) }
func (d disk) Size(name string) (int64, error)                { return d.now().Size(name) }
func (d disk) Rename(oldName, newName string) error           { return d.now().Rename(oldName, newName) }
func (d disk) Remove(name string) error                       { return d.now().Remove(name) }
func (d disk) List(dir string) ([]string, error)              { return d.now().List(dir) }

func (d disk) Sync(string, nodes.Tag) {
	panic("task: a task syncs with T.Sync, which waits for the end")
}
func (d disk) SyncDir(string, nodes.Tag) {
	panic("task: a task syncs with T.SyncDir, which waits for the end")
}
