package client_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
	"orrery/nodes/task"
)

// put appends values to a partition, one a batch.
func (w *toys) put(p tp, values ...string) {
	for _, v := range values {
		var b record.Builder
		b.Reset(record.Fields{})
		b.Add(1, nil, []byte(v))
		code, _ := w.parts[p].append(b.Batch())
		require.Zero(w, code)
	}
}

// lead makes another broker the leader of a partition, whose log then ends at end.
func (w *toys) lead(p tp, leader int32, end int64) {
	part := w.parts[p]
	part.ends = append(part.ends, end)
	part.leader = leader
	part.epoch++
	part.next = end
	part.log = slices.DeleteFunc(part.log, func(b record.Batch) bool { return b.BaseOffset() >= end })
}

func TestAConsumerReadsInOrderWhateverHappensToItsFetches(t *testing.T) {
	for name, f := range map[string]fate{
		"answers are lost":        {lose: true},
		"the session is lost":     {code: proto.FetchSessionIDNotFound},
		"the session is confused": {code: proto.InvalidFetchSessionEpoch},
		"the leader is new":       {code: proto.NotLeaderForPartition},
		"the offset is not known": {code: proto.OffsetNotAvailable},
	} {
		t.Run(name, func(t *testing.T) {
			w := newToys(t, 2, 1)
			n := 0
			w.fates = func(_ int32, r kmsg.Request) fate {
				if r.Key() == 1 {
					if n++; n%2 == 0 {
						return f
					}
				}
				return fate{}
			}
			w.put(tp{Topic: "a"}, upTo(20)...)
			w.run(w.config(), func(tt *task.T, c *client.Cluster) {
				r := client.NewConsumer(c, client.ConsumerConfig{MaxRecords: 3})
				require.NoError(t, r.Assign(tp{Topic: "a"}))
				for next := int64(0); next < 40; {
					if next == 20 && len(w.parts[tp{Topic: "a"}].log) == 20 {
						w.put(tp{Topic: "a"}, upTo(40)[20:]...)
					}
					records, err := r.Poll(tt, time.Second)
					require.NoError(t, err)
					require.LessOrEqual(t, len(records), 3)
					for _, rec := range records {
						require.Equal(t, next, rec.Offset)
						require.Equal(t, fmt.Sprint(next), string(rec.Value))
						next++
					}
					at, ok := r.Position(tp{Topic: "a"})
					require.True(t, ok || next == 0)
					require.Equal(t, next, max(at, 0))
				}
			})
		})
	}
}

func TestAConsumerSeeksAndPauses(t *testing.T) {
	w := newToys(t, 1, 2)
	w.put(tp{Topic: "a"}, upTo(5)...)
	w.put(tp{Topic: "a", Partition: 1}, "x")
	w.run(w.config(), func(tt *task.T, c *client.Cluster) {
		r := client.NewConsumer(c, client.ConsumerConfig{Reset: client.ResetLatest})
		require.ErrorIs(t, r.Seek(tp{Topic: "a"}, 3), client.ErrState)
		require.NoError(t, r.Assign(tp{Topic: "a"}, tp{Topic: "a", Partition: 1}))
		require.NoError(t, r.Seek(tp{Topic: "a"}, 3))
		records, err := r.Poll(tt, time.Second)
		require.NoError(t, err)
		require.Len(t, records, 2)
		require.EqualValues(t, 3, records[0].Offset)
		r.Pause(tp{Topic: "a"})
		w.put(tp{Topic: "a"}, "5")
		records, err = r.Poll(tt, 2*time.Second)
		require.NoError(t, err)
		require.Empty(t, records)
		r.Resume(tp{Topic: "a"})
		records, err = r.Poll(tt, 2*time.Second)
		require.NoError(t, err)
		require.Len(t, records, 1)
		require.EqualValues(t, 6, r.End(tp{Topic: "a"}))
		require.NoError(t, r.SeekToReset(tt, tp{Topic: "a", Partition: 1}, client.ResetEarliest))
		records, err = r.Poll(tt, time.Second)
		require.NoError(t, err)
		require.Equal(t, "x", string(records[0].Value))
	})
}

