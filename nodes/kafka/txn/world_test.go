package txn_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
	"orrery/nodes/kafka/txn"
)

// entry is a batch of a journal.
type entry struct {
	bytes record.Batch
	epoch int32
}

// wish is an append whose end the coordinator has not been told.
type wish struct {
	call      uint64
	partition int32
	offset    int64 // -1: it was refused
}

// world is one broker around a coordinator: its journal, the cluster as it knows it, its timers. The journal commits at once
// unless it is told to hold, or to fail.
type world struct {
	nodes.Env
	now     time.Duration
	timers  map[nodes.Tag]time.Duration
	c       *txn.Coordinator
	quirks  txn.Quirks
	expiry  time.Duration
	calls   uint64
	nextPID int64

	epochs  map[int32]int32   // of the partitions that this broker leads
	logs    map[int32][]entry // of __transaction_state
	hw      map[int32]int64
	wishes  []wish
	hold    bool
	fail    proto.Code // of appends
	lost    bool       // an append that fails leaves nothing in the log
	noIDs   bool
	leaders map[log.TopicPartition]int32

	on func(txn.Event) // sees each event before the world acts on it

	dones  []txn.Done
	sends  []txn.Send
	lines  []string // what has happened since it was last told
	broken []string // invariants
}

func newWorld(q txn.Quirks) *world {
	w := &world{
		timers: map[nodes.Tag]time.Duration{}, quirks: q, nextPID: 1000,
		epochs: map[int32]int32{}, logs: map[int32][]entry{}, hw: map[int32]int64{}, leaders: map[log.TopicPartition]int32{},
	}
	w.leaders[log.TopicPartition{Topic: txn.StateTopic}] = 1
	w.leaders[log.TopicPartition{Topic: txn.OffsetsTopic}] = 3
	for i, topic := range []string{"a", "b"} {
		for p := range int32(2) {
			w.leaders[log.TopicPartition{Topic: topic, Partition: p}] = int32(i) + 2
		}
	}
	w.restart()
	return w
}

// restart is another broker that has the same journal.
func (w *world) restart() {
	w.timers = map[nodes.Tag]time.Duration{}
	w.epochs, w.wishes, w.sends = map[int32]int32{}, nil, nil
	w.c = txn.New(txn.Config{Cluster: w, Partitions: 1, OffsetsPartitions: 1, IDExpiry: w.expiry, LoadBytes: 200, Quirks: w.quirks}, w)
	w.c.Start(w)
}

// The Env.

func (w *world) Now() time.Time                        { return time.Unix(1_700_000_000, 0).Add(w.now) }
func (w *world) SetTimer(t nodes.Tag, d time.Duration) { w.timers[t] = w.now + d }
func (w *world) StopTimer(t nodes.Tag)                 { delete(w.timers, t) }
func (w *world) Noting() bool                          { return true }
func (w *world) Note(s string)                         { w.lines = append(w.lines, "  "+s) }
func (w *world) Mark(k nodes.MarkKind, name string, ok bool) {
	if k == nodes.MarkUnreachable || k == nodes.MarkAlways && !ok {
		w.broken = append(w.broken, name)
	}
}

// The Cluster.

func (w *world) Leader(topic string, p int32) (int32, bool) {
	b, ok := w.leaders[log.TopicPartition{Topic: topic, Partition: p}]
	return b, ok
}

// The Journal.

func (w *world) LeaderEpoch(p int32) (int32, bool) {
	e, ok := w.epochs[p]
	return e, ok
}

func (w *world) Append(_ nodes.Env, p int32, b []byte, _ time.Duration) uint64 {
	w.calls++
	x := wish{call: w.calls, partition: p, offset: -1}
	if w.fail == proto.None || !w.lost {
		x.offset = int64(len(w.logs[p]))
		batch := record.Batch(slices.Clone(b))
		batch.Assign(x.offset, w.epochs[p])
		w.logs[p] = append(w.logs[p], entry{batch, w.epochs[p]})
	}
	w.wishes = append(w.wishes, x)
	return x.call
}

