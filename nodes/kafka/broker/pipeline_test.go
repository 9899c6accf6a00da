package broker_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/kafka/client"
	"orrery/nodes/task"
)

// A group of two reads a topic and writes what it reads to another one, in transactions that hold the group's offsets too (KIP-447).
// Brokers and members die; each record has been written once.
func TestAPipelineWritesEachRecordOnceWhateverHappens(t *testing.T) {
	for seed := range seedsOf(t, 5, 2) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { pipeline(t, 2_000+seed) })
	}
}

func pipeline(t *testing.T, seed uint64) {
	const records = 120
	w := newWorld(t, seed, 3, "log.flush.interval.messages=1", "transaction.abort.timed.out.transaction.cleanup.interval.ms=1000")
	w.client("c0", time.Minute, func(t *task.T, c *client.Cluster) {
		for _, topic := range []string{"in", "out", "orders"} {
			for err := errors.New(""); err != nil && client.CodeOf(err).String() != "TOPIC_ALREADY_EXISTS"; {
				err = create(t, c, topic, 2, 3, "min.insync.replicas", "2")
			}
		}
		t.Sleep(time.Second)
	})
	produced := w.begin("c1", func(t *task.T, c *client.Cluster) {
		p := client.NewProducer(c, client.ProducerConfig{DeliveryTimeout: 10 * time.Minute})
		for i := range records {
			r := send(t, p, "in", int32(i%2), i, i+1)[0].Wait(t)
			require.Equal(w, client.Acknowledged, r.Outcome, "%v", r.Err)
			t.Sleep(300 * time.Millisecond)
		}
		p.Close(t)
	})
	written := 0
	for _, id := range []nodes.ID{"c2", "c3"} {
		w.begin(id, func(t *task.T, c *client.Cluster) { transform(w, t, c, string(id), &written) })
	}
	w.strike(seed)
	w.u.HealAll()
	for _, m := range w.u.Machines() {
		if !m.Up() {
			m.Start(0)
		}
	}
	w.until(5*time.Minute, "everything is written to the first topic", func() bool { return *produced })
	w.until(5*time.Minute, "everything is written to the second topic", func() bool { return written >= records })
	w.client("c4", 3*time.Minute, func(t *task.T, c *client.Cluster) {
		t.Sleep(20 * time.Second) // what a member that died has left open is aborted
		var all []int
		for p := range int32(2) {
			for _, v := range readAll(w, t, c, "out", p, true) {
				n, err := strconv.Atoi(v)
				require.NoError(w, err)
				all = append(all, n)
			}
		}
		slices.Sort(all)
		var want []int
		for i := range records {
			want = append(want, i)
		}
		require.Equal(w, want, all, w.story())
	})
}

// transform is a member of the group.
func transform(w *world, t *task.T, c *client.Cluster, name string, written *int) {
	for t.Monotonic() < time.Hour {
		r := client.NewConsumer(c, client.ConsumerConfig{Group: "g", ReadCommitted: true, SessionTimeout: 6 * time.Second, Heartbeat: time.Second})
		p := client.NewProducer(c, client.ProducerConfig{TransactionalID: name, TransactionTimeout: 10 * time.Second})
		require.NoError(w, r.Subscribe("in"))
		if p.InitTransactions(t) == nil {
			for transaction(t, r, p, written) == nil {
			}
		}
		p.Close(t)
		r.Close(t)
		t.Sleep(time.Second)
	}
}

// transaction reads some records and writes them. After an error nobody knows what it has done, and the member begins anew.
func transaction(t *task.T, r *client.Consumer, p *client.Producer, written *int) error {
	records, err := r.Poll(t, time.Second)
	if err != nil || len(records) == 0 {
		return err
	}
	if err := p.Begin(t); err != nil {
		return err
	}
	for _, one := range records {
		p.SendTo(t, client.Record{Topic: "out", Partition: one.Partition, Value: one.Value})
	}
	if err := p.SendOffsets(t, r.Positions(), r.GroupMetadata()); err != nil {
		return errors.Join(err, p.Abort(t))
	}
	outcome, err := p.Commit(t)
	if outcome == client.Failed {
		return errors.Join(err, p.Abort(t))
	}
	*written += len(records)
	return err
}
