package paxos

import (
	"encoding/binary"
	"fmt"
	"time"

	"orrery/nodes"
)

// Phase 2: the leader proposes, in its ballot, first what it has to, then what it may.

// proposal is a slot that was proposed and is not yet chosen.
type proposal struct {
	slot    Slot
	acks    set // who has accepted it in this ballot
	votes   int // how many messages said so; for the quirk CountsDuplicates
	sentAt  time.Duration
	waiters []waiter // whose commands it holds, in order
}

// waiter is a client that waits for a command.
type waiter struct {
	client nodes.ID // "" if there is nobody to tell
	seq    uint64   // of the request
	size   int      // of the encoded command
}

// queue holds the commands that wait for a slot, encoded as a batch holds them.
type queue struct {
	buf      []byte
	commands []waiter
	head     int // the first command that still waits,
	from     int // and where it begins in buf
}

func (q *queue) len() int { return len(q.commands) - q.head }

func (q *queue) add(client nodes.ID, session, seq uint64, command []byte) {
	start := len(q.buf)
	q.buf = binary.AppendUvarint(binary.AppendUvarint(q.buf, session), seq)
	q.buf = appendBytes(q.buf, command)
	q.commands = append(q.commands, waiter{client: client, seq: seq, size: len(q.buf) - start})
}

// take moves the first commands, as many as one batch may hold, into value.
func (q *queue) take(cfg *Config, value []byte, waiters []waiter) ([]byte, []waiter) {
	n, size := 0, 0
	for n < q.len() && n < cfg.MaxBatch {
		s := q.commands[q.head+n].size
		if n > 0 && size+s > cfg.MaxBatchBytes {
			break
		}
		size += s
		n++
	}
	value = binary.AppendUvarint(append(value, entryBatch), uint64(n))
	value = append(value, q.buf[q.from:q.from+size]...)
	waiters = append(waiters, q.commands[q.head:q.head+n]...)
	q.head, q.from = q.head+n, q.from+size
	if q.len() == 0 {
		*q = queue{buf: q.buf[:0], commands: q.commands[:0]}
	}
	return value, waiters
}

// proposal returns the place of an open slot.
func (r *Replica) proposal(s Slot) *proposal {
	if len(r.lead.open) == 0 {
		r.lead.open = make([]proposal, r.cfg.Alpha)
	}
	return &r.lead.open[int(s)%len(r.lead.open)]
}

// propose opens as many slots as there is something to propose for and as the window lets
// it, and sends P2a for them: first what the promises reported, with no-ops in
// the gaps; then a no-op of its own, after which all earlier slots are known; then commands.
// Commands wait while this replica's own vote for the last batch is on its way to disk, and
// go out as one batch after it.
func (r *Replica) propose(env nodes.Env) {
	if r.role != Leader {
		return
	}
	l := &r.lead
	first := l.next
	for {
		s := l.next
		if s > r.commit+Slot(r.cfg.Alpha) {
			nodes.Sometimes(env, l.queue.len() > 0, markWindowFull)
			break
		}
		config := r.machine.configs.at(s)
		if !r.mayPropose(env, s, config) {
			break
		}
		p := r.proposal(s)
		value, ok := r.nextValue(env, s, p)
		if !ok {
			break
		}
		l.next++
		if !(r.cfg.Quirks.MixesBallots && p.slot == s) {
			p.acks, p.votes = 0, 0
		}
		p.slot, p.sentAt = s, env.Monotonic()
		if !r.accept(env, l.ballot, s, value) {
			panic(fmt.Sprintf("paxos: leader of %v knows another value for slot %d to be chosen", l.ballot, s))
		}
		r.answerEarly(env, p)
	}
	if l.next > first {
		r.logCommit()
		r.sendP2a(env, first, l.next-1)
	}
	r.flush(env)
}

