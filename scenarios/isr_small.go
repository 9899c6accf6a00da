package scenarios

import (
	"fmt"
	"slices"

	"orrery/explore/smallscope"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/replica"
	"orrery/nodes/kafka/replica/isr"
	"orrery/trace"
)

// The largest small world of Kafka's replication.
const (
	isrMaxReplicas = 3
	isrMaxLog      = 4
	isrMaxEpochs   = 6
)

// ISRScope says how large the small world of Kafka's replication is, and by which rules it goes.
type ISRScope struct {
	Replicas int
	Log      int // records that a log can have
	Records  int // records that are ever written
	Epochs   int // the last leader epoch; the first is 0

	// EpochRequests lets followers find where to cut with OffsetForLeaderEpoch when they begin to follow, as Kafka 0.11 to 2.7 did; else a
	// fetch tells them (KAFKA-10554).
	EpochRequests bool
	// Spec takes the steps as the TLA+ specifications take them, for comparison. A replica knows an epoch by its records alone (as
	// before KAFKA-7415). Who is asked about an epoch that it does not know yet compares the logs instead. A follower
	// begins only when its leader has begun, whether or not it has anything to ask it, keeps in mind what the ISR was, and never
	// hears that nobody leads. A leader lets nobody join before its high watermark has reached its epoch, in the place
	// of the rule that who joins must have reached the epoch's start. The controller may empty the ISR when nobody leads.
	Spec bool
	// Named takes states for different that differ by the replicas' names alone.
	Named bool
	// Unclean lets the controller elect who is not in the ISR, when the last of it is gone.
	Unclean bool
	Quirks  replica.Quirks
	// Property is the one that is checked, "" for all of them.
	Property string
}

// isrRecord is a record: all that is known of it is which one it is, and of which leader epoch.
type isrRecord struct{ id, epoch int8 }

// isrReplica is a replica of the partition.
type isrReplica struct {
	log    [isrMaxLog]isrRecord
	starts [isrMaxEpochs]isrStart // the epoch cache
	known  int8                   // how many of them
	end    int8
	hw     int8
	epoch  int8  // that it knows of, -1 for none
	leader int8  // of that epoch, -1 for none
	isr    uint8 // a set: as the leader knows it
	since  int8  // the leader's log end at its election
}

type isrStart struct{ epoch, at int8 }

// isrElection is a LeaderAndISR, which may arrive at any later time, at any replica, any number of times.
type isrElection struct {
	leader int8 // -1 for none
	isr    uint8
}

// isrState is a state of the small world. The controller's storage is at once what everybody may read there.
type isrState struct {
	replicas [isrMaxReplicas]isrReplica
	sent     [isrMaxEpochs]isrElection // by leader epoch
	epochs   int8                      // so many leader epochs there were
	records  int8                      // so many records were written
	leader   int8                      // as the storage has it
	isr      uint8                     // as the storage has it
}

// isrWorld makes the steps of the small world. It keeps memory between them.
type isrWorld struct {
	ISRScope
	perms   [][isrMaxReplicas]int8
	members [1 << isrMaxReplicas][]int32
	leaders [isrMaxReplicas][1 << isrMaxReplicas]isr.Leader
	lead    isr.Leader
	logs    [2]isrLog
	key     [2][]byte
}

// ISRWorld is the small world of Kafka's replication: one partition, its replicas, and a controller that elects whom it likes of those it may.
// What replicas decide is decided by package isr and by the log's epoch cache. A follower's fetch happens as a
// whole, and brings one record; what a leader decides by its followers' fetches, it decides as if they had all just
// come; a change of the ISR is written and known in one step.
func ISRWorld(s ISRScope) *smallscope.Model[isrState, isrStep] {
	s.Quirks.EpochNotCached = s.Quirks.EpochNotCached || s.Spec
	w := &isrWorld{ISRScope: s, perms: isrPermutations(s.Replicas)}
	if s.Named {
		w.perms = w.perms[:1]
	}
	for i := range w.logs {
		w.logs[i].compares = s.Spec && !s.Quirks.EpochAnswerIgnored
	}
	all := uint8(1)<<s.Replicas - 1
	for set := range w.members {
		for n := range s.Replicas {
			if set>>n&1 != 0 {
				w.members[set] = append(w.members[set], int32(n))
			}
		}
	}
	for n := range s.Replicas {
		for set := range uint8(1) << s.Replicas {
			w.leaders[n][set] = isr.Lead(int32(n), 0, 0, w.members[all], w.members[set], 0, 0)
		}
	}
	init := isrState{leader: -1, isr: all}
	for n := range init.replicas {
		init.replicas[n].epoch, init.replicas[n].leader = -1, -1
	}
	return &smallscope.Model[isrState, isrStep]{Init: init, Next: w.next, Key: w.keyOf, Check: w.check}
}

