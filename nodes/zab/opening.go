package zab

import (
	"time"

	"orrery/nodes"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/session"
)

// clientOpens takes a client's first frame: it wants a new session, or its old one.
func (s *Server) clientOpens(env nodes.Env, k *client, frame []byte) {
	var c proto.ConnectRequest
	if err := c.Decode(jute.NewDecoder(frame)); err != nil {
		s.refuse(env, k, "a first frame that asks for no session")
		return
	}
	// Whoever has seen more than this server must find another one: nobody may see the past again.
	if s.pipe == nil || s.readOnly && !c.ReadOnly || c.LastZxidSeen > s.db.tree.Zxid() {
		s.hangUp(env, k)
		return
	}
	k.state = clientOpening
	if p, ok := env.(nodes.Pauser); ok {
		p.Pause(k.conn)
	}
	k.tellsRead = c.HasReadOnly
	k.timeout = session.Negotiate(millis(c.TimeOut), s.zoo.MinSession, s.zoo.MaxSession)
	if c.SessionID == 0 {
		s.newSession(env, k)
		return
	}
	if !session.PasswordFits(c.SessionID, c.Passwd) {
		s.opened(env, k, false)
		return
	}
	k.session = c.SessionID
	if old := s.clients.bySession[k.session]; old != nil { // the client has come by another connection
		s.hangUp(env, old)
	}
	s.reopen(env, k)
}

// newSession makes a session: a local one at once, a global one by a transaction.
func (s *Server) newSession(env nodes.Env, k *client) {
	p, now := s.pipe, env.Monotonic()
	var local bool
	if p.leaderSessions != nil {
		k.session, local = p.leaderSessions.Create(k.timeout, now)
	} else {
		k.session, local = p.learnerSessions.Create(k.timeout, now)
	}
	s.nextSession = max(s.nextSession, k.session+1)
	s.clients.bySession[k.session] = k
	if local {
		if s.readOnly && s.cfg.Quirks.ReadOnlyCommittedLog {
			s.keepUnlogged(k)
		}
		s.opened(env, k, true)
		return
	}
	p.submit(env, s.createSession(k.session, k.timeout, k.conn))
}

// reopen finds out whether a session is still alive: the leader knows.
func (s *Server) reopen(env nodes.Env, k *client) {
	s.clients.bySession[k.session] = k
	p := s.pipe
	if p.leaderSessions != nil {
		valid := p.leaderSessions.Touch(k.session, k.timeout, env.Monotonic())
		if valid {
			p.leaderSessions.SetOwner(k.session, s.ownOwner())
		}
		s.opened(env, k, valid)
		return
	}
	if s.readOnly || p.learnerSessions.IsLocal(k.session) { // nobody can be asked, or need be
		s.opened(env, k, p.learnerSessions.Touch(k.session, k.timeout, env.Monotonic()))
		return
	}
	s.learner.revalidate(env, k.session, k.timeout)
}

// revalidated is the leader's answer.
func (s *Server) revalidated(env nodes.Env, id int64, valid bool) {
	if k := s.clients.bySession[id]; k != nil && k.state == clientOpening {
		s.opened(env, k, valid)
	}
}

// opened tells a client that it has its session, or that there is none any more.
func (s *Server) opened(env nodes.Env, k *client, valid bool) {
	r := proto.ConnectResponse{Passwd: make([]byte, session.PasswordLen), HasReadOnly: k.tellsRead, ReadOnly: s.readOnly}
	if valid {
		password := session.Password(k.session)
		r.TimeOut, r.SessionID, r.Passwd = int32(k.timeout/time.Millisecond), k.session, password[:]
	}
	b := r.Append(make([]byte, 4, 64))
	s.write(env, k, b)
	if !valid {
		s.hangUp(env, k)
		return
	}
	k.state = clientOpen
	if p, ok := env.(nodes.Pauser); ok {
		p.Resume(k.conn)
	}
	s.takeFrames(env, k)
}

// sessionClosed ends the connection of a session that is closed or has expired: behind the answer, if its client has
// asked for it.
func (s *Server) sessionClosed(env nodes.Env, id int64) {
	if k := s.clients.bySession[id]; k != nil && k.state != clientClosing {
		s.hangUp(env, k)
	}
}

// armSessions asks to be woken when the next sessions expire.
func (s *Server) armSessions(env nodes.Env) {
	if s.pipe.leaderSessions != nil {
		env.SetTimer(tagSessions, max(s.pipe.leaderSessions.NextExpiry()-env.Monotonic(), time.Millisecond))
		return
	}
	if at, ok := s.pipe.learnerSessions.NextExpiry(); ok {
		env.SetTimer(tagSessions, max(at-env.Monotonic(), time.Millisecond))
	}
}

// expireSessions closes the sessions whose time is over.
func (s *Server) expireSessions(env nodes.Env) {
	if s.pipe == nil {
		return
	}
	var over []int64
	if s.pipe.leaderSessions != nil {
		over = s.pipe.leaderSessions.Expire(env.Monotonic())
	} else {
		over = s.pipe.learnerSessions.Expire(env.Monotonic())
	}
	for _, id := range over {
		if nodes.Noting(env) {
			nodes.Note(env, "expires a session")
		}
		s.pipe.submit(env, &request{session: id, op: proto.OpCloseSession, local: s.isLocal(id), owner: s.ownOwner()})
		if s.isLocal(id) {
			s.sessionClosed(env, id)
			s.forgetLocal(id)
		}
	}
	s.armSessions(env)
}

// forgetLocal forgets a local session that has ended: no transaction does it.
func (s *Server) forgetLocal(id int64) {
	if s.pipe.leaderSessions != nil {
		s.pipe.leaderSessions.Remove(id)
		return
	}
	s.pipe.learnerSessions.Remove(id)
}

// armSweep asks to be woken for the next look at containers and at znodes with a time to live.
func (s *Server) armSweep(env nodes.Env) { env.SetTimer(tagSweep, s.zoo.ContainerCheck) }

// sweep deletes containers that are empty and znodes whose time to live is over (ContainerManager).
func (s *Server) sweep(env nodes.Env) {
	if s.pipe == nil || s.pipe.prep == nil {
		return
	}
	paths := s.db.tree.Sweep(env.Now().UnixMilli(), s.zoo.ContainerUnused.Milliseconds())
	for i, path := range paths {
		if i == s.zoo.ContainerPerMin {
			break
		}
		body := &proto.DeleteContainerRequest{Path: path}
		s.pipe.submit(env, &request{op: proto.OpDeleteContainer, body: body, raw: body.Append(nil)})
	}
	s.armSweep(env)
}
