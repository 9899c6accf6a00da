package isr

import (
	"math"
	"slices"
	"time"
)

// Unknown stands for an offset or an epoch that nobody has told.
const Unknown = -1

// Never is the time of what has not happened.
const Never = time.Duration(math.MinInt64 / 2)

// Rules are what a leader's decisions depend on besides what it knows of its replicas.
type Rules struct {
	LagTime time.Duration // replica.lag.time.max.ms
	MinISR  int           // min.insync.replicas
	// Eligible tells whether a broker may be in the ISR: it is registered, not shutting down, and its broker epoch is the one given
	// (KIP-841, KIP-903). nil lets everyone.
	Eligible func(broker int32, epoch int64) bool
	Quirks   Quirks
}

// Remote is what a leader knows of a follower.
type Remote struct {
	Broker int32
	// End is the follower's log end offset and Start its log start offset, by its last fetch in this leader epoch; Unknown before that.
	End, Start int64
	// Foreign is where it has fetched from in whatever leader epoch; only a defect asks for it.
	Foreign int64
	// Epoch is the broker epoch that it fetched with, Unknown if it told none.
	Epoch int64
	// LastFetch is when it last fetched, and LeaderEnd where the leader's log ended then.
	LastFetch time.Duration
	LeaderEnd int64
	// CaughtUp is when it last had all that the leader had.
	CaughtUp time.Duration
	// Fetched tells that it has fetched in this leader epoch.
	Fetched bool
}

// Leader is what a partition's leader knows in one leader epoch. The zero value leads nothing; see [Lead].
type Leader struct {
	Self       int32
	Epoch      int32
	EpochStart int64    // the log end offset at the election (LESO)
	Replicas   []int32  // the assignment
	ISR        []int32  // as committed
	Version    int32    // of the committed state (zkVersion)
	Pending    []int32  // the ISR that is proposed, nil if no change is in flight
	Remotes    []Remote // by broker
}

// Lead begins a leader epoch: nobody has fetched in it, and who is in the ISR is given time.
func Lead(self, epoch int32, end int64, replicas, members []int32, version int32, now time.Duration) Leader {
	l := Leader{Self: self, Epoch: epoch, EpochStart: end, Replicas: slices.Clone(replicas), ISR: slices.Clone(members), Version: version}
	for i, b := range append(slices.Clone(replicas), members...) {
		// Who is in the ISR and no replica any more, because a reassignment is about to end, counts until it is out of the ISR: it may
		// still be elected.
		if b == self || i >= len(replicas) && slices.Contains(replicas, b) {
			continue
		}
		r := Remote{Broker: b, End: Unknown, Start: Unknown, Foreign: Unknown, Epoch: Unknown, LastFetch: Never, CaughtUp: Never}
		if slices.Contains(members, b) {
			r.CaughtUp = now
		}
		l.Remotes = append(l.Remotes, r)
	}
	slices.SortFunc(l.Remotes, func(a, b Remote) int { return int(a.Broker) - int(b.Broker) })
	return l
}

// Clone is a copy that shares nothing, for whoever looks at what might come next.
func (l Leader) Clone() Leader {
	l.Replicas, l.ISR, l.Pending = slices.Clone(l.Replicas), slices.Clone(l.ISR), slices.Clone(l.Pending)
	l.Remotes = slices.Clone(l.Remotes)
	return l
}

// Remote returns what is known of a follower, nil if it is no replica.
func (l *Leader) Remote(broker int32) *Remote {
	for i := range l.Remotes {
		if l.Remotes[i].Broker == broker {
			return &l.Remotes[i]
		}
	}
	return nil
}

// Fetch is a follower's fetch, as its leader sees it.
type Fetch struct {
	Broker      int32
	Offset      int64 // it has all below
	Start       int64 // its log start offset, Unknown if it does not tell
	BrokerEpoch int64 // Unknown if it does not tell
	LeaderEpoch int32 // Unknown if it does not tell
}

// Fetched notes a fetch at a time when the leader's log ends at end. It tells whether the fetch counts: one of another leader epoch, of no replica,
// or of an incarnation that has ended, does not.
func (l *Leader) Fetched(r Rules, f Fetch, end int64, now time.Duration) bool {
	m := l.Remote(f.Broker)
	if m == nil {
		return false
	}
	q := r.Quirks
	same := f.LeaderEpoch == Unknown || f.LeaderEpoch == l.Epoch
	switch {
	case !same && !q.HWUnfenced && !q.ExpandUnfenced:
		return false
	case f.BrokerEpoch != Unknown && f.BrokerEpoch < m.Epoch && !q.NoBrokerEpochCheck:
		return false // KIP-903: from before the restart
	}
	if f.Offset >= end {
		m.CaughtUp = max(m.CaughtUp, now)
	} else if m.LastFetch != Never && f.Offset >= m.LeaderEnd {
		m.CaughtUp = max(m.CaughtUp, m.LastFetch)
	}
	if same || q.HWUnfenced {
		m.End = f.Offset
	}
	m.Foreign = f.Offset
	m.Start, m.Epoch = f.Start, f.BrokerEpoch
	m.LastFetch, m.LeaderEnd = now, end
	m.Fetched = true
	return true
}

