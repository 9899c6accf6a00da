package dashboard

import (
	"cmp"
	"slices"
	"time"

	"orrery/explore/findings"
)

// state is what is known at one moment.
type state struct {
	at        time.Time
	findings  []findings.Finding // those first that matter most
	campaigns []findings.Progress
	hunts     []Bulletin // those first that began last
	wrong     []string   // what could not be read, a line each
}

// now reads the store and the bulletins, unless that was done just now. What was read of the store before stays, if it
// cannot be read: a hunt may have it for a moment.
func (s *Server) now() state {
	s.seen.Lock()
	defer s.seen.Unlock()
	if !s.state.at.IsZero() && time.Since(s.state.at) < refreshEvery {
		return s.state
	}
	next := state{findings: s.state.findings, campaigns: s.state.campaigns}
	next.hunts, next.wrong = Bulletins(s.Dir)
	list, err := s.Store.Findings()
	if err == nil {
		next.findings = sorted(list)
		next.campaigns, err = s.Store.Campaigns()
	}
	if err != nil {
		next.wrong = append(next.wrong, err.Error())
	}
	next.at = time.Now()
	s.state = next
	return next
}

// sorted puts those first that are back and new, and of these the ones that were seen last.
func sorted(list []findings.Finding) []findings.Finding {
	rank := func(f *findings.Finding) int { return slices.Index(findings.States(), f.State) }
	slices.SortStableFunc(list, func(a, b findings.Finding) int {
		return cmp.Or(cmp.Compare(rank(&a), rank(&b)), b.Last.When.Compare(a.Last.When), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// find is the finding of that name, or whose name begins so if there is only one.
func (s *Server) find(id string) (f findings.Finding, err error) {
	s.seen.Lock() // a store is good for one goroutine
	defer s.seen.Unlock()
	return s.Store.Find(id)
}

// tell tells the story of a finding, once for each repro that it had.
func (s *Server) tell(f *findings.Finding) (*telling, error) {
	key := f.ID + "\x00" + string(f.Repro)
	s.telling.Lock()
	defer s.telling.Unlock()
	if t := s.told[key]; t != nil {
		return t, nil
	}
	told, err := s.Tell(f)
	if err != nil {
		return nil, err
	}
	t := &telling{Told: told}
	s.told[key] = t
	if s.order = append(s.order, key); len(s.order) > toldKept {
		delete(s.told, s.order[0])
		s.order = s.order[1:]
	}
	return t, nil
}
