package replica_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/replica"
)

// schedule drives a world of three at random, and holds it against what must be true of every replicated log after each step. All that
// chance decides is drawn with draw(n), a number below n.
type schedule struct {
	w     *world
	draw  func(n int) int
	next  int
	acked map[int64]string // acks=all
	seen  map[int64]string // by consumers
	calls []sentProduce
	reads []readCall
	dumps map[int32][]string // of brokers that are down
	trace []string
	power bool
}

type readCall struct {
	b    *broker
	call uint64
}

// broken is a property that does not hold.
type broken struct {
	property string
	why      string
}

func (b broken) Error() string { return b.property + ": " + b.why }

func newSchedule(t require.TestingT, q replica.Quirks, minISR int, draw func(n int) int) *schedule {
	cfg := replica.Config{Quirks: q, CheckpointInterval: time.Hour, ReplicaLagTime: 2 * time.Second, FetchBackoff: 50 * time.Millisecond, FetchWaitMax: 100 * time.Millisecond,
		EpochRequests: draw(2) == 1}
	s := &schedule{w: newWorld(t, 3, cfg, replica.TopicConfig{MinISR: minISR}), draw: draw,
		acked: map[int64]string{}, seen: map[int64]string{}, dumps: map[int32][]string{}}
	s.w.create(1, 2, 3)
	s.w.run()
	for _, b := range s.w.brokers {
		b.slow = draw(3) == 1
	}
	return s
}

// run takes so many steps, and returns the first property that is broken.
func (s *schedule) run(steps int) (err error) {
	defer func() {
		if r := recover(); r != nil {
			text, ok := r.(string)
			if !ok || !strings.HasPrefix(text, "mark: ") {
				panic(r)
			}
			err = broken{"Always", text}
		}
	}()
	for range steps {
		s.step()
		if err := s.check(); err != nil {
			return err
		}
	}
	return nil
}

func (s *schedule) note(format string, args ...any) {
	s.trace = append(s.trace, fmt.Sprintf(format, args...))
}

func (s *schedule) step() {
	w := s.w
	for _, b := range w.brokers {
		if b.up && len(b.syncs) > 0 && s.draw(3) == 1 {
			s.note("a sync of %d ends", b.id)
			i := s.draw(len(b.syncs))
			b.do(func(nodes.Env) { b.endSync(i) })
		}
	}
	switch n := s.draw(100); {
	case n < 50:
		s.deliver()
	case n < 58:
		s.fire()
	case n < 72:
		b := w.brokers[s.draw(3)]
		acks := int16(-1 + 2*s.draw(2))
		if b.up {
			s.next++
			v := fmt.Sprintf("v%d", s.next)
			s.note("produce %s on %d acks %d", v, b.id, acks)
			c := b.produce(acks, v)
			if acks == -1 {
				s.calls = append(s.calls, sentProduce{v, b, c, b.inc})
			}
		}
	case n < 78:
		b := w.brokers[s.draw(3)]
		if b.up {
			s.reads = append(s.reads, readCall{b, b.ask(consume(0, -1, 11))})
		}
	case n < 83:
		s.crash(w.brokers[s.draw(3)])
	case n < 90:
		s.restart(w.brokers[s.draw(3)])
	case n < 96:
		s.elect()
	case n < 98:
		s.tellSome()
	default:
		s.breakLink()
	}
	s.collect()
}

