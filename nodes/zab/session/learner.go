package session

import (
	"time"

	"orrery/nodes/zab/proto"
)

// Table is the replicated table of global sessions, as far as it is applied here.
type Table interface {
	// SessionTimeout is the timeout of a global session.
	SessionTimeout(id int64) (time.Duration, bool)
}

// Learner is what a follower or observer knows of sessions. It judges no global session: that is the leader's.
type Learner struct {
	table   Table
	local   *local // nil if there are none
	nextID  int64
	touched []Global // since the last answer to PING, in the order of the first touch
	at      map[int64]int
}

// NewLearner returns the sessions of a server that has just begun to follow or to observe.
func NewLearner(cfg Config, localSessions bool, table Table, now time.Duration) *Learner {
	return &Learner{table: table, local: newLocal(cfg, localSessions, now), nextID: cfg.NextID, at: map[int64]int{}}
}

// Create makes a session: a local one if there are such. If isLocal is false, the caller sends a createSession to the
// leader, and the session exists once that is applied.
func (l *Learner) Create(timeout, now time.Duration) (id int64, isLocal bool) {
	if l.local != nil {
		return l.local.Create(timeout, now), true
	}
	id = l.nextID
	l.nextID++
	return id, false
}

// Committed is what the transaction createSession does when it is applied.
func (l *Learner) Committed(id int64, timeout time.Duration) {
	l.local.committed(id)
	l.note(id, timeout)
}

// Touch says that the session was heard of. It tells whether it is one that this server may serve.
func (l *Learner) Touch(id int64, timeout, now time.Duration) bool {
	if l.local != nil {
		if l.local.Touch(id, timeout, now) {
			return true
		}
		if _, upgrading := l.local.upgrading[id]; !upgrading && !l.IsGlobal(id) {
			return false
		}
	}
	l.note(id, timeout)
	return true
}

func (l *Learner) note(id int64, timeout time.Duration) {
	if i, known := l.at[id]; known {
		l.touched[i].Timeout = timeout
		return
	}
	l.at[id] = len(l.touched)
	l.touched = append(l.touched, Global{ID: id, Timeout: timeout})
}

// Touched returns who was heard of since it was last called: what the answer to a PING carries.
func (l *Learner) Touched() []Global {
	list := l.touched
	l.touched = nil
	clear(l.at)
	return list
}

// Check says whether a request may go on: CodeOK, CodeSessionExpired or CodeSessionMoved. Only local sessions can
// fail here; the leader checks the others.
func (l *Learner) Check(id int64, owner Owner) proto.ErrCode {
	code := l.local.check(id, owner)
	if code != proto.CodeUnknownSession {
		return code
	}
	if l.local != nil && !l.IsGlobal(id) {
		return proto.CodeSessionExpired
	}
	return proto.CodeOK
}

// SetOwner says by which way a local session's requests come from now on.
func (l *Learner) SetOwner(id int64, owner Owner) proto.ErrCode {
	if l.local == nil || l.local.setOwner(id, owner) || l.IsGlobal(id) {
		return proto.CodeOK
	}
	return proto.CodeSessionExpired
}

// SetClosing says that a local session's closeSession is under way.
func (l *Learner) SetClosing(id int64) { l.local.setClosing(id) }

// Remove forgets the session: its closeSession has been applied.
func (l *Learner) Remove(id int64) {
	l.local.remove(id)
	if i, noted := l.at[id]; noted {
		l.touched = append(l.touched[:i], l.touched[i+1:]...)
		delete(l.at, id)
		for j := i; j < len(l.touched); j++ {
			l.at[l.touched[j].ID] = j
		}
	}
}

// IsGlobal tells whether the session is a global one, as far as transactions are applied here.
func (l *Learner) IsGlobal(id int64) bool {
	_, ok := l.table.SessionTimeout(id)
	return ok
}

// IsLocal tells whether the session is a local one of this server.
func (l *Learner) IsLocal(id int64) bool { return l.local.has(id) }

// Upgrade makes a local session global, because it needs an ephemeral znode: the caller
// sends a createSession with the timeout to the leader. ok is false if the session is not local.
func (l *Learner) Upgrade(id int64) (timeout time.Duration, ok bool) { return l.local.upgrade(id) }

// Expire returns the local sessions whose time is over, and marks them as closing.
func (l *Learner) Expire(now time.Duration) []int64 { return l.local.expire(now) }

// NextExpiry is when Expire should be called next; ok is false if there are no local sessions.
func (l *Learner) NextExpiry() (at time.Duration, ok bool) {
	if l.local == nil {
		return 0, false
	}
	return l.local.NextExpiry(), true
}

// LocalSessions are the local sessions, ascending.
func (l *Learner) LocalSessions() []int64 { return l.local.sessions() }
