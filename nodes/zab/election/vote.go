package election

import (
	"fmt"
	"math"

	"orrery/nodes/zab/proto"
)

// State is what a server does.
type State = proto.ServerState

// The states of a server.
const (
	Looking   = proto.StateLooking
	Following = proto.StateFollowing
	Leading   = proto.StateLeading
	Observing = proto.StateObserving
)

// NoServer stands for the leader, the zxid and the epoch in the vote of a server that does not vote: an observer.
const NoServer = math.MinInt64

// Vote is whom a server wants to lead, and why.
type Vote struct {
	Leader int64 // the server's number
	Zxid   int64 // of the last transaction that the leader has logged
	Round  int64 // the logical clock of the election; ZooKeeper calls it electionEpoch
	Epoch  int64 // the leader's current epoch; ZooKeeper calls it peerEpoch
}

// String prints a vote as "3 (zxid 200000005, epoch 2, round 7)".
func (v Vote) String() string {
	if v.Leader == NoServer {
		return fmt.Sprintf("nobody (round %d)", v.Round)
	}
	return fmt.Sprintf("%d (zxid %x, epoch %d, round %d)", v.Leader, uint64(v.Zxid), v.Epoch, v.Round)
}

// After tells whether v names a better leader than o: one of a higher epoch, or in one epoch of a higher zxid, or
// with one history of a higher number. Rounds do not matter. It is a total order.
func (v Vote) After(o Vote) bool {
	switch {
	case v.Epoch != o.Epoch:
		return v.Epoch > o.Epoch
	case v.Zxid != o.Zxid:
		return v.Zxid > o.Zxid
	}
	return v.Leader > o.Leader
}

// after1419 is the order as it was before ZOOKEEPER-1419, without the parentheses that keep the comparison
// of zxids and numbers within one epoch. It has cycles.
func (v Vote) after1419(o Vote) bool {
	return v.Epoch > o.Epoch || v.Epoch == o.Epoch && v.Zxid > o.Zxid || v.Zxid == o.Zxid && v.Leader > o.Leader
}

// ballot is a vote as it was received: with the state of who cast it, and the version of the notification.
type ballot struct {
	Vote
	state   State
	version int32
}

// same tells whether two ballots support the same leader, as it is counted. Among servers that are still looking the whole vote
// must be the same. Those that are not may have heard of their leader in different rounds and with different zxids, so that
// the leader and its epoch decide (ZOOKEEPER-1805), and beside one that does not know of epochs the leader alone
// (ZOOKEEPER-1732).
func (b ballot) same(o ballot, q Quirks) bool {
	if b.state == Looking || o.state == Looking || q.WholeVotes {
		return b.Vote == o.Vote
	}
	if b.version > 0 != (o.version > 0) {
		return b.Leader == o.Leader
	}
	return b.Leader == o.Leader && b.Epoch == o.Epoch
}

// ballots are the ballots of some servers, in ascending order of the servers' numbers.
type ballots struct {
	sids []int64
	cast []ballot
}

func (b *ballots) find(sid int64) (int, bool) {
	for i, s := range b.sids {
		if s >= sid {
			return i, s == sid
		}
	}
	return len(b.sids), false
}

// put records a server's ballot in the place of its last one.
func (b *ballots) put(sid int64, v ballot) {
	i, found := b.find(sid)
	if found {
		b.cast[i] = v
		return
	}
	b.sids = append(b.sids, 0)
	copy(b.sids[i+1:], b.sids[i:])
	b.sids[i] = sid
	b.cast = append(b.cast, ballot{})
	copy(b.cast[i+1:], b.cast[i:])
	b.cast[i] = v
}

// leads tells whether a server's ballot says that it leads.
func (b *ballots) leads(sid int64) bool {
	i, found := b.find(sid)
	return found && b.cast[i].state == Leading
}

func (b *ballots) clear() { b.sids, b.cast = b.sids[:0], b.cast[:0] }