func (w *world) Read(_ nodes.Env, p int32, offset int64, maxBytes int) (log.Fetched, error) {
	f := log.Fetched{HighWatermark: w.hw[p], End: int64(len(w.logs[p]))}
	for o := offset; o < w.hw[p] && (len(f.Records) == 0 || len(f.Records) < maxBytes); o++ {
		f.Records = append(f.Records, w.logs[p][o].bytes...)
	}
	return f, nil
}

// settle tells the coordinator what has become of its appends, gives it producer ids, and runs what is due now.
func (w *world) settle() {
	for moved := true; moved; {
		moved = w.drain()
		for _, tag := range w.due() {
			delete(w.timers, tag)
			w.c.Fire(w, tag)
			moved = true
		}
		if len(w.wishes) > 0 && !w.hold {
			x := w.wishes[0]
			w.wishes = w.wishes[1:]
			w.end(x)
			moved = true
		}
	}
}

// end tells what has become of one append.
func (w *world) end(x wish) {
	if w.fail == proto.None {
		w.hw[x.partition] = max(w.hw[x.partition], x.offset+1)
	}
	w.c.Appended(w, x.call, x.offset, w.fail)
}

// due are the timers whose time has come, sorted.
func (w *world) due() []nodes.Tag {
	var tags []nodes.Tag
	for tag, at := range w.timers {
		if at <= w.now {
			tags = append(tags, tag)
		}
	}
	slices.SortFunc(tags, func(a, b nodes.Tag) int {
		return strings.Compare(fmt.Sprintf("%s %020d", a.Name, a.N), fmt.Sprintf("%s %020d", b.Name, b.N))
	})
	return tags
}

// drain takes what the coordinator wants.
func (w *world) drain() (any bool) {
	for {
		e, ok := w.c.Take()
		if !ok {
			return any
		}
		any = true
		if w.on != nil {
			w.on(e)
		}
		switch e := e.(type) {
		case txn.Done:
			w.dones = append(w.dones, e)
			w.lines = append(w.lines, answer(e.Response))
		case txn.Send:
			w.sends = append(w.sends, e)
			w.lines = append(w.lines, "to broker "+fmt.Sprint(e.To)+": "+markers(e.Request.(*kmsg.WriteTxnMarkersRequest)))
		case txn.NeedProducerIDs:
			if w.noIDs {
				w.c.ProducerIDs(w, e.Call, 0, 0, errors.New("no ZooKeeper"))
				continue
			}
			w.c.ProducerIDs(w, e.Call, w.nextPID, 1000, nil)
			w.nextPID += 1000
		}
	}
}

// sleep lets time pass, timer by timer.
func (w *world) sleep(d time.Duration) {
	end := w.now + d
	for {
		next := end
		for _, at := range w.timers {
			next = min(next, at)
		}
		w.now = max(w.now, next)
		w.settle()
		if w.now >= end {
			return
		}
	}
}

// elect makes this broker the leader of the journal.
func (w *world) elect(epoch int32) {
	w.epochs[0] = epoch
	w.c.Elected(w, 0, epoch)
	w.settle()
}

// ask hands the coordinator a request.
func (w *world) ask(r kmsg.Request) {
	w.calls++
	w.c.Handle(w, w.calls, txn.Peer{}, r)
	w.settle()
}

// reply answers the oldest request with markers that went to a broker, each partition with the code; or with an error if err is set.
func (w *world) reply(broker int32, code proto.Code, err error) bool {
	i := slices.IndexFunc(w.sends, func(s txn.Send) bool { return s.To == broker })
	if i < 0 {
		return false
	}
	s := w.sends[i]
	w.sends = slices.Delete(w.sends, i, i+1)
	w.c.Answered(w, s.Call, written(s.Request.(*kmsg.WriteTxnMarkersRequest), func(log.TopicPartition) proto.Code { return code }), err)
	return true
}

// written is the answer to a request with markers.
func written(q *kmsg.WriteTxnMarkersRequest, code func(log.TopicPartition) proto.Code) *kmsg.WriteTxnMarkersResponse {
	resp := q.ResponseKind().(*kmsg.WriteTxnMarkersResponse)
	for _, m := range q.Markers {
		a := kmsg.NewWriteTxnMarkersResponseMarker()
		a.ProducerID = m.ProducerID
		for _, t := range m.Topics {
			topic := kmsg.NewWriteTxnMarkersResponseMarkerTopic()
			topic.Topic = t.Topic
			for _, p := range t.Partitions {
				part := kmsg.NewWriteTxnMarkersResponseMarkerTopicPartition()
				part.Partition, part.ErrorCode = p, int16(code(log.TopicPartition{Topic: t.Topic, Partition: p}))
				topic.Partitions = append(topic.Partitions, part)
			}
			a.Topics = append(a.Topics, topic)
		}
		resp.Markers = append(resp.Markers, a)
	}
	return resp
}

