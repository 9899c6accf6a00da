package etcdraft

import (
	"encoding/binary"
	"errors"
	"hash/crc32"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
	"orrery/nodes"
)

// wal is the write-ahead log. A record is one MsgStorageAppend, behind its length and checksum. A batch is
// written when the sync of the one before it has ended: so at most one is at the mercy of a crash,
// nobody was told of it, and a reader stops at the first damaged record.
type wal struct {
	storage *raft.MemoryStorage // where the library reads entries back
	batch   []byte              // records that are not yet written
	held    []*pb.Message       // what must not be told before records are durable
	covered int                 // how many of those wait for the syncs in flight only
	syncing int                 // how many syncs are in flight
	quirks  Quirks
}

const walFile, header = "raft.wal", 8 // bytes of length and checksum

// open reads the log and cuts off what a crash has torn. What was read may be in the page cache alone, and after
// a sync that failed no other will take it further: so it is written anew, and synced before anything is told.
func (w *wal) open(env nodes.Env) error {
	p, err := env.Disk().ReadFile(walFile)
	if errors.Is(err, nodes.ErrNotExist) || err == nil && len(p) == 0 { // perhaps the sync of the name has failed
		_ = env.Disk().Remove(walFile)
		err = env.Disk().Append(walFile, nil)
	}
	whole := 0
	for body := readRecord(p); body != nil && err == nil; body = readRecord(p[whole:]) {
		m := &pb.Message{}
		err = proto.Unmarshal(body, m)
		if m.Term != nil {
			_ = w.storage.SetHardState(&pb.HardState{Term: m.Term, Vote: m.Vote, Commit: m.Commit})
		}
		_ = w.storage.Append(m.GetEntries())
		whole += header + len(body)
	}
	if err == nil {
		err = errors.Join(env.Disk().WriteAt(walFile, p[:whole], 0), env.Disk().Truncate(walFile, int64(whole)))
	}
	env.Disk().Sync(walFile, nodes.Tag{Name: "wal"})
	env.Disk().SyncDir("", nodes.Tag{Name: "wal"})
	w.syncing = 2
	return err
}

// readRecord returns the record at the start of p, or nil if no whole one is there.
func readRecord(p []byte) []byte {
	if len(p) > header {
		body, size := p[header:], int(binary.LittleEndian.Uint32(p))
		if 0 < size && size <= len(body) && crc32.ChecksumIEEE(body[:size]) == binary.LittleEndian.Uint32(p[4:]) {
			return body[:size]
		}
	}
	return nil
}

// add takes a MsgStorageAppend. One that moves the commit index alone need not be durable: it is not
// written, and its responses wait only for those before it.
func (w *wal) add(m *pb.Message, durable bool) {
	if durable {
		_ = w.storage.Append(m.GetEntries())
		body, _ := proto.Marshal(&pb.Message{Term: m.Term, Vote: m.Vote, Commit: m.Commit, Entries: m.Entries})
		w.batch = binary.LittleEndian.AppendUint32(w.batch, uint32(len(body)))
		w.batch = append(binary.LittleEndian.AppendUint32(w.batch, crc32.ChecksumIEEE(body)), body...)
	}
	w.held = append(w.held, m.GetResponses()...)
	if len(w.batch) == 0 || w.quirks.SendBeforeSync {
		w.covered = len(w.held)
	}
}

// release returns what may be told now.
func (w *wal) release() (tell []*pb.Message) {
	if w.syncing == 0 || w.quirks.SendBeforeSync {
		tell, w.held, w.covered = w.held[:w.covered], w.held[w.covered:], 0
	}
	return tell
}

// flush writes the batch, unless one is in flight.
func (w *wal) flush(env nodes.Env) {
	if w.syncing > 0 || len(w.batch) == 0 {
		return
	}
	if err := env.Disk().Append(walFile, w.batch); err != nil {
		env.Halt(err)
	}
	w.syncing, w.covered, w.batch = 1, len(w.held), w.batch[:0]
	env.Disk().Sync(walFile, nodes.Tag{Name: "wal"})
}
