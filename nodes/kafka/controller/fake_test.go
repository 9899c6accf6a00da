package controller

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/zk"
)

// bench is a controller on a storage that is a map, without a universe: for what a storage may answer, one answer at a time.
type bench struct {
	nodes.Env // only what follows is asked for
	t         *testing.T
	c         *Controller
	records   map[string]zk.Result   // by path
	fail      map[string][]error     // by path: what the next writes of it end with
	lost      map[string]int         // by path: so many of the next writes are made, and not answered
	before    map[string][]zk.Result // by path: what the next reads of it tell
	calls     uint64
	done      []zk.Done
	sent      []kmsg.Request
	became    []Became
	ready     []ShutdownReady
}

func (b *bench) Now() time.Time                        { return time.UnixMilli(0) }
func (b *bench) Rand() *rand.Rand                      { return rand.New(rand.NewPCG(1, 1)) }
func (b *bench) SetTimer(_ nodes.Tag, _ time.Duration) {}
func (b *bench) StopTimer(nodes.Tag)                   {}
func (b *bench) Session() int64                        { return 5 }

func (b *bench) Do(_ nodes.Env, _ int32, ops ...zk.Op) uint64 {
	b.calls++
	d := zk.Done{Call: b.calls}
	for _, op := range ops {
		d.Results = append(d.Results, b.op(op))
	}
	b.done = append(b.done, d)
	return d.Call
}

func (b *bench) op(op zk.Op) zk.Result {
	if op.Verb == zk.List {
		r := zk.Result{Key: op.Key}
		for path := range b.records {
			if name, ok := strings.CutPrefix(path, op.Key.ListPath()+"/"); ok && !strings.Contains(name, "/") {
				r.Names = append(r.Names, name)
			}
		}
		slices.Sort(r.Names)
		return r
	}
	if op.Verb == zk.Atomic {
		for _, o := range op.Ops {
			if r := b.op(o); r.Err != nil {
				return r
			}
		}
		return zk.Result{}
	}
	path := op.Key.Path()
	r, there := b.records[path]
	r.Key = op.Key
	if old := b.before[path]; op.Verb == zk.Get && len(old) > 0 {
		b.before[path] = old[1:]
		return old[0]
	}
	if errs := b.fail[path]; op.Verb >= zk.Create && len(errs) > 0 {
		b.fail[path] = errs[1:]
		if errs[0] != nil {
			return zk.Result{Key: op.Key, Err: errs[0]}
		}
	}
	switch {
	case !there && op.Verb != zk.Create:
		r.Err = zk.ErrNoNode
		return r
	case there && op.Verb == zk.Create:
		r.Err = zk.ErrNodeExists
		return r
	case op.Verb == zk.Delete:
		delete(b.records, path)
		return r
	case op.Verb == zk.Create:
		b.calls++
		r = zk.Result{Key: op.Key, Value: op.Value, Czxid: int64(b.calls), Owner: map[bool]int64{true: 5}[op.Ephemeral]}
	case op.Verb == zk.Set && op.Version >= 0 && op.Version != r.Version:
		r.Err = zk.ErrBadVersion
		return r
	case op.Verb == zk.Set:
		r.Value, r.Version = op.Value, r.Version+1
	}
	if op.Verb >= zk.Create {
		b.calls++
		r.Mzxid = int64(b.calls)
	}
	b.records[path] = r
	if op.Verb >= zk.Create && b.lost[path] > 0 {
		b.lost[path]--
		return zk.Result{Key: op.Key, Err: zk.ErrUncertain}
	}
	return r
}

// run hands over what the storage has to say, one call at a time, until it says nothing more.
func (b *bench) run() {
	for more := true; more; more = len(b.done) > 0 {
		if len(b.done) > 0 {
			b.hear()
		}
		for ev, ok := b.c.Take(); ok; ev, ok = b.c.Take() {
			switch ev := ev.(type) {
			case Send:
				b.sent = append(b.sent, ev.Request)
			case Became:
				b.became = append(b.became, ev)
			case ShutdownReady:
				b.ready = append(b.ready, ev)
			}
		}
	}
}

// hear hands over what the storage has to say of one call.
func (b *bench) hear() {
	d := b.done[0]
	b.done = b.done[1:]
	b.c.Stored(b, d)
}

var clicks = log.TopicPartition{Topic: "clicks"}

