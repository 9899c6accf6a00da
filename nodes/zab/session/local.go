package session

import (
	"time"

	"orrery/nodes/zab/proto"
)

// local are the sessions of one server that no other server knows, and those of them that are on the way to
// become global (UpgradeableSessionTracker).
type local struct {
	*Tracker
	upgrading map[int64]time.Duration
}

func newLocal(cfg Config, on bool, now time.Duration) *local {
	if !on {
		return nil
	}
	return &local{Tracker: NewTracker(cfg, now), upgrading: map[int64]time.Duration{}}
}

// has tells whether the session is local; l may be nil.
func (l *local) has(id int64) bool { return l != nil && l.Tracks(id) }

// upgrade takes the session out of the table, on its way to become global.
func (l *local) upgrade(id int64) (timeout time.Duration, ok bool) {
	if l == nil {
		return 0, false
	}
	timeout, ok = l.Timeout(id)
	if ok {
		l.upgrading[id] = timeout
		l.Remove(id)
	}
	return timeout, ok
}

// committed says that the session is now a global one.
func (l *local) committed(id int64) {
	if l != nil {
		l.Remove(id)
		delete(l.upgrading, id)
	}
}

func (l *local) remove(id int64) {
	if l != nil {
		l.Remove(id)
	}
}

func (l *local) setClosing(id int64) {
	if l != nil {
		l.SetClosing(id)
	}
}

// touch touches the session if it is local.
func (l *local) touch(id int64, timeout, now time.Duration) bool {
	return l != nil && l.Touch(id, timeout, now)
}

// check is CodeUnknownSession if there are no local sessions.
func (l *local) check(id int64, owner Owner) proto.ErrCode {
	if l == nil {
		return proto.CodeUnknownSession
	}
	return l.Check(id, owner)
}

// setOwner tells whether the session is local and not closing.
func (l *local) setOwner(id int64, owner Owner) bool {
	return l != nil && l.SetOwner(id, owner) == proto.CodeOK
}

func (l *local) expire(now time.Duration) []int64 {
	if l == nil {
		return nil
	}
	return l.Expire(now)
}

func (l *local) sessions() []int64 {
	if l == nil {
		return nil
	}
	return l.Sessions()
}