// Maximal is the ISR that the high watermark waits for: everyone who is in the committed ISR or in the one that is proposed (KIP-497).
func (l *Leader) Maximal(q Quirks) []int32 {
	if len(l.Pending) == 0 || q.NoMaximalISR {
		return l.ISR
	}
	out := slices.Clone(l.ISR)
	for _, b := range l.Pending {
		if !slices.Contains(out, b) {
			out = append(out, b)
		}
	}
	return out
}

// inMaximal tells whether a broker is in [Leader.Maximal], without making it.
func (l *Leader) inMaximal(q Quirks, b int32) bool {
	return slices.Contains(l.ISR, b) || !q.NoMaximalISR && slices.Contains(l.Pending, b)
}

func (r Rules) eligible(m *Remote) bool {
	if r.Quirks.IneligibleJoins || r.Eligible == nil {
		return true
	}
	epoch := m.Epoch
	if r.Quirks.NoBrokerEpochCheck {
		epoch = Unknown
	}
	return r.Eligible(m.Broker, epoch)
}

// caughtUp tells whether a follower counts as in sync by time.
func (r Rules) caughtUp(m *Remote, end int64, now time.Duration) bool {
	if r.Quirks.CaughtUpWithoutHistory {
		return m.End == end
	}
	return m.End == end || now-m.CaughtUp <= r.LagTime
}

// UnderMin tells whether the committed ISR is smaller than min.insync.replicas.
func (l *Leader) UnderMin(r Rules) bool { return len(l.ISR) < r.MinISR }

// HighWatermark is where the high watermark is to go from hw, in a log that ends at end. It waits for the maximal ISR, and for
// a follower that has caught up and is about to join; it does not go down, and not on while the ISR is too small (KAFKA-15583).
func (l *Leader) HighWatermark(r Rules, hw, end int64, now time.Duration) int64 {
	q := r.Quirks
	if q.HWOnLeaderOnly {
		return max(hw, end)
	}
	if l.UnderMin(r) && !q.HWBelowMinISR {
		return hw
	}
	next := end
	for i := range l.Remotes {
		m := &l.Remotes[i]
		if m.End >= next {
			continue
		}
		if l.inMaximal(q, m.Broker) || !q.NoMaximalISR && r.caughtUp(m, end, now) && r.eligible(m) {
			next = m.End
		}
	}
	return max(hw, next)
}

// Lagging are the members of the ISR that have not been caught up for the lag time; none while a change is in flight.
func (l *Leader) Lagging(r Rules, end int64, now time.Duration) (out []int32) {
	if len(l.Pending) > 0 && !r.Quirks.ShrinkWhileInFlight {
		return nil
	}
	for i := range l.Remotes {
		m := &l.Remotes[i]
		if slices.Contains(l.ISR, m.Broker) && !r.caughtUp(m, end, now) {
			out = append(out, m.Broker)
		}
	}
	return out
}

// MayJoin tells whether a follower may be proposed for the ISR: it is a replica and not in it, no change is in flight, it has fetched
// in this leader epoch, has all below the high watermark and all from before the epoch (KAFKA-7128), and is eligible.
func (l *Leader) MayJoin(r Rules, broker int32, hw int64) bool {
	m := l.Remote(broker)
	q := r.Quirks
	switch {
	case m == nil || slices.Contains(l.ISR, broker) || !slices.Contains(l.Replicas, broker):
		return false
	case len(l.Pending) > 0 && !q.ShrinkWhileInFlight:
		return false
	case !m.Fetched:
		return false
	case !r.eligible(m):
		return false
	case q.ExpandWithoutHW:
		return true
	}
	end := m.End
	if q.ExpandUnfenced {
		end = max(end, m.Foreign)
	}
	return end >= hw && (end >= l.EpochStart || q.NoEpochStart)
}

// Propose notes that a change of the ISR is in flight, and returns the broker epochs of its members.
func (l *Leader) Propose(members []int32) (epochs []int64) {
	l.Pending = slices.Clone(members)
	return l.Epochs(members)
}

// Epochs are the broker epochs that the members fetched with, Unknown where that is not known.
func (l *Leader) Epochs(members []int32) []int64 {
	out := make([]int64, len(members))
	for i, b := range members {
		out[i] = Unknown
		if m := l.Remote(b); m != nil {
			out[i] = m.Epoch
		}
	}
	return out
}

// Committed ends the change in flight, if there is one: the storage has this ISR at this version.
func (l *Leader) Committed(members []int32, version int32) {
	l.ISR, l.Version, l.Pending = slices.Clone(members), version, nil
	l.Remotes = slices.DeleteFunc(l.Remotes, func(m Remote) bool {
		return !slices.Contains(l.Replicas, m.Broker) && !slices.Contains(members, m.Broker)
	})
}

// Abandon ends the change in flight: it is certain that it will not be committed.
func (l *Leader) Abandon() { l.Pending = nil }

// With is the ISR with a member more, in the order of the assignment behind the present ones.
func (l *Leader) With(broker int32) []int32 { return append(slices.Clone(l.ISR), broker) }

// Without is the ISR without some members.
func (l *Leader) Without(gone []int32) []int32 {
	return slices.DeleteFunc(slices.Clone(l.ISR), func(b int32) bool { return slices.Contains(gone, b) })
}
