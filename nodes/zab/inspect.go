package zab

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"slices"

	"orrery/nodes"
	"orrery/nodes/zab/config"
	"orrery/nodes/zab/election"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/store"
	"orrery/nodes/zab/tree"
)

// What in-run checkers may ask of a server at any time. Nothing here changes it.

// ID is the server's number.
func (s *Server) ID() int64 { return s.id }

// Role is what the server has been elected to.
func (s *Server) Role() election.State { return s.state }

// Zab is the phase of the protocol that the server is in.
func (s *Server) Zab() ZabState { return s.zab }

// Booted tells whether what was found on the disk has been loaded.
func (s *Server) Booted() bool { return s.disk != nil }

// Recovered tells whether what was found on the disk is durable: before that nobody is told of it.
func (s *Server) Recovered() bool { return s.ready }

// Serves tells whether the server answers clients, and not only with reads because it knows no leader.
func (s *Server) Serves() bool { return s.pipe != nil && !s.readOnly }

// Leads is the epoch that this server leads, with a quorum that has taken its history over; ok is false if it does not.
func (s *Server) Leads() (epoch int64, ok bool) {
	if s.leader == nil || s.leader.phase != broadcasts {
		return 0, false
	}
	return s.leader.epoch, true
}

// Zxid is the last transaction that is in memory. A leader that has just begun counts from its epoch's beginning.
func (s *Server) Zxid() int64 { return s.db.tree.Zxid() }

// Znode is a znode of the tree in memory, see Settled. Its slices must not be changed. ok is false if there is none.
func (s *Server) Znode(path string) (z tree.Znode, ok bool) { return s.db.tree.Znode(path) }

// NewEpoch tells whether Zxid is the beginning of an epoch, of which nothing is in any log.
func (s *Server) NewEpoch() bool { return proto.Counter(s.db.tree.Zxid()) == 0 }

// Digest is the digest of the tree, as of Zxid. It says nothing while another history is being loaded: see Settled.
func (s *Server) Digest() int64 { return s.db.tree.Digest() }

// Settled tells whether the tree in memory is that of Zxid: not while a transaction is being applied in steps, and not while a
// history is taken over.
func (s *Server) Settled() bool { return s.Loaded() && !s.db.stepping }

// Loaded tells whether the tree in memory is of this server's own history: not while another one is taken over. All up to Zxid is in it;
// of the transaction behind it the first znodes may be. Where one transaction is hard behind the other, a server is seen in this
// state again and again, and not once settled.
func (s *Server) Loaded() bool {
	return s.disk != nil && s.db.loader == nil && (s.pipe != nil || s.state == election.Looking && !s.stopping)
}

// AcceptedEpoch is the epoch in the file of that name, as far as it is durable.
func (s *Server) AcceptedEpoch() int64 { return s.disk.AcceptedEpoch() }

// CurrentEpoch likewise.
func (s *Server) CurrentEpoch() int64 { return s.disk.CurrentEpoch() }

// Durable is the last transaction that is durable, with all before it.
func (s *Server) Durable() int64 { return s.disk.Durable() }

// CommittedLog are the zxids of the transactions that are kept for learners.
func (s *Server) CommittedLog() []int64 {
	var list []int64
	for _, t := range s.db.kept() {
		list = append(list, t.zxid)
	}
	return list
}

// Ensemble is the configuration that this server holds to be in force; nil if it stands alone.
func (s *Server) Ensemble() *config.Quorum { return s.quorum }

// LastEnsemble is the configuration that this server was told of last: the one in force, or one that is proposed and needs a quorum, too.
func (s *Server) LastEnsemble() *config.Quorum { return s.lastSeen() }

// Sends are the learners to which this leader is sending a snapshot.
func (s *Server) Sends() (ids []int64) {
	if s.leader == nil {
		return nil
	}
	for _, h := range s.leader.handlers {
		if h.snapshot != nil {
			ids = append(ids, h.id)
		}
	}
	return ids
}

// Receives tells whether this server is being sent a snapshot, or has not yet taken it over.
func (s *Server) Receives() bool {
	return s.learner != nil && s.learner.sync.mode == proto.PacketSnap && s.learner.phase < waitsForUpToDate
}

// LogEntry is a transaction of the log on disk.
type LogEntry struct {
	Zxid int64
	Raw  []byte
}

