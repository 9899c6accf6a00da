package txn_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
	"orrery/nodes/kafka/txn"
)

// TestVerdictsNeverChange runs a coordinator under random requests, appends that fail or come late, markers that are lost, and failovers,
// and holds it against its journal: nothing is told that is not committed there, what was told stays, every partition gets
// the verdict before the transaction is complete, and no epoch is given to two producers.
func TestVerdictsNeverChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSystem(t, txn.Quirks{})
		t.Repeat(map[string]func(*rapid.T){
			"":         func(*rapid.T) { s.check() },
			"init":     s.init,
			"add":      s.add,
			"end":      s.end,
			"journal":  s.journal,
			"journal2": s.journal,
			"markers":  s.markers,
			"markers2": s.markers,
			"sleep":    func(t *rapid.T) { s.w.sleep(time.Duration(rapid.IntRange(1, 20_000).Draw(t, "ms")) * time.Millisecond) },
			"failover": s.failover,
			"bounce":   s.bounce,
			"leader":   s.leader,
		})
		s.heal()
	})
}

// producer is what a producer believes.
type producer struct {
	id    string
	pid   int64
	epoch int16
}

// asked is a request that is under way.
type asked struct {
	who    *producer
	own    producer // what an InitProducerId said, pid -1 if nothing
	commit bool
	q      kmsg.Request
}

// mark is a marker in a partition.
type mark struct {
	pid    int64
	epoch  int16
	commit bool
	record int // of the journal: the verdict that it belongs to
}

// rec is a record of the journal.
type rec struct {
	id string
	v  kmsg.TxnMetadataValue
}

type system struct {
	t         *rapid.T
	w         *world
	producers []*producer
	asked     map[uint64]asked
	given     map[string]producer // "pid/epoch" -> what its InitProducerId said
	unsure    map[int]bool        // records of the journal whose append was told to have failed
	marks     map[log.TopicPartition][]mark
	fence     map[string]int32 // "partition/pid" -> the largest coordinator epoch
	verified  int              // records of the journal that were looked at
	verdicts  map[string]int   // id -> the record of the verdict that is in force and told, -1 none
	epoch     int32
}

func newSystem(t *rapid.T, q txn.Quirks) *system {
	s := &system{
		t: t, w: newWorld(q), asked: map[uint64]asked{}, given: map[string]producer{}, unsure: map[int]bool{},
		marks: map[log.TopicPartition][]mark{}, fence: map[string]int32{}, verdicts: map[string]int{}, epoch: 1,
	}
	for i := range 4 {
		s.producers = append(s.producers, &producer{id: []string{"t", "u"}[i%2], pid: -1, epoch: -1})
	}
	s.w.hold = true
	s.w.on = s.event
	s.w.elect(1)
	return s
}

// committed are the records of the journal below the high watermark.
func (s *system) committed() []rec {
	var out []rec
	for _, e := range s.w.logs[0][:s.w.hw[0]] {
		var r record.Reader
		if err := r.Reset(e.bytes); err != nil {
			s.t.Fatal(err)
		}
		var x record.Record
		for r.Next(&x) {
			k, v := kmsg.NewTxnMetadataKey(), kmsg.NewTxnMetadataValue()
			if err := errors.Join(k.ReadFrom(x.Key), v.ReadFrom(x.Value)); err != nil {
				s.t.Fatal(err)
			}
			out = append(out, rec{k.TransactionalID, v})
		}
	}
	return out
}

// latest is the last committed record of an id, and which it is; -1 if there is none.
func latest(rs []rec, id string) (int, rec) {
	for i, r := range slices.Backward(rs) {
		if r.id == id {
			return i, r
		}
	}
	return -1, rec{}
}

func isVerdict(s kmsg.TransactionState, commit bool) (prepared, complete bool) {
	if commit {
		return s == kmsg.TransactionStatePrepareCommit, s == kmsg.TransactionStateCompleteCommit
	}
	return s == kmsg.TransactionStatePrepareAbort, s == kmsg.TransactionStateCompleteAbort
}

