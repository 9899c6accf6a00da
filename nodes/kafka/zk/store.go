package zk

import (
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
)

// Config says where ZooKeeper is. Servers is needed.
type Config struct {
	Servers []nodes.Addr
	Chroot  string        // zookeeper.connect's path: "" or "/kafka"
	Timeout time.Duration // zookeeper.session.timeout.ms; 0 is 6 s, as in 2.4
	Quirks  Quirks
}

// Store is a broker's session with ZooKeeper.
type Store struct{ events []Event }

// New returns a store that has no session yet.
func New(cfg Config) *Store { return &Store{} }

// Start begins to connect, and makes sure of the paths that must be there. Connected follows.
func (s *Store) Start(env nodes.Env) {}

// Close ends the session in order: the ephemeral records go at once. Nothing is to be asked afterwards.
func (s *Store) Close(env nodes.Env) {}

// Opened takes a connection, if it is the store's.
func (s *Store) Opened(env nodes.Env, conn nodes.Conn) bool { return false }

// Received takes some bytes, if they came on the store's connection.
func (s *Store) Received(env nodes.Env, conn nodes.Conn, p []byte) bool { return false }

// Closed takes the end of a connection, if it was the store's.
func (s *Store) Closed(env nodes.Env, conn nodes.Conn) bool { return false }

// Fire takes a timer, if it is the store's: their names begin with "zk/".
func (s *Store) Fire(env nodes.Env, tag nodes.Tag) bool { return false }

// Take returns the next thing that has come about. It is to be called after every other call, until ok is false.
func (s *Store) Take() (ev Event, ok bool) { return nil, false }

// Session is the session's number; 0 before there is one.
func (s *Store) Session() int64 { return 0 }

// Unguarded is the guard of operations that no controller makes.
const Unguarded int32 = -1

// Do asks for some operations at once, which are sent in order without waiting for each other, and returns the number that their Done
// will carry. Those that write are carried out only while /controller_epoch has the version guard, unless that is Unguarded.
func (s *Store) Do(env nodes.Env, guard int32, ops ...Op) (call uint64) { return 0 }

// AlterISR replaces the state of a partition that a leader knows under a version, as leaders did from 0.8 to 2.6, and tells the controller with a
// record below /isr_change_notification. It ends with ISRAltered.
func (s *Store) AlterISR(env nodes.Env, tp log.TopicPartition, state PartitionState, version int32) (call uint64) {
	return 0
}

// AllocateProducerIDs takes the next 1,000 producer ids for a broker. It ends with ProducerIDs.
func (s *Store) AllocateProducerIDs(env nodes.Env, broker int32) (call uint64) { return 0 }
