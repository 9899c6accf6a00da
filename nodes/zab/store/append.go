package store

import (
	"fmt"

	"orrery/nodes"
	"orrery/nodes/zab/proto"
)

// Append adds a transaction to the log: its header, its record and, if digest says so, a TxnDigest, as a PROPOSAL
// carries them. The bytes must not be changed until the transaction is durable. Nothing is written before
// [Store.Flush].
func (s *Store) Append(zxid int64, txn []byte, digest bool) {
	if len(txn) < minPayload || len(txn) > maxPayload-2*markSize {
		panic(fmt.Sprintf("store: a transaction of %d bytes", len(txn)))
	}
	s.queue = append(s.queue, entry{zxid, txn, digest, s.rolling})
	s.rolling = false
	s.logged = zxid
}

// Roll makes the next transaction that is appended the first of a new file, as after a snapshot.
func (s *Store) Roll() { s.rolling = true }

// Flush writes what was appended and begins to sync it, unless a sync of the log is under way: then the end of that
// one does. An event LogDurable tells of its end. An error is the disk's; the caller can only halt, because
// part may have been written.
func (s *Store) Flush(d nodes.Disk) error { return s.next(d) }

// Logged is the zxid of the last transaction that was appended or found.
func (s *Store) Logged() int64 { return s.logged }

// Durable is the zxid of the last transaction that no crash can take, with all before it.
func (s *Store) Durable() int64 { return s.durable }

// write writes the front of the queue, which goes into one file, as one batch.
func (s *Store) write(d nodes.Disk) error {
	n := 1
	for n < len(s.queue) && !s.queue[n].fresh {
		n++
	}
	last := s.queue[n-1].zxid
	if s.needsMarker(last) {
		return s.mark(d)
	}
	p := s.batch
	if p == nil {
		p = &plan{kind: planBatch}
	}
	p.steps, p.done = p.steps[:0], 0
	s.buf = s.buf[:0]
	begins := s.file == "" || s.queue[0].fresh
	if begins {
		s.beginFile(p, s.queue[0].zxid)
	}
	durable := s.end // of the file: everything before this batch
	if s.opt.NoMarks {
		durable = -1
	}
	for i := range s.queue[:n] {
		s.buf = appendEntry(s.buf, &s.queue[i], durable)
	}
	s.queue = append(s.queue[:0], s.queue[n:]...)
	p.steps = append(p.steps, step{do: doWrite, name: s.file, off: s.end, data: s.buf})
	s.end += int64(len(s.buf))
	s.pad(p)
	p.steps = append(p.steps, step{do: doSync, name: s.file})
	if begins {
		p.steps = append(p.steps, step{do: doSyncDir, name: Dir})
	}
	p.steps = append(p.steps, step{do: doTell, event: Event{Kind: LogDurable, Zxid: last}})
	s.writing = true
	return s.start(d, p)
}

// beginFile makes the batch the first of a new log. Whatever has its name holds nothing.
func (s *Store) beginFile(p *plan, zxid int64) {
	s.file, s.end, s.size = logName(zxid), 0, 0
	p.steps = append(p.steps, step{do: doRemove, name: s.file})
	h := proto.FileHeader{Magic: proto.LogMagic, Version: proto.FileVersion, DBID: proto.LogDBID}
	s.buf = h.Append(s.buf)
}

// pad lengthens the file when it is nearly full, as the original does.
func (s *Store) pad(p *plan) {
	const near = 4096
	if s.opt.PreAlloc <= 0 {
		s.size = s.end
		return
	}
	if s.end+near >= s.size {
		s.size = ((s.end+near)/s.opt.PreAlloc + 1) * s.opt.PreAlloc
		p.steps = append(p.steps, step{do: doTruncate, name: s.file, off: s.size})
	}
}
