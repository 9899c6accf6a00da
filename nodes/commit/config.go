package commit

import (
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"orrery/nodes"
)

// Protocol is how a decision is reached.
type Protocol uint8

// The protocols.
const (
	TwoPhase Protocol = iota
	Cooperative
	ThreePhase
	PaxosCommit
)

// Protocols are all of them.
func Protocols() []Protocol { return []Protocol{TwoPhase, Cooperative, ThreePhase, PaxosCommit} }

// String is the protocol's short name.
func (p Protocol) String() string { return [...]string{"2pc", "2pc-ctp", "3pc", "paxos-commit"}[p] }

// Config is what all machines of a cluster agree on, and who this one is.
type Config struct {
	Self     nodes.ID
	Protocol Protocol
	// Shards are the participants; each key lives on one of them.
	Shards []nodes.ID
	// Coordinators run transactions for clients. A machine may be shard and coordinator.
	Coordinators []nodes.ID
	// Acceptors decide in PaxosCommit; a majority of them is a quorum. The others have none.
	Acceptors []nodes.ID
	// VoteTimeout is how long a coordinator waits for votes (and in three-phase commit for PreAcks); 0 means for ever.
	VoteTimeout time.Duration
	// InquireAfter is how long a participant waits for a decision before it does something about it. In three-phase commit it must be
	// more than VoteTimeout and the longest delays of a Prepare and of its answer: that is the synchrony it rests on. 0 means 4 Retry.
	InquireAfter time.Duration
	// Retry is how long anyone waits before sending something once more, and a step of the termination of three-phase
	// commit, for which it must be longer than a message and a sync can take. 0 means 100 ms.
	Retry time.Duration
	// Attempts is how often a coordinator tries a transaction to which a participant has said no; 0 means once.
	Attempts uint64
	// HeuristicAfter is how long a participant of two-phase commit takes being blocked before it aborts by itself and
	// reports the damage, if there is any, as XA's resource managers do; 0 means for ever. It gives up atomicity.
	HeuristicAfter time.Duration
	// Initial is the amount that every key holds in the beginning.
	Initial int64
	Quirks  Quirks
}

// Validate reports all that is wrong with the configuration.
func (c *Config) Validate() error {
	var errs []error
	if len(c.Shards) == 0 || len(c.Coordinators) == 0 {
		errs = append(errs, errors.New("commit: there must be a shard and a coordinator"))
	}
	if c.Protocol > PaxosCommit {
		errs = append(errs, fmt.Errorf("commit: there is no protocol %d", c.Protocol))
	}
	if c.Protocol == PaxosCommit && len(c.Acceptors) == 0 {
		errs = append(errs, errors.New("commit: Paxos Commit needs acceptors"))
	}
	if c.Self == "" || !slices.Contains(slices.Concat(c.Shards, c.Coordinators, c.Acceptors), c.Self) {
		errs = append(errs, fmt.Errorf("commit: %q is none of the machines", c.Self))
	}
	if c.HeuristicAfter > 0 && c.Protocol != TwoPhase {
		errs = append(errs, errors.New("commit: heuristic decisions belong to two-phase commit"))
	}
	return errors.Join(errs...)
}

func (c *Config) setDefaults() {
	if c.Retry == 0 {
		c.Retry = 100 * time.Millisecond
	}
	if c.InquireAfter == 0 {
		c.InquireAfter = 4 * c.Retry
	}
	c.Attempts = max(c.Attempts, 1)
}

// ShardOf is the participant that a key lives on.
func (c *Config) ShardOf(key string) nodes.ID {
	h := fnv.New32a()
	h.Write([]byte(key))
	return c.Shards[h.Sum32()%uint32(len(c.Shards))]
}
