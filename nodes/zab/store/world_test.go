package store_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/store"
	"orrery/sim/vdisk"
)

// disk is a nodes.Disk whose syncs end when the test says so, and which dies at a chosen change.
type disk struct {
	*vdisk.Disk
	syncs   []sync
	changes int   // left until the process dies; negative for never
	fail    error // of the next change, once
	unread  bool  // reads fail
}

type sync struct {
	tag nodes.Tag
	c   vdisk.Capture
}

// killed is what a process that dies panics with.
var killed = errors.New("killed")

func newDisk() *disk { return &disk{Disk: vdisk.New(vdisk.Config{}), changes: -1} }

func (d *disk) change() error {
	if d.changes == 0 {
		panic(killed)
	}
	d.changes--
	err := d.fail
	d.fail = nil
	return err
}

func (d *disk) ReadAt(name string, p []byte, off int64) (int, error) {
	if d.unread {
		return 0, nodes.ErrIO
	}
	return d.Disk.ReadAt(name, p, off)
}

func (d *disk) WriteAt(name string, p []byte, off int64) error {
	return errors.Join(d.change(), d.Disk.WriteAt(name, p, off))
}

func (d *disk) Append(name string, p []byte) error {
	return errors.Join(d.change(), d.Disk.Append(name, p))
}

func (d *disk) Truncate(name string, size int64) error {
	if err := d.change(); err != nil {
		return err
	}
	return d.Disk.Truncate(name, size)
}

func (d *disk) Rename(a, b string) error {
	if err := d.change(); err != nil {
		return err
	}
	return d.Disk.Rename(a, b)
}

func (d *disk) Remove(name string) error {
	if err := d.change(); err != nil {
		return err
	}
	return d.Disk.Remove(name)
}

func (d *disk) Sync(name string, tag nodes.Tag) {
	c, err := d.BeginSync(name)
	if err != nil {
		panic(err)
	}
	d.syncs = append(d.syncs, sync{tag, c})
}

func (d *disk) SyncDir(dir string, tag nodes.Tag) {
	d.syncs = append(d.syncs, sync{tag, d.BeginSyncDir(dir)})
}

// end ends the i-th sync that is under way.
func (d *disk) end(s *store.Store, i int) error {
	y := d.syncs[i]
	d.syncs = append(d.syncs[:i:i], d.syncs[i+1:]...)
	d.EndSync(y.c)
	return s.Synced(d, y.tag, nil)
}

// settle ends all syncs, oldest first.
func (d *disk) settle(t require.TestingT, s *store.Store) {
	for len(d.syncs) > 0 {
		require.NoError(t, d.end(s, 0))
	}
}

// crash takes the machine down; the disk that is left is the machine's when it starts again.
func (d *disk) crash(mode vdisk.CrashMode, draw func(n uint64) uint64) {
	d.Crash(mode, draw)
	d.syncs, d.changes = nil, -1
}

// lose draws the harshest outcome of everything.
func lose(n uint64) uint64 { return n - 1 }

// history is a tree of which only the transactions matter that made it: each has left a znode that is
// named after it.
type history struct {
	names  []string
	zxids  []int64
	sizes  []int
	digest proto.ZxidDigest
	fresh  bool
	epoch  int64 // of the last; for walks
	acls   int
	sess   int
}

func (h *history) Fresh()                     { *h = history{fresh: true} }
func (h *history) Begin()                     { *h = history{} }
func (h *history) Session(proto.SessionEntry) { h.sess++ }
func (h *history) ACL(proto.ACLEntry)         { h.acls++ }

func (h *history) Node(path string, e proto.NodeEntry) error {
	if path != "" {
		h.names = append(h.names, strings.TrimPrefix(path, "/"))
		h.zxids = append(h.zxids, e.Stat.Czxid)
		h.sizes = append(h.sizes, len(e.Data))
	}
	return nil
}

func (h *history) Loaded(_ int64, digest proto.ZxidDigest) error {
	h.digest = digest
	return nil
}

func (h *history) Replay(txn *proto.Transaction) error {
	if n := len(h.zxids); n > 0 && txn.Header.Zxid <= h.zxids[n-1] {
		return nil // the snapshot has it
	}
	body := txn.Body.(*proto.SetDataTxn)
	h.names = append(h.names, body.Path)
	h.zxids = append(h.zxids, txn.Header.Zxid)
	h.sizes = append(h.sizes, len(body.Data))
	return nil
}

