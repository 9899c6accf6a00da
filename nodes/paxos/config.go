package paxos

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"orrery/nodes"
)

// Config says what one replica is. All but Self and Members may be left zero. Members,
// Q1, Q2 and Alpha must be the same on all replicas of a cluster.
type Config struct {
	// Self is this replica's name. It may be missing from Members: then it is a
	// machine that a later change of membership brings in, and it only learns until then.
	Self nodes.ID
	// Members are the acceptors of the cluster's first configuration, at most MaxMembers.
	// Once a replica has a log, what the log says stands.
	Members []nodes.ID
	// Cluster names the cluster. A disk that belongs to another one is refused.
	Cluster string
	// Rejoin says that this machine was initialised before. An empty disk is
	// then a lost disk, and Boot refuses it with ErrWiped: an acceptor that has forgotten
	// its votes must not vote under its old name ("Paxos Made Live", section 5.1, keeps
	// this marker in another file system for the same reason). Whoever starts replicas
	// sets it once Replica.Initialised has been true. To use the machine again, take
	// its name out of the membership and start it under a new one.
	Rejoin bool

	// Q1 and Q2 are the sizes of a quorum of phase 1 and of phase 2 ("Flexible Paxos",
	// section 3). 0 means a majority. Q1+Q2 must exceed the number of members. They
	// hold for the first configuration; a change of membership brings its own.
	Q1, Q2 int
	// Alpha is the window: slot s may be proposed once slot s-Alpha is applied, and a
	// change of membership in slot s governs from slot s+Alpha on ("Paxos Made Simple",
	// section 3). It bounds how many slots are open at once. 0 means 64.
	Alpha int

	// Heartbeat is how often a leader that has nothing to propose tells that it
	// is there, and how often it repeats what was not answered. 0 means 100 ms.
	Heartbeat time.Duration
	// ElectionMin and ElectionMax bound the time without a leader after which a replica
	// campaigns; each wait is drawn anew between them. Twice the usual time of a round
	// trip with a sync is too short. 0 means 300 ms and 600 ms.
	ElectionMin, ElectionMax time.Duration
	// BackOffMax bounds how long a candidate waits that is outbid again and again: its
	// wait doubles each time, from ElectionMax. 0 means 8 × ElectionMax.
	BackOffMax time.Duration

	// SnapshotEvery is how many slots are applied between two snapshots, after which the log
	// is truncated. 0 means 1,000.
	SnapshotEvery int
	// KeepSlots is how many applied slots stay in memory behind a snapshot, so that a
	// replica that is a little behind need not fetch a snapshot. 0 means 128; negative means none.
	KeepSlots int
	// ChunkBytes bounds one message of catch-up, and one part of a snapshot. 0 means 32 KiB.
	ChunkBytes int

	// MaxBatch bounds the commands in one slot, and MaxBatchBytes their size. 0 means 128
	// and 64 KiB.
	MaxBatch, MaxBatchBytes int
	// MaxQueue bounds the commands that wait at a leader for a slot; a command beyond it is
	// answered StatusBusy. 0 means 4,096.
	MaxQueue int
	// Thrifty sends P2a only to as many acceptors as make a quorum, and to the others
	// when those have not answered by the next heartbeat. It saves messages and costs
	// time when a machine is down.
	Thrifty bool

	// Lease, if it is not 0, lets a leader answer reads by itself for that long after
	// a quorum has acknowledged a heartbeat, as "Paxos Made Moderately Complex", section
	// 4.4, does. It must be the same on all replicas, because an acceptor that has
	// granted a lease promises nothing to others for as long, and a restarted one,
	// which does not know what it granted, promises nothing at all for as long. It must
	// be less than ElectionMin to be of use. It rests on clocks: read LeaseDrift.
	Lease time.Duration
	// LeaseDrift is how much faster an acceptor's monotonic clock may run than the leader's, in
	// parts per million. 0 means 10,000 (1 %).
	LeaseDrift int

	// SessionTTL is how long a leader lets a session be idle before it proposes to
	// expire it. 0 means one minute.
	SessionTTL time.Duration

	// Quirks are defects to run with. The zero value has none.
	Quirks Quirks
}

// MaxMembers is the most replicas that a cluster knows, of all its configurations together.
const MaxMembers = 64

func orDuration(d *time.Duration, def time.Duration) {
	if *d == 0 {
		*d = def
	}
}