// A position says in which leader epoch the record before it was written even while records behind it wait to be returned: whoever reads on from
// there, when it has been committed, must not ask a leader of before that epoch, which may not have the record (KIP-320).
func TestAPositionHasTheLeaderEpochOfTheRecordBeforeIt(t *testing.T) {
	w := newToys(t, 2, 1)
	p := tp{Topic: "a"}
	w.put(p, "0", "1")
	w.lead(p, 2, 2)
	w.put(p, "2", "3")
	w.run(w.config(), func(tt *task.T, c *client.Cluster) {
		r := client.NewConsumer(c, client.ConsumerConfig{MaxRecords: 1})
		require.NoError(t, r.Assign(p))
		for i, epoch := range []int32{0, 0, 1, 1} {
			records, err := r.Poll(tt, time.Second)
			require.NoError(t, err)
			require.Len(t, records, 1)
			require.Equal(t, []client.Offset{{TopicPartition: p, Offset: int64(i) + 1, LeaderEpoch: epoch}}, r.Positions())
		}
		require.NoError(t, r.Seek(p, 1))
		require.Equal(t, []client.Offset{{TopicPartition: p, Offset: 1, LeaderEpoch: -1}}, r.Positions())
	})
}

func TestTruncationIsNoticed(t *testing.T) { // KIP-320
	for _, quirk := range []bool{false, true} {
		w := newToys(t, 2, 1)
		w.put(tp{Topic: "a"}, "0", "1", "lost")
		config := w.config()
		config.Quirks.NoValidation, config.Quirks.NoEpochFence = quirk, quirk
		var told []int64
		w.run(config, func(tt *task.T, c *client.Cluster) {
			r := client.NewConsumer(c, client.ConsumerConfig{Truncated: func(_ *task.T, _ tp, from, to int64) { told = append(told, from, to) }})
			require.NoError(t, r.Assign(tp{Topic: "a"}))
			var got []string
			poll := func() {
				records, err := r.Poll(tt, 2*time.Second)
				require.NoError(t, err)
				for _, rec := range records {
					got = append(got, string(rec.Value))
				}
			}
			poll()
			w.lead(tp{Topic: "a"}, 2, 2)
			w.put(tp{Topic: "a"}, "new", "3")
			for range 3 {
				poll()
			}
			if quirk {
				require.Equal(t, []string{"0", "1", "lost", "3"}, got)
				require.Empty(t, told)
			} else {
				require.Equal(t, []string{"0", "1", "lost", "new", "3"}, got)
				require.Equal(t, []int64{3, 2}, told)
			}
		})
	}
}

func TestAReaderIsSentToAFollowerAndFromThereBack(t *testing.T) { // KIP-392
	w := newToys(t, 3, 1)
	w.put(tp{Topic: "a"}, "0")
	w.parts[tp{Topic: "a"}].prefers = 3
	lags := false
	w.fates = func(b int32, r kmsg.Request) fate {
		if lags && b == 3 && r.Key() == 1 {
			return fate{code: proto.OffsetOutOfRange}
		}
		return fate{}
	}
	config := w.config()
	config.Rack = "east"
	w.run(config, func(tt *task.T, c *client.Cluster) {
		r := client.NewConsumer(c, client.ConsumerConfig{Reset: client.ResetNone})
		require.NoError(t, r.Assign(tp{Topic: "a"}))
		require.NoError(t, r.Seek(tp{Topic: "a"}, 0))
		records, err := r.Poll(tt, time.Second)
		require.NoError(t, err)
		require.Len(t, records, 1)
		require.Contains(t, w.seen, "3 Fetch")
		lags, w.parts[tp{Topic: "a"}].prefers = true, 0
		w.put(tp{Topic: "a"}, "1")
		records, err = r.Poll(tt, 5*time.Second)
		require.NoError(t, err, "a follower that lags is no reason to reset")
		require.Len(t, records, 1)
	})
}

