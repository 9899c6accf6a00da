package scenarios

import (
	"slices"

	"orrery/nodes/kafka/replica"
	"orrery/nodes/kafka/replica/isr"
)

// isrSmall is Kafka's replication.
func isrSmall() *Small {
	s := &Small{
		Name:   "isr",
		About:  "Kafka's replication: one partition, its leader epochs, its ISR and its high watermark",
		Values: true,
		Sizes: []Size{
			{"replicas", "of the partition", 3, 1, isrMaxReplicas},
			{"log", "records that a log can have", 2, 1, isrMaxLog},
			{"records", "that are ever written", 2, 1, 9},
			{"epochs", "the last leader epoch", 2, 0, isrMaxEpochs - 1},
			{"spec", "1: the steps of the TLA+ specifications", 0, 0, 1},
		},
		make: func(z map[string]int, variant, bug string) Searcher {
			scope := ISRScope{Replicas: z["replicas"], Log: z["log"], Records: z["records"], Epochs: z["epochs"], Spec: z["spec"] == 1}
			for _, v := range append(ISREras(), ISRAblations()...) {
				if v.Name == variant || v.Name == bug {
					v.Set(&scope)
				}
			}
			return ISRWorld(scope)
		},
	}
	eras := ISREras()
	slices.Reverse(eras)
	for _, v := range eras {
		s.Variants = append(s.Variants, v.Name)
	}
	for _, v := range ISRAblations() {
		s.Bugs = append(s.Bugs, v.Name)
	}
	return s
}

// asyncISRSmall is Kafka's changes of the ISR while they are under way.
func asyncISRSmall() *Small {
	quirks := map[string]isr.Quirks{"no-maximal-isr": {NoMaximalISR: true}, "shrink-while-in-flight": {ShrinkWhileInFlight: true}}
	return &Small{
		Name:   "isr-async",
		About:  "Kafka's changes of the ISR: those of the leader are under way for any time, and the controller makes its own (KIP-497)",
		Values: true,
		Sizes: []Size{
			{"replicas", "of the partition", 3, 2, isrMaxReplicas},
			{"version", "the last version of the partition's state", 4, 0, isrMaxVersion - 1},
			{"offset", "where the leader's log may end", 3, 0, 100},
		},
		Bugs: []string{"no-maximal-isr", "shrink-while-in-flight"},
		make: func(z map[string]int, _, bug string) Searcher {
			return AsyncISRWorld(AsyncISRScope{Replicas: z["replicas"], Version: z["version"], Offset: z["offset"], Quirks: quirks[bug]})
		},
	}
}

// ISRVariant is a set of rules by which Kafka's replicas have gone, or would go without one of them.
type ISRVariant struct {
	Name  string // as on the command line
	About string // one line
	// Set makes the rules of a scope these.
	Set func(*ISRScope)
}

// unfenced is Kafka before KIP-320: no request says which leader epoch it is from, and a new leader's high watermark is believed.
func unfenced(s *ISRScope) {
	q := &s.Quirks
	q.FetchUnfenced, q.TruncationUnfenced, q.HWUnfenced, q.ExpandUnfenced, q.NoEpochStart = true, true, true, true, true
}

// ISREras are the rules as they came one after the other.
func ISREras() []ISRVariant {
	return []ISRVariant{
		{"hw-truncation", "0.8 to 0.10: a new follower cuts its log to its high watermark", func(s *ISRScope) {
			unfenced(s)
			s.Quirks.TruncateToHW = true
		}},
		{"kip-101", "0.11 to 1.1: it asks the leader where its last epoch ends", func(s *ISRScope) {
			unfenced(s)
			s.EpochRequests, s.Quirks.EpochAnswerIgnored = true, true
		}},
		{"kip-279", "2.0: the answer says of which epoch", func(s *ISRScope) {
			unfenced(s)
			s.EpochRequests = true
		}},
		{"kip-320-first-try", "a draft: a fetch tells its last epoch, but not that of its leader", func(s *ISRScope) {
			unfenced(s)
			s.Quirks.NoEpochStart = false
		}},
		{"kip-320-unfenced-truncation", "a draft: all but the question where to cut tells the leader's epoch", func(s *ISRScope) {
			s.EpochRequests, s.Quirks.TruncationUnfenced = true, true
		}},
		{"kip-320", "2.1 to 2.7", func(s *ISRScope) { s.EpochRequests = true }},
		{"truncate-on-fetch", "since 2.8 (KAFKA-10554), and the rules that brokers here go by", func(*ISRScope) {}},
	}
}

// ISRAblations are KIP-320 without one of its rules each.
func ISRAblations() []ISRVariant {
	list := []ISRVariant{
		{"unclean-election", "the controller elects who is not in the ISR", func(s *ISRScope) { s.Unclean = true }},
	}
	for _, name := range []string{"hw-on-leader-only", "expand-without-hw", "unconditional-isr", "never-truncates", "truncate-to-hw", "no-leso",
		"hw-unfenced", "kip101-lookup", "truncation-unfenced", "skip-truncation-same-leader", "expand-unfenced", "fetch-unfenced"} {
		all := replica.Defects()
		d := all[slices.IndexFunc(all, func(d replica.Defect) bool { return d.Name == name })]
		list = append(list, ISRVariant{name, d.Doc, func(s *ISRScope) { d.Set(&s.Quirks) }})
	}
	for i := range list {
		set := list[i].Set
		list[i].Set = func(s *ISRScope) { s.EpochRequests = true; set(s) }
	}
	return list
}
