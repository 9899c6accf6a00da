package client_test

import (
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
	"orrery/nodes/task"
)

// p0 is the partition of which most tests have no other.
var p0 = tp{Topic: "a"}

// symptoms are, for each defect, a run that ends well without it and shows what it does with it.
var symptoms = map[string]func(t *testing.T, q client.Quirks) bool{
	"NewSequenceOnRetry": func(t *testing.T, q client.Quirks) bool {
		w := newToys(t, 1, 1)
		w.fates = every(2, fate{lose: true})
		w.with(q, func(tt *task.T, c *client.Cluster) {
			send(tt, client.NewProducer(c, client.ProducerConfig{BatchSize: 1, MaxInFlight: 1, DeliveryTimeout: 5 * time.Second}), 4)
		})
		return len(w.values(p0)) > 4
	},
	"KeepIdleSequences": func(t *testing.T, q client.Quirks) (seen bool) {
		w := newToys(t, 1, 2)
		w.with(q, func(tt *task.T, c *client.Cluster) {
			p := client.NewProducer(c, client.ProducerConfig{BatchSize: 1, DeliveryTimeout: 5 * time.Second})
			idle := client.Record{Topic: "a", Partition: 1}
			require.Equal(t, client.Acknowledged, p.SendTo(tt, idle).Wait(tt).Outcome)
			w.fates = every(1, fate{code: proto.MessageTooLarge})
			require.Equal(t, client.Failed, p.SendTo(tt, value(0)).Wait(tt).Outcome)
			w.fates = nil
			require.Equal(t, client.Acknowledged, p.SendTo(tt, value(1)).Wait(tt).Outcome)
			seen = p.SendTo(tt, idle).Wait(tt).Outcome == client.Failed
		})
		return seen
	},
	"WrapBadly": func(t *testing.T, q client.Quirks) (seen bool) {
		w := newToys(t, 1, 1)
		w.with(q, func(tt *task.T, c *client.Cluster) {
			p := client.NewProducer(c, client.ProducerConfig{BatchSize: 1, DeliveryTimeout: 5 * time.Second})
			send(tt, p, 1)
			clear(w.parts[p0].last)
			client.SkipSequences(p, p0, math.MaxInt32-1)
			for _, r := range send(tt, p, 4) {
				seen = seen || r.Outcome == client.Failed
			}
		})
		return seen
	},
	"RetryAfterFence": func(t *testing.T, q client.Quirks) (seen bool) {
		w := newToys(t, 1, 1)
		w.with(q, func(tt *task.T, c *client.Cluster) {
			var both []*client.Producer
			for range 2 {
				p := client.NewProducer(c, client.ProducerConfig{TransactionalID: "x"})
				require.NoError(t, p.InitTransactions(tt))
				require.NoError(t, p.Begin(tt))
				require.Equal(t, client.Acknowledged, p.SendTo(tt, value(0)).Wait(tt).Outcome)
				both = append(both, p)
			}
			seen = both[0].SendTo(tt, value(1)).Wait(tt).Outcome == client.Acknowledged
		})
		return seen
	},
	"KeepEpochAfterLostEnd": func(t *testing.T, q client.Quirks) (seen bool) {
		w := newToys(t, 1, 1)
		w.with(q, func(tt *task.T, c *client.Cluster) {
			p := client.NewProducer(c, client.ProducerConfig{TransactionalID: "x"})
			require.NoError(t, p.InitTransactions(tt))
			var late *kmsg.EndTxnRequest // the first one, that the network still holds
			w.fates = func(_ int32, r kmsg.Request) fate {
				if e, ok := r.(*kmsg.EndTxnRequest); ok && late == nil {
					late = e
					return fate{drop: true}
				}
				return fate{}
			}
			require.NoError(t, p.Begin(tt))
			p.SendTo(tt, value(0)).Wait(tt)
			_, err := p.Commit(tt)
			require.NoError(t, err)
			require.NoError(t, p.Begin(tt))
			p.SendTo(tt, value(1)).Wait(tt)
			w.txn.do(w, late)
			seen = len(w.parts[p0].open) == 0 // committed, though nobody has said so
		})
		return seen
	},
	"CommitBeforeAdding": func(t *testing.T, q client.Quirks) bool {
		w := newToys(t, 1, 1)
		adds := 0
		w.fates = func(_ int32, r kmsg.Request) fate {
			if r.Key() == 24 {
				adds++
				return fate{drop: adds < 4}
			}
			return fate{}
		}
		w.with(q, func(tt *task.T, c *client.Cluster) {
			p := client.NewProducer(c, client.ProducerConfig{TransactionalID: "x"})
			require.NoError(t, p.InitTransactions(tt))
			require.NoError(t, p.Begin(tt))
			p.SendTo(tt, value(0)).Wait(tt)
			_, err := p.Commit(tt)
			require.NoError(t, err)
		})
		return len(w.parts[p0].open) > 0
	},
	"LostIsFailed": func(t *testing.T, q client.Quirks) (seen bool) {
		w := newToys(t, 1, 1)
		w.fates = every(1, fate{lose: true})
		w.with(q, func(tt *task.T, c *client.Cluster) {
			seen = client.NewProducer(c, client.ProducerConfig{NoRetries: true}).SendTo(tt, value(0)).Wait(tt).Outcome == client.Failed
		})
		require.Len(t, w.values(p0), 1)
		return seen
	},
	"NoAbortedFilter": func(t *testing.T, q client.Quirks) (seen bool) {
		w := newToys(t, 1, 1)
		w.with(q, func(tt *task.T, c *client.Cluster) {
			p := client.NewProducer(c, client.ProducerConfig{TransactionalID: "x"})
			require.NoError(t, p.InitTransactions(tt))
			require.NoError(t, p.Begin(tt))
			p.SendTo(tt, value(0)).Wait(tt)
			require.NoError(t, p.Abort(tt))
			r := client.NewConsumer(c, client.ConsumerConfig{ReadCommitted: true})
			require.NoError(t, r.Assign(p0))
			records, err := r.Poll(tt, time.Second)
			require.NoError(t, err)
			seen = len(records) > 0
		})
		return seen
	},
	"CommitBeforeProcess": func(t *testing.T, q client.Quirks) bool {
		w := newToys(t, 1, 1)
		w.put(p0, "0")
		w.with(q, func(tt *task.T, c *client.Cluster) { // and dies before it has done anything with it
			r := client.NewConsumer(c, client.ConsumerConfig{Group: "g", AutoCommit: time.Millisecond})
			require.NoError(t, r.Subscribe("a"))
			for n := 0; n == 0; {
				records, err := r.Poll(tt, time.Second)
				require.NoError(t, err)
				n = len(records)
			}
		})
		return w.group.offsets[p0] > 0
	},
	"CommitAnyGeneration": func(t *testing.T, q client.Quirks) bool {
		w := newToys(t, 1, 1)
		w.with(q, func(tt *task.T, c *client.Cluster) {
			r := client.NewConsumer(c, client.ConsumerConfig{Group: "g"})
			require.NoError(t, r.Subscribe("a"))
			_, err := r.Poll(tt, 50*time.Millisecond)
			require.NoError(t, err)
			w.group.members = nil
			_, _ = r.Commit(tt, client.Offset{TopicPartition: p0, Offset: 1, LeaderEpoch: -1})
		})
		return w.group.offsets[p0] == 1
	},
	"NoValidation": func(t *testing.T, q client.Quirks) bool { return skipped(t, q, 2) },
	"NoEpochFence": func(t *testing.T, q client.Quirks) bool { return skipped(t, q, 1) },
	"ResetOnFollower": func(t *testing.T, q client.Quirks) (seen bool) {
		w := newToys(t, 3, 1)
		w.put(p0, "0")
		w.parts[p0].prefers = 3
		w.fates = func(b int32, r kmsg.Request) fate {
			if b == 3 && r.Key() == 1 {
				w.parts[p0].prefers = 0
				return fate{code: proto.OffsetOutOfRange}
			}
			return fate{}
		}
		config := w.config()
		config.Rack, config.Quirks = "east", q
		w.run(config, func(tt *task.T, c *client.Cluster) {
			r := client.NewConsumer(c, client.ConsumerConfig{Reset: client.ResetLatest})
			require.NoError(t, r.Assign(p0))
			require.NoError(t, r.Seek(p0, 0))
			records, err := r.Poll(tt, 5*time.Second)
			require.NoError(t, err)
			seen = len(records) == 0
		})
		return seen
	},
	"KeepOwnedOnLoss": func(t *testing.T, q client.Quirks) bool {
		w := newToys(t, 1, 1)
		w.with(q, func(tt *task.T, c *client.Cluster) {
			r := client.NewConsumer(c, client.ConsumerConfig{Group: "g", Heartbeat: 10 * time.Millisecond, Assignors: []client.Assignor{client.CooperativeAssignor}})
			require.NoError(t, r.Subscribe("a"))
			_, err := r.Poll(tt, 50*time.Millisecond)
			require.NoError(t, err)
			w.group.members = nil
			_, err = r.Poll(tt, 100*time.Millisecond)
			require.NoError(t, err)
		})
		m := kmsg.NewConsumerMemberMetadata()
		require.NoError(t, m.ReadFrom(w.group.members[0].join.Protocols[0].Metadata))
		return len(m.OwnedPartitions) > 0
	},
	"TrustAllOwned": func(t *testing.T, q client.Quirks) bool {
		plan := client.AssignWith(client.CooperativeAssignor, []client.Member{
			{ID: "stale", Topics: []string{"a"}, Owned: []tp{p0}, Generation: 4},
			{ID: "owner", Topics: []string{"a"}, Owned: []tp{p0}, Generation: 5},
		}, client.Counts{"a": 1}, q)
		return slices.Contains(plan[0], p0)
	},
	"NoTwoPhase": func(t *testing.T, q client.Quirks) bool {
		plan := client.AssignWith(client.CooperativeAssignor, []client.Member{
			{ID: "old", Topics: []string{"a"}, Owned: []tp{p0, {Topic: "a", Partition: 1}}, Generation: 1},
			{ID: "new", Topics: []string{"a"}, Generation: -1},
		}, client.Counts{"a": 2}, q)
		return len(plan[1]) > 0
	},
	"KeepOldEpochs": func(t *testing.T, q client.Quirks) (seen bool) {
		w := newToys(t, 2, 1)
		w.parts[p0].epoch = 5
		w.with(q, func(tt *task.T, c *client.Cluster) {
			p := client.NewProducer(c, client.ProducerConfig{DeliveryTimeout: 10 * time.Second})
			require.Equal(t, client.Acknowledged, p.SendTo(tt, value(0)).Wait(tt).Outcome)
			w.parts[p0] = &toyPart{leader: 2, last: map[int64]record.Batch{}, lastOffset: map[int64]int64{}, open: map[int64]int64{}}
			seen = p.SendTo(tt, value(0)).Wait(tt).Outcome != client.Acknowledged
		})
		return seen
	},
	"StuckLookup": func(t *testing.T, q client.Quirks) (seen bool) {
		w := newToys(t, 1, 1)
		w.fates = func(_ int32, r kmsg.Request) fate {
			if r.Key() == 10 {
				return fate{code: proto.CoordinatorNotAvailable}
			}
			return fate{}
		}
		w.with(q, func(tt *task.T, c *client.Cluster) {
			tt.Go("heartbeat", func(tt *task.T) {
				tt.Sleep(time.Millisecond)
				c.ForgetCoordinator("g")
			})
			_, err := c.GroupCoordinator(tt, "g")
			require.Equal(t, proto.CoordinatorNotAvailable, client.CodeOf(err))
			w.fates = nil
			_, err = c.GroupCoordinator(tt, "g")
			seen = err != nil
		})
		return seen
	},
}

