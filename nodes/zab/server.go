package zab

import (
	"errors"
	"fmt"
	"time"

	"orrery/nodes"
	"orrery/nodes/zab/config"
	"orrery/nodes/zab/election"
	"orrery/nodes/zab/store"
)

// Config says what one server is.
type Config struct {
	// Zoo is what its zoo.cfg says. It must have been told its members (SetQuorum), unless the server stands alone.
	Zoo *config.Config
	// ID is the server's number. 0 reads it from the file myid.
	ID int64
	// Where turns a host and port of the configuration into a machine. nil takes the host's name for the machine's.
	Where func(config.Address) nodes.Addr
	// File is the base name of the zoo.cfg on the disk. Beside it are written the members of the ensemble, when they
	// change: zoo.cfg.dynamic.100000000. Empty keeps them in memory only.
	File string
	// FileDir is the directory of File, with a slash at its end, as the file itself shall name it.
	FileDir string
	// Environment is what the four-letter word envi says of the machine, a line "key=value" each.
	Environment []string
	// SnapshotChunk is how many bytes of a snapshot are written, or sent to a learner, in one step, between which transactions
	// go on; 0 means 64 KiB, or 256 KiB.
	SnapshotChunk int
	// Probe, if set, is told of what the guarantees of ZAB speak of, at the moment at which it happens.
	Probe func(s *Server, m Milestone)
	// Choices, if set, takes some decisions in the server's place. nil takes them as ZooKeeper does.
	Choices Choices
	// Quirks are defects to run with. The zero value has none.
	Quirks Quirks
}

// ErrNotMember says that a server cannot start because it is not in its configuration: it was never put there, or a reconfiguration has
// removed it. Whoever administers it must give it one in which it is.
var ErrNotMember = errors.New("is not in the configuration")

// ZabState is the phase of the protocol that a server is in.
type ZabState uint8

// The phases.
const (
	ElectionPhase ZabState = iota
	Discovery
	Synchronization
	Broadcast
)

// String is the phase as ZooKeeper spells it.
func (z ZabState) String() string {
	return [...]string{"ELECTION", "DISCOVERY", "SYNCHRONIZATION", "BROADCAST"}[z]
}

// Server is one ZooKeeper server. It implements nodes.Node, nodes.ConnHandler and nodes.StageHandler.
type Server struct {
	cfg    Config
	zoo    *config.Config
	id     int64
	quorum *config.Quorum // the ensemble in force; nil for a server that stands alone
	next   *config.Quorum // proposed, and not yet in force; nil if none

	disk  *store.Store
	db    *database
	elect *election.Election

	state    election.State
	zab      ZabState
	ready    bool // what was found on the disk is durable
	reload   bool // memory must be loaded again before a leader is looked for
	readOnly bool // no leader is known, and reads are served
	stopping bool // a role has ended; what it left to be logged is being written
	leader   *leader
	learner  *learner
	pipe     *pipeline // of requests; nil while there is no role that serves
	conns    conns
	clients  clients

	heardEpoch  int64  // the latest that a learner had accepted which this server gave way to as a leader
	pipelines   uint64 // that were begun
	nextSession int64  // the identifier of the next session that is created here
	unlogged    int64  // the last zxid that was given to what is in no log: by a defect
	lastAlone   int64  // the last zxid that was given out, by a server that stands alone
	life        life
	traffic     traffic
	members     members
	scratch     scratch
}

// life is what is counted for people, since the process began.
type life struct {
	Elections, Led, Followed int
	Snapshots                int
	Refused                  int // connections that were cut off for what they said, or because there were too many
}

// New makes a server.
func New(cfg Config) *Server {
	if cfg.Where == nil {
		cfg.Where = func(a config.Address) nodes.Addr { return nodes.Addr{ID: nodes.ID(a.Host), Port: a.Port} }
	}
	s := &Server{cfg: cfg, zoo: cfg.Zoo, id: cfg.ID}
	if cfg.Zoo.Distributed() {
		s.quorum = cfg.Zoo.Quorum
	}
	return s
}

// Codec implements nodes.Node. Servers speak over connections only.
func (s *Server) Codec() nodes.Codec { return nodes.JSONCodec() }

// Deliver implements nodes.Node; there are no datagrams.
func (s *Server) Deliver(nodes.Env, nodes.ID, nodes.Message) {}

