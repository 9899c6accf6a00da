package etcdraft

import (
	"fmt"
	"io"
	"log"
	"slices"
	"time"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
	"orrery/nodes"
)

const tick, electionTick = 100 * time.Millisecond, 10 // ticks without the leader before another is wanted

// Node is one member: the library, its log and the key-value store above it.
type Node struct {
	peers    []nodes.ID // the library's number of a peer is its place here, from 1
	raw      *raft.RawNode
	log      wal
	store    store
	soft     raft.SoftState
	hard     *pb.HardState
	elapsed  int       // ticks since the leader was heard, or a vote was given
	patience int       // ticks after which this member stands for election
	env      nodes.Env // during a call
}

// Quirks are defects that can be planted: votes and acknowledgements that are sent before they are durable.
type Quirks struct{ SendBeforeSync bool }

// NewNode returns a member of the cluster of peers, as it is before Boot.
func NewNode(peers []nodes.ID, q Quirks) *Node {
	return &Node{peers: peers, log: wal{storage: raft.NewMemoryStorage(), quirks: q},
		store: store{values: map[string]string{}, last: map[nodes.ID]*Command{}}}
}

// Codec implements nodes.Node.
func (n *Node) Codec() nodes.Codec { return Codec{} }

// Boot reads the log and starts the library on it.
func (n *Node) Boot(env nodes.Env) (err error) {
	n.env = env
	members := &pb.ConfState{}
	for i := range n.peers {
		members.Voters = append(members.Voters, uint64(i+1))
	}
	_ = n.log.storage.ApplySnapshot(&pb.Snapshot{Metadata: &pb.SnapshotMetadata{ConfState: members}})
	if err = n.log.open(env); err != nil {
		return err
	}
	n.raw, err = raft.NewRawNode(&raft.Config{
		ID:      uint64(slices.Index(n.peers, env.Self()) + 1),
		Storage: n.log.storage, AsyncStorageWrites: true, MaxSizePerMsg: 1 << 16, MaxInflightMsgs: 64,
		HeartbeatTick: 1, ElectionTick: electionTick, CheckQuorum: true, PreVote: true,
		Logger: logger{&raft.DefaultLogger{Logger: log.New(io.Discard, "", 0)}, n},
	})
	n.hear()
	env.SetTimer(nodes.Tag{Name: "tick"}, tick)
	return err
}

// hear begins the wait for the leader anew.
func (n *Node) hear() { n.elapsed, n.patience = 0, electionTick+n.env.Rand().IntN(electionTick) }

// Fire is the library's clock. Only a leader's RawNode is ticked: a follower's would count up to a time-out drawn
// from crypto/rand, and no two runs would be alike. A follower waits here instead, as the machine's own stream
// says, in the library's two steps: after electionTick it owes the leader nothing, then it stands for election.
func (n *Node) Fire(env nodes.Env, _ nodes.Tag) {
	n.env = env
	env.SetTimer(nodes.Tag{Name: "tick"}, tick)
	if n.soft.RaftState == raft.StateLeader {
		n.raw.Tick()
	} else if n.elapsed++; n.elapsed >= n.patience {
		n.hear()
		_ = n.raw.Campaign()
	} else if n.elapsed == electionTick {
		_ = n.raw.ForgetLeader()
	}
	n.ready()
}

// Deliver hands the library a peer's message or a client's wish. What it refuses gets no answer: clients ask again.
func (n *Node) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	n.env = env
	switch m := m.(type) {
	case raftMessage:
		_ = n.raw.Step(m.Message)
		if m.GetFrom() == n.soft.Lead && m.GetTerm() == n.hard.GetTerm() {
			n.elapsed = 0
		}
	case *Command:
		m.Client, m.Server = from, env.Self()
		if data := n.Codec().Append(nil, m); m.Op == Get {
			n.raw.ReadIndex(data)
		} else {
			_ = n.raw.Propose(data)
		}
	}
	n.ready()
}

// Synced lets out what had to wait for the disk.
func (n *Node) Synced(env nodes.Env, _ nodes.Tag, err error) {
	n.env = env
	if err != nil {
		env.Halt(err)
	}
	n.log.syncing--
	n.ready()
}

// ready does what the library asks for, until it asks for nothing more.
func (n *Node) ready() {
	for n.tell(n.log.release()...); n.raw.HasReady(); n.tell(n.log.release()...) {
		rd := n.raw.Ready()
		if rd.SoftState != nil {
			n.soft = *rd.SoftState
		}
		if h := rd.HardState; !raft.IsEmptyHardState(h) {
			if h.GetTerm() != n.hard.GetTerm() || h.GetVote() != n.hard.GetVote() {
				n.hear()
			}
			n.hard = h
		}
		n.store.reads = append(n.store.reads, rd.ReadStates...)
		for _, m := range rd.Messages {
			switch m.GetTo() {
			case raft.LocalAppendThread:
				n.log.add(m, rd.MustSync)
			case raft.LocalApplyThread:
				n.store.apply(n.env, m.GetEntries())
				n.tell(m.GetResponses()...)
			default:
				n.tell(m)
			}
		}
		n.store.answer(n.env)
	}
	n.log.flush(n.env)
}

// tell passes messages on, to peers or to the library itself.
func (n *Node) tell(ms ...*pb.Message) {
	for _, m := range ms {
		if to := n.peers[m.GetTo()-1]; to == n.env.Self() {
			_ = n.raw.Step(m)
		} else {
			n.env.Send(to, raftMessage{m})
		}
	}
}

// logger puts what the library logs into the story of the run.
type logger struct {
	*raft.DefaultLogger
	node *Node
}

func (l logger) Infof(format string, v ...any) {
	if nodes.Noting(l.node.env) {
		nodes.Note(l.node.env, fmt.Sprintf(format, v...))
	}
}
