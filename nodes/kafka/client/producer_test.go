package client_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
	"orrery/nodes/task"
)

func value(i int) client.Record { return client.Record{Topic: "a", Value: []byte(fmt.Sprint(i))} }

// upTo are the values 0 to n-1.
func upTo(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprint(i))
	}
	return out
}

// every makes a fate for each nth produce request, and none for the others.
func every(n int, f fate) func(int32, kmsg.Request) fate {
	count := 0
	return func(_ int32, r kmsg.Request) fate {
		if r.Key() != 0 {
			return fate{}
		}
		if count++; count%n == 0 {
			return f
		}
		return fate{}
	}
}

// send sends n records, one a batch, and returns what became of them.
func send(t *task.T, p *client.Producer, n int) (results []client.Result) {
	var sent []*client.Sent
	for i := range n {
		sent = append(sent, p.SendTo(t, value(i)))
		t.Sleep(100 * time.Microsecond)
	}
	for _, s := range sent {
		results = append(results, s.Wait(t))
	}
	return results
}

func TestIdempotenceKeepsOrderAndWritesOnceWhateverIsLost(t *testing.T) {
	for name, f := range map[string]fate{
		"answers are lost":          {lose: true},
		"requests are lost":         {drop: true},
		"brokers refuse":            {code: proto.NotEnoughReplicas},
		"brokers are not sure":      {code: proto.NotEnoughReplicasAfterAppend},
		"the leader is not the one": {code: proto.NotLeaderForPartition},
	} {
		t.Run(name, func(t *testing.T) {
			w := newToys(t, 2, 1)
			w.fates = every(3, f)
			w.run(w.config(), func(tt *task.T, c *client.Cluster) {
				p := client.NewProducer(c, client.ProducerConfig{BatchSize: 1})
				for i, r := range send(tt, p, 30) {
					require.Equal(t, client.Acknowledged, r.Outcome, "%v", r.Err)
					require.EqualValues(t, i, r.Offset)
				}
				p.Close(tt)
			})
			require.Equal(t, upTo(30), w.values(tp{Topic: "a"}))
		})
	}
}

func TestAWeakProducerMayWriteTwice(t *testing.T) {
	w := newToys(t, 1, 1)
	w.fates = every(2, fate{lose: true})
	w.run(w.config(), func(tt *task.T, c *client.Cluster) {
		for _, r := range send(tt, client.NewProducer(c, client.ProducerConfig{Weak: true, Acks: client.AcksAll, MaxInFlight: 1, BatchSize: 1}), 4) {
			require.Equal(t, client.Acknowledged, r.Outcome)
		}
	})
	require.Greater(t, len(w.values(tp{Topic: "a"})), 4)
}

func TestAnOutcomeIsFailedOnlyWhereNothingCanHaveHappened(t *testing.T) {
	for _, c := range []struct {
		name    string
		fate    fate
		outcome client.Outcome
	}{
		{"a lost answer", fate{lose: true}, client.Indeterminate},
		{"silence", fate{mute: true}, client.Indeterminate},
		{"appended, but not replicated", fate{code: proto.NotEnoughReplicasAfterAppend}, client.Indeterminate},
		{"a time-out", fate{code: proto.RequestTimedOut}, client.Indeterminate},
		{"leadership lost", fate{code: proto.NotLeaderForPartition}, client.Indeterminate},
		{"refused before the append", fate{code: proto.NotEnoughReplicas}, client.Failed},
		{"too large", fate{code: proto.MessageTooLarge}, client.Failed},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newToys(t, 1, 1)
			w.fates = every(1, c.fate)
			w.run(w.config(), func(tt *task.T, cl *client.Cluster) {
				p := client.NewProducer(cl, client.ProducerConfig{NoRetries: true})
				r := p.SendTo(tt, value(1)).Wait(tt)
				require.Equal(t, c.outcome, r.Outcome)
				require.Error(t, r.Err)
				require.EqualValues(t, -1, r.Offset)
			})
		})
	}
}

func TestNobodyIsToldOfAcksZero(t *testing.T) {
	w := newToys(t, 1, 1)
	w.run(w.config(), func(tt *task.T, c *client.Cluster) {
		r := client.NewProducer(c, client.ProducerConfig{Weak: true}).SendTo(tt, value(0)).Wait(tt)
		require.Equal(t, client.Result{Offset: -1}, r)
		tt.Sleep(time.Second)
	})
	require.Equal(t, upTo(1), w.values(tp{Topic: "a"}))
}