// What a leader has said of its followers ends with its reign: the replica may not have cut off yet what the new leader does not have (KIP-320, KIP-392).
func TestAReaderAsksANewLeaderWhereToRead(t *testing.T) {
	for _, leader := range []int32{1, 2} { // a leader that is elected once more has a new epoch too
		w := newToys(t, 3, 1)
		part := tp{Topic: "a"}
		w.put(part, "0")
		w.parts[part].prefers = 3
		config := w.config()
		config.Rack = "east"
		w.run(config, func(tt *task.T, c *client.Cluster) {
			r := client.NewConsumer(c, client.ConsumerConfig{})
			require.NoError(t, r.Assign(part))
			records, err := r.Poll(tt, time.Second)
			require.NoError(t, err)
			require.Len(t, records, 1)
			require.Contains(t, w.seen, "3 Fetch")
			r.Pause(part) // no fetch is on its way that the change would refuse
			_, err = r.Poll(tt, 2*time.Second)
			require.NoError(t, err)
			r.Resume(part)
			w.lead(part, leader, 1)
			w.put(part, "1")
			require.NoError(t, c.Refresh(tt, "a"))
			w.seen = nil
			records, err = r.Poll(tt, time.Second)
			require.NoError(t, err)
			require.Len(t, records, 1)
			asked := slices.DeleteFunc(w.seen, func(s string) bool { return !strings.HasSuffix(s, " Fetch") })
			require.Equal(t, []string{fmt.Sprintf("%d Fetch", leader), "3 Fetch"}, asked, "the new leader may send on to the same replica")
		})
	}
}

func TestAReaderThatIsSentToAnUnknownFollowerAsksWhoThereIs(t *testing.T) {
	w := newToys(t, 3, 1)
	w.put(tp{Topic: "a"}, "0")
	w.parts[tp{Topic: "a"}].prefers = 3
	all := w.ids
	w.ids = all[:2]
	w.fates = func(_ int32, r kmsg.Request) fate {
		if r.Key() == 1 {
			w.ids = all // it has come since
		}
		return fate{}
	}
	config := w.config()
	config.Rack = "east"
	w.run(config, func(tt *task.T, c *client.Cluster) {
		r := client.NewConsumer(c, client.ConsumerConfig{})
		require.NoError(t, r.Assign(tp{Topic: "a"}))
		records, err := r.Poll(tt, time.Second)
		require.NoError(t, err)
		require.Len(t, records, 1)
		require.Contains(t, w.seen, "3 Fetch")
	})
}

func TestAnOffsetThatIsGoneIsResetAsThePolicySays(t *testing.T) {
	w := newToys(t, 1, 1)
	w.put(tp{Topic: "a"}, upTo(5)...)
	w.parts[tp{Topic: "a"}].start = 3
	for policy, want := range map[client.Reset]int64{client.ResetEarliest: 3, client.ResetLatest: 5, client.ResetNone: -1} {
		w.run(w.config(), func(tt *task.T, c *client.Cluster) {
			r := client.NewConsumer(c, client.ConsumerConfig{Reset: policy, MaxRecords: 1})
			require.NoError(t, r.Assign(tp{Topic: "a"}))
			require.NoError(t, r.Seek(tp{Topic: "a"}, 1))
			records, err := r.Poll(tt, 2*time.Second)
			switch want {
			case -1:
				require.ErrorIs(t, err, client.ErrNoOffset)
			case 5:
				at, _ := r.Position(tp{Topic: "a"})
				require.EqualValues(t, 5, at)
			default:
				require.Equal(t, want, records[0].Offset)
			}
		})
	}
}