// newBench has broker 1 be the controller of a cluster of three, with a partition on 2 and 3 that 2 leads.
func newBench(t *testing.T) *bench {
	b := &bench{t: t, records: map[string]zk.Result{}, fail: map[string][]error{}, lost: map[string]int{}, before: map[string][]zk.Result{}}
	for id := range int32(2) {
		b.op(zk.Op{Verb: zk.Create, Key: zk.BrokerKey(id + 2), Value: zk.Broker{ID: id + 2, Endpoints: []zk.Endpoint{{Listener: "PLAINTEXT", Host: "b", Port: 1}}}})
	}
	b.op(zk.Op{Verb: zk.Create, Key: zk.TopicKey("clicks"), Value: zk.Topic{Partitions: []zk.Assignment{{Replicas: []int32{2, 3}}}}})
	b.op(zk.Op{Verb: zk.Create, Key: zk.PartitionKey(clicks), Value: zk.PartitionState{Leader: 2, ISR: []int32{2, 3}}})
	b.c = New(Config{Broker: 1, Endpoints: []zk.Endpoint{{Listener: "PLAINTEXT", Host: "b", Port: 1}}}, b)
	b.c.Stored(b, zk.Connected{Session: 5, New: true})
	b.run()
	require.Equal(t, []Became{{Active: true, Epoch: 1}}, b.became)
	return b
}

func (b *bench) state() zk.PartitionState {
	return b.records[zk.PartitionKey(clicks).Path()].Value.(zk.PartitionState)
}

// lose lets a broker's session end.
func (b *bench) lose(id int32) {
	delete(b.records, zk.BrokerKey(id).Path())
	b.c.Stored(b, zk.Watched{Key: zk.Key{Kind: zk.KindBroker}, List: true})
	b.run()
}

func TestAnElectionThatMeetsAnotherVersionReadsAgain(t *testing.T) {
	b := newBench(t)
	b.fail[zk.PartitionKey(clicks).Path()] = []error{zk.ErrBadVersion, zk.ErrUncertain}
	b.lose(2)
	require.Equal(t, zk.PartitionState{Leader: 3, LeaderEpoch: 1, ISR: []int32{3}, ControllerEpoch: 1}, b.state())
	require.True(t, b.c.active)
	require.Equal(t, OnlinePartition, b.c.ctx.find(clicks).phase)
}

// Who finds that it has won an election whose answer was lost may have read the epoch before that came about. Two controllers of one epoch
// would follow.
func TestAnElectionWhoseAnswerIsLostIsOfTheEpochThatItHasBegun(t *testing.T) {
	b := newBench(t)
	seat, epoch := zk.Key{Kind: zk.KindController}.Path(), zk.Key{Kind: zk.KindControllerEpoch}.Path()
	now := b.records[epoch]
	b.lost[epoch], b.before[epoch] = 1, []zk.Result{now, now}
	delete(b.records, seat)
	b.c.Stored(b, zk.Watched{Key: zk.Key{Kind: zk.KindController}})
	b.run()
	require.Equal(t, zk.ControllerEpoch(2), b.records[epoch].Value)
	require.Equal(t, []Became{{true, 1}, {false, 1}, {true, 2}}, b.became)
}

// A shrink whose answer is lost is found written when the state is read again. The leader must hear of its new leader epoch all the same:
// otherwise its fetchers are refused for ever.
func TestAShrinkWhoseAnswerIsLostIsToldToTheLeader(t *testing.T) {
	b := newBench(t)
	b.lost[zk.PartitionKey(clicks).Path()] = 1
	b.lose(3)
	require.Equal(t, zk.PartitionState{Leader: 2, LeaderEpoch: 1, ISR: []int32{2}, ControllerEpoch: 1}, b.state())
	require.True(t, b.told(2, 1))
}

// So is an election of the preferred leader, which reads that it is not needed: everybody else is fenced in the old epoch, and nobody leads.
func TestAnElectionWhoseAnswerIsLostIsToldToTheLeader(t *testing.T) {
	b := newBench(t)
	path := zk.PartitionKey(clicks).Path()
	away := zk.PartitionState{Leader: 3, LeaderEpoch: 1, ISR: []int32{3, 2}, ControllerEpoch: 1}
	r := b.records[path]
	r.Value = away
	b.records[path], b.c.ctx.find(clicks).state = r, away
	b.lost[path] = 1
	b.c.Fire(b, nodes.Tag{Name: tagRebalance})
	b.run()
	require.Equal(t, zk.PartitionState{Leader: 2, LeaderEpoch: 2, ISR: []int32{3, 2}, ControllerEpoch: 1}, b.state())
	require.True(t, b.told(2, 2))
}

// told tells whether a broker, which answers all that it is sent, is told of a leader epoch.
func (b *bench) told(broker, epoch int32) bool {
	for q := b.c.queue(broker); q.call != 0; {
		b.c.Answered(b, q.call, q.items[0].ResponseKind(), nil)
		b.run()
	}
	return slices.ContainsFunc(b.sent, func(r kmsg.Request) bool {
		l, ok := r.(*kmsg.LeaderAndISRRequest)
		return ok && slices.ContainsFunc(l.TopicStates, func(s kmsg.LeaderAndISRRequestTopicState) bool { return s.PartitionStates[0].LeaderEpoch == epoch })
	})
}

