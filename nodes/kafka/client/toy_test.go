package client_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
	"orrery/nodes/task"
	"orrery/sim"
)

// fate is what a toy broker does with a request instead of answering it.
type fate struct {
	code proto.Code // refuse it
	lose bool       // carry it out, and break the connection
	drop bool       // break the connection at once
	mute bool       // carry it out, and say nothing
}

// toys are brokers that share one memory: a cluster that never disagrees with itself.
type toys struct {
	testing.TB
	u       *sim.Universe
	ids     []int32
	parts   map[client.TopicPartition]*toyPart
	group   toyGroup
	txn     toyTxn
	lastPID int64
	fates   func(broker int32, r kmsg.Request) fate // nil: all is well
	seen    []string                                // "1 Produce"
	cluster *client.Cluster                         // of the machine c1
	session map[int32][]client.TopicPartition
}

// toyPart is a partition.
type toyPart struct {
	leader, epoch int32
	prefers       int32 // a follower that readers are sent to, 0: none
	log           []record.Batch
	start, next   int64
	last          map[int64]record.Batch // of each producer
	lastOffset    map[int64]int64
	open          map[int64]int64 // where each producer's transaction began
	aborted       []kmsg.FetchResponseTopicPartitionAbortedTransaction
	ends          []int64 // where each epoch ended
}

func newToys(t testing.TB, brokers int, partitions int32) *toys {
	w := &toys{TB: t, u: sim.New(sim.Config{Seed: 7, Net: sim.NetConfig{Delay: sim.Dist{Min: time.Millisecond}}}),
		parts: map[client.TopicPartition]*toyPart{}, session: map[int32][]client.TopicPartition{}}
	for i := range brokers {
		id := int32(i + 1)
		w.ids = append(w.ids, id)
		w.u.Add(nodes.ID(fmt.Sprint("b", id)), func() nodes.Node { return &toy{w: w, id: id} }).Start(0)
	}
	for p := range partitions {
		w.parts[tp{Topic: "a", Partition: p}] = &toyPart{leader: 1 + p%int32(brokers), last: map[int64]record.Batch{}, lastOffset: map[int64]int64{}, open: map[int64]int64{}}
	}
	return w
}

// config is that of a client.
func (w *toys) config() client.Config {
	var c client.Config
	for _, id := range w.ids {
		c.Bootstrap = append(c.Bootstrap, client.Addr(fmt.Sprint("b", id), 9092))
	}
	return c
}

// run runs a body on a machine of its own, and fails the test if it has not returned in an hour.
func (w *toys) run(c client.Config, body func(t *task.T, c *client.Cluster)) {
	w.Helper()
	done := w.begin(nodes.ID(fmt.Sprint("c", len(w.u.Machines()))), c, body)
	require.True(w, w.u.RunUntil(func() bool { return *done }, w.u.Now()+time.Hour), "the client is stuck")
}

func (w *toys) begin(id nodes.ID, c client.Config, body func(t *task.T, c *client.Cluster)) *bool {
	done := new(bool)
	w.u.Add(id, func() nodes.Node {
		return task.New(nodes.JSONCodec(), func(t *task.T) {
			cluster := client.New(c)
			body(t, cluster)
			cluster.Close(t)
			*done = true
		})
	}).Start(0)
	return done
}

// values are those in a partition's log, data only, in order.
func (w *toys) values(p tp) (out []string) {
	var r record.Reader
	for _, b := range w.parts[p].log {
		require.NoError(w, r.Reset(b))
		var rec record.Record
		for !b.Control() && r.Next(&rec) {
			out = append(out, string(rec.Value))
		}
	}
	return out
}

// toy is one broker.
type toy struct {
	w      *toys
	id     int32
	parked []parked
}

// parked is a request that waits.
type parked struct {
	conn  nodes.Conn
	id    int32
	until time.Duration
	try   func(last bool) kmsg.Response // nil: not yet
}

func (*toy) Codec() nodes.Codec                         { return nodes.JSONCodec() }
func (*toy) Synced(nodes.Env, nodes.Tag, error)         {}
func (*toy) Deliver(nodes.Env, nodes.ID, nodes.Message) {}
func (*toy) Opened(nodes.Env, nodes.Conn, string)       {}

func (b *toy) Boot(env nodes.Env) error {
	env.SetTimer(nodes.Tag{Name: "parked"}, 5*time.Millisecond)
	return env.Listen(9092, nodes.Framing{})
}

func (b *toy) Closed(_ nodes.Env, c nodes.Conn, _ error) {
	b.parked = slices.DeleteFunc(b.parked, func(p parked) bool { return p.conn == c })
}

func (b *toy) Fire(env nodes.Env, tag nodes.Tag) {
	env.SetTimer(tag, 5*time.Millisecond)
	b.parked = slices.DeleteFunc(b.parked, func(p parked) bool {
		resp := p.try(env.Monotonic() >= p.until)
		if resp != nil {
			_ = env.Write(p.conn, proto.AppendResponse(nil, p.id, resp))
		}
		return resp != nil
	})
}

