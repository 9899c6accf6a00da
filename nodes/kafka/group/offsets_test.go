package group_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/group"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
)

const day = 24 * time.Hour

// expireTimer is the timer that looks for offsets that are too old.
var expireTimer = nodes.Tag{Name: group.TagPrefix + "expire"}

func TestOffsetsOfATransactionCountFromTheMarkerOn(t *testing.T) {
	for _, commit := range []bool{true, false} {
		w := newWorld(t, group.Config{})
		a := w.consumer("g")
		w.form(a)
		a.commit(0, 3)
		code, _ := w.committedCode(a.stage(77, 0, 9))
		require.Equal(t, proto.None, code)
		at, code := w.fetch("g", 0, false)
		require.Equal(t, proto.None, code)
		require.EqualValues(t, 3, at)
		_, code = w.fetch("g", 0, true)
		require.Equal(t, proto.UnstableOffsetCommit, code)
		w.mark(0, 77, commit)
		at, code = w.fetch("g", 0, true)
		require.Equal(t, proto.None, code)
		require.EqualValues(t, map[bool]int64{true: 9, false: 3}[commit], at)
	}
}

func TestAnOpenTransactionOutlivesItsCoordinator(t *testing.T) {
	w := newWorld(t, group.Config{})
	a := w.consumer("g")
	w.form(a)
	a.stage(77, 0, 9)
	w.failover()
	require.True(t, w.marks["group: open transaction found by a load"])
	at, _ := w.fetch("g", 0, false)
	require.EqualValues(t, -1, at)
	w.mark(0, 77, true)
	at, _ = w.fetch("g", 0, false)
	require.EqualValues(t, 9, at)
	w.failover()
	at, _ = w.fetch("g", 0, false)
	require.EqualValues(t, 9, at, "the log says the same")
}

func TestAMarkerMayBeToldBeforeTheAppendThatItCovers(t *testing.T) {
	w := newWorld(t, group.Config{})
	a := w.consumer("g")
	w.form(a)
	w.held = true
	a.stage(77, 0, 9)
	w.c.MarkerWritten(w.machine, 0, 77, 0, true)
	w.held = false
	w.settle()
	at, _ := w.fetch("g", 0, true)
	require.EqualValues(t, 9, at)
}

func TestStagedOffsetsAreAMembers(t *testing.T) {
	w := newWorld(t, group.Config{})
	a := w.consumer("g")
	w.form(a)
	stranger := w.consumer("g")
	stranger.id, stranger.generation = "nobody", 1
	code, _ := w.committedCode(stranger.stage(77, 0, 9))
	require.Equal(t, proto.UnknownMemberID, code)
	a.generation = 0
	code, _ = w.committedCode(a.stage(77, 0, 9))
	require.Equal(t, proto.IllegalGeneration, code)
	old := w.consumer("g") // a client of before KIP-447 does not say who it is
	code, _ = w.committedCode(old.stage(77, 0, 9))
	require.Equal(t, proto.None, code)
}

func TestAVerificationThatFailsStagesNothing(t *testing.T) {
	w := newWorld(t, group.Config{Verify: true})
	a := w.consumer("g")
	w.form(a)
	call := a.stage(77, 0, 9)
	v := w.said[len(w.said)-1].(group.Verify)
	require.Equal(t, group.Verify{Call: v.Call, TransactionalID: "tx", ProducerID: 77, Partition: 0}, v)
	w.c.Verified(w.machine, v.Call, proto.InvalidTxnState)
	w.settle()
	code, _ := w.committedCode(call)
	require.Equal(t, proto.InvalidTxnState, code)
	require.Empty(t, w.group("g").Staged)
}

func TestOffsetsExpireWhenTheGroupHasBeenEmptyForLong(t *testing.T) {
	w := newWorld(t, group.Config{})
	a := w.consumer("g")
	w.form(a)
	a.commit(0, 3)
	w.pass(5 * day) // its session ends
	require.Equal(t, "Empty", w.group("g").State)
	w.pass(3 * day)
	require.Nil(t, w.group("g"))
	w.failover()
	require.Nil(t, w.group("g"), "the tombstones are in the log")
}

func TestOffsetsOfASimpleConsumerExpireByTheirAge(t *testing.T) {
	w := newWorld(t, group.Config{})
	w.ask(commitRequest("simple", "", nil, -1, 0, 1))
	w.pass(4 * day)
	w.ask(commitRequest("simple", "", nil, -1, 1, 1))
	w.pass(4 * day)
	require.Len(t, w.group("simple").Offsets, 1)
	w.pass(4 * day)
	require.Nil(t, w.group("simple"))
}

func TestAnOffsetsOwnRetentionCounts(t *testing.T) {
	w := newWorld(t, group.Config{})
	r := commitRequest("simple", "", nil, -1, 0, 1)
	r.Version, r.RetentionTimeMillis = 4, time.Hour.Milliseconds()
	w.ask(r)
	w.failover()
	w.pass(50 * time.Minute)
	require.NotNil(t, w.group("simple"))
	w.pass(time.Hour)
	require.Nil(t, w.group("simple"))
}