func TestWhatLingersTravelsTogether(t *testing.T) {
	w := newToys(t, 1, 1)
	w.run(w.config(), func(tt *task.T, c *client.Cluster) {
		p := client.NewProducer(c, client.ProducerConfig{Linger: 20 * time.Millisecond, Compression: record.Zstd})
		for i, r := range send(tt, p, 50) {
			require.EqualValues(t, i, r.Offset)
		}
	})
	require.Len(t, w.parts[tp{Topic: "a"}].log, 1)
	require.Equal(t, record.Zstd, w.parts[tp{Topic: "a"}].log[0].Codec())
	require.Equal(t, upTo(50), w.values(tp{Topic: "a"}))
}

// The first answer to the second batch is lost, and the retry comes to a leader that is none: its log lacks what was acknowledged.
func TestWhatMayBeInAnotherLogIsNotSentUnderANewEpoch(t *testing.T) {
	w := newToys(t, 1, 1)
	sent := 0
	w.fates = func(_ int32, r kmsg.Request) fate {
		if _, ok := r.(*kmsg.ProduceRequest); ok {
			sent++
			switch sent {
			case 2:
				return fate{lose: true}
			case 3:
				return fate{code: proto.OutOfOrderSequenceNumber}
			}
		}
		return fate{}
	}
	w.run(w.config(), func(tt *task.T, c *client.Cluster) {
		p := client.NewProducer(c, client.ProducerConfig{BatchSize: 1})
		require.Equal(t, client.Acknowledged, p.SendTo(tt, value(0)).Wait(tt).Outcome)
		require.Equal(t, client.Indeterminate, p.SendTo(tt, value(1)).Wait(tt).Outcome)
		require.Equal(t, client.Acknowledged, p.SendTo(tt, value(2)).Wait(tt).Outcome)
	})
	require.Equal(t, upTo(3), w.values(tp{Topic: "a"}), "each of them once")
}

func TestABatchThatWasGivenUpDoesNotBlockThePartition(t *testing.T) { // KIP-360
	w := newToys(t, 1, 2)
	silent := true
	w.fates = func(_ int32, r kmsg.Request) fate {
		if p, ok := r.(*kmsg.ProduceRequest); ok && silent && p.Topics[0].Partitions[0].Partition == 0 {
			return fate{drop: true}
		}
		return fate{}
	}
	w.run(w.config(), func(tt *task.T, c *client.Cluster) {
		p := client.NewProducer(c, client.ProducerConfig{BatchSize: 1, DeliveryTimeout: 3 * time.Second})
		other := p.SendTo(tt, client.Record{Topic: "a", Partition: 1, Value: []byte("x")}).Wait(tt)
		require.Equal(t, client.Acknowledged, other.Outcome)
		for _, r := range send(tt, p, 3) {
			require.Equal(t, client.Indeterminate, r.Outcome)
			require.Error(t, r.Err)
		}
		silent = false
		require.Equal(t, client.Acknowledged, p.SendTo(tt, value(7)).Wait(tt).Outcome)
		_, epoch := p.ID()
		require.EqualValues(t, 1, epoch, "the numbers that are missing belong to the epoch before")
		require.Equal(t, client.Acknowledged, p.SendTo(tt, client.Record{Topic: "a", Partition: 1, Value: []byte("y")}).Wait(tt).Outcome,
			"an idle partition begins anew as well (KAFKA-12152)")
	})
	require.Equal(t, []string{"7"}, w.values(tp{Topic: "a"}))
}

func TestARecordWaitsForAProducerIDNoLongerThanForAnythingElse(t *testing.T) {
	w := newToys(t, 1, 1)
	w.fates = func(_ int32, r kmsg.Request) fate {
		_, init := r.(*kmsg.InitProducerIDRequest)
		return fate{drop: init}
	}
	c := w.config()
	c.RequestTimeout = time.Second
	w.run(c, func(tt *task.T, c *client.Cluster) {
		begun := tt.Monotonic()
		r := client.NewProducer(c, client.ProducerConfig{DeliveryTimeout: 3 * time.Second}).SendTo(tt, value(1)).Wait(tt)
		require.Equal(t, client.Failed, r.Outcome)
		require.ErrorIs(t, r.Err, client.ErrTimeout)
		require.LessOrEqual(t, tt.Monotonic()-begun, 4*time.Second)
	})
}

func TestKeysGoWhereKafkaPutsThem(t *testing.T) {
	w := newToys(t, 1, 7)
	w.run(w.config(), func(tt *task.T, c *client.Cluster) {
		p := client.NewProducer(c, client.ProducerConfig{})
		for _, key := range []string{"21", "foobar", "abc"} {
			r := p.Send(tt, client.Record{Topic: "a", Key: []byte(key)}).Wait(tt)
			require.Equal(t, proto.Partition([]byte(key), 7), r.Partition)
		}
		first := p.Send(tt, client.Record{Topic: "a"})
		second := p.Send(tt, client.Record{Topic: "a"})
		require.Equal(t, first.Wait(tt).Partition, second.Wait(tt).Partition, "without a key, where others gather (KIP-480)")
	})
}

