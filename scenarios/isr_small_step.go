package scenarios

import (
	"fmt"

	"orrery/nodes/kafka/replica/isr"
)

// isrKind is a kind of step.
type isrKind uint8

const (
	isrElect isrKind = iota
	isrElectUnclean
	isrControllerShrink
	isrBecomeLeader
	isrBecomeFollower
	isrWrite
	isrFetch
	isrRaise
	isrShrink
	isrExpand
)

// isrStep is a step of the small world. a and b are replicas, epoch a leader epoch.
type isrStep struct {
	kind  isrKind
	a, b  int8
	epoch int8
}

// String says what happens.
func (t isrStep) String() string {
	a, b := t.a+1, t.b+1
	switch t.kind {
	case isrElect:
		return fmt.Sprintf("the controller elects replica %d for epoch %d", a, t.epoch)
	case isrElectUnclean:
		return fmt.Sprintf("the controller elects replica %d for epoch %d, which is not in the ISR", a, t.epoch)
	case isrControllerShrink:
		return fmt.Sprintf("the controller counts replica %d as gone, in epoch %d", a, t.epoch)
	case isrBecomeLeader:
		return fmt.Sprintf("replica %d learns that it leads in epoch %d", a, t.epoch)
	case isrBecomeFollower:
		if t.b < 0 {
			return fmt.Sprintf("replica %d learns that nobody leads in epoch %d", a, t.epoch)
		}
		return fmt.Sprintf("replica %d learns that replica %d leads in epoch %d", a, b, t.epoch)
	case isrWrite:
		return fmt.Sprintf("replica %d takes a record", a)
	case isrFetch:
		return fmt.Sprintf("replica %d fetches from replica %d", a, b)
	case isrRaise:
		return fmt.Sprintf("replica %d raises its high watermark", a)
	case isrShrink:
		return fmt.Sprintf("replica %d takes replica %d out of the ISR", a, b)
	case isrExpand:
		return fmt.Sprintf("replica %d takes replica %d into the ISR", a, b)
	}
	return "?"
}

type isrVisit = func(t isrStep, next *isrState)

// next visits what can come after a state.
func (w *isrWorld) next(s *isrState, visit isrVisit) {
	w.elections(s, visit)
	for n := range int8(w.Replicas) {
		w.learn(s, n, visit)
		if f := &s.replicas[n]; f.leader >= 0 && f.leader != n {
			w.fetch(s, n, visit)
		} else if f.leader == n {
			w.write(s, n, visit)
			w.raise(s, n, visit)
			w.alter(s, n, visit)
		}
	}
}

// elections are what the controller may do: elect another, or count somebody as gone. It does not empty the ISR.
func (w *isrWorld) elections(s *isrState, visit isrVisit) {
	if int(s.epochs) > w.Epochs {
		return
	}
	elect := func(t isrStep, leader int8, set uint8) {
		next := *s
		t.epoch = s.epochs
		next.leader, next.isr = leader, set
		next.sent[next.epochs] = isrElection{leader, set}
		next.epochs++
		visit(t, &next)
	}
	for n := range int8(w.Replicas) {
		bit := uint8(1) << n
		if in := s.isr&bit != 0; in && s.leader != n {
			elect(isrStep{kind: isrElect, a: n}, n, s.isr)
		} else if !in && w.Unclean && s.leader < 0 && s.isr&(s.isr-1) == 0 {
			elect(isrStep{kind: isrElectUnclean, a: n}, n, bit)
		}
		gone := isrStep{kind: isrControllerShrink, a: n}
		switch {
		case s.leader == n && s.isr == bit:
			elect(gone, -1, bit)
		case s.leader == n:
			elect(gone, -1, s.isr&^bit)
		case s.isr&bit != 0 && (w.Spec || s.isr != bit):
			elect(gone, s.leader, s.isr&^bit)
		}
	}
}