// groupRun lets members read a topic of four partitions, and adds up who reads what whenever all is calm.
func groupRun(t *testing.T, assignor client.Assignor, quirks client.Quirks) {
	w := newToys(t, 2, 4)
	config := w.config()
	config.Quirks = quirks
	owned := map[string][]tp{} // by member, between Assigned and Revoked or Lost
	counts := map[string]int{}
	stop := map[string]bool{}
	member := func(name string) *bool {
		return w.begin(nodes.ID("member-"+name), config, func(tt *task.T, c *client.Cluster) {
			drop := func(_ *task.T, parts []tp) {
				owned[name] = slices.DeleteFunc(owned[name], func(p tp) bool { return slices.Contains(parts, p) })
			}
			r := client.NewConsumer(c, client.ConsumerConfig{Group: "g", Assignors: []client.Assignor{assignor}, AutoCommit: 50 * time.Millisecond,
				Heartbeat: 20 * time.Millisecond, Revoked: drop, Lost: drop, Assigned: func(_ *task.T, parts []tp) {
					for _, p := range parts {
						for other, theirs := range owned {
							require.NotContains(t, theirs, p, "%s and %s own %v", name, other, p)
						}
					}
					owned[name] = append(owned[name], parts...)
				}})
			require.NoError(t, r.Subscribe("a"))
			for !stop[name] {
				records, err := r.Poll(tt, 20*time.Millisecond)
				require.NoError(t, err)
				for _, rec := range records {
					counts[string(rec.Value)]++
				}
				tt.Sleep(time.Millisecond)
			}
			r.Close(tt)
			drop(tt, slices.Clone(owned[name]))
		})
	}
	calm := func(loads ...int) {
		t.Helper()
		ok := w.u.RunUntil(func() bool {
			var now []int
			for _, name := range []string{"x", "y"} {
				if n := len(owned[name]); n > 0 {
					now = append(now, n)
				}
			}
			return slices.Equal(now, loads)
		}, w.u.Now()+time.Minute)
		require.True(t, ok, "owned: %v", owned)
	}
	n := 0
	write := func() {
		for p := range int32(4) {
			w.put(tp{Topic: "a", Partition: p}, fmt.Sprint(n))
			n++
		}
	}
	write()
	member("x")
	calm(4)
	write()
	yDone := member("y")
	calm(2, 2)
	write()
	w.u.Run(w.u.Now() + time.Second)
	stop["y"] = true
	calm(4)
	write()
	w.u.Run(w.u.Now() + time.Second)
	require.True(t, *yDone)
	stop["x"] = true
	w.u.Run(w.u.Now() + time.Second)
	for i := range n {
		require.Equal(t, 1, counts[fmt.Sprint(i)], "value %d, commits %v", i, w.group.commits)
	}
	for p := range int32(4) {
		require.EqualValues(t, 4, w.group.offsets[tp{Topic: "a", Partition: p}])
	}
}

func TestAGroupSharesItsPartitionsAndReadsEachRecordOnce(t *testing.T) {
	for _, a := range []client.Assignor{client.RangeAssignor, client.RoundRobinAssignor, client.StickyAssignor, client.CooperativeAssignor} {
		t.Run(string(a), func(t *testing.T) { groupRun(t, a, client.Quirks{}) })
	}
}

func TestAMemberThatTheGroupForgotComesBackWithNothing(t *testing.T) {
	w := newToys(t, 1, 2)
	var lost []tp
	w.run(w.config(), func(tt *task.T, c *client.Cluster) {
		r := client.NewConsumer(c, client.ConsumerConfig{Group: "g", Assignors: []client.Assignor{client.CooperativeAssignor}, Heartbeat: 20 * time.Millisecond,
			Lost: func(_ *task.T, parts []tp) { lost = append(lost, parts...) }})
		require.NoError(t, r.Subscribe("a"))
		_, err := r.Poll(tt, 100*time.Millisecond)
		require.NoError(t, err)
		require.Len(t, r.Assignment(), 2)
		w.group.members = nil
		for len(lost) == 0 {
			_, err = r.Poll(tt, 100*time.Millisecond)
			require.NoError(t, err)
		}
		w.group.members = nil
		outcome, err := r.Commit(tt)
		require.ErrorIs(t, err, client.ErrCommit)
		require.Equal(t, client.Failed, outcome)
		_, err = r.Poll(tt, 100*time.Millisecond)
		require.NoError(t, err)
		require.Len(t, lost, 4, "both partitions, twice")
		require.Len(t, r.Assignment(), 2)
		outcome, err = r.Commit(tt, client.Offset{TopicPartition: tp{Topic: "a"}, Offset: 1, LeaderEpoch: -1})
		require.NoError(t, err)
		require.Equal(t, client.Acknowledged, outcome)
		offsets, err := r.Committed(tt, tp{Topic: "a"}, tp{Topic: "a", Partition: 1})
		require.NoError(t, err)
		require.EqualValues(t, 1, offsets[0].Offset)
		require.EqualValues(t, -1, offsets[1].Offset)
	})
}

