package election

import (
	"fmt"

	"orrery/nodes/zab/config"
)

// lapses are what is kept for [Election.Lapse].
type lapses struct {
	unheeded bool // a leader that a quorum supports has said in this round that it leads, and was not followed
	aloof    bool // a leader that a quorum of the ensemble in force follows, and that says so itself, was not followed
	usurps   bool // this server leads because others spoke of a round that it was not in
	lookers  int  // voters that have asked this server while it led
	reported int  // of them, those that it was told of
}

// Lapse is, in words, what the rules of elections say must have happened by now and has not; "" if there is nothing. It is for
// checkers that look on: each of these makes an election longer or worse, and none shows in what comes of it unless
// much else goes wrong. A connection begins with the last word (ZOOKEEPER-481), a leader hears of who looks for one (ZOOKEEPER-3109), its word
// counts when it comes (ZOOKEEPER-3537), nobody leads by the votes of a round that he is not in (ZOOKEEPER-1514), and whom a quorum of the ensemble
// in force follows is followed, whatever has been proposed since: what governs is what is committed (Shraer et al., USENIX ATC 2012).
func (e *Election) Lapse() string {
	switch {
	case e.kept.usurps:
		return "it leads by votes of a round that it was not in"
	case e.kept.unheeded:
		return "a leader that a quorum supports has said that it leads, and it goes on looking"
	case e.kept.aloof:
		return "a quorum of the ensemble in force follows a leader that says so itself, and it goes on looking"
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
		e.outofelection.supporters(b, config.NewTracker(e.m.current, nil), e.cfg.Quirks).HasAllQuorums()
}
