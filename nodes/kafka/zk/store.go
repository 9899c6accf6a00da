package zk

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
)

// Config says where ZooKeeper is. Servers is needed.
type Config struct {
	Servers []nodes.Addr
	Chroot  string        // zookeeper.connect's path: "" or "/kafka"
	Timeout time.Duration // zookeeper.session.timeout.ms; 0 is 6 s, as in 2.4
	Quirks  Quirks
}

// Store is a broker's session with ZooKeeper.
type Store struct {
	cfg        Config
	c          *client.Client
	generation uint64 // of sessions: each has a client, and timers, of its own
	events     []Event
	calls      uint64
	work       []work // what is under way, in the order of its beginning
	routes     map[uint64]route
	watches    map[string]Key // by path: of records
	lists      map[string]Key // by path: of lists
	cluster    ClusterID
	booted     bool // the paths are there, in this session
	up         bool // Connected was told last, not Disconnected
	closing    bool
	changed    isrChanges
}

// work is a call that needs several requests. Its answers come with the number that the request was made under.
type work interface {
	number() uint64
	// begin makes the first requests.
	begin(s *Store, env nodes.Env)
	// answered takes one; done tells that the work has ended.
	answered(s *Store, env nodes.Env, slot int, d client.Done) (done bool)
	// expired ends the work: the session is over.
	expired(s *Store)
}

// route is where the answer to a request of the client goes.
type route struct {
	call uint64
	slot int
}

// New returns a store that has no session yet. It panics if there is no server.
func New(cfg Config) *Store {
	cfg.Timeout = cmp.Or(cfg.Timeout, 6*time.Second)
	if cfg.Chroot == "/" {
		cfg.Chroot = ""
	}
	s := &Store{cfg: cfg}
	s.renew()
	return s
}

// renew makes the client of the next session.
func (s *Store) renew() {
	s.generation++
	s.c = client.New(client.Config{Servers: s.cfg.Servers, Timeout: s.cfg.Timeout, Prefix: fmt.Sprintf("zk/%d/", s.generation), Stream: true})
	s.routes, s.watches, s.lists = map[uint64]route{}, map[string]Key{}, map[string]Key{}
	s.work, s.booted, s.up = nil, false, false
}

// Start begins to connect, and makes sure of the paths that must be there. Connected follows.
func (s *Store) Start(env nodes.Env) {
	s.c.Start(env)
	s.begin(env, &boot{call: s.next()})
}

// Close ends the session in order: the ephemeral records go at once. Nothing is to be asked afterwards.
func (s *Store) Close(env nodes.Env) {
	s.closing = true
	s.c.Close(env)
	s.drain(env)
}

// Opened takes a connection, if it is the store's.
func (s *Store) Opened(env nodes.Env, conn nodes.Conn) bool {
	return s.taken(env, s.c.Opened(env, conn))
}

// Received takes some bytes, if they came on the store's connection.
func (s *Store) Received(env nodes.Env, conn nodes.Conn, p []byte) bool {
	return s.taken(env, s.c.Received(env, conn, p))
}

// Closed takes the end of a connection, if it was the store's.
func (s *Store) Closed(env nodes.Env, conn nodes.Conn) bool {
	return s.taken(env, s.c.Closed(env, conn))
}

// Fire takes a timer, if it is the store's: their names begin with "zk/".
func (s *Store) Fire(env nodes.Env, tag nodes.Tag) bool {
	if tag.Name == tagISRChanges {
		s.propagate(env)
		s.drain(env)
		return true
	}
	if s.taken(env, s.c.Fire(env, tag)) {
		return true
	}
	return len(tag.Name) > 3 && tag.Name[:3] == "zk/" // of a session that is over
}

func (s *Store) taken(env nodes.Env, mine bool) bool {
	if mine {
		s.drain(env)
	}
	return mine
}

// Take returns the next thing that has come about. It is to be called after every other call, until ok is false.
func (s *Store) Take() (ev Event, ok bool) {
	if len(s.events) == 0 {
		return nil, false
	}
	ev = s.events[0]
	s.events = slices.Delete(s.events, 0, 1)
	return ev, true
}

// Session is the session's number; 0 before there is one.
func (s *Store) Session() int64 { return s.c.Session() }

// Cluster is the cluster's id; "" before the first Connected.
func (s *Store) Cluster() ClusterID { return s.cluster }

// Unguarded is the guard of operations that no controller makes.
const Unguarded int32 = -1

// Do asks for some operations at once, which are sent in order without waiting for each other, and returns the number that their Done
// will carry. Those that write are carried out only while /controller_epoch has the version guard, unless that is Unguarded.
func (s *Store) Do(env nodes.Env, guard int32, ops ...Op) (call uint64) {
	if s.cfg.Quirks.NoControllerEpochGuard {
		guard = Unguarded
	}
	b := &batch{call: s.next(), guard: guard, ops: ops, results: make([]Result, len(ops)), left: len(ops)}
	b.stages = make([]stage, len(ops))
	s.begin(env, b)
	s.drain(env)
	return b.call
}