// skipped reads over a truncation, after which leader leads, and tells whether a record was left out.
func skipped(t *testing.T, q client.Quirks, leader int32) bool {
	w := newToys(t, 2, 1)
	w.put(p0, "0", "1", "lost")
	var got []string
	w.with(q, func(tt *task.T, c *client.Cluster) {
		r := client.NewConsumer(c, client.ConsumerConfig{})
		require.NoError(t, r.Assign(p0))
		for i := range 4 {
			records, err := r.Poll(tt, 2*time.Second)
			require.NoError(t, err)
			for _, rec := range records {
				got = append(got, string(rec.Value))
			}
			if i == 0 {
				w.lead(p0, leader, 2)
				w.put(p0, "new", "3")
			}
		}
	})
	require.Contains(t, got, "3")
	return !slices.Contains(got, "new")
}

// with runs a body with a client that has defects.
func (w *toys) with(q client.Quirks, body func(t *task.T, c *client.Cluster)) {
	w.Helper()
	config := w.config()
	config.Quirks = q
	w.run(config, body)
}

func TestEveryDefectShowsAndOnlyThen(t *testing.T) {
	fields := reflect.TypeFor[client.Quirks]()
	require.Equal(t, fields.NumField(), len(client.Defects()))
	for i, d := range client.Defects() {
		t.Run(d.Name, func(t *testing.T) {
			require.Equal(t, fields.Field(i).Name, d.Name)
			require.NotEmpty(t, d.Ticket)
			var q client.Quirks
			d.Set(&q)
			require.True(t, reflect.ValueOf(q).Field(i).Bool())
			symptom := symptoms[d.Name]
			require.NotNil(t, symptom, "a defect without a test")
			require.False(t, symptom(t, client.Quirks{}), "the correct client shows it")
			require.True(t, symptom(t, q), "it does not show")
		})
	}
}