func TestOffsetsOfATopicThatNobodyReadsAnyMoreExpire(t *testing.T) {
	w := newWorld(t, group.Config{})
	a := w.consumer("g")
	a.topics, a.session = []string{"u"}, 30*time.Minute
	w.form(a)
	a.commit(0, 3) // of topic t
	for range 8 * 24 * 3 {
		w.pass(20 * time.Minute)
		if a.heartbeat() != proto.None {
			t.Fatal("the member is alive")
		}
		if len(w.group("g").Offsets) == 0 {
			break
		}
	}
	require.Empty(t, w.group("g").Offsets)
	require.Equal(t, "Stable", w.group("g").State)
}

func TestAGroupIsDeletedWithItsOffsets(t *testing.T) {
	w := newWorld(t, group.Config{})
	a := w.consumer("g")
	w.form(a)
	a.commit(0, 3)
	a.stage(77, 1, 9)
	codes := func(ids ...string) (out []proto.Code) {
		r := kmsg.NewPtrDeleteGroupsRequest()
		r.Groups = ids
		for _, g := range w.answers[w.ask(r)].(*kmsg.DeleteGroupsResponse).Groups {
			out = append(out, proto.Code(g.ErrorCode))
		}
		return out
	}
	require.Equal(t, []proto.Code{proto.NonEmptyGroup, proto.GroupIDNotFound}, codes("g", "other"))
	a.leave()
	w.refusal = proto.NotEnoughReplicas
	require.Equal(t, []proto.Code{proto.CoordinatorNotAvailable}, codes("g"))
	w.refusal = proto.None
	require.Len(t, w.group("g").Offsets, 1, "it is still there")
	require.Equal(t, []proto.Code{proto.None}, codes("g"))
	require.Nil(t, w.group("g"))
	w.mark(0, 77, true)
	require.Nil(t, w.group("g"), "what was staged went with it")
	w.failover()
	require.Nil(t, w.group("g"))
}

func TestOffsetsOfWhatIsReadAreNotDeleted(t *testing.T) {
	w := newWorld(t, group.Config{})
	a := w.consumer("g")
	w.form(a)
	a.commit(0, 3)
	del := func() *kmsg.OffsetDeleteResponse {
		r := kmsg.NewPtrOffsetDeleteRequest()
		r.Group = "g"
		rt := kmsg.NewOffsetDeleteRequestTopic()
		rt.Topic = "t"
		rt.Partitions = append(rt.Partitions, kmsg.OffsetDeleteRequestTopicPartition{Partition: 0})
		r.Topics = append(r.Topics, rt)
		return w.answers[w.ask(r)].(*kmsg.OffsetDeleteResponse)
	}
	require.EqualValues(t, proto.GroupSubscribedToTopic, del().Topics[0].Partitions[0].ErrorCode)
	a.leave()
	require.Zero(t, del().Topics[0].Partitions[0].ErrorCode)
	require.Empty(t, w.group("g").Offsets)
}

func TestOffsetsGoWithTheirTopic(t *testing.T) {
	w := newWorld(t, group.Config{})
	a := w.consumer("g")
	w.form(a)
	a.commit(0, 3)
	a.commit(1, 4)
	w.c.PartitionsDeleted(w.machine, []log.TopicPartition{{Topic: "t", Partition: 0}})
	w.settle()
	require.Len(t, w.group("g").Offsets, 1)
	w.failover()
	require.Len(t, w.group("g").Offsets, 1)
}

func TestOffsetFetchOfAll(t *testing.T) {
	w := newWorld(t, group.Config{})
	a := w.consumer("g")
	w.form(a)
	a.commit(1, 4)
	a.commit(0, 3)
	r := kmsg.NewPtrOffsetFetchRequest()
	r.Version, r.Group, r.Topics = 6, "g", nil
	resp := w.answers[w.ask(r)].(*kmsg.OffsetFetchResponse)
	require.Len(t, resp.Topics, 1)
	require.Len(t, resp.Topics[0].Partitions, 2)
	require.EqualValues(t, 3, resp.Topics[0].Partitions[0].Offset)
}

func TestGroupsAreDescribedAndListed(t *testing.T) {
	w := newWorld(t, group.Config{})
	a := w.static("g", "one")
	w.form(a)
	d := kmsg.NewPtrDescribeGroupsRequest()
	d.Version, d.Groups, d.IncludeAuthorizedOperations = 5, []string{"g", "other"}, true
	resp := w.answers[w.ask(d)].(*kmsg.DescribeGroupsResponse)
	g := resp.Groups[0]
	require.Equal(t, []string{"Stable", "consumer", "range"}, []string{g.State, g.ProtocolType, g.Protocol})
	require.EqualValues(t, 328, g.AuthorizedOperations)
	require.Equal(t, a.id, g.Members[0].MemberID)
	require.Equal(t, "/10.0.0.1", g.Members[0].ClientHost)
	require.Equal(t, "p0", string(g.Members[0].MemberAssignment))
	require.Equal(t, "Dead", resp.Groups[1].State)
	require.Zero(t, resp.Groups[1].ErrorCode)

	l := w.answers[w.ask(kmsg.NewPtrListGroupsRequest())].(*kmsg.ListGroupsResponse)
	require.Len(t, l.Groups, 1)
	require.Equal(t, "consumer", l.Groups[0].ProtocolType)
}
