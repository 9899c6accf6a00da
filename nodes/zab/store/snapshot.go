package store

import (
	"fmt"
	"hash"
	"hash/adler32"

	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// Walk is what a snapshot is made of, one znode at a time, while the tree may go on changing. Package tree has
// one.
type Walk interface {
	// Zxid is the last transaction that is surely in the snapshot; it gives the file its name.
	Zxid() int64
	// Sessions and ACLs are the tables as they were when the walk began, or later.
	Sessions() []proto.SessionEntry
	ACLs() []proto.ACLEntry
	// Next returns the next znode, parents before their children; the root's path is "".
	Next() (path string, entry proto.NodeEntry, ok bool)
	// Close ends the walk.
	Close()
}

// Encoder makes of a walk the bytes that a leader sends behind a SNAP, and that a snapshot file holds between its
// header and its seal.
type Encoder struct {
	walk  Walk
	begun bool
	done  bool
}

// NewEncoder takes the walk over and closes it at the end.
func NewEncoder(w Walk) *Encoder { return &Encoder{walk: w} }

// Next appends about max bytes more to b; done is true when these were the last.
func (e *Encoder) Next(b []byte, max int) (longer []byte, done bool) {
	start := len(b)
	if !e.begun {
		e.begun = true
		b = appendTables(b, e.walk.Sessions(), e.walk.ACLs())
	}
	for !e.done && len(b)-start < max {
		path, node, ok := e.walk.Next()
		if !ok {
			e.Close()
			return jute.AppendString(b, snapEnd), true
		}
		b = jute.AppendString(b, path)
		b = node.Append(b)
	}
	return b, e.done
}

// Close ends the walk before its end. Closing twice does nothing.
func (e *Encoder) Close() {
	if !e.done {
		e.done = true
		e.walk.Close()
	}
}

// snapEnd stands where the next path would, behind the last node and in a seal.
const snapEnd = "/"

func appendTables(b []byte, sessions []proto.SessionEntry, acls []proto.ACLEntry) []byte {
	b = jute.AppendCount(b, len(sessions))
	for i := range sessions {
		b = sessions[i].Append(b)
	}
	b = jute.AppendCount(b, len(acls))
	for i := range acls {
		b = acls[i].Append(b)
	}
	return b
}

// snapshot is a file that is being written, under a name of its own.
type snapshot struct {
	enc     *Encoder
	zxid    int64
	sum     hash.Hash32 // of all that was written
	off     int64
	buf     []byte
	replace bool // what is on disk is of another history
	tmp     string
}

// newSnapshot begins a snapshot; n tells it from others of the same zxid, one of which may still wait to get its name.
func newSnapshot(w Walk, replace bool, n uint64) *snapshot {
	tmp := fmt.Sprintf("%s%x.%x", savingPrefix, uint64(w.Zxid()), n)
	return &snapshot{enc: NewEncoder(w), zxid: w.Zxid(), sum: adler32.New(), replace: replace, tmp: tmp}
}

func (n *snapshot) name() string { return snapName(n.zxid) }

// chunk makes the next part of the file, valid until the next call.
func (n *snapshot) chunk(max int, digest proto.ZxidDigest) (p []byte, done bool) {
	n.buf = n.buf[:0]
	if n.off == 0 {
		h := proto.FileHeader{Magic: proto.SnapMagic, Version: proto.FileVersion, DBID: proto.SnapDBID}
		n.buf = h.Append(n.buf)
	}
	n.buf, done = n.enc.Next(n.buf, max)
	_, _ = n.sum.Write(n.buf)
	if done {
		n.seal()
		if digest.DigestVersion != 0 {
			from := len(n.buf)
			n.buf = digest.Append(n.buf)
			_, _ = n.sum.Write(n.buf[from:])
			n.seal()
		}
	}
	return n.buf, done
}

// seal appends the sum of all before it.
func (n *snapshot) seal() {
	from := len(n.buf)
	n.buf = jute.AppendLong(n.buf, int64(n.sum.Sum32()))
	n.buf = jute.AppendString(n.buf, snapEnd)
	_, _ = n.sum.Write(n.buf[from:])
}
