package paxos

import (
	"slices"
	"time"

	"orrery/nodes"
)

// Leases, off by default. An acceptor that grants one promises no other ballot for
// Config.Lease, by its own monotonic clock, from when it got the heartbeat. The leader
// counts from when it SENT the heartbeat, and less by Config.LeaseDrift: so its lease
// ends first, if no clock runs faster than another by more than that ("Paxos Made
// Moderately Complex", section 4.4). A set of acceptors that meets every quorum of phase 1
// must have granted it.

// grant promises not to promise anything but b for a while.
func (r *Replica) grant(env nodes.Env, b Ballot) {
	if r.cfg.Lease == 0 {
		return
	}
	r.leaseTo, r.leaseUntil = b, env.Monotonic()+r.cfg.Lease
}

// leased tells whether a lease forbids to promise b. For as long as a lease after a restart
// one may have been granted that this replica has forgotten.
func (r *Replica) leased(env nodes.Env, b Ballot) bool {
	if r.cfg.Lease == 0 {
		return false
	}
	now := env.Monotonic()
	if now < r.cfg.Lease && !r.cfg.Quirks.LeaseForgotten {
		nodes.Reachable(env, markLeaseAfterRestart)
		return true
	}
	held := now < r.leaseUntil && r.leaseTo != b
	nodes.Sometimes(env, held, markLeaseForbids)
	return held
}

// LeaseTo is the ballot to whose leader this acceptor has granted its lease, and until when by its own
// monotonic clock; the zero ballot if it has granted none since it was started.
func (r *Replica) LeaseTo() (b Ballot, until time.Duration) { return r.leaseTo, r.leaseUntil }

// grantSelf is the leader's own grant, as an acceptor.
func (r *Replica) grantSelf(env nodes.Env) {
	if r.cfg.Lease == 0 {
		return
	}
	r.grant(env, r.lead.ballot)
	c := r.touch(r.cfg.Self)
	c.granted, c.leased = r.leaseClock(env), true
}

// leaseGranted notes that from has granted a lease for the heartbeat of that round.
func (r *Replica) leaseGranted(from nodes.ID, probe uint64) {
	l := &r.lead
	n := uint64(len(l.sentAt))
	if probe > l.probe || probe+n <= l.probe {
		return // too long ago to be remembered
	}
	c := r.touch(from)
	if sent := l.sentAt[probe%n]; !c.leased || sent > c.granted {
		c.granted, c.leased = sent, true
	}
}

// holdsLease tells whether the leader may answer a read now by itself.
func (r *Replica) holdsLease(env nodes.Env) bool {
	return r.HoldsLease(env.Monotonic(), env.Now())
}

// HoldsLease is what this replica, if it leads, thinks of its lease when its clocks show that:
// while it is true, no other replica may lead a higher ballot.
func (r *Replica) HoldsLease(monotonic time.Duration, wall time.Time) bool {
	if r.cfg.Lease == 0 || r.role != Leader {
		return false
	}
	clock := monotonic
	if r.cfg.Quirks.LeaseByWallClock {
		clock = time.Duration(wall.UnixNano())
	}
	h := r.machine.configs
	for i := range h {
		if i+1 < len(h) && h[i+1].from <= r.commit+1 {
			continue
		}
		var granted [MaxMembers]time.Duration
		n := 0
		for _, id := range h[i].members {
			if k := r.peers.index(id); k < len(r.lead.contact) && r.lead.contact[k].leased {
				granted[n] = r.lead.contact[k].granted
				n++
			}
		}
		need := r.q2(&h[i])
		if n < need {
			return false
		}
		slices.Sort(granted[:n])
		length := r.cfg.Lease - r.cfg.Lease/1_000_000*time.Duration(r.cfg.LeaseDrift)
		if clock >= granted[n-need]+length {
			return false
		}
	}
	return true
}

// leaseClock is the time by which the leader measures its lease.
func (r *Replica) leaseClock(env nodes.Env) time.Duration {
	if r.cfg.Quirks.LeaseByWallClock {
		return time.Duration(env.Now().UnixNano())
	}
	return env.Monotonic()
}
