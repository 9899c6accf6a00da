package election

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"orrery/nodes"
	"orrery/nodes/zab/config"
)

// Config says who a server is in elections. Self and Port are needed.
type Config struct {
	Self     int64            // the server's number, from its file myid
	Port     int              // its election port
	Announce []config.Address // where others reach that port; the first, unless MultiAddress is set
	// Where turns a host of the configuration into a machine. nil takes the host's name for the machine's.
	Where func(config.Address) nodes.Addr
	// Prefix begins the names of all timers and stages. "" means "election/".
	Prefix          string
	NotificationMin time.Duration // the first pause before a vote is repeated; 0 means 200 ms
	NotificationMax time.Duration // it doubles up to this; 0 means 60 s
	ConnectTimeout  time.Duration // for a connection to stand, and to say who it is; 0 means 5 s
	MultiAddress    bool          // tell all addresses, in the protocol of 3.6.0 and later
	Reconfig        bool          // follow a newer configuration that is heard of
	Quirks          Quirks
}

func (c *Config) where(a config.Address) nodes.Addr {
	if c.Where != nil {
		return c.Where(a)
	}
	return nodes.Addr{ID: nodes.ID(a.Host), Port: a.Port}
}

// Event is what has come about: one of [Elected], [NewerConfig] and [LookingVoter].
type Event interface{ event() }

// Elected tells that a leader was found, and with it the state that this server is in now.
type Elected struct {
	Vote  Vote
	State State // Leading, Following or Observing
	// Supporters are the servers whose votes made the quorum, ascending.
	Supporters []int64
}

// NewerConfig tells that a server has a newer configuration, of which this one heard while looking. If Halted is
// set, its members are others: then the election stands still until [Election.Restart], for which the caller
// first makes the configuration its own.
type NewerConfig struct {
	Quorum *config.Quorum
	Halted bool
}

// LookingVoter tells a leader that a voter looks for a leader. If it was among the supporters and the leader still waits
// for its epoch to be accepted, it may give up instead of waiting for initLimit (ZOOKEEPER-3109).
type LookingVoter struct{ Sid int64 }

func (Elected) event()      {}
func (NewerConfig) event()  {}
func (LookingVoter) event() {}

// phase is what the election's own thread waits for.
type phase uint8

const (
	idle     phase = iota // nobody asked for a leader
	polling               // any notification
	draining              // a better vote, for the last time
)

// Election is one server's part in elections. It begins with [New] and [Election.Boot]; then
// [Election.Look] asks for a leader as often as one is needed.
type Election struct {
	cfg     Config
	m       manager
	text    string // of the present ensemble
	state   State
	vote    Vote // the last one that was agreed on, which others are told while this server is not looking
	voted   bool
	clock   int64
	initial Vote // this server's own candidacy; its round has no meaning
	events  []Event

	phase         phase
	proposal      Vote // its round is clock's
	recvset       ballots
	outofelection ballots
	supporters    *config.Tracker // of the vote that is to be decided
	patience      time.Duration
	queue         []notification // between WorkerReceiver and the election
	waking        bool           // the election's stage is about to run
	kept          lapses
}

// New returns a server's part in elections that looks for nobody yet. current is the ensemble, and next
// the one that was proposed and is not yet agreed on, or nil. It panics if cfg has no port.
func New(cfg Config, current, next *config.Quorum) *Election {
	if cfg.Port == 0 {
		panic("election: Config.Port is 0")
	}
	if cfg.Prefix == "" {
		cfg.Prefix = "election/"
	}
	cfg.NotificationMin = cmp.Or(cfg.NotificationMin, finalizeWait)
	cfg.NotificationMax = max(cmp.Or(cfg.NotificationMax, time.Minute), cfg.NotificationMin)
	cfg.ConnectTimeout = cmp.Or(cfg.ConnectTimeout, 5*time.Second)
	e := &Election{cfg: cfg}
	e.m = manager{cfg: &e.cfg}
	e.SetQuorums(current, next)
	return e
}

// Boot begins to listen on the election port. It returns the error of Listen.
func (e *Election) Boot(env nodes.Env) error {
	if err := env.Listen(e.cfg.Port, nodes.Framing{Stream: true}); err != nil {
		return fmt.Errorf("election port %d: %w", e.cfg.Port, err)
	}
	return nil
}

// SetQuorums tells of a change of the ensembles that no election must be begun anew for.
func (e *Election) SetQuorums(current, next *config.Quorum) {
	e.m.current, e.m.next, e.text = current, next, current.String()
}

