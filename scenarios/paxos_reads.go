package scenarios

import (
	"fmt"

	"orrery/nodes"
	"orrery/nodes/paxos"
	"orrery/sim"
)

// readWatch holds a leader to the two steps by which reads do without the log (Ongaro's
// dissertation, section 6.4): a quorum confirms after the read has come that it has
// promised nothing higher, and the state that answers holds everything that was applied anywhere
// before the read was asked. A history shows a stale read only if somebody wrote to that key at the
// right moment; this shows the step that was left out.
type readWatch struct {
	p       *paxosWatch
	sends   uint64     // datagrams so far: what orders questions and rounds
	applied paxos.Slot // the most that any replica has applied
	open    map[nodes.ID]*openRead
	rounds  map[paxos.Ballot]*readRounds
}

// openRead is the read that a client has asked for last.
type openRead struct {
	session, seq uint64
	asked        uint64     // when it was first sent
	applied      paxos.Slot // what had been applied somewhere by then
}

// readRounds are the rounds of messages of a leader.
type readRounds struct {
	begun    map[uint64]uint64 // by Probe: when it was first sent
	answered []uint64          // by replica: when the newest round that it has answered began
}

func newReadWatch(p *paxosWatch) *readWatch {
	return &readWatch{p: p, open: map[nodes.ID]*openRead{}, rounds: map[paxos.Ballot]*readRounds{}}
}

// sent looks at a datagram.
func (w *readWatch) sent(from *sim.Machine, to nodes.ID, m nodes.Message) {
	w.sends++
	switch m := m.(type) {
	case *paxos.Request:
		w.asked(from.ID(), m)
	case *paxos.Reply:
		w.replied(from, to, m)
	case *paxos.P2a:
		w.began(m.Ballot, m.Probe)
	case *paxos.Heartbeat:
		if m.Ask {
			w.began(m.Ballot, m.Probe)
		}
	case *paxos.P2b:
		if m.Promised == m.Ballot {
			w.answered(w.p.number(from), m.Ballot, m.Probe)
		}
	case *paxos.HeartbeatAck:
		if m.Promised == m.Ballot {
			w.answered(w.p.number(from), m.Ballot, m.Probe)
		}
	}
}

// asked notes a read when it is sent for the first time; to be sent again makes it no younger.
func (w *readWatch) asked(client nodes.ID, m *paxos.Request) {
	if m.Session == 0 || len(m.Command) == 0 || !paxos.OpKind(m.Command[0]).Reads() {
		return
	}
	o := w.open[client]
	if o == nil {
		o = &openRead{}
		w.open[client] = o
	}
	if o.session != m.Session || o.seq != m.Seq {
		*o = openRead{session: m.Session, seq: m.Seq, asked: w.sends, applied: w.applied}
	}
}

func (w *readWatch) began(b paxos.Ballot, probe uint64) {
	r := w.rounds[b]
	if r == nil {
		r = &readRounds{begun: map[uint64]uint64{}, answered: make([]uint64, len(w.p.state))}
		w.rounds[b] = r
	}
	if r.begun[probe] == 0 {
		r.begun[probe] = w.sends
	}
}

func (w *readWatch) answered(i int, b paxos.Ballot, probe uint64) {
	if r := w.rounds[b]; r != nil {
		r.answered[i] = max(r.answered[i], r.begun[probe])
	}
}

// replied checks the answer to a read.
func (w *readWatch) replied(from *sim.Machine, to nodes.ID, m *paxos.Reply) {
	o := w.open[to]
	r, ok := from.Node().(*paxos.Replica)
	if !ok || o == nil || m.Status != paxos.StatusOK || o.session != m.Session || o.seq != m.Seq {
		return
	}
	w.p.w.Asked("reads-are-fresh")
	if applied, _ := r.Applied(); applied < o.applied {
		w.p.w.U.Violate("reads-are-fresh", fmt.Sprintf("%s answers a read of %s with slot %d applied; slot %d was when it asked",
			from.ID(), to, applied, o.applied))
	}
	b, _ := r.Leading()
	if r.HoldsLease(from.Monotonic(), from.Wall()) {
		w.covered(from, b, r.CommitIndex()+1)
		return
	}
	confirmed := uint64(1) << w.p.number(from)
	if rounds := w.rounds[b]; rounds != nil {
		for i, began := range rounds.answered {
			if began > o.asked {
				confirmed |= 1 << i
			}
		}
	}
	w.p.learn(r)
	w.p.w.Asked("reads-are-confirmed")
	if !w.p.isQuorum(2, uint64(r.CommitIndex())+1, confirmed) {
		w.p.w.U.Violate("reads-are-confirmed", fmt.Sprintf("%s answers a read of %s in ballot %v, which only %s have confirmed since it was asked",
			from.ID(), to, b, w.p.names(confirmed)))
	}
}

// covered: while a leader counts on its lease, a quorum of acceptors still keeps to it: each by its own
// clock, or because it has been down and must wait out what it may have granted.
func (w *readWatch) covered(leader *sim.Machine, b paxos.Ballot, s paxos.Slot) {
	covers := uint64(1) << w.p.number(leader)
	for _, m := range w.p.w.U.Machines() {
		i, known := w.p.index[m.ID()]
		if !known {
			continue
		}
		r, up := m.Node().(*paxos.Replica)
		if !up || m.Monotonic() < w.p.lease {
			covers |= 1 << i
			continue
		}
		if to, until := r.LeaseTo(); to == b && m.Monotonic() < until {
			covers |= 1 << i
		}
	}
	w.p.w.Asked("lease-is-covered")
	if !w.p.isQuorum(2, uint64(s), covers) {
		w.p.w.U.Violate("lease-is-covered", fmt.Sprintf("%s answers a read under its lease for ballot %v, to which only %s still keep",
			leader.ID(), b, w.p.names(covers)))
	}
}
