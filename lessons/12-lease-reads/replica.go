package leases

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"orrery/nodes"
)

// replica keeps one value. Its memory is its state: machines pause and lose their links here, and do not crash.
type replica struct {
	rule   Rule
	peers  []nodes.ID // the others
	epoch  uint64     // the highest that it has voted in or heard of
	leads  bool
	stamp  Stamp
	value  uint64
	votes  map[nodes.ID]bool
	stored map[nodes.ID]bool          // who has stored the present value
	inUse  bool                       // as a leader: a majority has the present value
	ready  bool                       // as a leader: a majority has a value of its own epoch
	known  uint64                     // as a leader that is ready: the newest value that is in force
	heard  map[nodes.ID]time.Duration // as a leader: when the newest heartbeat was sent that each has answered
	quiet  time.Duration              // until then it votes for nobody
	client nodes.ID                   // who waits for the present value to be in force
}

var (
	tagElection  = nodes.Tag{Name: "election"}
	tagHeartbeat = nodes.Tag{Name: "heartbeat"}
)

// Codec implements nodes.Node.
func (r *replica) Codec() nodes.Codec { return codec() }

// Boot implements nodes.Node.
func (r *replica) Boot(env nodes.Env) error { r.wait(env); return nil }

// wait sets the time after which the replica stands for election if it hears nothing.
func (r *replica) wait(env nodes.Env) {
	env.SetTimer(tagElection, Patience+time.Duration(env.Rand().Int64N(int64(Patience))))
}

// Fire implements nodes.Node.
func (r *replica) Fire(env nodes.Env, tag nodes.Tag) {
	switch {
	case tag == tagHeartbeat && r.leads:
		r.toAll(env, Heartbeat{r.epoch, env.Monotonic()})
		if !r.inUse {
			r.toAll(env, Write{r.epoch, r.stamp, r.value})
		}
		env.SetTimer(tagHeartbeat, HeartbeatEvery)
	case tag == tagElection && !r.leads:
		r.epoch++
		r.votes = map[nodes.ID]bool{env.Self(): true}
		r.toAll(env, Ask{r.epoch})
		r.wait(env)
	}
}

func (r *replica) toAll(env nodes.Env, m nodes.Message) {
	for _, id := range r.peers {
		env.Send(id, m)
	}
}

// Deliver implements nodes.Node.
func (r *replica) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	switch m := m.(type) {
	case Heartbeat:
		if r.follows(env, m.Epoch) {
			env.Send(from, Heard(m))
		}
	case Heard:
		if r.leads && m.Epoch == r.epoch {
			r.heard[from] = max(r.heard[from], m.Sent)
		}
	case Ask:
		if m.Epoch > r.epoch && !r.leads && env.Monotonic() >= r.quiet {
			r.epoch = m.Epoch
			r.wait(env)
			env.Send(from, Vote{m.Epoch, r.stamp, r.value})
		}
	case Vote:
		r.onVote(env, from, m)
	case Write:
		if r.follows(env, m.Epoch) {
			if r.stamp.Compare(m.Stamp) < 0 {
				r.stamp, r.value = m.Stamp, m.Value
			}
			env.Send(from, Written{m.Epoch, m.Stamp})
		}
	case Written:
		r.onWritten(env, from, m)
	case Put:
		r.onPut(env, from, m)
	case Get:
		if r.leads && r.ready && r.rule.MayAnswer(env.Monotonic(), r.confirmed(env)) {
			env.Send(from, Is{m.N, r.known})
		}
	}
}

// follows tells whether the leader of an epoch is not one of the past, and keeps still for it.
func (r *replica) follows(env nodes.Env, epoch uint64) bool {
	if epoch < r.epoch || epoch == r.epoch && r.leads {
		return false
	}
	if r.leads {
		nodes.Note(env, fmt.Sprintf("hears of epoch %d, and leads no more", epoch))
	}
	r.epoch, r.leads, r.votes = epoch, false, nil
	r.quiet = env.Monotonic() + Patience
	r.wait(env)
	return true
}

func (r *replica) onVote(env nodes.Env, from nodes.ID, m Vote) {
	if m.Epoch != r.epoch || r.leads || r.votes == nil {
		return
	}
	if r.stamp.Compare(m.Stamp) < 0 {
		r.stamp, r.value = m.Stamp, m.Value
	}
	if r.votes[from] = true; len(r.votes) <= len(r.peers)/2 {
		return
	}
	nodes.Note(env, fmt.Sprintf("leads epoch %d", r.epoch))
	r.leads, r.ready, r.client = true, false, ""
	r.heard = map[nodes.ID]time.Duration{}
	r.write(env, r.value) // what was found must be in force before anybody reads it
	r.Fire(env, tagHeartbeat)
}

// write begins to bring a value into force.
func (r *replica) write(env nodes.Env, value uint64) {
	r.stamp, r.value, r.inUse = Stamp{r.epoch, r.stamp.Number + 1}, value, false
	r.stored = map[nodes.ID]bool{env.Self(): true}
	r.toAll(env, Write{r.epoch, r.stamp, r.value})
}

func (r *replica) onPut(env nodes.Env, from nodes.ID, m Put) {
	switch {
	case !r.leads || !r.inUse:
	case m.Value <= r.value:
		env.Send(from, Done{m.Value})
	default:
		r.client = from
		r.write(env, m.Value)
	}
}

func (r *replica) onWritten(env nodes.Env, from nodes.ID, m Written) {
	if !r.leads || r.inUse || m.Epoch != r.epoch || m.Stamp != r.stamp {
		return
	}
	if r.stored[from] = true; len(r.stored) <= len(r.peers)/2 {
		return
	}
	r.inUse, r.ready, r.known = true, true, r.value
	if r.client != "" {
		env.Send(r.client, Done{r.value})
	}
}

// confirmed is when the newest heartbeat was sent that, with the leader itself, a majority has answered.
func (r *replica) confirmed(env nodes.Env) time.Duration {
	times := append(slices.Collect(maps.Values(r.heard)), env.Monotonic())
	slices.Sort(times)
	slices.Reverse(times)
	if at := len(r.peers) / 2; at < len(times) {
		return times[at]
	}
	return -Patience // nobody has answered yet
}

// Synced implements nodes.Node: nothing is on a disk.
func (r *replica) Synced(nodes.Env, nodes.Tag, error) {}

// Inspect shows what the replica takes itself for.
func (r *replica) Inspect() any {
	role := "follower"
	if r.leads {
		role = "leader"
	}
	return struct {
		Role  string `json:"role"`
		Epoch uint64 `json:"epoch"`
		Value uint64 `json:"value"`
	}{role, r.epoch, r.value}
}
