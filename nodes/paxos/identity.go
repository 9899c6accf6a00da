package paxos

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"orrery/nodes"
)

// The identity file says whose disk this is. It is written last when a disk is
// initialised, after the log is durable: so it says also that there must be a log.
const (
	identityFile    = "identity"
	identityMagic   = "orrery-paxos\n"
	identityVersion = 1
)

// Why Boot refuses a disk. Compare with errors.Is. A corrupt log is a *wal.CorruptError
// (see [IsCorrupt]); the disk's own errors come through as they are.
var (
	// ErrWiped: the machine was initialised before, and its disk has lost everything.
	ErrWiped = errors.New("paxos: the disk is empty, but this replica has been initialised before: its votes are lost, and it must not vote again under this name")
	// ErrForeign: the disk belongs to another replica or another cluster.
	ErrForeign = errors.New("paxos: the disk belongs to another replica")
	// ErrVersion: the disk was written by a newer program.
	ErrVersion = errors.New("paxos: the disk was written by a newer program")
	// ErrCorrupt: something other than the log, that had been durable, cannot be read.
	ErrCorrupt = errors.New("paxos: the disk is corrupt")
)

// ownerOf is what the identity file and the log's header say of their owner.
func ownerOf(cfg *Config) []byte {
	return appendString(appendString(nil, cfg.Cluster), string(cfg.Self))
}

func identity(cfg *Config) []byte {
	b := append([]byte(identityMagic), identityVersion)
	b = append(b, ownerOf(cfg)...)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// readIdentity tells whether the disk was initialised, and refuses one that is not ours.
func readIdentity(d nodes.Disk, cfg *Config) (initialised bool, err error) {
	p, err := d.ReadFile(identityFile)
	if errors.Is(err, nodes.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("paxos: %s: %w", identityFile, err)
	}
	head := len(identityMagic)
	n := len(p) - 4
	whole := n > head && string(p[:head]) == identityMagic &&
		crc32.Checksum(p[:n], castagnoli) == binary.LittleEndian.Uint32(p[n:])
	if !whole {
		return false, nil // the crash came while it was first written; the caller looks at the log
	}
	if v := p[head]; v != identityVersion {
		return true, fmt.Errorf("%w: format %d, this program reads %d", ErrVersion, v, identityVersion)
	}
	return true, checkOwner(p[head+1:n], cfg)
}

// checkOwner compares what a file says of its owner with cfg.
func checkOwner(owner []byte, cfg *Config) error {
	r := reader{p: owner}
	cluster, self := string(r.bytes()), nodes.ID(r.bytes())
	if err := r.done(); err != nil {
		return fmt.Errorf("%w: its owner cannot be read", ErrCorrupt)
	}
	if cluster != cfg.Cluster || self != cfg.Self {
		return fmt.Errorf("%w: it is that of %q of cluster %q, and this is %q of cluster %q",
			ErrForeign, self, cluster, cfg.Self, cfg.Cluster)
	}
	return nil
}