// Boot loads what the disk holds, and begins to listen. Nothing is told to anybody before what was found is durable.
func (s *Server) Boot(env nodes.Env) error {
	if s.id == 0 && s.zoo.Distributed() {
		id, err := store.ReadMyID(env.Disk())
		if err != nil {
			return fmt.Errorf("zab: no server number: %w", err)
		}
		s.id = id
	}
	if err := s.bootMembers(env); err != nil {
		return fmt.Errorf("zab: %w", err)
	}
	s.db = newDatabase(s)
	d, found, err := store.Boot(env.Disk(), s.storeOptions(), s.db)
	if err != nil {
		return err
	}
	s.disk = d
	s.settleNext(env)
	s.conns.init()
	s.clients.init()
	if nodes.Noting(env) {
		nodes.Note(env, fmt.Sprintf("loads its disk up to zxid %x", found.Zxid))
	}
	if s.zoo.Distributed() {
		if err := s.bootEnsemble(env); err != nil {
			return err
		}
	}
	if err := s.listenForClients(env, s.zoo.ClientPort); err != nil {
		return err
	}
	if found.Empty {
		return s.firstSnapshot(env)
	}
	return s.after(env, nil)
}

// firstSnapshot writes snapshot.0: without it, a log alone would look like a disk that has lost its snapshots.
func (s *Server) firstSnapshot(env nodes.Env) error {
	if err := s.disk.BeginSnapshot(s.db.tree.Walk(), false); err != nil {
		return err
	}
	for {
		done, err := s.disk.StepSnapshot(env.Disk(), snapshotStep, s.db.tree.LastDigest())
		if err != nil || done {
			return s.after(env, err)
		}
	}
}

func (s *Server) storeOptions() store.Options {
	return store.Options{PreAlloc: s.zoo.PreAllocSize, Quirks: s.cfg.Quirks.Store, TrustGaps: s.cfg.Quirks.leavesGaps() || s.cfg.Choices != nil || s.zoo.InitialZxid != 0}
}

// bootEnsemble begins to listen for elections and, in case this server comes to lead, for learners.
func (s *Server) bootEnsemble(env nodes.Env) error {
	me, ok := s.quorum.Member(s.id)
	if !ok {
		return fmt.Errorf("zab: server %d %w", s.id, ErrNotMember)
	}
	s.elect = election.New(election.Config{
		Self: s.id, Port: me.Election[0].Port, Announce: me.Election, Where: s.cfg.Where,
		NotificationMin: s.zoo.NotificationMin, NotificationMax: s.zoo.NotificationMax, ConnectTimeout: s.zoo.ConnectTimeout,
		MultiAddress: s.zoo.MultiAddress, Reconfig: s.zoo.Reconfig, Quirks: s.cfg.Quirks.Election,
	}, s.quorum, s.next)
	if err := s.elect.Boot(env); err != nil {
		return err
	}
	return env.Listen(me.Quorum[0].Port, nodes.Framing{Stream: true})
}

// Synced implements nodes.Node.
func (s *Server) Synced(env nodes.Env, tag nodes.Tag, err error) {
	if tag == tagMemberFile || tag == tagMemberDir {
		s.membersSynced(env, tag, err)
		return
	}
	if err := s.after(env, s.disk.Synced(env.Disk(), tag, err)); err != nil {
		env.Halt(err)
	}
}

// after tells everybody of what has become durable. A disk that has failed leaves nothing but to stop.
func (s *Server) after(env nodes.Env, err error) error {
	if err != nil {
		return fmt.Errorf("zab: %w", err)
	}
	for _, ev := range s.disk.Events() {
		if err := s.durable(env, ev); err != nil {
			return err
		}
	}
	s.drained(env)
	return nil
}

// must is after, for handlers.
func (s *Server) must(env nodes.Env, err error) {
	if err := s.after(env, err); err != nil {
		env.Halt(err)
	}
}

func (s *Server) durable(env nodes.Env, ev store.Event) error {
	switch ev.Kind {
	case store.Recovered:
		s.ready = true
		s.begin(env)
	case store.LogDurable:
		s.logDurable(env, ev.Zxid)
	case store.AcceptedEpoch:
		s.acceptedEpochDurable(env, ev.Epoch)
	case store.CurrentEpoch:
		s.currentEpochDurable(env, ev.Epoch)
	case store.SnapshotSaved:
		s.life.Snapshots++
		s.tell(Milestone{Kind: SnapshotSaved, Zxid: ev.Zxid})
		if s.learner != nil {
			s.learner.snapshotSaved(env)
		}
	case store.Truncated:
		s.tell(Milestone{Kind: LogCut, Zxid: ev.Zxid})
		if s.learner == nil { // the role has ended meanwhile
			s.reload = s.reload || !s.cfg.Quirks.TruncAbortKeepDB
			return nil
		}
		return s.learner.truncated(env)
	}
	return nil
}