// A leader that has registered anew since it was elected, unseen by any controller, may have lost the end of its log. It leads again, but
// in a leader epoch of its own: two records of one epoch and offset are a difference that no truncation finds.
func TestALeaderThatBouncedUnseenLeadsInANewEpoch(t *testing.T) {
	b := &bench{t: t, records: map[string]zk.Result{}, fail: map[string][]error{}, lost: map[string]int{}, before: map[string][]zk.Result{}}
	there := func(id int32) {
		b.op(zk.Op{Verb: zk.Create, Key: zk.BrokerKey(id), Value: zk.Broker{ID: id, Endpoints: []zk.Endpoint{{Listener: "PLAINTEXT", Host: "b", Port: 1}}}})
	}
	there(3)
	b.op(zk.Op{Verb: zk.Create, Key: zk.TopicKey("clicks"), Value: zk.Topic{Partitions: []zk.Assignment{{Replicas: []int32{2, 3}}, {Partition: 1, Replicas: []int32{3, 2}}}}})
	b.op(zk.Op{Verb: zk.Create, Key: zk.PartitionKey(clicks), Value: zk.PartitionState{Leader: 2, ISR: []int32{2, 3}}})
	other := log.TopicPartition{Topic: "clicks", Partition: 1}
	b.op(zk.Op{Verb: zk.Create, Key: zk.PartitionKey(other), Value: zk.PartitionState{Leader: 3, ISR: []int32{3, 2}}})
	there(2)
	b.c = New(Config{Broker: 1, Endpoints: []zk.Endpoint{{Listener: "PLAINTEXT", Host: "b", Port: 1}}}, b)
	b.c.Stored(b, zk.Connected{Session: 5, New: true})
	b.run()
	require.Equal(t, []Became{{Active: true, Epoch: 1}}, b.became)
	require.Equal(t, zk.PartitionState{Leader: 2, LeaderEpoch: 1, ISR: []int32{2, 3}, ControllerEpoch: 1}, b.state())
	require.Equal(t, zk.PartitionState{Leader: 3, ISR: []int32{3, 2}}, b.records[zk.PartitionKey(other).Path()].Value)
	for b.c.queue(2).call != 0 {
		b.c.Answered(b, b.c.queue(2).call, b.c.queue(2).items[0].ResponseKind(), nil)
		b.run()
	}
	for _, r := range b.sent {
		if l, ok := r.(*kmsg.LeaderAndISRRequest); ok {
			for _, s := range l.TopicStates[0].PartitionStates {
				require.False(t, s.Partition == 0 && s.LeaderEpoch == 0, "nobody is told to go on in the old leader epoch")
			}
		}
	}
}

func TestAWriteThatIsFencedEndsTheTerm(t *testing.T) {
	b := newBench(t)
	b.fail[zk.PartitionKey(clicks).Path()] = []error{zk.ErrFenced}
	delete(b.records, "/controller")
	b.op(zk.Op{Verb: zk.Create, Key: zk.Key{Kind: zk.KindController}, Value: zk.Controller{Broker: 3}})
	b.lose(2)
	require.Equal(t, []Became{{Active: true, Epoch: 1}, {Active: false, Epoch: 1}}, b.became)
	require.Equal(t, int32(3), b.c.Leader())
	require.Equal(t, zk.PartitionState{Leader: 2, ISR: []int32{2, 3}}, b.state())
}

func TestAStateOfANewerControllerIsLeftAlone(t *testing.T) {
	b := newBench(t)
	path := zk.PartitionKey(clicks).Path()
	r := b.records[path]
	r.Value = zk.PartitionState{Leader: 2, LeaderEpoch: 7, ISR: []int32{2, 3}, ControllerEpoch: 9}
	b.records[path] = r
	b.lose(2)
	require.Equal(t, r.Value, b.state())
}

func TestAFirstStateWhoseWriteIsUncertainIsLookedFor(t *testing.T) {
	b := newBench(t)
	tp := log.TopicPartition{Topic: "orders"}
	b.fail[zk.PartitionKey(tp).Path()] = []error{zk.ErrUncertain}
	b.op(zk.Op{Verb: zk.Create, Key: zk.TopicKey("orders"), Value: zk.Topic{Partitions: []zk.Assignment{{Replicas: []int32{3, 2}}}}})
	b.c.Stored(b, zk.Watched{Key: zk.Key{Kind: zk.KindTopic}, List: true})
	b.run()
	require.Equal(t, zk.PartitionState{Leader: 3, ISR: []int32{3, 2}, ControllerEpoch: 1}, b.records[zk.PartitionKey(tp).Path()].Value)
	require.Equal(t, OnlinePartition, b.c.ctx.find(tp).phase)
}