// event holds what the coordinator says against its journal.
func (s *system) event(e txn.Event) {
	switch e := e.(type) {
	case txn.Done:
		a := s.asked[e.Call]
		delete(s.asked, e.Call)
		switch r := e.Response.(type) {
		case *kmsg.InitProducerIDResponse:
			if r.ErrorCode == 0 {
				s.give(a, r)
			}
		case *kmsg.EndTxnResponse:
			if r.ErrorCode == 0 {
				s.tell(a.who.id, a.commit, true)
			}
		}
	case txn.Send:
		for _, m := range e.Request.(*kmsg.WriteTxnMarkersRequest).Markers {
			s.tell(s.idOf(m.ProducerID), m.Committed, false)
		}
	}
}

func (s *system) idOf(pid int64) string {
	for _, r := range slices.Backward(s.committed()) {
		if r.v.ProducerID == pid {
			return r.id
		}
	}
	s.t.Fatalf("a marker for producer %d, of which the journal has nothing", pid)
	return ""
}

// tell notes that somebody was told a verdict, which must be committed.
func (s *system) tell(id string, commit, orComplete bool) {
	rs := s.committed()
	i, r := latest(rs, id)
	for orComplete && i >= 0 && s.unsure[i] && (r.v.State == kmsg.TransactionStateOngoing || r.v.State == kmsg.TransactionStateEmpty) {
		i, r = latest(rs[:i], id) // an append that seemed to fail, behind the verdict that EndTxn was asked for again
	}
	if i < 0 {
		s.t.Fatalf("%s: a verdict was told, and the journal has nothing", id)
	}
	prepared, complete := isVerdict(r.v.State, commit)
	if !prepared && !(orComplete && complete) {
		s.t.Fatalf("%s: told commit=%v while record %d of the journal says %s", id, commit, i, r.v.State)
	}
	if prepared {
		s.verdicts[id] = i
	}
}

// give notes which producer has got which epoch: one producer, unless it is the answer to the same question.
func (s *system) give(a asked, r *kmsg.InitProducerIDResponse) {
	key := fmt.Sprint(r.ProducerID, "/", r.ProducerEpoch)
	if before, ok := s.given[key]; ok && (before != a.own || a.own.pid < 0) {
		s.t.Fatalf("%s was given for %v and for %v", key, before, a.own)
	}
	s.given[key] = a.own
	a.who.pid, a.who.epoch = r.ProducerID, r.ProducerEpoch
}

// check looks at what has been committed since it last did.
func (s *system) check() {
	if len(s.w.broken) > 0 {
		s.t.Fatal(s.w.broken)
	}
	rs := s.committed()
	for i, r := range rs[s.verified:] {
		i += s.verified
		at, open := s.verdicts[r.id]
		if !open {
			continue
		}
		commit := rs[at].v.State == kmsg.TransactionStatePrepareCommit
		switch prepared, complete := isVerdict(r.v.State, commit); {
		case i <= at:
		case prepared:
		case complete:
			s.allMarked(rs[at], at, commit)
			delete(s.verdicts, r.id)
		default:
			s.t.Fatalf("%s: the verdict of record %d (%s) was told, and record %d says %s", r.id, at, rs[at].v.State, i, r.v.State)
		}
	}
	s.verified = len(rs)
}

// allMarked says that every partition of a transaction has its verdict.
func (s *system) allMarked(r rec, at int, commit bool) {
	for _, t := range r.v.Topics {
		for _, p := range t.Partitions {
			tp := log.TopicPartition{Topic: t.Topic, Partition: p}
			ms := s.marks[tp]
			if !slices.ContainsFunc(ms, func(m mark) bool {
				return m.pid == r.v.ProducerID && m.epoch == r.v.ProducerEpoch && m.commit == commit && m.record >= at
			}) {
				s.t.Fatalf("%s is complete, and %v has no marker of record %d: %v", r.id, tp, at, ms)
			}
		}
	}
}