// add adds a transaction and returns it as a PROPOSAL carries it.
func (h *history) add(zxid int64, name string, size int) []byte {
	h.names, h.zxids, h.sizes = append(h.names, name), append(h.zxids, zxid), append(h.sizes, size)
	return (&proto.Transaction{
		Header: proto.TxnHeader{Zxid: zxid, Type: proto.OpSetData},
		Body:   &proto.SetDataTxn{Path: name, Data: make([]byte, size)},
		Digest: &proto.TxnDigest{Version: 2, TreeDigest: zxid},
	}).Append(nil)
}

func (h *history) cut(n int) {
	h.names, h.zxids, h.sizes = h.names[:n:n], h.zxids[:n:n], h.sizes[:n:n]
}

// last is the zxid of the last transaction, 0 if there is none.
func (h *history) last() int64 {
	if n := len(h.zxids); n > 0 {
		return h.zxids[n-1]
	}
	return 0
}

// walk walks over the history as it is now.
func (h *history) walk() store.Walk {
	c := *h
	c.cut(len(c.names))
	return &walk{h: &c, zxid: h.last(), next: -1}
}

type walk struct {
	h      *history
	zxid   int64
	next   int
	closed bool
}

func (w *walk) Zxid() int64 { return w.zxid }
func (w *walk) Sessions() []proto.SessionEntry {
	return []proto.SessionEntry{{SessionID: 1, TimeOut: 4000}}
}
func (w *walk) ACLs() []proto.ACLEntry {
	return []proto.ACLEntry{{ID: 1, ACL: []proto.ACL{{Perms: proto.PermAll, ID: proto.ID{Scheme: "world", ID: "anyone"}}}}}
}
func (w *walk) Close() { w.closed = true }

func (w *walk) Next() (string, proto.NodeEntry, bool) {
	i := w.next
	w.next++
	switch {
	case i < 0:
		return "", proto.NodeEntry{ACL: -1}, true
	case i < len(w.h.names):
		return "/" + w.h.names[i], proto.NodeEntry{Data: make([]byte, w.h.sizes[i]), ACL: 1,
			Stat: proto.StatPersisted{Czxid: w.h.zxids[i], Mzxid: w.h.zxids[i]}}, true
	}
	return "", proto.NodeEntry{}, false
}

// server is a store and the history that it keeps.
type server struct {
	*store.Store
	d *disk
	h *history
}

// boot starts a server, to the end of its recovery.
func boot(t require.TestingT, d *disk, o store.Options) (*server, store.Found) {
	h := &history{}
	s, found, err := store.Boot(d, o, h)
	require.NoError(t, err)
	v := &server{s, d, h}
	if found.Empty {
		v.snapshot(t, false)
	}
	d.settle(t, s)
	require.NotEmpty(t, s.Events())
	return v, found
}

// log appends transactions, one after the other in the epoch, and writes them.
func (v *server) log(t require.TestingT, names ...string) {
	for _, name := range names {
		z := v.h.last() + 1
		v.Append(z, v.h.add(z, name, 10), true)
	}
	require.NoError(t, v.Flush(v.d))
}

// sync logs and waits.
func (v *server) sync(t require.TestingT, names ...string) {
	v.log(t, names...)
	v.d.settle(t, v.Store)
}

func (v *server) snapshot(t require.TestingT, replace bool) {
	require.NoError(t, v.BeginSnapshot(v.h.walk(), replace))
	for done := false; !done; {
		var err error
		done, err = v.StepSnapshot(v.d, 100, proto.ZxidDigest{Zxid: v.h.last(), DigestVersion: 2, Digest: 7})
		require.NoError(t, err)
	}
}

// restart kills the process or the machine, and boots again.
func (v *server) restart(t require.TestingT, mode vdisk.CrashMode, o store.Options) (*server, store.Found) {
	v.d.crash(mode, lose)
	return boot(t, v.d, o)
}

func files(t require.TestingT, d *disk) string {
	names, err := d.List(store.Dir)
	require.NoError(t, err)
	return strings.ReplaceAll(fmt.Sprint(names), store.Dir+"/", "")
}
