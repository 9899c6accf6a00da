package tree

import (
	"encoding/binary"
	"hash/crc32"
	"strings"

	"orrery/nodes/zab/proto"
)

// NodeDigest is the digest of one znode (DigestCalculator, version 2): the CRC-32 of path, data and
// what is persistent of its Stat. The path of the root is "". What lies below /zookeeper does not count, because servers may differ
// in it. The ACL does not count either.
func NodeDigest(path string, data []byte, s *proto.StatPersisted) uint32 {
	if strings.HasPrefix(path, pathZookeeper+"/") {
		return 0
	}
	if path == "/" {
		path = ""
	}
	b := make([]byte, 0, 128)
	return digestOf(append(b, path...), data, s)
}

const statBytes = 60

// digestOf takes the path as bytes, which it may extend.
func digestOf(path, data []byte, s *proto.StatPersisted) uint32 {
	sum := crc32.ChecksumIEEE(path)
	sum = crc32.Update(sum, crc32.IEEETable, data)
	b := path[:0]
	for _, v := range [...]int64{s.Czxid, s.Mzxid, s.Pzxid, s.Ctime, s.Mtime} {
		b = binary.BigEndian.AppendUint64(b, uint64(v))
	}
	for _, v := range [...]int32{s.Version, s.Cversion, s.Aversion} {
		b = binary.BigEndian.AppendUint32(b, uint32(v))
	}
	b = binary.BigEndian.AppendUint64(b, uint64(s.EphemeralOwner))
	return crc32.Update(sum, crc32.IEEETable, b)
}

// persisted is what a snapshot keeps of a znode.
func (n *node) persisted() proto.StatPersisted {
	return proto.StatPersisted{Czxid: n.czxid, Mzxid: n.mzxid, Ctime: n.ctime, Mtime: n.mtime, Version: n.version,
		Cversion: n.cversion, Aversion: n.aversion, EphemeralOwner: n.owner, Pzxid: n.pzxid}
}

// changed brings the digest of the tree up to date with a znode that has changed.
func (t *Tree) changed(r ref) {
	n := t.at(r)
	t.digest -= uint64(n.digest)
	n.digest = t.digestAt(r)
	t.digest += uint64(n.digest)
}

// digestAt computes the digest of a znode.
func (t *Tree) digestAt(r ref) uint32 {
	n := t.at(r)
	t.scratch = t.appendPath(t.scratch[:0], r)
	if len(t.scratch) > len(pathZookeeper) && t.scratch[len(pathZookeeper)] == '/' && string(t.scratch[:len(pathZookeeper)]) == pathZookeeper {
		return 0
	}
	s := n.persisted()
	return digestOf(t.scratch, n.data, &s)
}

// Digest is the sum of the digests of all znodes, without regard to overflow (AdHash): two servers with equal
// trees have equal digests, and one change costs one addition and one subtraction.
func (t *Tree) Digest() int64 { return int64(t.digest) }

// LastDigest is the digest behind the last transaction, as snapshots and answers to administrators carry it; of version 0 before
// the first. While a transaction is being applied in steps it is that of the one before.
func (t *Tree) LastDigest() proto.ZxidDigest { return t.last }