func (s *system) ask(a asked) {
	s.asked[s.w.calls+1] = a
	s.w.ask(a.q)
}

func (s *system) who(t *rapid.T) *producer {
	return s.producers[rapid.IntRange(0, len(s.producers)-1).Draw(t, "producer")]
}

func (s *system) init(t *rapid.T) {
	p := s.who(t)
	q := kmsg.NewPtrInitProducerIDRequest()
	q.Version, q.TransactionalID, q.TransactionTimeoutMillis = 4, &p.id, 30_000
	own := producer{pid: -1, epoch: -1}
	if p.pid >= 0 && rapid.Bool().Draw(t, "says what it has") {
		q.ProducerID, q.ProducerEpoch = p.pid, p.epoch
		own = *p
	}
	s.ask(asked{who: p, own: own, q: q})
}

func (s *system) add(t *rapid.T) {
	p := s.who(t)
	q := kmsg.NewPtrAddPartitionsToTxnRequest()
	q.Version, q.TransactionalID, q.ProducerID, q.ProducerEpoch = 3, p.id, p.pid, p.epoch
	x := kmsg.NewAddPartitionsToTxnRequestTopic()
	x.Topic, x.Partitions = rapid.SampledFrom([]string{"a", "b"}).Draw(t, "topic"), []int32{int32(rapid.IntRange(0, 1).Draw(t, "partition"))}
	q.Topics = append(q.Topics, x)
	s.ask(asked{who: p, q: q})
}

func (s *system) end(t *rapid.T) {
	p := s.who(t)
	q := kmsg.NewPtrEndTxnRequest()
	q.Version, q.TransactionalID, q.ProducerID, q.ProducerEpoch, q.Commit = 3, p.id, p.pid, p.epoch, rapid.Bool().Draw(t, "commit")
	s.ask(asked{who: p, commit: q.Commit, q: q})
}

// journal ends the oldest append, one way or another. Some that fail are committed all the same.
func (s *system) journal(t *rapid.T) {
	if len(s.w.wishes) == 0 {
		t.Skip("nothing is being appended")
	}
	x := s.w.wishes[0]
	s.w.wishes = s.w.wishes[1:]
	s.w.fail = rapid.SampledFrom([]proto.Code{
		proto.None, proto.None, proto.None, proto.RequestTimedOut, proto.NotEnoughReplicasAfterAppend, proto.KafkaStorageError,
	}).Draw(t, "code")
	s.unsure[int(x.offset)] = s.w.fail != proto.None
	if s.w.fail != proto.None && rapid.Bool().Draw(t, "committed all the same") {
		s.w.hw[0] = max(s.w.hw[0], x.offset+1)
	}
	s.w.end(x)
	s.w.settle()
}

// markers brings a request with markers to its broker, or not, and its answer back, or not.
func (s *system) markers(t *rapid.T) {
	brokers := s.w.brokers()
	if len(brokers) == 0 {
		t.Skip("no markers are on their way")
	}
	broker := rapid.SampledFrom(brokers).Draw(t, "broker")
	s.deliver(broker, rapid.IntRange(0, 3).Draw(t, "0: lost, 1: the answer is lost") != 0, rapid.IntRange(0, 4).Draw(t, "0: the answer is lost") != 0)
}

func (s *system) deliver(broker int32, arrives, answered bool) {
	i := slices.IndexFunc(s.w.sends, func(x txn.Send) bool { return x.To == broker })
	x := s.w.sends[i]
	s.w.sends = slices.Delete(s.w.sends, i, i+1)
	q := x.Request.(*kmsg.WriteTxnMarkersRequest)
	var err error
	if !arrives || !answered {
		err = errors.New("connection reset")
	}
	var resp *kmsg.WriteTxnMarkersResponse
	if arrives {
		resp = s.apply(broker, q)
	}
	s.w.c.Answered(s.w, x.Call, resp, err)
	s.w.settle()
}

