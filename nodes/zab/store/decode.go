package store

import (
	"errors"
	"fmt"
	"hash"
	"hash/adler32"

	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// Loader takes the content of a snapshot. Package tree has one.
type Loader interface {
	Session(e proto.SessionEntry)
	ACL(e proto.ACLEntry)
	// Node takes a znode; its parent came before. An error ends the snapshot, which is then not valid.
	Node(path string, e proto.NodeEntry) error
}

// ErrSnapshot says that bytes are not a whole snapshot.
var ErrSnapshot = errors.New("store: not a valid snapshot")

// maxUnit is the longest znode that a snapshot may hold, in bytes.
const maxUnit = 64 << 20

// stage is what a decoder expects next.
type stage uint8

const (
	inHeader stage = iota
	inSessionCount
	inSessions
	inACLCount
	inACLs
	inNodes
	inSignature
	inSeal
	inDigest
	inDigestSeal
	inZxid
	inZxidSeal
	atEnd
)

// Decoder reads a snapshot that comes in pieces, of any length, and hands it to a Loader as it comes. It keeps at most one
// znode that is not whole.
type Decoder struct {
	load  Loader
	stage stage
	wire  bool
	count int32 // of entries of the present table that are still to come
	buf   []byte
	sum   hash.Hash32 // of what has been read; nil on the wire
	nodes int
	// Digest is what the tree's digest was at the end of the walk; of version 0 if the snapshot does not say.
	Digest proto.ZxidDigest
}

// NewDecoder reads what a leader sends behind a SNAP, up to the signature.
func NewDecoder(l Loader) *Decoder { return &Decoder{load: l, stage: inSessionCount, wire: true} }

// newFileDecoder reads a snapshot file.
func newFileDecoder(l Loader) *Decoder { return &Decoder{load: l, sum: adler32.New()} }

// Feed takes the next piece. On the wire, done is true behind the signature, and used is how much of p it took: the rest
// is not of the snapshot. Errors are ErrSnapshot, wrapped with what is wrong, and the loader's.
func (c *Decoder) Feed(p []byte) (used int, done bool, err error) {
	before := len(c.buf)
	c.buf = append(c.buf, p...)
	at := 0
	for c.stage != atEnd && at < len(c.buf) {
		d := jute.NewDecoder(c.buf[at:])
		d.Limit(maxUnit)
		err := c.unit(d)
		if errors.Is(err, jute.ErrShort) {
			break
		}
		if err != nil {
			return 0, false, fmt.Errorf("%w: %w", ErrSnapshot, err)
		}
		if c.sum != nil {
			_, _ = c.sum.Write(c.buf[at : at+d.Offset()])
		}
		at += d.Offset()
	}
	used = len(p)
	if c.stage == atEnd {
		used = at - before
	}
	c.buf = append(c.buf[:0], c.buf[at:]...)
	if len(c.buf) > maxUnit {
		return used, false, fmt.Errorf("%w: an entry of more than %d bytes", ErrSnapshot, maxUnit)
	}
	return used, c.stage == atEnd, nil
}

// unit reads the next thing that is whole.
func (c *Decoder) unit(d *jute.Decoder) error {
	switch c.stage {
	case inHeader:
		return c.header(d)
	case inSessionCount, inACLCount:
		return c.table(d)
	case inSessions:
		var e proto.SessionEntry
		if e.Decode(d) == nil {
			c.load.Session(e)
			c.counted()
		}
	case inACLs:
		var e proto.ACLEntry
		if e.Decode(d) == nil {
			c.load.ACL(e)
			c.counted()
		}
	case inNodes:
		return c.node(d)
	case inSignature:
		if s := d.String(); d.Err() == nil && s != proto.SnapSignature {
			return fmt.Errorf("the signature is %q", s)
		}
		c.advance(d, atEnd)
	case inSeal:
		return c.seal(d, inDigest)
	case inDigest:
		_ = c.Digest.Decode(d)
		c.advance(d, inDigestSeal)
	case inDigestSeal:
		return c.seal(d, inZxid)
	case inZxid:
		d.Long() // the zxid in the name, said once more (3.9)
		c.advance(d, inZxidSeal)
	case inZxidSeal:
		return c.seal(d, atEnd)
	}
	return d.Err()
}

func (c *Decoder) advance(d *jute.Decoder, to stage) {
	if d.Err() == nil {
		c.stage = to
	}
}

func (c *Decoder) header(d *jute.Decoder) error {
	var h proto.FileHeader
	if err := h.Decode(d); err != nil {
		return err
	}
	if h.Magic != proto.SnapMagic || h.Version != proto.FileVersion {
		return fmt.Errorf("it does not begin as a snapshot of version %d does", proto.FileVersion)
	}
	c.stage = inSessionCount
	return nil
}

// table begins one of the two tables.
func (c *Decoder) table(d *jute.Decoder) error {
	n := d.Int()
	if d.Err() != nil {
		return d.Err()
	}
	c.count = max(n, 0)
	c.stage++ // into the table
	if c.count == 0 {
		c.stage++ // behind it
	}
	return nil
}

// counted ends the table behind its last entry.
func (c *Decoder) counted() {
	if c.count--; c.count == 0 {
		c.stage++
	}
}

func (c *Decoder) node(d *jute.Decoder) error {
	path := d.String()
	if d.Err() == nil && path == snapEnd {
		if c.stage = inSeal; c.wire {
			c.stage = inSignature
		}
		return nil
	}
	var e proto.NodeEntry
	if err := e.Decode(d); err != nil {
		return err
	}
	c.nodes++
	return c.load.Node(path, e)
}

func (c *Decoder) seal(d *jute.Decoder, to stage) error {
	want := int64(c.sum.Sum32())
	got := d.Long()
	_ = d.String()
	if d.Err() == nil && got != want {
		return fmt.Errorf("the sum of its bytes is %x, sealed is %x", want, got)
	}
	c.advance(d, to)
	return d.Err()
}

// end tells what is missing when no more comes. What follows the first seal is optional.
func (c *Decoder) end() error {
	if len(c.buf) == 0 && (c.stage == inDigest || c.stage == inZxid || c.stage == atEnd) {
		return nil
	}
	if c.stage == inDigestSeal || c.stage == inDigest || c.stage == inZxid || c.stage == inZxidSeal {
		return fmt.Errorf("%w: what is behind the seal is cut short", ErrSnapshot)
	}
	return fmt.Errorf("%w: it is cut short after %d znodes", ErrSnapshot, c.nodes)
}
