package nodestest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"orrery/nodes"
)

// Counter counts the Adds that it was sent, on disk, and answers each with a
// Sum once the count is durable. It survives what a crash may do to unsynced
// writes, torn sectors included: the count alternates between two slots, each in a
// sector of its own and with a checksum, and one is written only when the other is
// durable. It does not survive corruption of what was durable.
type Counter struct {
	// TellBeforeSync is the defect that a crash finds: it answers when the write was
	// made, not when it is durable.
	TellBeforeSync bool

	count   uint64   // as last written
	slot    int64    // which slot holds it
	waiting []asking // Adds that are not in count yet
	told    []asking // Adds that are, and wait for the sync
	syncing int      // syncs under way
}

// asking is an Add that has no answer yet.
type asking struct {
	from nodes.ID
	n    uint64
}

const (
	counterFile = "count"
	sector      = 4096 // bytes between the slots
	slotSize    = 12   // bytes: the count and its checksum
)

var (
	counterSync    = nodes.Tag{Name: "count"}
	counterSyncDir = nodes.Tag{Name: "count.dir"}
)

// Codec is that of all toys.
func (c *Counter) Codec() nodes.Codec { return Codec() }

// Boot reads the count. What it read may be in the page cache alone, and the other slot with
// it: until a sync has made both durable, nothing is written and nobody is told.
func (c *Counter) Boot(env nodes.Env) error {
	b, err := env.Disk().ReadFile(counterFile)
	if err != nil && !errors.Is(err, nodes.ErrNotExist) {
		return fmt.Errorf("counter: %w", err)
	}
	for slot := range int64(2) {
		if n, ok := readSlot(b, int(slot)*sector); ok && n >= c.count {
			c.count, c.slot = n, slot
		}
	}
	if len(b) == 0 {
		c.write(env, 0)
	} else {
		c.sync(env)
	}
	env.Disk().SyncDir("", counterSyncDir)
	c.syncing++
	return nil
}

func readSlot(b []byte, off int) (n uint64, ok bool) {
	if off+slotSize > len(b) {
		return 0, false
	}
	b = b[off : off+slotSize]
	return binary.BigEndian.Uint64(b), binary.BigEndian.Uint32(b[8:]) == crc32.ChecksumIEEE(b[:8])
}

// Deliver counts an Add, or lets it wait until the slot is free.
func (c *Counter) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	a, ok := m.(Add)
	if !ok {
		return
	}
	c.waiting = append(c.waiting, asking{from, a.N})
	c.persist(env)
}

// Fire does nothing: a Counter has no timers.
func (c *Counter) Fire(nodes.Env, nodes.Tag) {}

// Synced answers the Adds that are durable now.
func (c *Counter) Synced(env nodes.Env, _ nodes.Tag, err error) {
	if err != nil {
		env.Halt(err)
	}
	if c.syncing--; c.syncing > 0 {
		return
	}
	c.tell(env)
	c.persist(env)
}

// persist writes all Adds that wait, as one count.
func (c *Counter) persist(env nodes.Env) {
	if c.syncing > 0 || len(c.waiting) == 0 {
		return
	}
	c.told, c.waiting = c.waiting, c.told[:0]
	c.write(env, c.count+uint64(len(c.told)))
	if c.TellBeforeSync {
		c.tell(env)
	}
}

// write puts the count into the slot that does not hold it.
func (c *Counter) write(env nodes.Env, count uint64) {
	var b [slotSize]byte
	binary.BigEndian.PutUint64(b[:], count)
	binary.BigEndian.PutUint32(b[8:], crc32.ChecksumIEEE(b[:8]))
	c.count, c.slot = count, 1-c.slot
	if err := env.Disk().WriteAt(counterFile, b[:], c.slot*sector); err != nil {
		env.Halt(err)
	}
	c.sync(env)
}

func (c *Counter) sync(env nodes.Env) {
	env.Disk().Sync(counterFile, counterSync)
	c.syncing++
}

// tell answers in the order of asking; the last one gets the count itself.
func (c *Counter) tell(env nodes.Env) {
	for i, a := range c.told {
		env.Send(a.from, Sum{a.n, c.count - uint64(len(c.told)-1-i)})
	}
	c.told = c.told[:0]
}

// Inspect shows the count as last written, and how many Adds wait for an answer.
func (c *Counter) Inspect() any {
	return struct{ Count, Asking int }{int(c.count), len(c.waiting) + len(c.told)}
}