// learn is a LeaderAndISR that arrives at a replica: any that was sent, of a newer epoch than the replica knows.
func (w *isrWorld) learn(s *isrState, n int8, visit isrVisit) {
	for e := s.replicas[n].epoch + 1; e < s.epochs; e++ {
		x := s.sent[e]
		if x.leader < 0 && w.Spec {
			continue
		}
		next := *s
		r := &next.replicas[n]
		if x.leader == n {
			if l := w.logs[1].load(r); !w.Quirks.EpochNotCached {
				l.cache.Assign(int32(e), l.end)
				r.keep(l.cache)
			}
			r.epoch, r.leader, r.isr, r.since = e, n, x.isr, r.end
			visit(isrStep{kind: isrBecomeLeader, a: n, epoch: e}, &next)
			continue
		}
		if w.follow(s, r, n, e) {
			visit(isrStep{kind: isrBecomeFollower, a: n, b: x.leader, epoch: e}, &next)
		}
	}
}

// follow makes a replica a follower in an epoch. Where it must ask the leader first, that is part of the step: it returns false if the leader
// would not answer yet, or not any more.
func (w *isrWorld) follow(s *isrState, r *isrReplica, n, e int8) bool {
	leader := s.sent[e].leader
	same := r.leader == leader && leader >= 0
	r.epoch, r.leader, r.isr, r.since = e, leader, 0, 0
	if w.Spec {
		r.isr = s.sent[e].isr
	}
	if leader < 0 {
		return true
	}
	q := w.Quirks.Quirks
	l := &s.replicas[leader]
	answers := w.Quirks.TruncationUnfenced || l.leads(int(leader)) && isr.Fence(int32(e), int32(l.epoch)) == isr.Current
	if w.Spec && w.EpochRequests && !answers {
		return false
	}
	if same && w.Quirks.SkipTruncationSameLeader {
		return true
	}
	switch isr.First(q, w.logs[0].load(r), w.EpochRequests) {
	case isr.CutToHW:
		w.cut(r, int64(r.hw))
	case isr.AskFirst:
		if !answers {
			return false
		}
		for again := true; again; {
			own := w.logs[0].load(r)
			epoch, end := w.logs[1].load(l).EndOffsetFor(own.LatestEpoch())
			var to int64
			to, again = isr.AfterAnswer(q, own, int64(r.hw), isr.EpochEnd{Epoch: epoch, End: end})
			w.cut(r, to)
		}
	case isr.FetchFirst, isr.CutNothing:
	}
	return true
}

// fetch is a follower's fetch with its answer: one record, or that the logs diverge, and where.
func (w *isrWorld) fetch(s *isrState, n int8, visit isrVisit) {
	of := s.replicas[n].leader
	l := &s.replicas[of]
	f := &s.replicas[n]
	if !l.leads(int(of)) || isr.Fence(int32(f.epoch), int32(l.epoch)) != isr.Current && !w.Quirks.FetchUnfenced {
		return
	}
	t := isrStep{kind: isrFetch, a: n, b: of}
	own, theirs := w.logs[0].load(f), w.logs[1].load(l)
	d, diverges, known := isr.Diverging(theirs, w.lastFetched(own), own.end)
	to := int64(-1)
	switch {
	case !known || !diverges && own.end > theirs.end: // out of range
		to = min(own.end, theirs.end)
	case diverges:
		to = isr.AfterDivergence(w.Quirks.Quirks, own, d)
	case own.end == theirs.end:
		return
	}
	next := *s
	r := &next.replicas[n]
	if to >= 0 {
		if w.Quirks.NeverTruncates {
			return
		}
		w.cut(r, to)
		if r.end == f.end && r.known == f.known {
			return // nothing could be cut
		}
	} else {
		w.append(r, l.log[f.end])
		r.hw = int8(isr.FollowerHW(int64(l.hw), int64(r.end)))
	}
	visit(t, &next)
}

// lastFetched is what a fetch says was fetched last: nothing, where another way to truncate is used.
func (w *isrWorld) lastFetched(l *isrLog) int32 {
	if w.EpochRequests || w.Quirks.TruncateToHW || w.Quirks.EpochAnswerIgnored {
		return isr.Unknown
	}
	return l.LatestEpoch()
}