func (b *toy) Received(env nodes.Env, c nodes.Conn, frame []byte) {
	h, r, err := proto.ReadRequest(slices.Clone(frame))
	require.NoError(b.w, err)
	b.w.seen = append(b.w.seen, fmt.Sprint(b.id, " ", kmsg.NameForKey(h.Key)))
	var f fate
	if b.w.fates != nil {
		f = b.w.fates(b.id, r)
	}
	switch {
	case f.drop:
		env.Reset(c)
		return
	case f.code != 0:
		resp := proto.Refusal(r, f.code)
		if fetch, ok := resp.(*kmsg.FetchResponse); ok && f.code != proto.FetchSessionIDNotFound && f.code != proto.InvalidFetchSessionEpoch {
			fetch.ErrorCode = 0 // it stands for the session
		}
		_ = env.Write(c, proto.AppendResponse(nil, h.Correlation, resp))
		return
	}
	resp, p := b.do(r)
	switch {
	case f.lose:
		env.Reset(c)
	case f.mute:
	case p.try != nil:
		p.conn, p.id, p.until = c, h.Correlation, env.Monotonic()+p.until
		b.parked = append(b.parked, p)
	case resp != nil:
		resp.SetVersion(r.GetVersion())
		_ = env.Write(c, proto.AppendResponse(nil, h.Correlation, resp))
	}
}

// do carries a request out.
func (b *toy) do(r kmsg.Request) (kmsg.Response, parked) {
	switch r := r.(type) {
	case *kmsg.MetadataRequest:
		return b.metadata(r), parked{}
	case *kmsg.ProduceRequest:
		if resp := b.produce(r); r.Acks != 0 {
			return resp, parked{}
		}
		return nil, parked{}
	case *kmsg.FetchRequest:
		return nil, b.fetch(r)
	case *kmsg.ListOffsetsRequest:
		resp := proto.Refusal(r, 0).(*kmsg.ListOffsetsResponse)
		for i, t := range r.Topics {
			for j, p := range t.Partitions {
				part := b.w.parts[tp{Topic: t.Topic, Partition: p.Partition}]
				resp.Topics[i].Partitions[j].Offset = part.start
				if p.Timestamp == client.Latest {
					resp.Topics[i].Partitions[j].Offset = part.next
				}
			}
		}
		return resp, parked{}
	case *kmsg.OffsetForLeaderEpochRequest:
		resp := proto.Refusal(r, 0).(*kmsg.OffsetForLeaderEpochResponse)
		want := r.Topics[0].Partitions[0]
		part, got := b.w.parts[tp{Topic: r.Topics[0].Topic, Partition: want.Partition}], &resp.Topics[0].Partitions[0]
		got.LeaderEpoch, got.EndOffset = want.LeaderEpoch, part.next
		if int(want.LeaderEpoch) < len(part.ends) {
			got.EndOffset = part.ends[want.LeaderEpoch]
		}
		return resp, parked{}
	case *kmsg.ApiVersionsRequest:
		resp := kmsg.NewPtrApiVersionsResponse()
		resp.ApiKeys = proto.ApiVersions()
		return resp, parked{}
	case *kmsg.FindCoordinatorRequest:
		resp := kmsg.NewPtrFindCoordinatorResponse()
		resp.NodeID = b.w.ids[len(b.w.ids)-1]
		return resp, parked{}
	}
	if resp := b.w.txn.do(b.w, r); resp != nil {
		return resp, parked{}
	}
	return b.w.group.do(b.w, r)
}

func (b *toy) metadata(r *kmsg.MetadataRequest) kmsg.Response {
	resp := kmsg.NewPtrMetadataResponse()
	resp.ControllerID = 1
	for _, id := range b.w.ids {
		mb := kmsg.NewMetadataResponseBroker()
		mb.NodeID, mb.Host, mb.Port = id, fmt.Sprint("b", id), 9092
		resp.Brokers = append(resp.Brokers, mb)
	}
	for _, t := range r.Topics {
		mt := kmsg.NewMetadataResponseTopic()
		mt.Topic = t.Topic
		for n := int32(0); ; n++ {
			p := b.w.parts[tp{Topic: *t.Topic, Partition: n}]
			if p == nil {
				break
			}
			mp := kmsg.NewMetadataResponseTopicPartition()
			mp.Partition, mp.Leader, mp.LeaderEpoch, mp.Replicas, mp.ISR = n, p.leader, p.epoch, b.w.ids, b.w.ids
			mt.Partitions = append(mt.Partitions, mp)
		}
		if len(mt.Partitions) == 0 {
			mt.ErrorCode = int16(proto.UnknownTopicOrPartition)
		}
		resp.Topics = append(resp.Topics, mt)
	}
	return resp
}