// apply is a broker that takes markers: a partition that it leads, and not of a coordinator that was deposed.
func (s *system) apply(broker int32, q *kmsg.WriteTxnMarkersRequest) *kmsg.WriteTxnMarkersResponse {
	codes := map[string]proto.Code{}
	for _, m := range q.Markers {
		for _, t := range m.Topics {
			for _, p := range t.Partitions {
				tp := log.TopicPartition{Topic: t.Topic, Partition: p}
				key := fmt.Sprint(tp, "/", m.ProducerID)
				switch {
				case s.w.leaders[tp] != broker:
					codes[key] = proto.NotLeaderForPartition
				case m.CoordinatorEpoch < s.fence[key]:
					codes[key] = proto.TransactionCoordinatorFenced
				default:
					s.fence[key] = m.CoordinatorEpoch
					at, _ := latest(s.committed(), s.idOf(m.ProducerID))
					s.marks[tp] = append(s.marks[tp], mark{m.ProducerID, m.ProducerEpoch, m.Committed, at})
				}
			}
		}
	}
	resp := written(q, func(log.TopicPartition) proto.Code { return proto.None })
	for i := range resp.Markers {
		m := &resp.Markers[i]
		for j := range m.Topics {
			for k := range m.Topics[j].Partitions {
				p := &m.Topics[j].Partitions[k]
				p.ErrorCode = int16(codes[fmt.Sprint(log.TopicPartition{Topic: m.Topics[j].Topic, Partition: p.Partition}, "/", m.ProducerID)])
			}
		}
	}
	return resp
}

// failover is another coordinator. What was not committed may be in its log, or not.
func (s *system) failover(t *rapid.T) {
	s.epoch++
	if keep := rapid.IntRange(int(s.w.hw[0]), len(s.w.logs[0])).Draw(t, "records kept"); keep < len(s.w.logs[0]) {
		s.w.logs[0] = s.w.logs[0][:keep]
	}
	s.asked = map[uint64]asked{}
	s.w.restart()
	s.w.elect(s.epoch)
	if rapid.Bool().Draw(t, "all of it is committed") {
		s.w.hw[0] = int64(len(s.w.logs[0]))
	}
}

// bounce is the same broker again, in a later epoch; its requests with markers are still under way.
func (s *system) bounce(t *rapid.T) {
	s.epoch++
	s.w.wishes = nil
	delete(s.w.epochs, 0)
	s.w.c.Resigned(s.w, 0, s.epoch)
	s.w.settle()
	s.w.elect(s.epoch)
	s.w.hw[0] = int64(len(s.w.logs[0]))
}

// leader moves a partition.
func (s *system) leader(t *rapid.T) {
	tp := log.TopicPartition{Topic: "a", Partition: int32(rapid.IntRange(0, 1).Draw(t, "partition"))}
	s.w.leaders[tp] = int32(rapid.SampledFrom([]int{-1, 2, 3, 4}).Draw(t, "broker"))
	s.w.c.MetadataChanged(s.w)
	s.w.settle()
}

// heal stops all faults; then every transaction must come to its end.
func (s *system) heal() {
	for p := range int32(2) {
		s.w.leaders[log.TopicPartition{Topic: "a", Partition: p}] = 2
	}
	s.w.fail, s.w.hold = proto.None, false
	s.w.hw[0] = int64(len(s.w.logs[0]))
	for range 30 {
		s.w.sleep(5 * time.Second)
		for _, b := range s.w.brokers() {
			s.deliver(b, true, true)
		}
		s.check()
	}
	for _, p := range s.w.c.Inspect().(txn.View).Partitions {
		for _, v := range p.IDs {
			if p.Loading || v.Pending != "" || v.State == "Ongoing" || v.State == "PrepareCommit" || v.State == "PrepareAbort" {
				s.t.Fatalf("150 s without a fault, and still %s", v)
			}
		}
	}
}