func isrPermutations(n int) (out [][isrMaxReplicas]int8) {
	var p [isrMaxReplicas]int8
	var place func(i int, used uint8)
	place = func(i int, used uint8) {
		if i == n {
			out = append(out, p)
			return
		}
		for v := range int8(n) {
			if used>>v&1 == 0 {
				p[i] = v
				place(i+1, used|1<<v)
			}
		}
	}
	place(0, 0)
	return out
}

// keyOf is the same for two states that differ by the replicas' names alone.
func (w *isrWorld) keyOf(s *isrState) [2]uint64 {
	least, other := w.key[0], w.key[1]
	for i := range w.perms {
		if i == 0 {
			least = w.encode(least[:0], s, &w.perms[0])
			continue
		}
		other = w.encode(other[:0], s, &w.perms[i])
		if slices.Compare(other, least) < 0 {
			least, other = other, least
		}
	}
	w.key[0], w.key[1] = least, other
	least[0] = 1
	a := trace.Bytes(least)
	least[0] = 2
	return [2]uint64{a, trace.Bytes(least)}
}

// encode writes a state down, in which the replica i is called p[i].
func (w *isrWorld) encode(b []byte, s *isrState, p *[isrMaxReplicas]int8) []byte {
	name := func(n int8) byte {
		if n < 0 {
			return 0xff
		}
		return byte(p[n])
	}
	set := func(m uint8) (out byte) {
		for n := range w.Replicas {
			out |= m >> n & 1 << p[n]
		}
		return out
	}
	b = append(b, 0, byte(s.epochs), byte(s.records), name(s.leader), set(s.isr))
	for e := range s.epochs {
		b = append(b, name(s.sent[e].leader), set(s.sent[e].isr))
	}
	var order [isrMaxReplicas]int8
	for n := range w.Replicas {
		order[p[n]] = int8(n)
	}
	for n := range w.Replicas {
		r := &s.replicas[order[n]]
		b = append(b, byte(r.end), byte(r.hw), byte(r.epoch), name(r.leader), set(r.isr))
		for i := range r.end {
			b = append(b, byte(r.log[i].id)<<4|byte(r.log[i].epoch))
		}
		if w.Spec {
			continue // what follows from the records, or decides nothing
		}
		b = append(b, byte(r.since), byte(r.known))
		for i := range r.known {
			b = append(b, byte(r.starts[i].epoch)<<4|byte(r.starts[i].at))
		}
	}
	return b
}

// isrLog is a replica's log as package isr sees it.
type isrLog struct {
	cache    log.EpochCache
	end      int64
	compares bool // see ISRScope.Spec
}

func (l *isrLog) EndOffset() int64   { return l.end }
func (l *isrLog) LatestEpoch() int32 { return l.cache.Latest() }

func (l *isrLog) EndOffsetFor(epoch int32) (int32, int64) {
	e, end := l.cache.EndOffsetFor(epoch, l.end)
	if end == isr.Unknown && l.compares {
		return max(l.cache.Latest(), 0), l.end
	}
	return e, end
}

// load makes one of the two logs that of a replica.
func (l *isrLog) load(r *isrReplica) *isrLog {
	l.cache, l.end = l.cache[:0], int64(r.end)
	for _, x := range r.starts[:r.known] {
		l.cache = append(l.cache, log.EpochEntry{Epoch: int32(x.epoch), Start: int64(x.at)})
	}
	return l
}

func (r *isrReplica) keep(c log.EpochCache) {
	r.known = int8(copyStarts(r.starts[:], c))
}

func copyStarts(to []isrStart, c log.EpochCache) int {
	for i, x := range c {
		to[i] = isrStart{int8(x.Epoch), int8(x.Start)}
	}
	clear(to[len(c):])
	return len(c)
}

// append adds a record, and its epoch to the cache, as a log does.
func (w *isrWorld) append(r *isrReplica, x isrRecord) {
	l := w.logs[1].load(r)
	l.cache.Assign(int32(x.epoch), l.end)
	r.keep(l.cache)
	r.log[r.end] = x
	r.end++
}

// cut truncates a log.
func (w *isrWorld) cut(r *isrReplica, to int64) {
	l := w.logs[1].load(r)
	l.cache.TruncateEnd(to)
	r.keep(l.cache)
	for int64(r.end) > to {
		r.end--
		r.log[r.end] = isrRecord{}
	}
	r.hw = min(r.hw, r.end)
}

func (r *isrReplica) leads(n int) bool { return int(r.leader) == n }

// String is the replica in short, for the detail of a violation.
func (r *isrReplica) String() string {
	var list []string
	for _, x := range r.log[:r.end] {
		list = append(list, fmt.Sprintf("%c%d", 'a'+x.id, x.epoch))
	}
	return fmt.Sprintf("%v hw %d", list, r.hw)
}