func (w *isrWorld) write(s *isrState, n int8, visit isrVisit) {
	if r := &s.replicas[n]; int(r.end) < w.Log && int(s.records) < w.Records {
		next := *s
		w.append(&next.replicas[n], isrRecord{s.records, r.epoch})
		next.records++
		visit(isrStep{kind: isrWrite, a: n}, &next)
	}
}

// rules are those of a leader whose followers have lagged for long if they lag, and never for long otherwise.
func (w *isrWorld) rules() isr.Rules { return isr.Rules{MinISR: 1, Quirks: w.Quirks.Quirks} }

// leaderOf is what a leader knows when all its followers have just fetched from where their logs end, or from most.
func (w *isrWorld) leaderOf(s *isrState, n int8, end int64) *isr.Leader {
	r := &s.replicas[n]
	made := &w.leaders[n][r.isr]
	remotes := append(w.lead.Remotes[:0], made.Remotes...)
	w.lead = *made
	w.lead.Epoch, w.lead.EpochStart, w.lead.Remotes = int32(r.epoch), int64(r.since), remotes
	for m := range int8(w.Replicas) {
		f := &s.replicas[m]
		if m == n || f.leader != n {
			continue // it does not fetch from here
		}
		own := w.logs[0].load(f)
		offset := own.end
		if end < offset {
			offset = end // an earlier fetch
			own.end = end
			own.cache.TruncateEnd(end)
		}
		theirs := w.logs[1].load(r)
		if w.Spec {
			offset = min(offset, theirs.end) // an earlier fetch
		}
		if offset > theirs.end {
			continue
		}
		if _, diverges, known := isr.Diverging(theirs, w.lastFetched(own), offset); diverges || !known {
			continue
		}
		w.lead.Fetched(w.rules(), isr.Fetch{Broker: int32(m), Offset: offset, BrokerEpoch: isr.Unknown, LeaderEpoch: int32(f.epoch)}, min(theirs.end, end), 0)
	}
	return &w.lead
}

// raise moves a leader's high watermark by one. That it moves further is the same as that it moves once more.
func (w *isrWorld) raise(s *isrState, n int8, visit isrVisit) {
	r := &s.replicas[n]
	if r.hw >= r.end {
		return
	}
	end := int64(r.hw) + 1
	if hw := w.leaderOf(s, n, end).HighWatermark(w.rules(), int64(r.hw), end, 0); hw > int64(r.hw) {
		next := *s
		next.replicas[n].hw = int8(hw)
		visit(isrStep{kind: isrRaise, a: n}, &next)
	}
}

// alter are a leader's changes of the ISR, one member at a time. The storage takes them from the leader that it knows, in the epoch that it
// knows: with each other write the version changes.
func (w *isrWorld) alter(s *isrState, n int8, visit isrVisit) {
	r := &s.replicas[n]
	if (s.leader != n || r.epoch != s.epochs-1) && !w.Quirks.UnconditionalISR {
		return
	}
	change := func(kind isrKind, m int8, set uint8) {
		next := *s
		next.isr, next.replicas[n].isr = set, set
		visit(isrStep{kind: kind, a: n, b: m}, &next)
	}
	l := w.leaderOf(s, n, int64(isrMaxLog))
	for m := range int8(w.Replicas) {
		bit := uint8(1) << m
		switch {
		case m == n:
		case r.isr&bit == 0:
			if w.mayJoin(l, r, int32(m)) {
				change(isrExpand, m, r.isr|bit)
			}
		default:
			// Time has run out for this one alone.
			one := l.Remote(int32(m))
			was := one.CaughtUp
			one.CaughtUp = isr.Never
			if gone := l.Lagging(w.rules(), int64(r.end), 0); len(gone) > 0 {
				change(isrShrink, m, r.isr&^bit)
			}
			one.CaughtUp = was
		}
	}
}

func (w *isrWorld) mayJoin(l *isr.Leader, r *isrReplica, broker int32) bool {
	rules := w.rules()
	if w.Spec {
		if !rules.Quirks.NoEpochStart && r.hw < r.end && r.log[r.hw].epoch != r.epoch {
			return false
		}
		rules.Quirks.NoEpochStart = true
	}
	return l.MayJoin(rules, broker, int64(r.hw))
}
