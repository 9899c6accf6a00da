package recipes

import (
	"errors"
	"slices"
	"strings"
	"time"

	"orrery/nodes/zab/client"
)

// CommitQuirks are wrong forms of two-phase commit that are met in programs.
type CommitQuirks struct {
	// BlindDecision writes the decision over whatever stands there: of two that decide, a site that lost its patience and the
	// coordinator, the later one wins, and others have acted upon the earlier.
	BlindDecision bool
	// OwnMind has a site that has voted yes abort by itself when no decision comes: that is what two-phase commit forbids
	// (Bernstein, Hadzilacos and Goodman 1987, section 7.4: the uncertainty period).
	OwnMind bool
	// CountsMissing commits when no site has voted no, and does not ask whether all have voted.
	CountsMissing bool
}

// Decision is what became of a transaction.
type Decision uint8

// The decisions.
const (
	Undecided Decision = iota
	Commit
	Abort
)

// String is the decision in a word.
func (d Decision) String() string { return [...]string{"undecided", "commit", "abort"}[d] }

func decisionOf(data []byte) Decision {
	text, _, _ := strings.Cut(string(data), " ")
	return Decision(max(0, slices.Index([]string{"undecided", "commit", "abort"}, text)))
}

// Commitment is two-phase commit over a node: below Path, each transaction is a node that holds its decision and its sites, with a
// node for each vote below it. The decision is one write of version 0, so there is one, whoever makes it; and the commit goes
// through only together with a check that each vote is there. The coordinator only asks: if it crashes, any site that has not
// the patience to wait may decide abort in its place, and so nobody is blocked as long as there are servers.
type Commitment struct {
	Party
	Path   string
	Quirks CommitQuirks
}

// Begin begins a transaction among sites. It is done twice without harm.
func (c *Commitment) Begin(txn string, sites []string, patience time.Duration) error {
	deadline := c.deadline(patience)
	if err := c.ensure(c.Path, nil, deadline); err != nil {
		return err
	}
	return c.ensure(c.Path+"/"+txn, []byte("undecided "+strings.Join(sites, " ")), deadline)
}

// Vote casts the vote of this party. It holds for good; voted tells what it is, which is the vote of an earlier incarnation if that
// had cast one. Once the transaction is decided a vote is not needed.
func (c *Commitment) Vote(txn string, yes bool, patience time.Duration) (voted bool, err error) {
	deadline := c.deadline(patience)
	path, text := c.vote(txn, c.Name), "no"
	if yes {
		text = "yes"
	}
	if err := c.ensure(path, []byte(text), deadline); err != nil {
		return false, err
	}
	r, _, ok, err := c.get(path, false, deadline)
	if err != nil || !ok {
		return false, errors.Join(err, ErrUnknown)
	}
	return string(r.Data) == "yes", nil
}

func (c *Commitment) vote(txn, site string) string { return c.Path + "/" + txn + "/" + site }

// Coordinate collects the votes, decides, and returns the decision: commit if all have said yes, abort if one has said no, or if the
// votes are not there after patience. After an error nothing is known of the decision.
func (c *Commitment) Coordinate(txn string, sites []string, patience time.Duration) (Decision, error) {
	deadline := c.deadline(patience)
	for {
		names, _, err := c.children(c.Path+"/"+txn, true, deadline)
		if err != nil {
			return Undecided, err
		}
		yes, no := 0, 0
		for _, s := range sites {
			if !slices.Contains(names, s) {
				continue
			}
			r, _, ok, err := c.get(c.vote(txn, s), false, deadline)
			switch {
			case err != nil:
				return Undecided, err
			case ok && string(r.Data) == "yes":
				yes++
			case ok:
				no++
			}
		}
		switch {
		case no > 0:
			return c.Decide(txn, Abort, sites, patience)
		case yes == len(sites), c.Quirks.CountsMissing && yes > 0:
			return c.Decide(txn, Commit, sites, patience)
		}
		if _, ok := c.waitFor(c.Path+"/"+txn, deadline); !ok {
			if err := c.late(); errors.Is(err, ErrSession) {
				return Undecided, err
			}
			return c.Decide(txn, Abort, sites, patience)
		}
	}
}

// Decide makes a decision, unless there is one, and returns the one that there is. Commit is refused by the servers unless all votes
// are there.
func (c *Commitment) Decide(txn string, d Decision, sites []string, patience time.Duration) (Decision, error) {
	deadline := c.deadline(patience)
	path := c.Path + "/" + txn
	version := int32(0)
	if c.Quirks.BlindDecision {
		version = -1
	}
	ops := []client.Op{client.Set(path, []byte(d.String()), version)}
	if d == Commit && !c.Quirks.CountsMissing {
		for _, s := range sites {
			ops = append(ops, client.Check(c.vote(txn, s), 0))
		}
	}
	for {
		done := c.S.Do(client.Multi(ops...))
		if err := failed(done); errors.Is(err, ErrSession) {
			return Undecided, err
		}
		// Whatever came of it, and whoever was faster: what stands there is the decision.
		if _, err := c.again(client.Sync(path), deadline); err != nil {
			return Undecided, err
		}
		r, _, ok, err := c.get(path, false, deadline)
		if err != nil || !ok {
			return Undecided, errors.Join(err, ErrUnknown)
		}
		if got := decisionOf(r.Data); got != Undecided {
			return got, nil
		}
		if c.T.Monotonic() >= deadline {
			return Undecided, ErrTimeout
		}
		c.S.Sleep(pause)
	}
}

// Await waits for the decision. If there is none after patience, a site has the choice: it may decide abort, if the others let
// it, and gets to know what was decided.
func (c *Commitment) Await(txn string, sites []string, patience time.Duration) (Decision, error) {
	deadline := c.deadline(patience)
	path := c.Path + "/" + txn
	for {
		r, _, ok, err := c.get(path, true, deadline)
		switch {
		case errors.Is(err, ErrTimeout):
		case err != nil:
			return Undecided, err
		case !ok:
			return Undecided, ErrUnknown
		case decisionOf(r.Data) != Undecided:
			return decisionOf(r.Data), nil
		default:
			if _, ok := c.waitFor(path, deadline); ok {
				continue
			}
		}
		if err := c.late(); errors.Is(err, ErrSession) {
			return Undecided, err
		}
		if c.Quirks.OwnMind {
			return Abort, nil
		}
		return c.Decide(txn, Abort, sites, patience)
	}
}