// begin is the end of the start: a server that stands alone serves, a member looks for a leader.
func (s *Server) begin(env nodes.Env) {
	if s.zoo.PurgeInterval > 0 {
		env.SetTimer(tagPurge, s.zoo.PurgeInterval)
	}
	if !s.zoo.Distributed() {
		s.serveAlone(env)
		return
	}
	s.look(env)
}

// look begins an election, from the history that this server has in memory, which is what it has logged.
func (s *Server) look(env nodes.Env) {
	s.state, s.zab = election.Looking, ElectionPhase
	s.life.Elections++
	s.tell(Milestone{Kind: Looks, Zxid: s.db.tree.Zxid()})
	s.armReadOnly(env)
	s.elect.Look(env, s.db.tree.Zxid(), s.votesEpoch())
	s.takeElection(env)
}

// takeElection asks the election what has come about.
func (s *Server) takeElection(env nodes.Env) {
	for {
		ev, ok := s.elect.Take()
		if !ok {
			return
		}
		switch ev := ev.(type) {
		case election.Elected:
			s.elected(env, ev)
		case election.LookingVoter:
			if s.leader != nil {
				s.leader.looking(env, ev.Sid)
			}
		case election.NewerConfig:
			s.newerConfig(env, ev)
		}
	}
}

// elected takes the role that an election has given.
func (s *Server) elected(env nodes.Env, ev election.Elected) {
	s.endReadOnly(env)
	s.state, s.zab = ev.State, Discovery
	if nodes.Noting(env) {
		nodes.Note(env, fmt.Sprintf("is %s, by vote %s", ev.State, ev.Vote))
	}
	switch ev.State {
	case election.Leading:
		s.life.Led++
		s.lead(env, ev.Supporters)
	default:
		s.life.Followed++
		s.follow(env, ev.Vote.Leader, ev.State == election.Observing)
	}
}

// Fire implements nodes.Node.
func (s *Server) Fire(env nodes.Env, tag nodes.Tag) {
	switch {
	case s.elect != nil && s.elect.Fire(env, tag):
		s.takeElection(env)
	case tag == tagTick:
		s.tick(env)
	case tag == tagConnect:
		if s.learner != nil {
			s.learner.connect(env)
		}
	case tag == tagLimit:
		if s.learner != nil {
			s.learner.limit(env)
		}
	case tag == tagSessions:
		s.expireSessions(env)
	case tag == tagReadOnly:
		s.beginReadOnly(env)
	case tag == tagSweep:
		s.sweep(env)
	case tag == tagPurge:
		s.purge(env)
	case tag.Name == tagSnapshot:
		if s.leader != nil {
			s.leader.snapshotTimer(env, tag.N)
		}
	}
}

// The timers.
var (
	tagTick     = nodes.Tag{Name: "tick"}     // half a tick of a leader
	tagConnect  = nodes.Tag{Name: "connect"}  // a learner tries once more to reach its leader
	tagLimit    = nodes.Tag{Name: "limit"}    // a learner has not heard of its leader for too long
	tagSessions = nodes.Tag{Name: "sessions"} // a bucket of sessions expires
	tagPurge    = nodes.Tag{Name: "purge"}    // old snapshots and logs are removed
	tagSweep    = nodes.Tag{Name: "sweep"}    // containers and znodes with a time to live are looked for
)

// purge removes old snapshots and the logs that only they need (DatadirCleanupManager).
func (s *Server) purge(env nodes.Env) {
	_, err := s.disk.Purge(env.Disk(), s.zoo.SnapRetain)
	s.must(env, err)
	env.SetTimer(tagPurge, s.zoo.PurgeInterval)
}

// ticks is so many of ZooKeeper's ticks.
func (s *Server) ticks(n int) time.Duration { return time.Duration(n) * s.zoo.TickTime }

func (s *Server) tick(env nodes.Env) {
	if s.leader != nil && s.leader.isOut() {
		s.leader.leave(env, "is no voter of the ensemble any more")
		return
	}
	if s.leader != nil {
		s.leader.tick(env)
	}
}