// tell returns what has happened since it was last asked.
func (w *world) tell() string {
	out := append(w.lines, w.broken...)
	w.lines, w.broken = nil, nil
	if len(out) == 0 {
		return ""
	}
	return strings.Join(out, "\n") + "\n"
}

// state is what the coordinator knows.
func (w *world) state() []string {
	var out []string
	for _, p := range w.c.Inspect().(txn.View).Partitions {
		if p.Loading {
			out = append(out, fmt.Sprintf("loading, up to %d", p.Loaded))
		}
		for _, v := range p.IDs {
			line := v.String()
			for _, tp := range v.Partitions {
				line += fmt.Sprintf(" %s-%d", tp.Topic, tp.Partition)
			}
			out = append(out, line)
		}
	}
	return out
}

// last is the answer to the last request that was answered.
func (w *world) last() kmsg.Response { return w.dones[len(w.dones)-1].Response }

// answer is a response in one line.
func answer(r kmsg.Response) string {
	code := func(c int16) string { return proto.Code(c).String() }
	switch r := r.(type) {
	case *kmsg.InitProducerIDResponse:
		if r.ErrorCode == 0 {
			return fmt.Sprintf("InitProducerId: producer %d epoch %d", r.ProducerID, r.ProducerEpoch)
		}
		return "InitProducerId: " + code(r.ErrorCode)
	case *kmsg.EndTxnResponse:
		return "EndTxn: " + code(r.ErrorCode)
	case *kmsg.AddOffsetsToTxnResponse:
		return "AddOffsetsToTxn: " + code(r.ErrorCode)
	case *kmsg.AddPartitionsToTxnResponse:
		out := "AddPartitionsToTxn:"
		for _, t := range r.Topics {
			for _, p := range t.Partitions {
				out += fmt.Sprintf(" %s-%d %s", t.Topic, p.Partition, code(p.ErrorCode))
			}
		}
		for _, x := range r.Transactions {
			out += " [" + x.TransactionalID
			for _, t := range x.Topics {
				for _, p := range t.Partitions {
					out += fmt.Sprintf(" %s-%d %s", t.Topic, p.Partition, code(p.ErrorCode))
				}
			}
			out += "]"
		}
		return out
	case *kmsg.DescribeTransactionsResponse:
		out := "DescribeTransactions:"
		for _, t := range r.TransactionStates {
			out += fmt.Sprintf(" %s %s %s", t.TransactionalID, code(t.ErrorCode), t.State)
		}
		return out
	case *kmsg.ListTransactionsResponse:
		out := "ListTransactions: " + code(r.ErrorCode)
		for _, t := range r.TransactionStates {
			out += fmt.Sprintf(" %s %s", t.TransactionalID, t.TransactionState)
		}
		for _, s := range r.UnknownStateFilters {
			out += " unknown " + s
		}
		return out
	}
	return fmt.Sprintf("%T", r)
}

// markers is a request with markers in one line.
func markers(q *kmsg.WriteTxnMarkersRequest) string {
	var out []string
	for _, m := range q.Markers {
		verdict := "abort"
		if m.Committed {
			verdict = "commit"
		}
		line := fmt.Sprintf("%s producer %d epoch %d coordinator %d", verdict, m.ProducerID, m.ProducerEpoch, m.CoordinatorEpoch)
		for _, t := range m.Topics {
			for _, p := range t.Partitions {
				line += fmt.Sprintf(" %s-%d", t.Topic, p)
			}
		}
		out = append(out, line)
	}
	return strings.Join(out, "; ")
}

// brokers are those who have been sent markers and have not answered.
func (w *world) brokers() []int32 {
	seen := map[int32]bool{}
	for _, s := range w.sends {
		seen[s.To] = true
	}
	return slices.Sorted(maps.Keys(seen))
}
