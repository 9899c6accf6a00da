package session

import (
	"time"

	"orrery/nodes/zab/proto"
)

// Leader is what a leader (or a server that stands alone) knows of sessions. It alone decides that a global one has
// expired.
type Leader struct {
	global *Tracker
	local  *local // nil if there are none
	server int64
}

// Global is a session that the replicated table holds.
type Global struct {
	ID      int64
	Timeout time.Duration
}

// NewLeader returns the sessions of a server that has just begun to lead: all that the replicated table holds, each
// with a full timeout ahead of it, because nobody knows when the old leader last heard of them.
func NewLeader(cfg Config, server int64, localSessions bool, known []Global, now time.Duration) *Leader {
	l := &Leader{global: NewTracker(cfg, now), local: newLocal(cfg, localSessions, now), server: server}
	for _, g := range known {
		l.global.Track(g.ID, g.Timeout, now)
	}
	return l
}

// Create makes a session: a local one if there are such. If isLocal is false, the caller submits a createSession.
func (l *Leader) Create(timeout, now time.Duration) (id int64, isLocal bool) {
	if l.local != nil {
		return l.local.Create(timeout, now), true
	}
	return l.global.Create(timeout, now), false
}

// Track is what the request createSession does when it is prepared: the session exists from here on.
func (l *Leader) Track(id int64, timeout, now time.Duration) { l.global.Track(id, timeout, now) }

// Committed is what the transaction createSession does when it is applied: an upgraded session is
// local no more.
func (l *Leader) Committed(id int64) { l.local.committed(id) }

// Touch says that the session was heard of, here or in a learner's answer to PING.
func (l *Leader) Touch(id int64, timeout, now time.Duration) bool {
	return l.local.touch(id, timeout, now) || l.global.Touch(id, timeout, now)
}

// Revalidate answers a learner's REVALIDATE: a client has come to it with the session. If the session is alive it
// is touched, and owned by that learner.
func (l *Leader) Revalidate(id int64, timeout time.Duration, owner Owner, now time.Duration) bool {
	return l.global.Touch(id, timeout, now) && l.global.SetOwner(id, owner) == proto.CodeOK
}

// Check says whether a request may be accepted: CodeOK, CodeSessionExpired or CodeSessionMoved. A session
// that nobody here knows passes if it may be the local session of a learner.
func (l *Leader) Check(id int64, owner Owner) proto.ErrCode {
	if code := l.local.check(id, owner); code != proto.CodeUnknownSession {
		if code != proto.CodeOK || !l.global.Tracks(id) {
			return code
		}
	}
	code := l.global.Check(id, owner)
	if code != proto.CodeUnknownSession {
		return code
	}
	if l.local == nil || ServerOf(id) == l.server {
		return proto.CodeSessionExpired
	}
	return proto.CodeOK
}

// CheckGlobal is Check for a request that makes an ephemeral znode.
func (l *Leader) CheckGlobal(id int64, owner Owner) proto.ErrCode {
	return l.global.CheckGlobal(id, owner)
}

// SetOwner says by which way the session's requests come from now on, or returns CodeSessionExpired.
func (l *Leader) SetOwner(id int64, owner Owner) proto.ErrCode {
	if l.local.setOwner(id, owner) {
		return proto.CodeOK
	}
	return l.global.SetOwner(id, owner)
}

// SetClosing says that the session's closeSession is under way.
func (l *Leader) SetClosing(id int64) {
	l.local.setClosing(id)
	l.global.SetClosing(id)
}

// Remove forgets the session: its closeSession has been applied.
func (l *Leader) Remove(id int64) {
	l.local.remove(id)
	l.global.Remove(id)
}

// IsGlobal tells whether the session is a global one.
func (l *Leader) IsGlobal(id int64) bool { return l.global.Tracks(id) }

// IsLocal tells whether the session is a local one.
func (l *Leader) IsLocal(id int64) bool { return l.local.has(id) }

// Upgrade makes a local session global, because it needs an ephemeral znode: the caller
// submits a createSession with the timeout. ok is false if the session is not local.
func (l *Leader) Upgrade(id int64, now time.Duration) (timeout time.Duration, ok bool) {
	timeout, ok = l.local.upgrade(id)
	if ok {
		l.global.Track(id, timeout, now)
	}
	return timeout, ok
}

// Expire returns the sessions whose time is over, local ones first, and marks them as closing. The
// caller submits a closeSession for each.
func (l *Leader) Expire(now time.Duration) []int64 {
	return append(l.local.expire(now), l.global.Expire(now)...)
}

// NextExpiry is when Expire should be called next.
func (l *Leader) NextExpiry() time.Duration {
	next := l.global.NextExpiry()
	if l.local != nil {
		next = min(next, l.local.NextExpiry())
	}
	return next
}

// Sessions are the global sessions, ascending.
func (l *Leader) Sessions() []int64 { return l.global.Sessions() }

// LocalSessions are the local sessions, ascending.
func (l *Leader) LocalSessions() []int64 { return l.local.sessions() }