// AlterISR replaces the state of a partition that a leader knows under a version, as leaders did from 0.8 to 2.6, and tells the controller
// with a record below /isr_change_notification. It ends with ISRAltered. Who joins must be registered in the life that is given (KIP-903, in the days
// of ZooKeeper): that is read, and the write is on condition that the registration that was read is there.
func (s *Store) AlterISR(env nodes.Env, tp log.TopicPartition, state PartitionState, version int32, joins ...Registration) (call uint64) {
	w := &alter{call: s.next(), tp: tp, state: state, version: version, joins: joins}
	s.begin(env, w)
	s.drain(env)
	return w.call
}

// AllocateProducerIDs takes the next 1,000 producer ids for a broker. It ends with ProducerIDs.
func (s *Store) AllocateProducerIDs(env nodes.Env, broker int32) (call uint64) {
	w := &allocate{call: s.next(), broker: broker}
	s.begin(env, w)
	s.drain(env)
	return w.call
}

func (s *Store) next() uint64 {
	s.calls++
	return s.calls
}

func (s *Store) tell(ev Event) { s.events = append(s.events, ev) }

func (s *Store) begin(env nodes.Env, w work) {
	s.work = append(s.work, w)
	w.begin(s, env)
}

// ask makes a request for a work. Its answer comes with the slot.
func (s *Store) ask(env nodes.Env, w work, slot int, op client.Op) {
	s.routes[s.c.Do(env, op)] = route{w.number(), slot}
}

// path is where a path of Kafka's is for ZooKeeper.
func (s *Store) path(p string) string { return s.cfg.Chroot + p }

// drain takes what has come of the client, and lets the works go on.
func (s *Store) drain(env nodes.Env) {
	for ev, ok := s.c.Take(); ok; ev, ok = s.c.Take() {
		switch ev := ev.(type) {
		case client.Done:
			s.answered(env, ev)
		case client.Watched:
			s.watched(ev)
		case client.Changed:
			s.became(env, ev.State)
		}
	}
}

func (s *Store) answered(env nodes.Env, d client.Done) {
	r, ok := s.routes[d.Call]
	delete(s.routes, d.Call)
	i := slices.IndexFunc(s.work, func(w work) bool { return w.number() == r.call })
	if !ok || i < 0 {
		return
	}
	if d.Err == proto.CodeSessionExpired {
		if s.c.State().Over() || s.closing {
			return // what a session takes with it is told by became
		}
		d.Err = proto.CodeConnectionLoss
		s.refused(env)
	}
	w := s.work[i]
	if w.answered(s, env, r.slot, d) {
		s.work = slices.DeleteFunc(s.work, func(o work) bool { return o == w })
	}
}

// refused hears from a leader that the session has expired. That is said as soon as the leader has made up its mind, before the end of the
// session is committed, and comes to nothing if the leader falls first: only who connects anew learns for certain.
func (s *Store) refused(env nodes.Env) {
	nodes.Reachable(env, "zk: a session is refused that may live on")
	s.c.HangUp(env)
}

func (s *Store) became(env nodes.Env, state client.State) {
	switch {
	case state == client.Connected && s.booted && !s.up:
		s.up = true
		s.tell(Connected{Session: s.c.Session()})
	case state == client.Disconnected && s.up:
		s.up = false
		s.tell(Disconnected{})
	case state.Over():
		s.expired(env)
	}
}

// expired ends what was under way, and begins a new session.
func (s *Store) expired(env nodes.Env) {
	nodes.Reachable(env, "zk: a broker's session has expired")
	was := s.work
	booted := s.booted
	s.renew()
	if booted {
		s.tell(SessionExpired{})
	}
	for _, w := range was {
		w.expired(s)
	}
	if !s.closing {
		s.Start(env)
	}
}

// watched takes what a watch has seen.
func (s *Store) watched(w client.Watched) {
	record, listed := s.watches[w.Path]
	list, watched := s.lists[w.Path]
	if listed && w.Type != proto.EventNodeChildrenChanged {
		delete(s.watches, w.Path)
		s.tell(Watched{Key: record})
	}
	if watched && (w.Type == proto.EventNodeChildrenChanged || w.Type == proto.EventNodeDeleted) {
		delete(s.lists, w.Path)
		s.tell(Watched{Key: list, List: true})
	}
}

// Pending is how many calls have not ended.
func (s *Store) Pending() int { return len(s.work) }

// View is what a Store shows of itself.
type View struct {
	Session    int64
	State      string
	Generation uint64 // how many sessions there have been
	Pending    int    // calls
}

// Inspect shows the store's state.
func (s *Store) Inspect() any {
	return View{s.c.Session(), s.c.State().String(), s.generation, len(s.work)}
}