// mayPropose tells whether this leader may propose in slot s, which config governs. It
// needs a quorum of promises from every configuration that it proposes under; and if one of those who
// promised late knows the slot to be chosen, it must fetch that.
func (r *Replica) mayPropose(env nodes.Env, s Slot, config *membership) bool {
	l := &r.lead
	if !config.has(r.cfg.Self) {
		if s == r.commit+1 { // everything before the change is chosen: others take over
			nodes.Reachable(env, markLeftOut)
			r.stepDown(env)
		}
		return false
	}
	if r.vouchedBy(config, s) || r.cfg.Quirks.MembershipAtOnce || r.cfg.Quirks.SkipsPhaseOne {
		return true
	}
	if s <= l.known {
		r.askCatchUp(env, l.knownAt)
	}
	if env.Monotonic()-l.askedAt >= r.cfg.Heartbeat/2 {
		nodes.Reachable(env, markMorePromises)
		r.askForPromises(env)
	}
	return false
}

// nextValue decides what to propose in slot s, if anything.
func (r *Replica) nextValue(env nodes.Env, s Slot, p *proposal) (value []byte, ok bool) {
	l := &r.lead
	p.waiters = p.waiters[:0]
	switch {
	case s <= l.adopted.last:
		if c := l.adopted.at(s); c != nil {
			return c.value, true
		}
		nodes.Reachable(env, markGapFilled)
		if nodes.Noting(env) {
			nodes.Note(env, fmt.Sprintf("fills slot %d with a no-op", s))
		}
		return noOp, true
	case l.start == 0:
		l.start = s
		return noOp, true
	case s <= l.pad:
		return noOp, true
	case l.expiry != nil:
		value, l.expiry = l.expiry, nil
		return value, true
	case l.queue.len() == 0 || l.counted+1 < s: // nothing to propose, or our own vote is not yet durable
		return nil, false
	}
	r.record, p.waiters = l.queue.take(&r.cfg, r.record[:0], p.waiters)
	nodes.Sometimes(env, len(p.waiters) > 1, markBatch)
	return r.arena.copy(r.record), true
}

// sendP2a sends the open slots from first to last, in runs that one configuration governs.
func (r *Replica) sendP2a(env nodes.Env, first, last Slot) {
	for first <= last {
		config := r.machine.configs.at(first)
		end := first
		size := 0
		for end < last && r.machine.configs.at(end+1) == config && size < r.cfg.ChunkBytes {
			end++
			size += len(r.log.at(end).value)
		}
		r.fillP2a(first, end)
		now := env.Monotonic()
		m := &r.out.p2a
		r.lead.probe++
		m.Probe = r.lead.probe
		r.lead.sentAt[m.Probe%uint64(len(r.lead.sentAt))] = r.leaseClock(env)
		left := len(config.members)
		thrift := r.cfg.Thrifty && r.inContact(config, now) >= r.q2(config)-1
		if thrift {
			left = r.q2(config) - 1
		}
		at := 0
		for i, id := range config.members { // from our successor on, so that thrift loads all alike
			if id == r.cfg.Self {
				at = i + 1
			}
		}
		for k := range config.members {
			id := config.members[(at+k)%len(config.members)]
			if id != r.cfg.Self && left > 0 && (!thrift || r.hearsFrom(id, now, r.cfg.ElectionMin)) {
				left--
				r.touch(id).sent = now
				env.Send(id, m)
			}
		}
		first = end + 1
	}
}

// hearsFrom tells whether a replica has answered within d.
func (r *Replica) hearsFrom(id nodes.ID, now, d time.Duration) bool { return now-r.touch(id).heard < d }

// inContact is how many others of a configuration have answered lately. To be thrifty with those that are dead would cost a
// retry for every slot.
func (r *Replica) inContact(config *membership, now time.Duration) (n int) {
	for _, id := range config.members {
		if id != r.cfg.Self && r.hearsFrom(id, now, r.cfg.ElectionMin) {
			n++
		}
	}
	return n
}

func (r *Replica) fillP2a(first, last Slot) {
	m := &r.out.p2a
	m.Ballot, m.Commit, m.First, m.Values = r.lead.ballot, r.commit, first, m.Values[:0]
	for s := first; s <= last; s++ {
		m.Values = append(m.Values, r.log.at(s).value)
	}
}

