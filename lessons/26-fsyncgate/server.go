package fsyncgate

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"orrery/nodes"
)

// File holds the records, a line each.
const File = "records"

// RecordTag is the tag of the sync that makes records up to n durable.
func RecordTag(n uint64) nodes.Tag { return nodes.Tag{Name: "record", N: n} }

var (
	tagFound = nodes.Tag{Name: "what was found"}
	tagDir   = nodes.Tag{Name: "directory"}
)

// server keeps records for a client.
type server struct {
	policy  Policy
	written uint64 // the last record in the file
	durable uint64 // the last that is known to survive
	ready   bool
	client  nodes.ID
}

// line is a record as it is written.
func line(n uint64) []byte {
	text := fmt.Sprintf("record %d", n)
	return fmt.Appendf(nil, "%08x %s\n", crc32.ChecksumIEEE([]byte(text)), text)
}

// records are the whole lines at the beginning of a file.
func records(file []byte) []byte {
	whole := 0
	for n := uint64(1); bytes.HasPrefix(file[whole:], line(n)); n++ {
		whole += len(line(n))
	}
	return file[:whole]
}

// last is the number of the last record.
func last(records []byte) uint64 { return uint64(bytes.Count(records, []byte("\n"))) }

// Codec implements nodes.Node.
func (s *server) Codec() nodes.Codec { return codec() }

// Boot reads the file. What can be read need not be durable, and after a sync that has failed another sync alone does not
// make it so: it is written once more.
func (s *server) Boot(env nodes.Env) error {
	file, err := env.Disk().ReadFile(File)
	if err != nil && !errors.Is(err, nodes.ErrNotExist) {
		return err
	}
	whole := records(file)
	if err := errors.Join(env.Disk().WriteAt(File, whole, 0), env.Disk().Truncate(File, int64(len(whole)))); err != nil {
		return err
	}
	s.written = last(whole)
	env.Disk().Sync(File, tagFound)
	return nil
}

// Deliver implements nodes.Node.
func (s *server) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	r, ok := m.(Append)
	if !ok || !s.ready {
		return
	}
	s.client = from
	switch {
	case r.N <= s.durable:
		env.Send(from, Ack{s.durable})
	case r.N == s.written+1:
		if err := env.Disk().Append(File, line(r.N)); err != nil {
			env.Halt(err)
		}
		s.written = r.N
		nodes.Note(env, fmt.Sprintf("writes record %d", r.N))
		env.Disk().Sync(File, RecordTag(r.N))
	}
}

// Synced implements nodes.Node.
func (s *server) Synced(env nodes.Env, tag nodes.Tag, err error) {
	switch {
	case tag.Name == RecordTag(0).Name && err != nil:
		nodes.Note(env, fmt.Sprintf("could not sync record %d: %v", tag.N, err))
		s.policy.SyncFailed(env, tag.N, err)
	case tag.Name == RecordTag(0).Name:
		s.durable = max(s.durable, tag.N)
		env.Send(s.client, Ack{s.durable})
	case err != nil:
		env.Halt(err) // it begins from the beginning
	case tag == tagFound:
		env.Disk().SyncDir("", tagDir)
	default:
		s.ready, s.durable = true, s.written
	}
}

// Fire implements nodes.Node: a server has no timers.
func (s *server) Fire(nodes.Env, nodes.Tag) {}

// Inspect shows how far the server is.
func (s *server) Inspect() any {
	return struct {
		Ready   bool   `json:"ready"`
		Written uint64 `json:"written"`
		Durable uint64 `json:"durable"`
	}{s.ready, s.written, s.durable}
}

// client has its records kept, one after the other.
type client struct {
	server nodes.ID
	acked  uint64
}

var tagNext = nodes.Tag{Name: "next"}

func (c *client) done() bool { return c.acked >= recordsEach }

// Codec implements nodes.Node.
func (c *client) Codec() nodes.Codec { return codec() }

// Boot implements nodes.Node.
func (c *client) Boot(env nodes.Env) error {
	env.SetTimer(tagNext, 40*time.Millisecond)
	return nil
}

// Fire asks for the next record, or for the same again.
func (c *client) Fire(env nodes.Env, _ nodes.Tag) {
	if !c.done() {
		env.Send(c.server, Append{c.acked + 1})
		env.SetTimer(tagNext, 60*time.Millisecond)
	}
}

// Deliver hears what is kept.
func (c *client) Deliver(env nodes.Env, _ nodes.ID, m nodes.Message) {
	if a, ok := m.(Ack); ok && a.N > c.acked {
		c.acked = a.N
		nodes.Note(env, fmt.Sprintf("relies on record %d", a.N))
		env.SetTimer(tagNext, 15*time.Millisecond)
	}
}

// Synced implements nodes.Node: a client has no disk.
func (c *client) Synced(nodes.Env, nodes.Tag, error) {}

// Inspect shows what the client relies on.
func (c *client) Inspect() any {
	return struct {
		ReliesOn uint64 `json:"relies_on"`
	}{c.acked}
}
