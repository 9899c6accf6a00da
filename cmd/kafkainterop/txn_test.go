package kafkainterop

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// commit commits offset 7 of the topic's first partition, and answers its error.
func commit(t testing.TB, c *cluster, group, member string, generation int32) error {
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Group, req.MemberID, req.Generation = group, member, generation
	p := kmsg.NewOffsetCommitRequestTopicPartition()
	p.Offset = 7
	req.Topics = []kmsg.OffsetCommitRequestTopic{{Topic: group, Partitions: []kmsg.OffsetCommitRequestTopicPartition{p}}}
	answer, err := req.RequestWith(soon(t), c.client())
	require.NoError(t, err)
	return kerr.ErrorForCode(answer.Topics[0].Partitions[0].ErrorCode)
}

// values are the values of what is read.
func values(records []*kgo.Record) []string {
	var all []string
	for _, r := range records {
		all = append(all, string(r.Value))
	}
	return all
}

// Who reads what is committed sees whole transactions, and nothing of those that were aborted; who reads all sees all.
func TestTransactionsCommitAndAbort(t *testing.T) {
	c := start(t, 3, "")
	c.topic("tx", 1, 3, nil)
	producer := c.client(kgo.DefaultProduceTopic("tx"), kgo.TransactionalID("writer"))
	inTransaction := func(end kgo.TransactionEndTry, texts ...string) {
		require.NoError(t, producer.BeginTransaction())
		write(t, producer, "tx", texts...)
		require.NoError(t, producer.EndTransaction(soon(t), end))
	}
	inTransaction(kgo.TryCommit, "a", "b")
	inTransaction(kgo.TryAbort, "c", "d")
	inTransaction(kgo.TryCommit, "e")
	require.NoError(t, producer.BeginTransaction())
	write(t, producer, "tx", "open")
	write(t, c.client(), "tx", "behind")

	committed := c.client(kgo.ConsumeTopics("tx"), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	require.Equal(t, []string{"a", "b", "e"}, values(read(t, committed, 3)))
	all := c.client(kgo.ConsumeTopics("tx"))
	require.Equal(t, []string{"a", "b", "c", "d", "e", "open", "behind"}, values(read(t, all, 7)))
	adm := c.admin()
	stable, err := adm.ListCommittedOffsets(soon(t), "tx")
	require.NoError(t, err)
	end, err := adm.ListEndOffsets(soon(t), "tx")
	require.NoError(t, err)
	require.EqualValues(t, 8, stable["tx"][0].Offset, "five records and three markers are before the open transaction")
	require.EqualValues(t, 10, end["tx"][0].Offset)
	require.NoError(t, producer.EndTransaction(soon(t), kgo.TryCommit))
	require.Equal(t, []string{"open", "behind"}, values(read(t, committed, 2)))
}

// A producer with another's transactional id aborts what that has open, and that is fenced for good.
func TestASecondProducerFencesTheFirst(t *testing.T) {
	c := start(t, 3, "")
	c.topic("fence", 1, 3, nil)
	opts := []kgo.Opt{kgo.DefaultProduceTopic("fence"), kgo.TransactionalID("one"), kgo.TransactionTimeout(30 * time.Second)}
	first, second := c.client(opts...), c.client(opts...)
	require.NoError(t, first.BeginTransaction())
	write(t, first, "fence", "of the first")
	require.NoError(t, second.BeginTransaction())
	write(t, second, "fence", "of the second")
	_, now, err := second.ProducerID(soon(t))
	require.NoError(t, err)
	_, was, _ := first.ProducerID(soon(t))
	require.Greater(t, now, was)
	err = first.ProduceSync(soon(t), kgo.StringRecord("too late")).FirstErr()
	require.Error(t, err)
	require.Error(t, first.EndTransaction(soon(t), kgo.TryCommit))
	require.NoError(t, second.EndTransaction(soon(t), kgo.TryCommit))
	reader := c.client(kgo.ConsumeTopics("fence"), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	require.Equal(t, []string{"of the second"}, values(read(t, reader, 1)))
}

// What is consumed, changed and produced in transactions with its offsets arrives once, although a member comes and one goes.
func TestAPipelineOfTransactionsIsExactlyOnce(t *testing.T) {
	c := start(t, 3, "")
	c.topic("in", 4, 3, nil)
	c.topic("out", 4, 3, nil)
	const n = 800
	writer := c.client()
	for first := 0; first < n; first += 40 {
		write(t, writer, "in", numbers(first, 40)...)
	}
	stages := make(chan error, 3)
	ctx := soon(t)
	stage := func(id string, rounds int) {
		s, err := kgo.NewGroupTransactSession(kgo.SeedBrokers(c.seeds()...), kgo.TransactionalID(id), kgo.ConsumerGroup("pipe"),
			kgo.ConsumeTopics("in"), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.RequireStableFetchOffsets(),
			kgo.FetchMaxPartitionBytes(1_000), kgo.MetadataMinAge(100*time.Millisecond))
		if err != nil {
			stages <- err
			return
		}
		defer s.Close()
		for i := 0; i < rounds && ctx.Err() == nil; i++ {
			turn, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
			f := s.PollFetches(turn)
			cancel()
			if err := s.Begin(); err != nil {
				stages <- err
				return
			}
			f.EachRecord(func(r *kgo.Record) { s.Produce(ctx, &kgo.Record{Topic: "out", Value: r.Value}, nil) })
			if _, err := s.End(ctx, kgo.TryCommit); err != nil && ctx.Err() == nil {
				stages <- err
				return
			}
		}
		stages <- nil
	}
	go stage("first", 3) // and then it goes
	go stage("second", 1_000_000)
	require.NoError(t, <-stages)
	go stage("third", 1_000_000)
	adm := c.admin()
	var l kadm.DescribedGroupLag
	c.eventually(time.Minute, func() bool {
		lag, err := adm.Lag(ctx, "pipe")
		l = lag["pipe"]
		return err == nil && l.Error() == nil && committed(l) == n
	}, func() string { return fmt.Sprintf("not all has come through: %+v", l) + c.logs() })
	reader := c.client(kgo.ConsumeTopics("out"), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	times := map[string]int{}
	for _, v := range values(read(t, reader, n)) {
		times[v]++
	}
	for _, v := range numbers(0, n) {
		require.Equal(t, 1, times[v], v)
	}
}

// committed is how many records lie before the committed offsets of a topic without markers.
func committed(l kadm.DescribedGroupLag) int64 {
	sum := int64(0)
	for _, m := range l.Lag.Sorted() {
		sum += max(m.Commit.At, 0)
	}
	return sum
}

// A batch that comes twice is written once, and one that comes too early is refused.
func TestAnIdempotentProducersSequenceIsKept(t *testing.T) {
	c := start(t, 3, "")
	c.topic("seq", 1, 3, nil)
	cl := c.client(kgo.DefaultProduceTopic("seq"))
	write(t, cl, "seq", "0")
	pid, epoch, err := cl.ProducerID(soon(t))
	require.NoError(t, err)
	for _, try := range []struct {
		sequence int32
		code     error
		offset   int64
	}{
		{0, nil, 0}, // what was written: answered with its offset
		{1, nil, 1},
		{1, nil, 1},
		{3, kerr.OutOfOrderSequenceNumber, -1},
		{2, nil, 2},
	} {
		p := produceRaw(t, c, "seq", batch(pid, epoch, try.sequence, 1))
		require.Equal(t, try.code, kerr.ErrorForCode(p.ErrorCode), "sequence %d", try.sequence)
		require.Equal(t, try.offset, p.BaseOffset, "sequence %d", try.sequence)
	}
	p := produceRaw(t, c, "seq", batch(pid, epoch+1, 0, 1)) // an epoch begins its sequence anew
	require.NoError(t, kerr.ErrorForCode(p.ErrorCode))
	p = produceRaw(t, c, "seq", batch(pid, epoch, 3, 1))
	require.ErrorIs(t, kerr.ErrorForCode(p.ErrorCode), kerr.InvalidProducerEpoch)
	broken := batch(pid, epoch, 3, 1)
	broken[len(broken)-1] ^= 1
	require.ErrorIs(t, kerr.ErrorForCode(produceRaw(t, c, "seq", broken).ErrorCode), kerr.CorruptMessage)
}
