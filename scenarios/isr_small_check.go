package scenarios

import "fmt"

// The properties of the small world of Kafka's replication. The names are those of the TLA+ specifications, so that
// runs can be compared.
const (
	weakISR     = "WeakIsr"     // what is below the high watermark of who believes to lead is in the ISR that it knows
	strongISR   = "StrongIsr"   // the same in the ISR that the storage has: nobody who can be elected lacks it
	logMatching = "LogMatching" // who have the same epoch at an offset have the same up to it
	leaderInISR = "LeaderInIsr" // who leads is in the ISR
)

// ISRProperties are what can be checked in the small world of Kafka's replication.
func ISRProperties() []string { return []string{weakISR, strongISR, logMatching, leaderInISR} }

func (w *isrWorld) check(s *isrState) (string, error) {
	for _, p := range [...]struct {
		name string
		ask  func(*isrState) error
	}{{strongISR, w.strong}, {weakISR, w.weak}, {leaderInISR, w.leaderIn}, {logMatching, w.matching}} {
		if w.Property != "" && w.Property != p.name {
			continue
		}
		if err := p.ask(s); err != nil {
			return p.name, err
		}
	}
	return "", nil
}

func (w *isrWorld) strong(s *isrState) error { return w.replicated(s, true) }
func (w *isrWorld) weak(s *isrState) error   { return w.replicated(s, false) }

func (w *isrWorld) replicated(s *isrState, strong bool) error {
	for n := range w.Replicas {
		r := &s.replicas[n]
		if !r.leads(n) {
			continue
		}
		set := r.isr
		if strong {
			set = s.isr
		}
		for m := range w.Replicas {
			if set>>m&1 == 0 {
				continue
			}
			f := &s.replicas[m]
			for o := range r.hw {
				if o >= r.end || o >= f.end || r.log[o] != f.log[o] {
					return fmt.Errorf("replica %d leads in epoch %d and has %v, replica %d of the ISR has %v: offset %d is not the same", n+1, r.epoch, r, m+1, f, o)
				}
			}
		}
	}
	return nil
}

func (w *isrWorld) leaderIn(s *isrState) error {
	if s.leader >= 0 && s.isr>>s.leader&1 == 0 {
		return fmt.Errorf("replica %d is elected in epoch %d, and not in the ISR", s.leader+1, s.epochs-1)
	}
	return nil
}

func (w *isrWorld) matching(s *isrState) error {
	for n := range w.Replicas {
		for m := range n {
			a, b := &s.replicas[n], &s.replicas[m]
			same := true
			for o := range min(a.end, b.end) {
				same = same && a.log[o] == b.log[o]
				if !same && a.log[o].epoch == b.log[o].epoch {
					return fmt.Errorf("replica %d has %v, replica %d has %v: offset %d is of the same epoch, and the logs differ", m+1, b, n+1, a, o)
				}
			}
		}
	}
	return nil
}
