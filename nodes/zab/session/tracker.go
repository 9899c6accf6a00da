package session

import (
	"maps"
	"slices"
	"time"

	"orrery/nodes/zab/proto"
)

// Owner is the connection by which a session's requests reach the leader: a learner, or the leader
// itself. Its numbers mean nothing but that they differ; 0 is nobody.
type Owner uint64

// Config says how sessions are kept.
type Config struct {
	Tick   time.Duration // the width of a bucket of expiry; at least 1ms
	NextID int64         // what the next session that is created here is called: see FirstID

	// NoClosingFlag is a historical defect, ZOOKEEPER-1208 (before 3.3.4): nothing remembers that a session is
	// being closed, so that requests which arrive behind its closeSession are still accepted.
	NoClosingFlag bool
}

// Tracker is a table of sessions that expire (SessionTrackerImpl).
type Tracker struct {
	cfg    Config
	nextID int64
	byID   map[int64]*entry
	queue  *expiryQueue
}

// entry is a session. It is in at most one bucket.
type entry struct {
	id      int64
	timeout time.Duration
	owner   Owner
	closing bool

	expires    int64 // in ms
	in         *bucket
	prev, next *entry
}

// NewTracker returns an empty table.
func NewTracker(cfg Config, now time.Duration) *Tracker {
	return &Tracker{cfg: cfg, nextID: cfg.NextID, byID: map[int64]*entry{}, queue: newExpiryQueue(cfg.Tick, now)}
}

// Create makes a session and returns its identifier.
func (t *Tracker) Create(timeout, now time.Duration) int64 {
	id := t.nextID
	t.nextID++
	t.Track(id, timeout, now)
	return id
}

// Track adds the session, if it is not in the table, and gives it a full timeout. It
// tells whether it was added. Its timeout stays what it first was, as in the original.
func (t *Tracker) Track(id int64, timeout, now time.Duration) (added bool) {
	e, known := t.byID[id]
	if !known {
		e = &entry{id: id, timeout: timeout}
		t.byID[id] = e
	}
	t.queue.update(e, now, timeout)
	return !known
}

// Touch says that the session was heard of. It tells whether the session is in the table and not
// closing.
func (t *Tracker) Touch(id int64, timeout, now time.Duration) bool {
	e := t.byID[id]
	if e == nil || e.closing {
		return false
	}
	t.queue.update(e, now, timeout)
	return true
}

// SetClosing says that the session's closeSession is under way: from now on it accepts nothing.
func (t *Tracker) SetClosing(id int64) {
	if e := t.byID[id]; e != nil && !t.cfg.NoClosingFlag {
		e.closing = true
	}
}

// Remove forgets the session: its closeSession has been applied.
func (t *Tracker) Remove(id int64) {
	if e := t.byID[id]; e != nil {
		e.unlink(t.queue)
		delete(t.byID, id)
	}
}

// Tracks tells whether the session is in the table, closing or not.
func (t *Tracker) Tracks(id int64) bool { return t.byID[id] != nil }

// Timeout is the timeout with which the session was created.
func (t *Tracker) Timeout(id int64) (time.Duration, bool) {
	e := t.byID[id]
	if e == nil {
		return 0, false
	}
	return e.timeout, true
}

// Check says whether a request of the session that came by way of owner may be accepted. The answer is
// CodeUnknownSession, CodeSessionExpired if it is closing, CodeSessionMoved if somebody else owns it, or CodeOK. A
// session that nobody owns is owned by the first who asks.
func (t *Tracker) Check(id int64, owner Owner) proto.ErrCode {
	e := t.byID[id]
	switch {
	case e == nil:
		return proto.CodeUnknownSession
	case e.closing:
		return proto.CodeSessionExpired
	case e.owner == 0:
		e.owner = owner
	case e.owner != owner:
		return proto.CodeSessionMoved
	}
	return proto.CodeOK
}

// CheckGlobal is Check for a request that makes an ephemeral znode, which only a global session
// may own: an unknown session is an expired one.
func (t *Tracker) CheckGlobal(id int64, owner Owner) proto.ErrCode {
	code := t.Check(id, owner)
	if code == proto.CodeUnknownSession {
		return proto.CodeSessionExpired
	}
	return code
}

// SetOwner says by which way the session's requests come from now on. It returns CodeSessionExpired if the session
// is unknown or closing.
func (t *Tracker) SetOwner(id int64, owner Owner) proto.ErrCode {
	e := t.byID[id]
	if e == nil || e.closing {
		return proto.CodeSessionExpired
	}
	e.owner = owner
	return proto.CodeOK
}

// Expire returns the sessions whose time is over, in the order of their buckets, and marks
// them as closing. They stay in the table until Remove: the caller submits a closeSession for each.
func (t *Tracker) Expire(now time.Duration) []int64 {
	var ids []int64
	for _, e := range t.queue.drain(now) {
		t.SetClosing(e.id)
		ids = append(ids, e.id)
	}
	return ids
}

// NextExpiry is when Expire should be called next.
func (t *Tracker) NextExpiry() time.Duration { return t.queue.next() }

// Len is the number of sessions in the table.
func (t *Tracker) Len() int { return len(t.byID) }

// Sessions are the identifiers of the sessions in the table, ascending.
func (t *Tracker) Sessions() []int64 { return slices.Sorted(maps.Keys(t.byID)) }