// Restart begins anew under other ensembles: connections are ended, the round is 0, and nobody is looked for until
// the next Look. What was agreed on last is still told to those who ask.
func (e *Election) Restart(env nodes.Env, current, next *config.Quorum) {
	e.halt(env)
	e.m = manager{cfg: &e.cfg}
	e.SetQuorums(current, next)
	e.clock, e.queue = 0, nil
	if e.state == Looking {
		e.voted = false
	}
}

// halt ends the election that is under way, and all connections.
func (e *Election) halt(env nodes.Env) {
	e.m.halt(env)
	e.stop(env)
}

// stop ends the election that is under way.
func (e *Election) stop(env nodes.Env) {
	e.phase = idle
	env.StopTimer(e.cfg.stage(tagPoll))
}

// State is what this server does.
func (e *Election) State() State { return e.state }

// CurrentVote is what was agreed on last.
func (e *Election) CurrentVote() Vote { return e.vote }

// Round is the logical clock.
func (e *Election) Round() int64 { return e.clock }

// SetVoteEpoch changes the epoch of the vote that was agreed on to the one that its leader has meanwhile established. Every member does
// this when it has synchronised with the leader, so that the votes that late comers hear of are equal (ZOOKEEPER-1732).
func (e *Election) SetVoteEpoch(epoch int64) {
	if e.voted && !e.cfg.Quirks.NoVoteUpdate {
		e.vote.Epoch = epoch
	}
}

// SetVote changes the vote that was agreed on, where a reconfiguration designates a leader.
func (e *Election) SetVote(v Vote) { e.vote, e.voted = v, true }

// Take returns the next thing that has come about. It is to be called after each event that the election has taken, until ok
// is false.
func (e *Election) Take() (ev Event, ok bool) {
	if len(e.events) == 0 {
		return nil, false
	}
	ev = e.events[0]
	e.events = slices.Delete(e.events, 0, 1)
	return ev, true
}

// Opened takes a connection, if it is the election's.
func (e *Election) Opened(env nodes.Env, c nodes.Conn) bool { return e.m.opened(env, c) }

// Received takes bytes of a connection, if it is the election's.
func (e *Election) Received(env nodes.Env, c nodes.Conn, p []byte) bool {
	return e.m.received(env, c, p)
}

// Closed takes the end of a connection, if it was the election's.
func (e *Election) Closed(env nodes.Env, c nodes.Conn) bool { return e.m.closed(env, c) }

// Fire takes a timer, if it is the election's.
func (e *Election) Fire(env nodes.Env, tag nodes.Tag) bool {
	name, mine := strings.CutPrefix(tag.Name, e.cfg.Prefix)
	if !mine {
		return false
	}
	if name != tagPoll {
		e.m.expired(env, tag.N)
		return true
	}
	switch {
	case e.phase == idle:
	case len(e.queue) > 0: // its stage has not come to run yet, and a poll would not have been in vain
		e.step(env)
	case e.phase == draining:
		e.decide(env, e.proposal)
	default:
		e.repeat(env)
	}
	return true
}

// Posted runs a stage, if it is the election's.
func (e *Election) Posted(env nodes.Env, stage nodes.Tag) bool {
	name, mine := strings.CutPrefix(stage.Name, e.cfg.Prefix)
	if !mine {
		return false
	}
	if name == stageReceive {
		e.receive(env)
		return true
	}
	e.waking = false
	if e.phase != idle && len(e.queue) > 0 {
		e.step(env)
	}
	return true
}

// tell sends a server a notification of this server's state and a vote.
func (e *Election) tell(env nodes.Env, sid int64, v Vote) {
	n := notification{state: e.state, vote: v, config: e.text}
	e.m.send(env, sid, n.append(nil))
}

// voters are those who vote now or by the next configuration, ascending.
func (e *Election) voters() []int64 {
	if e.m.next == nil {
		return e.m.current.Voters()
	}
	all := slices.Concat(e.m.current.Voters(), e.m.next.Voters())
	slices.Sort(all)
	return slices.Compact(all)
}

func (e *Election) isVoter(sid int64) bool {
	return e.m.current.IsVoter(sid) || e.m.next != nil && e.m.next.IsVoter(sid)
}

// weight is how much a server counts: by the present configuration if it is in there.
func (e *Election) weight(sid int64) int64 {
	if _, member := e.m.current.Member(sid); !member && e.m.next != nil {
		return e.m.next.Weight(sid)
	}
	return e.m.current.Weight(sid)
}
