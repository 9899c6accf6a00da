package partition

import (
	"fmt"
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/replica/isr"
)

// The times of the cluster.
const (
	beatEvery    = 20 * time.Millisecond
	fetchEvery   = 10 * time.Millisecond
	lagTime      = 150 * time.Millisecond // replica.lag.time.max.ms
	sessionTime  = 120 * time.Millisecond // after which the controller takes a broker for dead
	produceEvery = 15 * time.Millisecond
	produceWait  = 60 * time.Millisecond
)

var (
	tagBeat  = nodes.Tag{Name: "beat"}
	tagFetch = nodes.Tag{Name: "fetch"}
	tagDir   = nodes.Tag{Name: "directory"}
	tagFound = nodes.Tag{Name: "what was found"}
	tagLog   = nodes.Tag{Name: "log"}
)

// broker has one replica, and leads it or follows who does.
type broker struct {
	self    nodes.ID
	n       int32
	cluster *cluster
	rules   Rules
	life    uint32

	replica
	found int  // syncs of what was there at the start that have ended
	busy  bool // the log is on its way to the disk

	epoch  int32
	leader nodes.ID
	lead   *isr.Leader // while it leads
	asking bool        // it must know where its latest epoch ends in the leader's log before it fetches
	parked []parked
}

// parked is a record whose producer waits.
type parked struct {
	from   nodes.ID
	stamp  Stamp
	value  string
	offset int64
}

// Codec implements nodes.Node.
func (b *broker) Codec() nodes.Codec { return Codec() }

// Boot reads what the broker must not have forgotten, and makes sure that it is durable.
func (b *broker) Boot(env nodes.Env) (err error) {
	if b.replica, err = load(env.Disk()); err != nil {
		return err
	}
	env.Disk().Sync(file, tagFound)
	env.Disk().SyncDir("", tagDir)
	return nil
}

// ready tells whether what was found is durable.
func (b *broker) ready() bool { return b.found == 2 }

// Synced implements nodes.Node.
func (b *broker) Synced(env nodes.Env, tag nodes.Tag, err error) {
	switch {
	case err != nil:
		env.Halt(fmt.Errorf("partition: %w", err))
	case tag == tagLog:
		b.busy = false
		b.settle(env)
	default:
		if b.found++; b.ready() {
			nodes.Note(env, fmt.Sprintf("has %v, high watermark %d", &b.replica, b.HW))
			env.SetTimer(tagBeat, 0)
			env.SetTimer(tagFetch, fetchEvery)
		}
	}
}

// save writes the replica. Until it is durable the broker hears nothing, or, if it flushes in the background, it goes on at once.
func (b *broker) save(env nodes.Env) {
	if err := b.write(env.Disk()); err != nil {
		env.Halt(fmt.Errorf("partition: %w", err))
	}
	b.busy = !b.cluster.setup.FlushesLate
	env.Disk().Sync(file, tagLog)
	if !b.busy {
		b.settle(env)
	}
}

// Fire implements nodes.Node.
func (b *broker) Fire(env nodes.Env, tag nodes.Tag) {
	switch tag {
	case tagBeat:
		env.SetTimer(tagBeat, beatEvery)
		env.Send(controllerID, Beat{b.life})
		b.lookAtISR(env)
	case tagFetch:
		env.SetTimer(tagFetch, fetchEvery)
		b.fetch(env)
	}
}

// Deliver implements nodes.Node. What comes while the disk works is as if it had been lost: whoever sent it sends again.
func (b *broker) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	if !b.ready() || b.busy {
		return
	}
	switch m := m.(type) {
	case State:
		b.onState(env, m)
	case Produce:
		b.onProduce(env, from, m)
	case Fetch:
		b.onFetch(env, from, m)
	case Ask:
		if b.lead != nil && m.Epoch == b.epoch {
			e, end := b.EndOffsetFor(m.Last)
			env.Send(from, Ends{m.Epoch, EpochEnd{e, end}})
		}
	case Fetched:
		b.onFetched(env, m)
	case Ends:
		if b.lead == nil && b.asking && m.Epoch == b.epoch {
			to, again := b.rules.Cut(&b.replica, b.HW, &m.End)
			b.asking = again
			b.cutTo(env, to)
		}
	}
}

// onState takes what the controller says.
func (b *broker) onState(env nodes.Env, m State) {
	switch {
	case m.Life != b.life:
		return
	case m.Epoch == b.epoch && b.lead != nil && m.Version > b.lead.Version:
		b.lead.Committed(m.ISR, m.Version)
		nodes.Note(env, fmt.Sprintf("has the ISR %v", m.ISR))
		b.settle(env)
		return
	case m.Epoch <= b.epoch:
		return
	}
	b.epoch, b.leader, b.lead, b.asking, b.parked = m.Epoch, m.Leader, nil, false, nil
	switch m.Leader {
	case "":
	case b.self:
		nodes.Note(env, fmt.Sprintf("leads in epoch %d, ISR %v, with %v", m.Epoch, m.ISR, &b.replica))
		l := isr.Lead(b.n, m.Epoch, b.EndOffset(), replicaNumbers, m.ISR, m.Version, env.Monotonic())
		b.lead = &l
		b.begins(m.Epoch)
		b.cluster.leads(b)
		b.save(env)
	default:
		to, ask := b.rules.Cut(&b.replica, b.HW, nil)
		b.asking = ask
		if !ask && b.LatestEpoch() != isr.Unknown {
			b.cutTo(env, to)
		}
	}
}

// cutTo cuts the log. An epoch that this broker has begun as a leader, without a record in it, goes in any case.
func (b *broker) cutTo(env nodes.Env, to int64) {
	end := b.EndOffset()
	if to = max(to, 0); to >= end {
		b.cut(end)
		return
	}
	nodes.Note(env, fmt.Sprintf("cuts %v to %d", &b.replica, to))
	b.cut(to)
	b.save(env)
}

// Inspect shows the replica.
func (b *broker) Inspect() any {
	s := struct {
		Role  string  `json:"role"`
		Epoch int32   `json:"epoch"`
		Log   string  `json:"log"`
		HW    int64   `json:"hw"`
		ISR   []int32 `json:"isr,omitempty"`
	}{"following " + string(b.leader), b.epoch, b.String(), b.HW, nil}
	if b.lead != nil {
		s.Role, s.ISR = "leading", b.lead.ISR
	}
	return s
}