// links are those that something is on its way on.
func (s *schedule) links() (out [][2]int32) {
	for _, l := range s.w.mail {
		k := [2]int32{l.from, l.to}
		if !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

func (s *schedule) first(k [2]int32) int {
	return slices.IndexFunc(s.w.mail, func(l *letter) bool { return l.from == k[0] && l.to == k[1] })
}

// deliver delivers the first letter of some link: a connection keeps the order.
func (s *schedule) deliver() {
	if links := s.links(); len(links) > 0 {
		k := links[s.draw(len(links))]
		s.note("deliver %v", k)
		s.w.deliver(s.first(k))
	}
}

func (s *schedule) fire() {
	b, tag, at := s.w.nextTimer()
	if b == nil {
		return
	}
	s.note("fire %v on %d", tag, b.id)
	s.w.now = max(s.w.now, at)
	delete(b.timers, tag)
	b.do(func(e nodes.Env) { b.m.Fire(e, tag) })
}

// breakLink loses what is on its way between two brokers, or between a broker and the storage.
func (s *schedule) breakLink() {
	links := slices.DeleteFunc(s.links(), func(k [2]int32) bool { return k[0] < 0 })
	if len(links) == 0 {
		return
	}
	k := links[s.draw(len(links))]
	s.note("break %v", k)
	for i := s.first(k); i >= 0; i = s.first(k) {
		l := s.w.mail[i]
		s.w.mail = slices.Delete(s.w.mail, i, i+1)
		if l.alter != nil && l.from > 0 && s.draw(2) == 1 {
			// It is lost to its sender, and carried out all the same.
			s.w.mail = append(s.w.mail, &letter{alter: l.alter, inc: -1, from: l.from})
			late := s.w.mail[len(s.w.mail)-1]
			late.from = 0
		}
		s.w.lose(l)
	}
}

// crash kills a broker, or takes its power: then the controller takes it out of the ISR before anything else.
func (s *schedule) crash(b *broker) {
	if !b.up {
		return
	}
	st := s.w.states[tp]
	others := slices.DeleteFunc(slices.Clone(st.ISR), func(id int32) bool { return id == b.id || !s.w.b(id).up })
	power := s.power && s.draw(2) == 1 && len(others) > 0
	s.note("crash %d power %v", b.id, power)
	s.dumps[b.id] = strings.Fields(b.dump(s.w.t, all))
	b.crash(power)
	if power && slices.Contains(st.ISR, b.id) {
		leader := st.Leader
		if leader == b.id {
			leader = others[s.draw(len(others))]
		}
		s.w.elect(leader, slices.DeleteFunc(slices.Clone(st.ISR), func(id int32) bool { return id == b.id })...)
		s.tellLive()
	}
}

// restart starts a broker again; the controller has noticed by then.
func (s *schedule) restart(b *broker) {
	if b.up {
		return
	}
	s.note("restart %d", b.id)
	b.boot()
	delete(s.dumps, b.id)
	if s.w.states[tp].Leader == b.id {
		s.elect()
		return
	}
	s.w.tell(b.id)
}

// elect lets a live member of the ISR lead a new epoch.
func (s *schedule) elect() {
	st := s.w.states[tp]
	live := slices.DeleteFunc(slices.Clone(st.ISR), func(id int32) bool { return !s.w.b(id).up })
	if len(live) == 0 {
		return
	}
	leader := live[s.draw(len(live))]
	isr := st.ISR
	if s.draw(2) == 1 {
		isr = live
	}
	s.note("elect %d of %v", leader, isr)
	s.w.elect(leader, isr...)
	s.tellLive()
}

func (s *schedule) tellLive() {
	for _, b := range s.w.brokers {
		if b.up {
			s.w.tell(b.id)
		}
	}
}

// tellSome repeats the present state to one broker.
func (s *schedule) tellSome() {
	if b := s.w.brokers[s.draw(3)]; b.up {
		s.w.tell(b.id)
	}
}

// collect takes the answers of clients.
func (s *schedule) collect() {
	s.calls = slices.DeleteFunc(s.calls, func(p sentProduce) bool {
		a := p.b.produced(p.call)
		var offset int64
		if n, _ := fmt.Sscanf(a, "offset %d", &offset); n == 1 {
			s.acked[offset] = p.value
			s.note("acked %s at %d", p.value, offset)
		}
		return a != "" || !p.b.up || p.inc != p.b.inc // who died tells nobody
	})
}

// logs are all the logs by broker, "offset:value@epoch" each.
func (s *schedule) logs() map[int32][]string {
	out := map[int32][]string{}
	for _, b := range s.w.brokers {
		if b.up {
			out[b.id] = strings.Fields(b.dump(s.w.t, all))
		} else {
			out[b.id] = s.dumps[b.id]
		}
	}
	return out
}

// check holds the world against StrongIsr, LeaderCompleteness, ConsistentRead and the epoch caches.
func (s *schedule) check() error {
	logs := s.logs()
	st := s.w.states[tp]
	for _, b := range s.w.brokers {
		if !b.up {
			continue
		}
		for _, p := range b.m.View().Partitions {
			if err := s.checkPartition(b, p, logs, st); err != nil {
				return err
			}
		}
	}
	for offset, v := range s.acked {
		l := logs[st.Leader]
		if int(offset) >= len(l) || value(l[offset]) != fmt.Sprintf("%d:%s", offset, v) {
			return broken{"LeaderCompleteness", fmt.Sprintf("%s was acknowledged at %d; broker %d leads with %v", v, offset, st.Leader, l)}
		}
	}
	return s.checkReads()
}

func value(record string) string { v, _, _ := strings.Cut(record, "@"); return v }

func (s *schedule) checkPartition(b *broker, p replica.PartitionView, logs map[int32][]string, st *znode) error {
	own := logs[b.id]
	if p.HighWatermark > p.End {
		return broken{"HW<=LEO", fmt.Sprintf("broker %d: %d > %d", b.id, p.HighWatermark, p.End)}
	}
	for i, r := range own {
		e := int32(-1)
		for _, x := range p.Epochs {
			if x.Start <= int64(i) {
				e = x.Epoch
			}
		}
		if !strings.HasSuffix(r, fmt.Sprintf("@%d", e)) {
			return broken{"EpochCache", fmt.Sprintf("broker %d: %s, but the cache says %d: %v", b.id, r, e, p.Epochs)}
		}
	}
	if p.Role != "leading" {
		return nil
	}
	for _, id := range st.ISR {
		other := logs[id]
		for o := range int(p.HighWatermark) {
			if o >= len(other) || other[o] != own[o] {
				return broken{"StrongIsr", fmt.Sprintf("broker %d leads epoch %d with high watermark %d and %v; broker %d of the ISR has %v", b.id, p.LeaderEpoch, p.HighWatermark, own, id, other)}
			}
		}
	}
	return nil
}

// checkReads holds what consumers have read against what they have read before.
func (s *schedule) checkReads() (err error) {
	s.reads = slices.DeleteFunc(s.reads, func(c readCall) bool {
		r, ok := c.b.dones[c.call].(*kmsg.FetchResponse)
		if !ok || err != nil {
			return false
		}
		for _, v := range fetchedValues(s.w.t, r) {
			var offset int64
			var text string
			_, _ = fmt.Sscanf(v, "%d:%s", &offset, &text)
			if old, ok := s.seen[offset]; ok && old != text {
				err = broken{"ConsistentRead", fmt.Sprintf("offset %d was %s and is %s on broker %d", offset, old, text, c.b.id)}
			}
			s.seen[offset] = text
		}
		return true
	})
	return err
}

// settle lets everything heal: then the cluster must agree, serve, and have all that it has acknowledged.
func (s *schedule) settle() error {
	for _, b := range s.w.brokers {
		s.restart(b)
		b.slow = false
		b.do(func(nodes.Env) {})
	}
	s.elect()
	s.w.pass(10 * time.Second)
	leader := s.w.states[tp].Leader
	s.next++
	v := fmt.Sprintf("v%d", s.next)
	c := s.w.b(leader).produce(-1, v)
	s.calls = append(s.calls, sentProduce{v, s.w.b(leader), c, s.w.b(leader).inc})
	s.w.pass(10 * time.Second)
	s.collect()
	if err := s.check(); err != nil {
		return err
	}
	st := s.w.states[tp]
	logs := s.logs()
	switch {
	case len(s.calls) > 0:
		return broken{"Liveness", "a produce was not answered"}
	case len(st.ISR) != 3:
		return broken{"Liveness", fmt.Sprintf("the ISR is %v", st.ISR)}
	case !slices.Equal(logs[1], logs[2]) || !slices.Equal(logs[2], logs[3]):
		return broken{"Liveness", fmt.Sprintf("the logs differ: %v", logs)}
	case !slices.ContainsFunc(logs[1], func(r string) bool { return strings.HasSuffix(value(r), ":"+v) }):
		return broken{"Liveness", v + " was not taken"}
	}
	for _, b := range s.w.brokers {
		if l := b.m.Log(tp); l.HighWatermark() != l.EndOffset() {
			return broken{"Liveness", fmt.Sprintf("broker %d: high watermark %d, log end %d", b.id, l.HighWatermark(), l.EndOffset())}
		}
	}
	return nil
}
