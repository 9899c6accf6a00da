package replica

import (
	"errors"
	"fmt"
	"slices"

	"orrery/nodes"
	"orrery/nodes/kafka/replica/isr"
)

// alteration is the change of an ISR that is in flight, if isr.Leader.Pending is not nil.
type alteration struct {
	call    uint64  // of the AlterISR or ReadISR, 0 while neither is out
	members []int32 // that are proposed
	epochs  []int64 // the broker epochs that their fetches had when they were
	frozen  bool    // somebody else leads by now: LeaderAndISR will say
	later   bool    // the outcome is looked up once more after Config.AlterBackoff
	broken  bool    // KAFKA-2729: the version that is known will never be right again
}

// checkISRs looks at who lags, every half of the lag time.
func (m *Manager) checkISRs(env nodes.Env) {
	env.SetTimer(nodes.Tag{Name: tagISR}, m.cfg.ReplicaLagTime/2)
	for _, p := range m.parts {
		if p.role != leading {
			continue
		}
		if gone := p.lead.Lagging(m.rules(p), p.log.EndOffset(), env.Monotonic()); len(gone) > 0 {
			m.note(env, func() string {
				return fmt.Sprintf("shrinks the ISR of %v from %v: %v have lagged for %v", p.tp, p.lead.ISR, gone, m.cfg.ReplicaLagTime)
			})
			nodes.Reachable(env, "an ISR shrinks")
			m.propose(env, p, p.lead.Without(gone))
		}
		// Who was caught up and not in the ISR has held the high watermark back for the lag time at most.
		m.raise(env, p)
	}
}

// maybeExpand proposes a follower that has just fetched.
func (m *Manager) maybeExpand(env nodes.Env, p *partition, broker int32) {
	if p.alter.broken || !p.lead.MayJoin(m.rules(p), broker, p.log.HighWatermark()) {
		return
	}
	nodes.Reachable(env, "an ISR expands")
	members := p.lead.With(broker)
	if m.cfg.Quirks.DoubleReadReplicaState {
		p.alter.members = members
		env.SetTimer(nodes.Tag{Name: tagExpand, N: p.n}, 0)
		return
	}
	m.note(env, func() string {
		return fmt.Sprintf("expands the ISR of %v to %v: broker %d has everything up to %d", p.tp, members, broker, p.lead.Remote(broker).End)
	})
	m.propose(env, p, members)
}

// fireExpand is the second half of KAFKA-15221: what is proposed was decided on before.
func (m *Manager) fireExpand(env nodes.Env, p *partition) {
	if p != nil && p.role == leading && len(p.lead.Pending) == 0 && p.alter.members != nil {
		m.propose(env, p, p.alter.members)
	}
}

// propose asks the controller's storage for another ISR.
func (m *Manager) propose(env nodes.Env, p *partition, members []int32) {
	if p.alter.broken {
		return
	}
	p.alter.members = slices.Clone(members)
	p.alter.epochs = p.lead.Propose(members)
	m.sendAlteration(p)
}

func (m *Manager) sendAlteration(p *partition) {
	p.alter.call = m.number()
	epochs := slices.Clone(p.alter.epochs)
	version := p.lead.Version
	if m.cfg.Quirks.UnconditionalISR {
		version = -1
	}
	if m.cfg.Quirks.NoBrokerEpochCheck || m.cfg.Quirks.IneligibleJoins { // the store is not to mend what the leader gets wrong
		for i := range epochs {
			epochs[i] = isr.Unknown
		}
	}
	var joins []int32
	for _, b := range p.alter.members {
		if !slices.Contains(p.lead.ISR, b) {
			joins = append(joins, b)
		}
	}
	m.tell(AlterISR{Call: p.alter.call, Joins: joins, Partition: p.tp, Leader: m.cfg.Broker, LeaderEpoch: p.epoch, ControllerEpoch: p.controllerEpoch,
		ISR: slices.Clone(p.alter.members), Epochs: epochs, Version: version})
}

// altering finds the partition whose change has this call; nil if the change has ended.
func (m *Manager) altering(call uint64) *partition {
	for _, p := range m.parts {
		if p.role == leading && p.alter.call == call {
			return p
		}
	}
	return nil
}

