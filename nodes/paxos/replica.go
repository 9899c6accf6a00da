package paxos

import (
	"fmt"
	"slices"
	"time"

	"orrery/nodes"
	"orrery/nodes/internal/wal"
)

// Role is what a replica does at the moment, besides being an acceptor and a learner.
type Role uint8

// The roles.
const (
	Booting   Role = iota // its log is not yet durable: it answers nobody
	Follower              // it waits to hear from a leader
	Candidate             // it collects promises for its ballot
	Leader                // it proposes in its ballot
)

// String is the role in lower case.
func (r Role) String() string {
	return [...]string{"booting", "follower", "candidate", "leader"}[r]
}

// MarshalText is String, so that roles read well in JSON.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Tags of this node's timers and syncs. The log has its own, wal.TagFile and wal.TagDir.
const (
	tagElection    = "election"     // no leader was heard for too long
	tagHeartbeat   = "heartbeat"    // a leader or candidate repeats itself
	tagSnapshot    = "snapshot"     // sync of a snapshot, N is its slot
	tagSnapshotDir = "snapshot-dir" // and of its name
	tagIdentity    = "identity"     // sync of the identity file
	tagIdentityDir = "identity-dir" // and of its name
)

// Replica is one member of a Multi-Paxos cluster: acceptor, learner and, at times, leader.
// It implements nodes.Node.
type Replica struct {
	cfg   Config
	codec nodes.Codec
	names names
	role  Role
	peers peers
	self  int // this replica's number in peers

	// What must survive a crash, and does: see storage.go.
	genesis  membership
	promised Ballot
	log      slots
	base     Slot // the slots up to it are in the snapshot and not in the log file
	snapshot handle
	image    []byte // the snapshot of base

	machine machine
	commit  Slot // all slots up to it are chosen and applied

	wal          *wal.Log
	initialised  bool          // the identity file is durable
	identified   bool          // it is written
	durableAt    time.Duration // when more of the log last became durable
	promiseLSN   uint64
	lastPromise  Ballot // the one before promised; for the quirk OneBallot
	loggedCommit Slot
	record       []byte // scratch
	arena        arena
	tellings     []telling
	saving       saving
	replaced     []replaced // oldest first

	leader     Ballot        // the highest ballot whose leader was heard
	heardAt    time.Duration // when that was, monotonic
	patience   time.Duration // how long this replica waits from then on
	maxRound   uint64        // the highest round that was seen
	duels      int           // campaigns lost in a row
	gapAt      Slot          // the slot that holds up the commit index,
	gapSince   time.Duration // and since when
	askedAt    time.Duration // when a catch-up was last asked for
	incoming   incoming
	leaseTo    Ballot        // the ballot that was granted a lease,
	leaseUntil time.Duration // and until when
	bootSyncs  int           // syncs that Booting still waits for

	lead leadership
	out  outbox
}

// outbox are the messages that this replica sends: the runtime encodes them at once, so one of
// each kind will do.
type outbox struct {
	p1a       P1a
	p1b       P1b
	p2a       P2a
	p2b       P2b
	heartbeat Heartbeat
	ack       HeartbeatAck
	catchUp   CatchUp
	chosen    Chosen
	part      SnapshotPart
	reply     Reply
}

// New returns a replica that has not been started. It panics if cfg is not valid:
// ask [Config.Validate] first where it comes from outside.
func New(cfg Config) *Replica {
	if err := cfg.Validate(); err != nil {
		panic(err)
	}
	q1, q2 := quorumSizes(len(cfg.Members), cfg.Q1, cfg.Q2)
	r := &Replica{cfg: cfg.withDefaults(), codec: NewCodec()}
	r.genesis = membership{from: 1, members: r.cfg.Members, q1: q1, q2: q2}
	return r
}

// Codec implements nodes.Node.
func (r *Replica) Codec() nodes.Codec { return r.codec }

// Boot implements nodes.Node. It reads the disk and begins a new generation of the log; the
// replica answers nobody until that is durable. It refuses a disk that is not
// this replica's (ErrForeign, ErrVersion) or that has lost what it must not
// (ErrWiped, [IsCorrupt]).
func (r *Replica) Boot(env nodes.Env) error {
	if env.Self() != r.cfg.Self {
		return fmt.Errorf("paxos: this machine is %q, and the configuration is that of %q", env.Self(), r.cfg.Self)
	}
	r.machine = newMachine(&r.cfg, r.genesis)
	if err := r.recover(env); err != nil {
		return err
	}
	if r.base == 0 {
		r.machine = newMachine(&r.cfg, r.genesis)
	}
	r.maxRound = r.promised.Round
	r.commit = r.machine.applied
	r.knowPeers()
	for s := r.commit + 1; s <= r.loggedCommit; s++ {
		c := r.log.at(s)
		if c == nil {
			return fmt.Errorf("%w: slot %d is below the commit index %d, and not in the log", ErrCorrupt, s, r.loggedCommit)
		}
		c.chosen = true
	}
	r.applyChosen(env)
	r.bootSyncs = 1
	r.roll(env)
	return nil
}

// booted is called at the end of each sync that Boot waits for.
func (r *Replica) booted(env nodes.Env) {
	if r.bootSyncs--; r.bootSyncs > 0 {
		return
	}
	if !r.identified {
		r.identify(env)
		return
	}
	r.initialised = true
	r.role = Follower
	r.heardAt = env.Monotonic()
	r.drawPatience(env)
	if nodes.Noting(env) {
		nodes.Note(env, fmt.Sprintf("is up, has promised %v and applied %d slots", r.promised, r.commit))
	}
}