func TestRequestsToABrokerGoOutOneAtATime(t *testing.T) {
	b := newBench(t)
	require.NotEmpty(t, b.sent)
	q := b.c.queue(3)
	require.NotZero(t, q.call)
	waiting := len(q.items)
	require.Greater(t, waiting, 1)
	was, call := q.items[0], q.call
	b.c.Answered(b, call, nil, nodes.ErrReset)
	require.Same(t, was, q.items[0], "it is repeated")
	require.Zero(t, q.call)
	b.c.Fire(b, nodes.Tag{Name: tagRetry, N: 3})
	require.NotEqual(t, call, q.call)
	b.c.Answered(b, call, was.ResponseKind(), nil)
	require.Len(t, q.items, waiting, "the answer to an earlier attempt says nothing")
	b.c.Answered(b, q.call, was.ResponseKind(), nil)
	require.Len(t, q.items, waiting-1)
}

// A broker has come back, and has refused, as what was meant for its last process, to delete a replica. The controller hears of that when it has
// begun the deletion anew, which goes on.
func TestARefusalByTheNextProcessEndsNoDeletion(t *testing.T) {
	b := newBench(t)
	b.op(zk.Op{Verb: zk.Create, Key: zk.Key{Kind: zk.KindDeleteTopic, Name: "clicks"}})
	b.c.Stored(b, zk.Watched{Key: zk.Key{Kind: zk.KindDeleteTopic}, List: true})
	b.run()
	deleting := func(id int32) bool {
		r, ok := b.c.queue(id).items[0].(*kmsg.StopReplicaRequest)
		return ok && r.Topics[0].PartitionStates[0].Delete
	}
	for _, id := range []int32{2, 3} {
		for !deleting(id) {
			b.obeys(id)
			b.run()
		}
	}

	b.c.Stored(b, zk.Watched{Key: zk.Key{Kind: zk.KindTopic}, List: true}) // the controller is at something else
	b.obeys(2)
	old := b.records[zk.BrokerKey(3).Path()].Value
	delete(b.records, zk.BrokerKey(3).Path())
	b.op(zk.Op{Verb: zk.Create, Key: zk.BrokerKey(3), Value: old})
	b.c.Stored(b, zk.Watched{Key: zk.Key{Kind: zk.KindBroker}, List: true})
	goesOn := func(next task) bool { _, ok := next.(*resumeDeletions); return ok }
	for !slices.ContainsFunc(b.c.ctl.queue, goesOn) { // because of 2, but behind the return of 3
		b.hear()
	}
	refusal := b.c.queue(3).items[0].ResponseKind().(*kmsg.StopReplicaResponse)
	refusal.ErrorCode = int16(proto.StaleBrokerEpoch)
	b.c.Answered(b, b.c.queue(3).call, refusal, nil)
	b.run()
	for b.c.queue(3).call != 0 {
		b.obeys(3)
		b.run()
	}
	require.NotContains(t, b.records, zk.TopicKey("clicks").Path())
}

// obeys has a broker do what it was sent, and say so.
func (b *bench) obeys(broker int32) {
	q := b.c.queue(broker)
	resp := q.items[0].ResponseKind()
	if r, ok := q.items[0].(*kmsg.StopReplicaRequest); ok {
		for _, t := range r.Topics {
			for _, p := range t.PartitionStates {
				o := kmsg.NewStopReplicaResponsePartition()
				o.Topic, o.Partition = t.Topic, p.Partition
				resp.(*kmsg.StopReplicaResponse).Partitions = append(resp.(*kmsg.StopReplicaResponse).Partitions, o)
			}
		}
	}
	b.c.Answered(b, q.call, resp, nil)
}

func TestABrokerStopsAfterThreeVainAttemptsToBeLetGo(t *testing.T) {
	b := newBench(t)
	attempts := func() (n int) {
		for _, r := range b.sent {
			if _, ok := r.(*kmsg.ControlledShutdownRequest); ok {
				n++
			}
		}
		return n
	}
	b.c.Shutdown(b)
	b.run()
	for i := range shutdownTries {
		require.Equal(t, i+1, attempts())
		require.Empty(t, b.ready)
		b.c.Fire(b, nodes.Tag{Name: tagShutdown}) // nobody has answered
		b.run()
	}
	require.Equal(t, []ShutdownReady{{Clean: false}}, b.ready)
	b.c.Fire(b, nodes.Tag{Name: tagShutdown})
	b.run()
	require.Equal(t, shutdownTries, attempts())
}