// LogOnDisk is the log from a zxid on, durable or not.
func (s *Server) LogOnDisk(d nodes.Disk, from int64) ([]LogEntry, error) {
	var list []LogEntry
	it := s.disk.Log(d, from)
	for it.Next() {
		list = append(list, LogEntry{it.Zxid(), slices.Clone(it.Txn())})
	}
	return list, it.Err()
}

// DeadOwners are sessions that own ephemeral znodes and do not exist.
func (s *Server) DeadOwners() []int64 { return s.db.tree.DeadOwners() }

// StateHash is a hash of all that transactions have made: znodes with their data, Stats and ACLs, and sessions. Servers that have
// the same Zxid must have the same. It costs as much as a snapshot.
func (s *Server) StateHash() uint64 { return stateHash(s.db.tree) }

func stateHash(t *tree.Tree) uint64 {
	w := t.Walk()
	defer w.Close()
	h := fnv.New64a()
	acls := map[int64][]byte{}
	for _, e := range w.ACLs() {
		var b []byte
		for i := range e.ACL {
			b = e.ACL[i].Append(b)
		}
		acls[e.ID] = b
	}
	var b []byte
	sessions := w.Sessions()
	slices.SortFunc(sessions, func(a, o proto.SessionEntry) int { return cmp.Compare(a.SessionID, o.SessionID) })
	for _, e := range sessions {
		b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(b, uint64(e.SessionID)), uint32(e.TimeOut))
	}
	type znode struct {
		path string
		b    []byte
	}
	var list []znode
	for path, e, ok := w.Next(); ok; path, e, ok = w.Next() {
		if path == tree.ConfigPath { // each server writes it by its own clock
			continue
		}
		n := append(e.Stat.Append(nil), acls[e.ACL]...)
		list = append(list, znode{path, append(n, e.Data...)})
	}
	slices.SortFunc(list, func(a, o znode) int { return cmp.Compare(a.path, o.path) })
	_, _ = h.Write(b)
	for _, n := range list {
		_, _ = h.Write([]byte(n.path))
		_, _ = h.Write(n.b)
	}
	return h.Sum64()
}

// View is what Inspect shows.
type View struct {
	Role          string      `json:"role"`
	Zab           string      `json:"zab"`
	Zxid          int64       `json:"zxid"`
	Digest        int64       `json:"digest"`
	AcceptedEpoch int64       `json:"acceptedEpoch"`
	CurrentEpoch  int64       `json:"currentEpoch"`
	Serves        bool        `json:"serves,omitempty"`
	Leader        int64       `json:"leader,omitempty"` // whom it follows
	Phase         uint8       `json:"phase,omitempty"`  // of its role
	Pending       int         `json:"pending,omitempty"`
	Outstanding   int         `json:"outstanding,omitempty"`
	Committed     int64       `json:"committed,omitempty"` // by this leader
	Low           int64       `json:"minCommittedLog"`
	High          int64       `json:"maxCommittedLog"`
	Disk          store.State `json:"disk"`
	Clients       int         `json:"clients,omitempty"`
	Voters        []int64     `json:"voters,omitempty"`     // of the ensemble in force
	Config        int64       `json:"config,omitempty"`     // its version
	NextVoters    []int64     `json:"nextVoters,omitempty"` // of one that is proposed
	NextConfig    int64       `json:"nextConfig,omitempty"`
}

// Inspect implements nodes.Inspector. The value is a View.
func (s *Server) Inspect() any {
	if s.disk == nil {
		return View{Role: "boots"}
	}
	v := View{Role: s.role(), Zab: s.zab.String(), Zxid: s.db.tree.Zxid(), Digest: s.db.tree.Digest(), AcceptedEpoch: s.disk.AcceptedEpoch(),
		CurrentEpoch: s.disk.CurrentEpoch(), Serves: s.pipe != nil, Disk: s.disk.Inspect(), Clients: len(s.clients.order)}
	v.Low, v.High = s.db.bounds()
	if s.zoo.Reconfig && s.quorum != nil {
		v.Voters, v.Config = s.quorum.Voters(), s.quorum.Version()
		if s.next != nil {
			v.NextVoters, v.NextConfig = s.next.Voters(), s.next.Version()
		}
	}
	if l := s.learner; l != nil {
		v.Leader, v.Phase, v.Pending = l.leaderID, uint8(l.phase), len(l.pending)
	}
	if l := s.leader; l != nil {
		v.Phase, v.Outstanding, v.Committed = uint8(l.phase), len(l.outstanding), l.committed
	}
	return v
}