// identify marks the disk as initialised, now that there is a log. That a file is there does
// not make it durable: the last process may have been killed before its sync, with the page
// cache left as it was, or the sync may have failed: the pages then look clean, and a second sync
// succeeds without writing anything ("fsyncgate"; Rebello et al., ATC 2020). So it is written and
// synced in every incarnation.
func (r *Replica) identify(env nodes.Env) {
	d := env.Disk()
	err := d.WriteAt(identityFile, identity(&r.cfg), 0)
	if err == nil {
		err = d.Truncate(identityFile, int64(len(identity(&r.cfg))))
	}
	if err != nil {
		env.Halt(fmt.Errorf("paxos: %s: %w", identityFile, err))
	}
	r.identified, r.bootSyncs = true, 2
	d.Sync(identityFile, nodes.Tag{Name: tagIdentity})
	d.SyncDir("", nodes.Tag{Name: tagIdentityDir})
}

// Deliver implements nodes.Node.
func (r *Replica) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	if r.role == Booting {
		return
	}
	switch m := m.(type) {
	case *P1a:
		r.onP1a(env, from, m)
	case *P1b:
		r.onP1b(env, from, m)
	case *P2a:
		r.onP2a(env, from, m)
	case *P2b:
		r.onP2b(env, from, m)
	case *Heartbeat:
		r.onHeartbeat(env, from, m)
	case *HeartbeatAck:
		r.onHeartbeatAck(env, from, m)
	case *CatchUp:
		r.onCatchUp(env, from, m)
	case *Chosen:
		r.onChosen(env, from, m)
	case *SnapshotPart:
		r.onSnapshotPart(env, from, m)
	case *Request:
		r.onRequest(env, from, m)
	case *Reply: // a client's; a replica asks nobody
	default:
		panic("paxos: message of another protocol: " + m.Kind())
	}
	r.check()
}

// Fire implements nodes.Node.
func (r *Replica) Fire(env nodes.Env, tag nodes.Tag) {
	switch tag.Name {
	case tagElection:
		r.onElectionTimeout(env)
	case tagHeartbeat:
		r.onHeartbeatDue(env)
	default:
		panic("paxos: unknown timer " + tag.String())
	}
	r.check()
}

// Synced implements nodes.Node. Only here are promises and votes told.
func (r *Replica) Synced(env nodes.Env, tag nodes.Tag, err error) {
	switch tag.Name {
	case wal.TagFile, wal.TagDir:
		more, err := r.wal.Synced(env, tag, err)
		if err != nil {
			env.Halt(err) // the pages may be gone: what is not told is not promised
		}
		if more {
			r.durable(env)
		}
	case tagSnapshot, tagSnapshotDir:
		r.snapshotSynced(env, Slot(tag.N), err)
	case tagIdentity, tagIdentityDir:
		if err != nil {
			env.Halt(fmt.Errorf("paxos: %s: sync: %w", identityFile, err))
		}
		r.booted(env)
	default:
		panic("paxos: unknown sync " + tag.String())
	}
	r.check()
}

// durable is called when more of the log is: what waited for it happens.
func (r *Replica) durable(env nodes.Env) {
	r.durableAt = env.Monotonic()
	if r.role == Booting {
		r.removeStaleSnapshots(env) // not before: an older log, which a crash could bring back, may name one
		r.booted(env)
		return
	}
	r.removeReplacedSnapshots(env)
	r.tell(env)
	switch r.role {
	case Candidate:
		r.askForPromises(env)
	case Leader:
		r.countOwnVotes(env)
		r.propose(env)
	}
}

// knowPeers numbers the replicas of all configurations.
func (r *Replica) knowPeers() {
	r.peers.learn([]nodes.ID{r.cfg.Self})
	r.peers.learn(r.genesis.members)
	for i := range r.machine.configs {
		m := &r.machine.configs[i]
		r.peers.learn(m.members)
		m.mask = r.peers.set(m.members)
	}
	r.self = r.peers.index(r.cfg.Self)
}

// check is what must hold after every handler.
func (r *Replica) check() {
	switch {
	case r.commit != r.machine.applied:
		panic(fmt.Sprintf("paxos: commit index %d, but applied %d", r.commit, r.machine.applied))
	case r.base > r.commit:
		panic(fmt.Sprintf("paxos: snapshot of slot %d, but commit index %d", r.base, r.commit))
	case r.log.base > r.base:
		panic(fmt.Sprintf("paxos: log begins behind slot %d, snapshot ends at %d", r.log.base, r.base))
	case r.role == Leader && r.lead.next <= r.commit:
		panic(fmt.Sprintf("paxos: proposes slot %d next, but commit index %d", r.lead.next, r.commit))
	}
}

// members are all replicas that decide any slot above the commit index, and those that a
// change of membership has left behind and that must hear of it.
func (r *Replica) members() []nodes.ID {
	if len(r.machine.configs) == 1 {
		return r.machine.configs[0].members
	}
	var all []nodes.ID
	for i := range r.machine.configs {
		all = append(all, r.machine.configs[i].members...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// mayLead tells whether this replica is an acceptor of the next slot or of the newest
// configuration: others have no business to campaign.
func (r *Replica) mayLead() bool {
	h := r.machine.configs
	return h.at(r.commit+1).has(r.cfg.Self) || h[len(h)-1].has(r.cfg.Self)
}
