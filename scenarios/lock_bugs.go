package scenarios

import (
	"fmt"

	"orrery/nodes/lock"
)

// lockPlace is where a defect can show: with which lock, whether the resource is fenced, and what it breaks.
type lockPlace struct {
	variant string // "" for any
	fenced  bool
	breaks  string
	seeds   string
}

var lockPlaces = map[string]lockPlace{
	"lock-releases-anothers":       {"cache", false, lockOneHolder, "1-500"},
	"lock-extends-after-expiry":    {"cache", false, lockOneHolder, "1-500"},
	"lock-lease-by-wall-clock":     {"", false, lockOneHolder, "1-1000"},
	"lock-never-checks":            {"", false, lockOneHolder, "1-1000"},
	"redlock-no-margin":            {"redlock", false, lockOneHolder, "1-2000"},
	"redlock-small-majority":       {"redlock", false, lockOneHolder, "1-500"},
	"redlock-counts-duplicates":    {"redlock", false, lockOneHolder, "1-500"},
	"redlock-counts-stale-answers": {"redlock", false, lockOneHolder, "1-500"},
	"redlock-restarts-at-once":     {"redlock", false, lockOneHolder, "1-1500"},
	"row-answers-unsynced":         {"row", true, lockTokens, "1-1000"},
	"lock-token-stays":             {"row", true, lockTokens, "1-200"},
	"lock-barges":                  {"row", true, lockFair, "1-200"},
	"paxos-lock-ignores-beats":     {"paxos", false, lockOneHolder, "1-500"},
	"paxos-lock-blind-takeover":    {"paxos", false, lockTokens, "1-1000"},
	"paxos-lock-stale-renewal":     {"paxos", true, lockTokens, "1-1000"},
	"store-ignores-tokens":         {"row", true, lockEffects, "1-200"},
	"store-forgets-tokens":         {"row", true, lockEffects, "1-500"},
}

func lockBugs() []Bug {
	var list []Bug
	for _, b := range lock.Bugs() {
		p := lockPlaces[b.Name]
		list = append(list, Bug{Name: b.Name, Source: b.Source, What: b.What, Breaks: p.breaks, Seeds: p.seeds})
	}
	return list
}

// plantLock plants a defect, and sees to it that the lock is one in which it can show.
func plantLock(s *lockSetup, name string) error {
	b, ok := lock.BugNamed(name)
	if !ok {
		return fmt.Errorf("there is no bug %q", name)
	}
	p := lockPlaces[name]
	s.quirks, s.fenced = b.Quirks, p.fenced
	for _, v := range lockVariants {
		if v.name == p.variant {
			s.lockVariant = v
		}
	}
	s.slowDisk = s.quirks.AnswersUnsynced // what is never waited for is hardly ever missed
	s.slowLinks = s.quirks.NoMargin       // the time of asking must be worth something
	if s.quirks.NoSilence {
		s.silence = true // that is what is claimed
	}
	return nil
}