func TestATransactionIsReadWhenItIsCommittedAndNotWhenItIsAborted(t *testing.T) {
	w := newToys(t, 2, 2)
	w.run(w.config(), func(tt *task.T, c *client.Cluster) {
		p := client.NewProducer(c, client.ProducerConfig{TransactionalID: "x"})
		require.ErrorIs(t, p.Begin(tt), client.ErrState)
		require.NoError(t, p.InitTransactions(tt))
		for i, commit := range []bool{true, false, true} {
			require.NoError(t, p.Begin(tt))
			for part := range int32(2) {
				r := value(i)
				r.Partition = part
				require.Equal(t, client.Acknowledged, p.SendTo(tt, r).Wait(tt).Outcome)
			}
			if commit {
				outcome, err := p.Commit(tt)
				require.NoError(t, err)
				require.Equal(t, client.Acknowledged, outcome)
			} else {
				require.NoError(t, p.Abort(tt))
			}
		}
		require.Equal(t, []string{"0", "2"}, read(t, tt, c, client.ConsumerConfig{ReadCommitted: true}, 2))
		require.Equal(t, []string{"0", "1", "2"}, read(t, tt, c, client.ConsumerConfig{}, 3))
	})
	require.Equal(t, upTo(3), w.values(tp{Topic: "a", Partition: 1}))
}

// read reads n values of partition 0.
func read(t *testing.T, tt *task.T, c *client.Cluster, config client.ConsumerConfig, n int) (out []string) {
	r := client.NewConsumer(c, config)
	require.NoError(t, r.Assign(tp{Topic: "a"}))
	for len(out) < n {
		records, err := r.Poll(tt, time.Second)
		require.NoError(t, err)
		for _, rec := range records {
			out = append(out, string(rec.Value))
		}
	}
	records, err := r.Poll(tt, 2*time.Second)
	require.NoError(t, err)
	require.Empty(t, records)
	return out
}

func TestASecondInstanceFencesTheFirst(t *testing.T) {
	w := newToys(t, 1, 1)
	w.run(w.config(), func(tt *task.T, c *client.Cluster) {
		first := client.NewProducer(c, client.ProducerConfig{TransactionalID: "x"})
		require.NoError(t, first.InitTransactions(tt))
		require.NoError(t, first.Begin(tt))
		require.Equal(t, client.Acknowledged, first.SendTo(tt, value(0)).Wait(tt).Outcome)
		second := client.NewProducer(c, client.ProducerConfig{TransactionalID: "x"})
		require.NoError(t, second.InitTransactions(tt))
		outcome, err := first.Commit(tt)
		require.ErrorIs(t, err, client.ErrFenced)
		require.Equal(t, client.Failed, outcome)
		require.ErrorIs(t, first.SendTo(tt, value(1)).Wait(tt).Err, client.ErrFenced)
	})
	require.Equal(t, []string{"ABORT 0"}, upper(w.txn.verdict))
}

func upper(in []string) (out []string) {
	for _, s := range in {
		out = append(out, map[byte]string{'a': "ABORT", 'c': "COMMIT", 'A': "ABORT", 'C': "COMMIT"}[s[0]]+s[len(s)-2:])
	}
	return out
}

func TestAnEndWithoutAnAnswerCostsTheEpoch(t *testing.T) { // KAFKA-17754
	for _, quirk := range []bool{false, true} {
		w := newToys(t, 1, 1)
		ends := 0
		w.fates = func(_ int32, r kmsg.Request) fate {
			if r.Key() == 26 {
				if ends++; ends == 1 {
					return fate{lose: true}
				}
			}
			return fate{}
		}
		config := w.config()
		config.Quirks.KeepEpochAfterLostEnd = quirk
		w.run(config, func(tt *task.T, c *client.Cluster) {
			p := client.NewProducer(c, client.ProducerConfig{TransactionalID: "x"})
			require.NoError(t, p.InitTransactions(tt))
			for i := range 2 {
				require.NoError(t, p.Begin(tt))
				require.Equal(t, client.Acknowledged, p.SendTo(tt, value(i)).Wait(tt).Outcome)
				outcome, err := p.Commit(tt)
				require.NoError(t, err)
				require.Equal(t, client.Acknowledged, outcome)
			}
			_, epoch := p.ID()
			require.Equal(t, map[bool]int16{false: 1, true: 0}[quirk], epoch)
		})
	}
}