// touch returns what is known of a replica in this ballot.
func (r *Replica) touch(id nodes.ID) *contact {
	for len(r.lead.contact) < len(r.peers.ids) {
		r.lead.contact = append(r.lead.contact, contact{heard: r.lead.checkedAt})
	}
	return &r.lead.contact[r.peers.index(id)]
}

// onP2b: upon P2b, count the votes of distinct acceptors for exactly this ballot.
func (r *Replica) onP2b(env nodes.Env, from nodes.ID, m *P2b) {
	r.maxRound = max(r.maxRound, m.Promised.Round)
	l, q := &r.lead, &r.cfg.Quirks
	i := r.peers.index(from)
	if r.role != Leader || i < 0 || m.Ballot != l.ballot && !(q.MixesBallots && m.Ballot.Node == r.cfg.Self) {
		return
	}
	if m.Promised != m.Ballot && !q.CountsNacks {
		r.outbid(env, m.Promised)
		return
	}
	r.answered(env, from, m.Probe)
	for s := max(m.First, r.commit+1); s <= min(m.Last, l.next-1); s++ {
		r.countVote(env, s, i)
	}
	r.applyChosen(env)
	if r.role == Leader && m.Commit > r.commit {
		r.askCatchUp(env, from)
	}
	r.propose(env)
}

// countVote counts acceptor i's vote for slot s.
func (r *Replica) countVote(env nodes.Env, s Slot, i int) {
	p, c := r.proposal(s), r.log.at(s)
	if c == nil {
		panic(fmt.Sprintf("paxos: a vote for slot %d, which was not proposed", s))
	}
	if c.chosen {
		return
	}
	p.votes++
	p.acks = p.acks.with(i)
	config := r.machine.configs.at(s)
	if n := (p.acks & config.mask).size(); n >= r.q2(config) ||
		r.cfg.Quirks.CountsDuplicates && p.votes >= r.q2(config) {
		c.chosen = true
		nodes.Sometimes(env, s > r.commit+1, markOutOfOrder)
		if nodes.Noting(env) {
			nodes.Note(env, fmt.Sprintf("slot %d is chosen in %v", s, r.lead.ballot))
		}
	}
}

// countOwnVotes counts this replica's own votes that have become durable.
func (r *Replica) countOwnVotes(env nodes.Env) {
	l := &r.lead
	for s := max(l.counted, r.commit) + 1; s < l.next; s++ {
		c := r.log.at(s)
		if c == nil || c.lsn > r.wal.Durable() {
			break
		}
		l.counted = s
		r.countVote(env, s, r.self)
	}
	l.counted = max(l.counted, r.commit)
	r.applyChosen(env)
}

// onHeartbeatDue repeats what was not answered, and tells everyone who has heard
// nothing for a while that the leader is there.
func (r *Replica) onHeartbeatDue(env nodes.Env) {
	switch r.role {
	case Candidate:
		env.SetTimer(nodes.Tag{Name: tagHeartbeat}, r.cfg.Heartbeat)
		r.askForPromises(env)
		r.tryToLead(env)
	case Leader:
		env.SetTimer(nodes.Tag{Name: tagHeartbeat}, r.cfg.Heartbeat)
		if r.lostContact(env) {
			return
		}
		r.expireSessions(env)
		r.propose(env)
		r.repeat(env)
		r.beat(env, len(r.lead.reads) > 0 || r.cfg.Lease > 0)
		r.sealIdleLog(env)
	}
}

// repeat sends P2a once more for the slots that were not chosen in time, to those who have
// not accepted them.
func (r *Replica) repeat(env nodes.Env) {
	if r.role != Leader {
		return
	}
	now := env.Monotonic()
	first := r.commit + 1
	if first >= r.lead.next || now-r.proposal(first).sentAt < r.cfg.Heartbeat/2 {
		return
	}
	config := r.machine.configs.at(first)
	last, size := first, 0
	for last+1 < r.lead.next && r.machine.configs.at(last+1) == config && size < r.cfg.ChunkBytes {
		last++
		size += len(r.log.at(last).value)
	}
	r.fillP2a(first, last)
	r.out.p2a.Probe = r.lead.probe
	acks := r.proposal(first).acks
	for s := first; s <= last; s++ {
		acks &= r.proposal(s).acks
	}
	for _, id := range config.members {
		if i := r.peers.index(id); i != r.self && !acks.has(i) {
			nodes.Reachable(env, markRepeated)
			r.touch(id).sent = now
			env.Send(id, &r.out.p2a)
		}
	}
}

