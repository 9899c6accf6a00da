package trident

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"orrery/nodes"
	"orrery/nodes/storm"
)

// status is how far an attempt is.
type status uint8

const (
	processing status = iota
	processed
	committing
	committed
)

// attempt is one that is under way.
type attempt struct {
	n      int64
	status status
}

// ledger is what the coordinator keeps in ZooKeeper: the first txid that is not committed, and of each txid that was begun behind it, how
// often. It is written before a batch is begun, so that no attempt is begun twice.
type ledger struct {
	Txid     int64           `json:"txid"`
	Attempts map[int64]int64 `json:"attempts"`
}

// coordinator is the MasterBatchCoordinator.
type coordinator struct {
	cfg     *Config
	c       *storm.Context
	node    *znode
	ledger  ledger
	loaded  bool // and is what this coordinator knows
	read    bool // at least once
	active  map[int64]*attempt
	begunAt time.Duration // when it last began a batch that is new
}

// Open implements storm.Spout.
func (m *coordinator) Open(c *storm.Context) {
	m.c, m.node = c, &znode{c: c, path: rootOf(m.cfg) + "/coordinator", patience: m.cfg.Patience, blind: m.cfg.Quirks.TwoCoordinators}
	m.begunAt = c.Monotonic()
}

// messageOf is what the acker trees of an attempt, and of its commit, are known by.
func messageOf(txid, attempt int64, commit bool) storm.MessageID {
	id := uint64(txid)<<24 | uint64(attempt)<<1
	if commit {
		id |= 1
	}
	return storm.MessageID(id)
}

func attemptOf(id storm.MessageID) (txid, attempt int64, commit bool) {
	return int64(id >> 24), int64(id>>1) & (1<<23 - 1), id&1 == 1
}

// Next implements storm.Spout: it has the next batch committed if that is processed, else begins one.
func (m *coordinator) Next(out *storm.SpoutCollector) {
	if !m.loaded && !m.load() {
		return
	}
	if a := m.active[m.ledger.Txid]; a != nil && a.status == committed {
		m.advance()
		return
	}
	if txid, ok := m.ready(); ok {
		a := m.active[txid]
		a.status = committing
		nodes.Sometimes(m.c.Env(), a.n > 1, "trident: a batch is committed that was attempted before")
		out.EmitTo(commitStream, storm.Values{txid, a.n}, messageOf(txid, a.n, true))
		return
	}
	for txid := m.ledger.Txid; txid < m.ledger.Txid+int64(m.cfg.MaxActive); txid++ {
		if m.active[txid] == nil {
			m.begin(out, txid)
			return
		}
	}
}

// ready is the batch that may be committed now.
func (m *coordinator) ready() (txid int64, ok bool) {
	if !m.cfg.Quirks.AnyOrder {
		a := m.active[m.ledger.Txid]
		return m.ledger.Txid, a != nil && a.status == processed
	}
	for _, txid := range slices.Backward(slices.Sorted(maps.Keys(m.active))) {
		if m.active[txid].status == processed {
			return txid, true
		}
	}
	return 0, false
}

// begin begins an attempt, once ZooKeeper knows of it. After a write of which nothing is known everything is read anew.
func (m *coordinator) begin(out *storm.SpoutCollector, txid int64) {
	if m.ledger.Attempts[txid] == 0 && m.c.Monotonic()-m.begunAt < m.cfg.Interval {
		return
	}
	m.begunAt = m.c.Monotonic()
	m.ledger.Attempts[txid]++
	if !m.save() {
		return
	}
	n := m.ledger.Attempts[txid]
	m.active[txid] = &attempt{n: n}
	m.cfg.probe(m.c, Event{Kind: Begun, Txid: txid, Attempt: n})
	out.EmitTo(batchStream, storm.Values{txid, n}, messageOf(txid, n, false))
}

// advance moves on from a txid that is committed.
func (m *coordinator) advance() {
	txid := m.ledger.Txid
	n := m.active[txid].n
	m.ledger.Txid++
	delete(m.ledger.Attempts, txid)
	if !m.save() {
		return
	}
	delete(m.active, txid)
	if nodes.Noting(m.c.Env()) {
		nodes.Note(m.c.Env(), fmt.Sprintf("moves on from txid %d, which attempt %d has committed", txid, n))
	}
	m.cfg.probe(m.c, Event{Kind: Committed, Txid: txid, Attempt: n})
}

// load reads the ledger. What this coordinator had under way before is forgotten: it will be attempted again.
func (m *coordinator) load() bool {
	m.ledger = ledger{}
	m.active = map[int64]*attempt{}
	if !m.node.load(&m.ledger) {
		return false
	}
	if m.ledger.Txid == 0 || m.cfg.Quirks.ReusesTxids && !m.read {
		m.ledger = ledger{Txid: 1}
	}
	if m.ledger.Attempts == nil {
		m.ledger.Attempts = map[int64]int64{}
	}
	m.loaded, m.read = true, true
	return true
}

// save writes the ledger. If it is not certain that it was written, or another coordinator has written, this one reads it anew.
func (m *coordinator) save() bool {
	switch m.node.save(m.ledger) {
	case written:
		return true
	case overtaken:
		nodes.Reachable(m.c.Env(), "trident: a coordinator finds another one at work")
		m.cfg.probe(m.c, Event{Kind: StoodDown})
	}
	m.loaded = false
	return false
}

// Ack implements storm.Spout: a batch is processed, or committed.
func (m *coordinator) Ack(id storm.MessageID) {
	txid, n, commit := attemptOf(id)
	a := m.active[txid]
	switch {
	case a == nil || a.n != n:
	case commit && a.status == committing:
		a.status = committed
	case !commit && a.status == processing:
		a.status = processed
	}
}

// Fail implements storm.Spout: the batch, and all behind it, are to be attempted again.
func (m *coordinator) Fail(id storm.MessageID) {
	txid, n, _ := attemptOf(id)
	if a := m.active[txid]; a == nil || a.n != n || a.status == committed {
		return
	}
	nodes.Reachable(m.c.Env(), "trident: a batch fails")
	for _, behind := range slices.Sorted(maps.Keys(m.active)) {
		if behind >= txid {
			delete(m.active, behind)
		}
	}
}
