package election

import (
	"fmt"

	"orrery/nodes/zab/config"
)

// lapses are what is kept for [Election.Lapse].
type lapses struct {
	unheeded bool  // a leader that a quorum supports has said in this round that it leads, and was not followed
	aloof    bool  // a leader that a quorum of the ensemble in force follows, and that says so itself, was not followed
	fell     bool  // this server has taken a vote for a better one that is not
	held     int64 // to this voter nothing was even dialled when there was something to tell it; 0 if there is none
	usurps   bool  // this server leads because others spoke of a round that it was not in
	lookers  int   // voters that have asked this server while it led
	reported int   // of them, those that it was told of
}

// Lapse is, in words, what the rules of elections say must have happened by now and has not; "" if there is nothing. It is for
// checkers that look on: each of these makes an election longer or worse, and none shows in what comes of it unless
// much else goes wrong. A connection begins with the last word (ZOOKEEPER-481), a leader hears of who looks for one (ZOOKEEPER-3109), its word
// counts when it comes (ZOOKEEPER-3537), nobody leads by the votes of a round that he is not in (ZOOKEEPER-1514), whom a quorum of the ensemble
// in force follows is followed, whatever has been proposed since (what governs is what is committed: Shraer et al., USENIX ATC 2012) and in
// whatever rounds they have come to follow him (ZOOKEEPER-1805), within a round votes get better and never worse (ZOOKEEPER-1419), and what is
// to be told one voter waits for no other (ZOOKEEPER-2164).
func (e *Election) Lapse() string {
	switch {
	case e.kept.usurps:
		return "it leads by votes of a round that it was not in"
	case e.kept.unheeded:
		return "a leader that a quorum supports has said that it leads, and it goes on looking"
	case e.kept.aloof:
		return "a quorum of the ensemble in force follows a leader that says so itself, and it goes on looking"
	case e.kept.fell:
		return "it has given up its vote for one that is not better"
	case e.kept.held != 0:
		return fmt.Sprintf("it has waited in vain for a word of anybody, and has not begun to connect to %d, to whom it has something to say", e.kept.held)
	case e.kept.lookers != e.kept.reported:
		return "a voter looks for a leader and has told it so, and it does not know as a leader"
	}
	for _, p := range e.m.peers {
		if p.up() && p.last != nil && p.said == 0 {
			return fmt.Sprintf("its connection to %d is a new one, and does not begin with what it said last", p.sid)
		}
	}
	return ""
}

// isFollowed tells whether another server leads whom a quorum of the ensemble in force follows, by what those say who look no more.
func (e *Election) isFollowed(b ballot) bool {
	return b.Leader != e.cfg.Self && e.outofelection.leads(b.Leader) &&
		e.outofelection.supporters(b, config.NewTracker(e.m.current, nil), Quirks{}).HasAllQuorums()
}

// adopts makes another's vote this server's own, in the place of one that it is better than.
func (e *Election) adopts(v, instead Vote) {
	e.kept.fell = e.kept.fell || !v.After(instead)
	e.propose(v)
}

// heldBack is a voter to whom there is something to say, and no connection nor one that is being set up; 0 if there is none.
func (e *Election) heldBack() int64 {
	for _, p := range e.m.peers {
		if p.queue != nil && !p.up() && !p.dialling() && e.isVoter(p.sid) && len(e.m.addresses(p.sid)) > 0 {
			return p.sid
		}
	}
	return 0
}