// produce appends as a leader does: a producer's next batch, or what it has already.
func (b *toy) produce(r *kmsg.ProduceRequest) kmsg.Response {
	resp := proto.Refusal(r, 0).(*kmsg.ProduceResponse)
	for i, t := range r.Topics {
		for j, rp := range t.Partitions {
			p := b.w.parts[tp{Topic: t.Topic, Partition: rp.Partition}]
			code, offset := proto.NotLeaderForPartition, int64(-1)
			if p.leader == b.id {
				code, offset = p.append(slices.Clone(rp.Records))
			}
			resp.Topics[i].Partitions[j].ErrorCode, resp.Topics[i].Partitions[j].BaseOffset = int16(code), offset
		}
	}
	return resp
}

func (p *toyPart) append(b record.Batch) (proto.Code, int64) {
	var v record.Validator
	if _, err := v.Validate(b); err != nil {
		return record.CodeOf(err), -1
	}
	if id := b.ProducerID(); id >= 0 {
		old, known := p.last[id]
		switch {
		case known && b.ProducerEpoch() < old.ProducerEpoch():
			return proto.InvalidProducerEpoch, -1
		case known && b.ProducerEpoch() == old.ProducerEpoch() && b.BaseSequence() == old.BaseSequence():
			return 0, p.lastOffset[id]
		case known && b.ProducerEpoch() == old.ProducerEpoch() && b.BaseSequence() != record.AddSequence(old.LastSequence(), 1),
			known && b.ProducerEpoch() > old.ProducerEpoch() && b.BaseSequence() != 0:
			return proto.OutOfOrderSequenceNumber, -1
		}
		p.last[id], p.lastOffset[id] = b, p.next
		if _, open := p.open[id]; b.Transactional() && !open {
			p.open[id] = p.next
		}
	}
	b.Assign(p.next, p.epoch)
	p.log = append(p.log, b)
	offset := p.next
	p.next = b.NextOffset()
	return 0, offset
}

// stable is the last stable offset.
func (p *toyPart) stable() int64 {
	lso := p.next
	for _, first := range p.open {
		lso = min(lso, first)
	}
	return lso
}

// fetch answers when there is something to say, or the time is over. It keeps a session of one client.
func (b *toy) fetch(r *kmsg.FetchRequest) parked {
	if r.SessionEpoch == 0 {
		b.w.session[b.id] = nil
	}
	wants := map[tp]kmsg.FetchRequestTopicPartition{}
	for _, t := range r.Topics {
		for _, p := range t.Partitions {
			wants[tp{Topic: t.Topic, Partition: p.Partition}] = p
		}
	}
	return parked{until: time.Duration(r.MaxWaitMillis) * time.Millisecond, try: func(last bool) kmsg.Response {
		resp := kmsg.NewPtrFetchResponse()
		resp.Version, resp.SessionID = r.Version, 0
		something := false
		for n := int32(0); n < int32(len(b.w.parts)); n++ {
			at := tp{Topic: "a", Partition: n}
			want, ok := wants[at]
			if !ok {
				continue
			}
			rp := b.fetchOne(r, want, b.w.parts[at])
			something = something || rp.ErrorCode != 0 || len(rp.RecordBatches) > 0 || rp.PreferredReadReplica >= 0
			if len(resp.Topics) == 0 {
				rt := kmsg.NewFetchResponseTopic()
				rt.Topic = "a"
				resp.Topics = append(resp.Topics, rt)
			}
			resp.Topics[0].Partitions = append(resp.Topics[0].Partitions, rp)
		}
		if !something && !last {
			return nil
		}
		return resp
	}}
}

func (b *toy) fetchOne(r *kmsg.FetchRequest, want kmsg.FetchRequestTopicPartition, p *toyPart) kmsg.FetchResponseTopicPartition {
	rp := kmsg.NewFetchResponseTopicPartition()
	rp.Partition, rp.HighWatermark, rp.LastStableOffset, rp.LogStartOffset = want.Partition, p.next, p.stable(), p.start
	rp.RecordBatches = []byte{}
	switch {
	case p.leader != b.id && p.prefers != b.id:
		rp.ErrorCode = int16(proto.NotLeaderForPartition)
	case want.CurrentLeaderEpoch >= 0 && want.CurrentLeaderEpoch < p.epoch:
		rp.ErrorCode = int16(proto.FencedLeaderEpoch)
	case want.FetchOffset > p.next || want.FetchOffset < p.start:
		rp.ErrorCode = int16(proto.OffsetOutOfRange)
	case p.leader == b.id && p.prefers > 0 && r.Rack != "":
		rp.PreferredReadReplica = p.prefers
	default:
		for _, batch := range p.log {
			if batch.NextOffset() > want.FetchOffset && (r.IsolationLevel == 0 || batch.BaseOffset() < p.stable()) {
				rp.RecordBatches = append(rp.RecordBatches, batch...)
			}
		}
		rp.AbortedTransactions = p.aborted
	}
	return rp
}