func TestOffsetsInATransactionFenceAnEarlierGeneration(t *testing.T) { // KIP-447
	w := newToys(t, 1, 1)
	w.run(w.config(), func(tt *task.T, c *client.Cluster) {
		r := client.NewConsumer(c, client.ConsumerConfig{Group: "g"})
		require.NoError(t, r.Subscribe("a"))
		_, err := r.Poll(tt, 50*time.Millisecond)
		require.NoError(t, err)
		p := client.NewProducer(c, client.ProducerConfig{TransactionalID: "x"})
		require.NoError(t, p.InitTransactions(tt))
		offset := client.Offset{TopicPartition: tp{Topic: "a"}, Offset: 7, LeaderEpoch: -1}
		require.NoError(t, p.Begin(tt))
		require.NoError(t, p.SendOffsets(tt, []client.Offset{offset}, r.GroupMetadata()))
		_, err = p.Commit(tt)
		require.NoError(t, err)
		require.EqualValues(t, 7, w.group.offsets[tp{Topic: "a"}])

		stale := r.GroupMetadata()
		stale.Generation--
		require.NoError(t, p.Begin(tt))
		err = p.SendOffsets(tt, []client.Offset{offset}, stale)
		require.Equal(t, proto.IllegalGeneration, client.CodeOf(err))
		require.NoError(t, p.Abort(tt))
	})
}

// The application has read and does not poll any more, so that its heart leaves the group; then it commits what it has worked off.
func TestWhatIsCommittedAfterTheHeartHasLeftIsFenced(t *testing.T) {
	w := newToys(t, 1, 1)
	w.run(w.config(), func(tt *task.T, c *client.Cluster) {
		r := client.NewConsumer(c, client.ConsumerConfig{Group: "g", PollInterval: time.Second, Heartbeat: 100 * time.Millisecond})
		require.NoError(t, r.Subscribe("a"))
		_, err := r.Poll(tt, 50*time.Millisecond)
		require.NoError(t, err)
		p := client.NewProducer(c, client.ProducerConfig{TransactionalID: "x"})
		require.NoError(t, p.InitTransactions(tt))
		require.NoError(t, p.Begin(tt))
		tt.Sleep(3 * time.Second)
		require.Empty(t, w.group.members)
		offset := client.Offset{TopicPartition: tp{Topic: "a"}, Offset: 7, LeaderEpoch: -1}
		require.Equal(t, proto.UnknownMemberID, client.CodeOf(p.SendOffsets(tt, []client.Offset{offset}, r.GroupMetadata())))
		require.NoError(t, p.Abort(tt))
		outcome, err := r.Commit(tt, offset)
		require.ErrorIs(t, err, client.ErrCommit)
		require.Equal(t, client.Failed, outcome)
	})
}

// The group's offset is about to be replaced by one of a transaction that has not ended. Also who reads what is uncommitted begins behind that
// (KIP-447): it would commit what the group has had before.
func TestAMemberBeginsBehindTheOffsetsOfATransactionThatEnds(t *testing.T) {
	for _, committed := range []bool{false, true} {
		w := newToys(t, 1, 1)
		w.group.offsets, w.group.staged = map[tp]int64{{Topic: "a"}: 1}, map[tp]int64{{Topic: "a"}: 2}
		w.run(w.config(), func(tt *task.T, c *client.Cluster) {
			r := client.NewConsumer(c, client.ConsumerConfig{Group: "g", ReadCommitted: committed})
			require.NoError(t, r.Subscribe("a"))
			tt.Go("the coordinator", func(tt *task.T) {
				tt.Sleep(time.Second)
				w.group.offsets, w.group.staged = w.group.staged, nil
			})
			for {
				began := tt.Monotonic()
				_, err := r.Poll(tt, 100*time.Millisecond)
				require.NoError(t, err)
				require.Less(t, tt.Monotonic()-began, 500*time.Millisecond, "a poll is over when it is, and the next one asks again")
				if at, ok := r.Position(tp{Topic: "a"}); ok {
					require.EqualValues(t, 2, at)
					return
				}
			}
		})
	}
}