func orInt(n *int, def int) {
	if *n == 0 {
		*n = def
	}
}

// withDefaults returns c with the defaults in place of zeros.
func (c Config) withDefaults() Config {
	orInt(&c.Alpha, 64)
	orDuration(&c.Heartbeat, 100*time.Millisecond)
	orDuration(&c.ElectionMin, 300*time.Millisecond)
	orDuration(&c.ElectionMax, max(600*time.Millisecond, c.ElectionMin))
	orDuration(&c.BackOffMax, 8*c.ElectionMax)
	orInt(&c.SnapshotEvery, 1000)
	orInt(&c.KeepSlots, 128)
	c.KeepSlots = max(c.KeepSlots, 0)
	orInt(&c.ChunkBytes, 32<<10)
	orInt(&c.MaxBatch, 128)
	orInt(&c.MaxBatchBytes, 64<<10)
	orInt(&c.MaxQueue, 4096)
	orInt(&c.LeaseDrift, 10_000)
	orDuration(&c.SessionTTL, time.Minute)
	c.Members = slices.Clone(c.Members)
	slices.Sort(c.Members)
	return c
}

// Validate returns an error that names the first field that is wrong, and what would
// be right.
func (c Config) Validate() error {
	raw := c
	c = c.withDefaults()
	switch {
	case c.Self == "":
		return errors.New("paxos: Self is empty: a replica needs a name")
	case len(c.Members) == 0:
		return errors.New("paxos: Members is empty: a cluster has at least one")
	case len(c.Members) > MaxMembers:
		return fmt.Errorf("paxos: %d Members: at most %d", len(c.Members), MaxMembers)
	case c.Members[0] == "":
		return errors.New("paxos: Members has an empty name")
	case len(slices.Compact(slices.Clone(c.Members))) < len(c.Members):
		return errors.New("paxos: Members names a replica twice")
	case c.Alpha < 1:
		return fmt.Errorf("paxos: Alpha is %d: at least 1", c.Alpha)
	case c.Heartbeat < 0 || c.ElectionMin < 0 || c.BackOffMax < 0 || c.Lease < 0 || c.SessionTTL < 0:
		return errors.New("paxos: a time-out is negative")
	case c.ElectionMax < c.ElectionMin:
		return fmt.Errorf("paxos: ElectionMax %v is below ElectionMin %v", c.ElectionMax, c.ElectionMin)
	case c.ElectionMin <= c.Heartbeat:
		return fmt.Errorf("paxos: ElectionMin %v must be above Heartbeat %v: a leader would be deposed between two", c.ElectionMin, c.Heartbeat)
	case c.SnapshotEvery < 1 || c.ChunkBytes < 1 || c.MaxBatch < 1 || c.MaxBatchBytes < 1 || c.MaxQueue < 1:
		return errors.New("paxos: SnapshotEvery, ChunkBytes, MaxBatch, MaxBatchBytes and MaxQueue must be positive")
	case c.Lease > 0 && c.Lease <= c.Heartbeat:
		return fmt.Errorf("paxos: Lease %v must be above Heartbeat %v, which renews it", c.Lease, c.Heartbeat)
	case c.LeaseDrift < 0 || c.LeaseDrift >= 1_000_000:
		return fmt.Errorf("paxos: LeaseDrift is %d ppm: from 0 to 999,999", c.LeaseDrift)
	}
	if err := checkQuorums(len(c.Members), raw.Q1, raw.Q2); err != nil {
		return fmt.Errorf("paxos: %w", err)
	}
	return nil
}

// checkQuorums tells whether every quorum of phase 1 meets every one of phase 2.
func checkQuorums(n, q1, q2 int) error {
	if q1 < 0 || q2 < 0 || q1 > n || q2 > n {
		return fmt.Errorf("Q1 %d and Q2 %d must lie between 1 and the %d members, or be 0 for a majority", q1, q2, n)
	}
	q1, q2 = quorumSizes(n, q1, q2)
	if q1+q2 <= n {
		return fmt.Errorf("Q1 %d + Q2 %d must exceed the %d members: two quorums could miss each other", q1, q2, n)
	}
	return nil
}

func quorumSizes(n, q1, q2 int) (int, int) {
	orInt(&q1, n/2+1)
	orInt(&q2, n/2+1)
	return q1, q2
}