// ISRAltered takes the outcome of an [AlterISR]: the new version, or one of ErrBadVersion, ErrUncertain, ErrIneligible, ErrNoState.
func (m *Manager) ISRAltered(env nodes.Env, call uint64, version int32, err error) {
	p := m.altering(call)
	if p == nil {
		return
	}
	p.alter.call = 0
	q := m.cfg.Quirks
	switch {
	case err == nil:
		m.committed(env, p, p.alter.members, version)
	case errors.Is(err, ErrIneligible) || errors.Is(err, ErrNoState):
		p.lead.Abandon()
		m.raise(env, p)
	case errors.Is(err, ErrBadVersion) && q.NoVersionRefresh:
		m.note(env, func() string {
			return fmt.Sprintf("Cached zkVersion %d of %v is not equal to that in zookeeper, skips updating the ISR", p.lead.Version, p.tp)
		})
		p.lead.Abandon()
		p.alter.broken = true
	case q.ISRChangeStuck:
	default:
		nodes.Reachable(env, "the outcome of a change of an ISR is looked up")
		m.readISR(p)
	}
	m.after(env)
}

func (m *Manager) readISR(p *partition) {
	p.alter.call = m.number()
	m.tell(ReadISR{Call: p.alter.call, Partition: p.tp})
}

// fireAlter looks the outcome up once more.
func (m *Manager) fireAlter(env nodes.Env, p *partition) {
	if p == nil {
		return
	}
	p.alter.later = false
	if p.role == leading && p.alter.call == 0 && len(p.lead.Pending) > 0 && !p.alter.frozen {
		m.readISR(p)
	}
}

// awaited tells that what became of a change in flight will be known: the storage has been asked, or will be, or the controller will say.
func (a *alteration) awaited() bool { return a.call != 0 || a.later || a.frozen }

// ISRRead takes the answer to a [ReadISR]. A write whose outcome is not known may yet arrive: as long as the version is the old one it
// is written once more, so that one of the two fails; any other version ends it.
func (m *Manager) ISRRead(env nodes.Env, call uint64, s State, err error) {
	p := m.altering(call)
	if p == nil {
		return
	}
	p.alter.call = 0
	switch {
	case errors.Is(err, ErrNoState):
		p.lead.Abandon()
	case err != nil:
		p.alter.later = true
		env.SetTimer(nodes.Tag{Name: tagAlter, N: p.n}, m.cfg.AlterBackoff)
	case s.LeaderEpoch > p.epoch:
		p.alter.frozen = true
		nodes.Reachable(env, "a leader reads that it has been deposed")
		m.note(env, func() string {
			return fmt.Sprintf("has been deposed from %v: broker %d leads in epoch %d", p.tp, s.Leader, s.LeaderEpoch)
		})
	case s.Version == p.lead.Version:
		m.writeAgain(env, p)
	default:
		m.committed(env, p, s.ISR, s.Version)
	}
	m.after(env)
}

// writeAgain writes once more what may have been lost. If one who was to join is no longer what it was, the ISR as it is is written instead:
// that too ends the uncertainty, and until then the high watermark waits for both.
func (m *Manager) writeAgain(env nodes.Env, p *partition) {
	hw := p.log.HighWatermark()
	for i, b := range p.alter.members {
		r := p.lead.Remote(b)
		if r == nil || slices.Contains(p.lead.ISR, b) || r.Epoch == p.alter.epochs[i] && r.End >= hw {
			continue
		}
		nodes.Reachable(env, "an ISR is not expanded after all")
		p.alter.members = slices.Clone(p.lead.ISR)
		p.alter.epochs = p.lead.Epochs(p.alter.members)
		break
	}
	m.sendAlteration(p)
}

// committed takes an ISR that the storage has.
func (m *Manager) committed(env nodes.Env, p *partition, members []int32, version int32) {
	nodes.Always(env, m.cfg.Quirks.UnconditionalISR || version > p.lead.Version, "the version of a partition's state only grows")
	p.lead.Committed(members, version)
	p.alter.members, p.alter.epochs = nil, nil
	m.note(env, func() string { return fmt.Sprintf("has the ISR %v of %v at version %d", members, p.tp, version) })
	m.touch(p) // who waits for the high watermark may now find the ISR too small
	if !m.cfg.Quirks.NoHWAfterShrink {
		m.raise(env, p)
	}
}

// dropAlteration forgets a change in flight: whoever leads next has the state as it is in the storage.
func (m *Manager) dropAlteration(env nodes.Env, p *partition) {
	p.alter = alteration{}
	p.lead.Abandon()
	env.StopTimer(nodes.Tag{Name: tagAlter, N: p.n})
	env.StopTimer(nodes.Tag{Name: tagExpand, N: p.n})
}