func TestWhatWasNotWrittenAbortsTheTransaction(t *testing.T) {
	w := newToys(t, 1, 1)
	w.fates = every(1, fate{code: proto.MessageTooLarge})
	w.run(w.config(), func(tt *task.T, c *client.Cluster) {
		p := client.NewProducer(c, client.ProducerConfig{TransactionalID: "x"})
		require.NoError(t, p.InitTransactions(tt))
		require.NoError(t, p.Begin(tt))
		require.Equal(t, client.Failed, p.SendTo(tt, value(0)).Wait(tt).Outcome)
		_, err := p.Commit(tt)
		require.ErrorIs(t, err, client.ErrAbort)
		require.NoError(t, p.Abort(tt))
		w.fates = nil
		require.NoError(t, p.Begin(tt))
		require.Equal(t, client.Acknowledged, p.SendTo(tt, value(1)).Wait(tt).Outcome)
		_, err = p.Commit(tt)
		require.NoError(t, err)
	})
}

// The leader changes while the first batch is on its way to the old one, and the second one is ahead of it at the new one, which takes any number of a producer
// that it does not know (KIP-360, KAFKA-14312). From then on the first one is out of order.
func TestATransactionWhoseFirstBatchWasOvertakenIsNotCommitted(t *testing.T) {
	w := newToys(t, 2, 1)
	first := true
	w.fates = func(broker int32, r kmsg.Request) fate {
		if broker == 1 && r.Key() == 0 && first {
			w.parts[p0].leader, w.parts[p0].epoch, first = 2, 1, false
			return fate{mute: true} // it leads no more, and its answer is lost
		}
		return fate{}
	}
	config := w.config()
	config.RequestTimeout = time.Second
	w.run(config, func(tt *task.T, c *client.Cluster) {
		p := client.NewProducer(c, client.ProducerConfig{TransactionalID: "x", DeliveryTimeout: 5 * time.Second})
		require.NoError(t, p.InitTransactions(tt))
		require.NoError(t, p.Begin(tt))
		overtaken := p.SendTo(tt, value(0))
		tt.Sleep(500 * time.Millisecond)
		require.NoError(t, c.Refresh(tt, "a"))
		require.Equal(t, client.Acknowledged, p.SendTo(tt, value(1)).Wait(tt).Outcome)
		require.NotEqual(t, client.Acknowledged, overtaken.Wait(tt).Outcome)
		_, err := p.Commit(tt)
		require.ErrorIs(t, err, client.ErrAbort)
		require.NoError(t, p.Abort(tt))
		require.NoError(t, p.Begin(tt))
		require.Equal(t, client.Acknowledged, p.SendTo(tt, value(2)).Wait(tt).Outcome)
		_, epoch := p.ID()
		require.EqualValues(t, 1, epoch, "the number that is missing belongs to the epoch before")
		_, err = p.Commit(tt)
		require.NoError(t, err)
		require.Equal(t, []string{"2"}, read(t, tt, c, client.ConsumerConfig{ReadCommitted: true}, 1))
	})
	require.Equal(t, []string{"1", "2"}, w.values(p0))
}

func TestAVerdictThatSomeJournalMayHaveIsIndeterminate(t *testing.T) {
	for _, c := range []struct {
		codes []proto.Code
		want  client.Outcome
	}{
		{[]proto.Code{proto.ProducerFenced}, client.Failed},
		{[]proto.Code{proto.ConcurrentTransactions, proto.ProducerFenced}, client.Failed},
		{[]proto.Code{proto.CoordinatorNotAvailable, proto.ProducerFenced}, client.Indeterminate}, // the append took too long
		{[]proto.Code{proto.NotCoordinator, proto.InvalidTxnState}, client.Indeterminate},         // its leader was deposed
		{[]proto.Code{proto.NotCoordinator}, client.Acknowledged},
	} {
		w := newToys(t, 1, 1)
		left := c.codes
		w.fates = func(_ int32, r kmsg.Request) fate {
			if r.Key() != 26 || len(left) == 0 {
				return fate{}
			}
			f := fate{code: left[0]}
			left = left[1:]
			return f
		}
		w.run(w.config(), func(tt *task.T, cluster *client.Cluster) {
			p := client.NewProducer(cluster, client.ProducerConfig{TransactionalID: "x"})
			require.NoError(t, p.InitTransactions(tt))
			require.NoError(t, p.Begin(tt))
			require.Equal(t, client.Acknowledged, p.SendTo(tt, value(0)).Wait(tt).Outcome)
			outcome, _ := p.Commit(tt)
			require.Equal(t, c.want, outcome, "%v", c.codes)
		})
	}
}