// beat sends a heartbeat: to everyone to whom nothing was sent lately, or, if it asks for
// answers, to everyone.
func (r *Replica) beat(env nodes.Env, ask bool) {
	if r.role != Leader {
		return
	}
	now := env.Monotonic()
	ask = ask || r.silent(now, r.cfg.ElectionMin)
	m := r.newRound(env, ask)
	for _, id := range r.members() {
		if id == r.cfg.Self {
			continue
		}
		if c := r.touch(id); ask || now-c.sent >= r.cfg.Heartbeat/2 {
			c.sent = now
			env.Send(id, m)
		}
	}
	if ask {
		r.answered(env, r.cfg.Self, r.lead.probe)
	}
}

// newRound makes a heartbeat, and begins a new round of messages if it asks for answers.
func (r *Replica) newRound(env nodes.Env, ask bool) *Heartbeat {
	l := &r.lead
	if ask {
		l.probe++
		l.sentAt[l.probe%uint64(len(l.sentAt))] = r.leaseClock(env)
		r.grantSelf(env)
	}
	m := &r.out.heartbeat
	*m = Heartbeat{Ballot: l.ballot, Commit: r.commit, Probe: l.probe, Ask: ask, Lease: ask && r.cfg.Lease > 0}
	return m
}

// silent tells whether no quorum has answered for d.
func (r *Replica) silent(now, d time.Duration) bool {
	config := r.machine.configs.at(r.commit + 1)
	n := 0
	for _, id := range config.members {
		if id == r.cfg.Self || r.hearsFrom(id, now, d) {
			n++
		}
	}
	return n < r.q2(config)
}

// lostContact steps down if no quorum has answered for so long that another leader is
// likely: not for safety, but so that clients turn elsewhere.
func (r *Replica) lostContact(env nodes.Env) bool {
	if !r.silent(env.Monotonic(), 2*r.cfg.ElectionMax) {
		return false
	}
	nodes.Reachable(env, markLostContact)
	r.stepDown(env)
	return true
}

// onHeartbeat: the leader of this ballot is there.
func (r *Replica) onHeartbeat(env nodes.Env, from nodes.ID, m *Heartbeat) {
	b := m.Ballot
	if !r.owns(b, from) || from == r.cfg.Self {
		return
	}
	r.maxRound = max(r.maxRound, b.Round)
	r.out.ack = HeartbeatAck{Ballot: b, Promised: b, Probe: m.Probe}
	if b.Less(r.promised) {
		r.out.ack.Promised = r.promised
		env.Send(from, &r.out.ack)
		return
	}
	r.hear(env, b)
	if m.Lease {
		r.grant(env, b)
		r.out.ack.Lease = true
	}
	r.commitUpTo(env, from, b, m.Commit)
	if m.Ask {
		r.out.ack.Commit = r.commit
		env.Send(from, &r.out.ack)
	}
	r.sealIdleLog(env)
}

// onHeartbeatAck: a replica follows, or has promised a higher ballot.
func (r *Replica) onHeartbeatAck(env nodes.Env, from nodes.ID, m *HeartbeatAck) {
	if r.role != Leader || m.Ballot != r.lead.ballot || r.peers.index(from) < 0 {
		return
	}
	if m.Promised != m.Ballot {
		r.outbid(env, m.Promised)
		return
	}
	if m.Lease {
		r.leaseGranted(from, m.Probe)
	}
	r.answered(env, from, m.Probe)
	if r.role == Leader && m.Commit > r.commit {
		r.askCatchUp(env, from)
	}
}
