package etcdraft

import (
	"slices"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
	"orrery/nodes"
)

// store is the state machine: keys and values, and the answer to each client's last write, so
// that one which was sent or logged twice takes effect once.
type store struct {
	values  map[string]string
	last    map[nodes.ID]*Command
	applied uint64           // index of the last entry
	reads   []raft.ReadState // gets that wait for the store to get so far
}

// apply carries out committed entries, and answers the clients that asked this member.
func (s *store) apply(env nodes.Env, entries []*pb.Entry) {
	for _, e := range entries {
		s.applied = e.GetIndex()
		c, err := decodeCommand(e.GetData())
		if err != nil {
			continue // a new leader's first entry is empty
		}
		answer := s.last[c.Client]
		if answer == nil || answer.Seq < c.Seq {
			answer = &Command{Op: Done, Seq: c.Seq, Value: s.values[c.Key]}
			if c.Op == CAS && answer.Value != c.Expect {
				answer.Op = Mismatch
			} else {
				s.values[c.Key] = c.Value
			}
			s.last[c.Client] = answer
		}
		if c.Server == env.Self() {
			env.Send(c.Client, answer)
		}
	}
}

// answer answers the gets whose time has come.
func (s *store) answer(env nodes.Env) {
	s.reads = slices.DeleteFunc(s.reads, func(r raft.ReadState) bool {
		c, err := decodeCommand(r.RequestCtx)
		if err == nil && s.applied >= r.Index {
			env.Send(c.Client, &Command{Op: Done, Seq: c.Seq, Value: s.values[c.Key]})
		}
		return s.applied >= r.Index
	})
}
