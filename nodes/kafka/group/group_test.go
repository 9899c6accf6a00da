package group_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/group"
	"orrery/nodes/kafka/proto"
)

func TestTwoConsumersShareAGeneration(t *testing.T) {
	w := newWorld(t, group.Config{})
	a, b := w.consumer("g"), w.consumer("g")
	w.form(a, b)
	g := w.group("g")
	require.Equal(t, "Stable", g.State)
	require.EqualValues(t, 1, g.Generation)
	require.Equal(t, a.id, g.Leader)
	require.Equal(t, "p0", string(g.Members[0].Assignment))
	require.Equal(t, "p1", string(g.Members[1].Assignment))
	require.Equal(t, proto.None, a.heartbeat())
}

func TestANewMemberMakesTheOthersJoinAgain(t *testing.T) {
	w := newWorld(t, group.Config{})
	a, b := w.consumer("g"), w.consumer("g")
	w.form(a)
	call := b.join()
	require.Equal(t, proto.RebalanceInProgress, a.heartbeat())
	_, answered := b.joined(call)
	require.False(t, answered)
	w.finish([]*consumer{a, b}, []uint64{a.join(), call})
	require.EqualValues(t, 2, w.group("g").Generation)
	require.Equal(t, "Stable", w.group("g").State)
}

func TestAMemberThatDoesNotJoinAgainIsLeftOut(t *testing.T) {
	w := newWorld(t, group.Config{})
	a, b := w.consumer("g"), w.consumer("g")
	b.session = 5 * time.Minute
	b.rebalance = 20 * time.Second
	a.session, a.rebalance = 5*time.Minute, 20*time.Second
	w.form(a, b)
	a.topics = []string{"t", "u"}
	call := a.join()
	w.pass(21 * time.Second)
	r, ok := a.joined(call)
	require.True(t, ok)
	require.Len(t, r.Members, 1)
	require.Equal(t, proto.UnknownMemberID, b.heartbeat())
}

func TestALeaderThatFailsIsReplaced(t *testing.T) {
	w := newWorld(t, group.Config{})
	a, b := w.consumer("g"), w.consumer("g")
	w.form(a, b)
	for range 4 {
		w.pass(3 * time.Second)
		_ = b.heartbeat()
	}
	require.Equal(t, proto.RebalanceInProgress, b.heartbeat(), "the leader's session has ended")
	w.finish([]*consumer{b}, []uint64{b.join()})
	require.Equal(t, b.id, w.group("g").Leader)
	require.Equal(t, proto.UnknownMemberID, a.heartbeat())
}

func TestASessionEndsThoughItsBrokerWasPausedOverItsEnd(t *testing.T) {
	w := newWorld(t, group.Config{})
	a := w.consumer("g")
	w.form(a)
	w.pass(3 * time.Second)
	require.Equal(t, proto.None, a.heartbeat(), "this makes the session last longer than the deadline that is set")
	w.at += time.Minute // no timer fires meanwhile: both have gone by when the broker goes on
	w.settle()
	require.Equal(t, proto.UnknownMemberID, a.heartbeat())
	require.Equal(t, "Empty", w.group("g").State)
}

func TestAnAssignmentIsToldOnlyWhenItIsStored(t *testing.T) {
	w := newWorld(t, group.Config{})
	a := w.consumer("g")
	call := a.join()
	w.pass(c3s)
	a.joined(call)
	w.held = true
	call = a.sync(map[string]string{a.id: "all"})
	_, _, ok := a.synced(call)
	require.False(t, ok)
	w.held = false
	w.settle()
	got, code, ok := a.synced(call)
	require.True(t, ok)
	require.Equal(t, proto.None, code)
	require.Equal(t, "all", got)
}

func TestTheAssignmentOfAGenerationDoesNotChange(t *testing.T) {
	w := newWorld(t, group.Config{})
	a := w.consumer("g")
	call := a.join()
	w.pass(c3s)
	a.joined(call)
	w.held = true
	first := a.sync(map[string]string{a.id: "one"})
	second := a.sync(map[string]string{a.id: "two"})
	w.held = false
	w.settle()
	_, code, _ := a.synced(first)
	require.Equal(t, proto.RebalanceInProgress, code, "it was overtaken by the one that repeats it")
	got, _, _ := a.synced(second)
	require.Equal(t, "one", got)
	w.failover()
	require.Equal(t, "one", string(w.group("g").Members[0].Assignment))
}

func TestACommitIsAcknowledgedOnlyWhenItIsReplicated(t *testing.T) {
	w := newWorld(t, group.Config{})
	a := w.consumer("g")
	w.form(a)
	w.held = true
	call := a.commit(0, 7)
	_, ok := w.committedCode(call)
	require.False(t, ok)
	at, _ := w.fetch("g", 0, false)
	require.EqualValues(t, -1, at, "nor is it served")
	w.held = false
	w.settle()
	code, _ := w.committedCode(call)
	require.Equal(t, proto.None, code)
	at, _ = w.fetch("g", 0, false)
	require.EqualValues(t, 7, at)
}

func TestACommitThatTakesTooLongStillTakesEffect(t *testing.T) {
	w := newWorld(t, group.Config{})
	a := w.consumer("g")
	w.form(a)
	w.held = true
	call := a.commit(0, 7)
	w.pass(6 * time.Second)
	code, _ := w.committedCode(call)
	require.Equal(t, proto.RequestTimedOut, code)
	w.held = false
	w.settle()
	at, _ := w.fetch("g", 0, false)
	require.EqualValues(t, 7, at)
}

func TestAfterAnAppendOfUnknownOutcomeTheLogDecides(t *testing.T) {
	w := newWorld(t, group.Config{})
	a := w.consumer("g")
	w.form(a)
	w.refusal = proto.RequestTimedOut
	call := a.commit(0, 7)
	w.refusal = proto.None
	code, _ := w.committedCode(call)
	require.Equal(t, proto.NotCoordinator, code)
	at, _ := w.fetch("g", 0, false)
	require.EqualValues(t, 7, at)
	require.Equal(t, proto.None, a.heartbeat())
}

func TestWhoMayCommit(t *testing.T) {
	w := newWorld(t, group.Config{})
	a := w.consumer("g")
	w.form(a)
	try := func(member string, generation int32) proto.Code {
		code, _ := w.committedCode(w.ask(commitRequest("g", member, nil, generation, 0, 1)))
		return code
	}
	require.Equal(t, proto.None, try(a.id, 1))
	require.Equal(t, proto.IllegalGeneration, try(a.id, 0))
	require.Equal(t, proto.UnknownMemberID, try("nobody", 1))
	require.Equal(t, proto.UnknownMemberID, try("", -1), "a simple consumer, while the group has members")

	b := w.consumer("g")
	joining := b.join()
	require.Equal(t, proto.None, try(a.id, 1), "it is about to give up what it reads")
	again := a.join()
	a.joined(again)
	b.joined(joining)
	require.Equal(t, proto.RebalanceInProgress, try(a.id, 2), "it may have lost the partition")

	code, _ := w.committedCode(w.ask(commitRequest("simple", "", nil, -1, 0, 1)))
	require.Equal(t, proto.None, code)
	code, _ = w.committedCode(w.ask(commitRequest("unknown", "", nil, 3, 0, 1)))
	require.Equal(t, proto.IllegalGeneration, code)
}

func TestASimpleConsumerMayCommitToAnEmptyGroup(t *testing.T) {
	w := newWorld(t, group.Config{})
	a := w.consumer("g")
	w.form(a)
	require.Equal(t, proto.None, a.leave())
	require.Equal(t, "Empty", w.group("g").State)
	code, _ := w.committedCode(w.ask(commitRequest("g", "", nil, -1, 0, 9)))
	require.Equal(t, proto.None, code)
}

func TestTooMuchMetadataIsRefusedForThatPartitionAlone(t *testing.T) {
	w := newWorld(t, group.Config{MaxMetadata: 3})
	r := commitRequest("g", "", nil, -1, 0, 1)
	long, p := "long", kmsg.NewOffsetCommitRequestTopicPartition()
	p.Partition, p.Offset, p.Metadata = 1, 5, &long
	r.Topics[0].Partitions = append(r.Topics[0].Partitions, p)
	resp := w.answers[w.ask(r)].(*kmsg.OffsetCommitResponse)
	require.EqualValues(t, 0, resp.Topics[0].Partitions[0].ErrorCode)
	require.EqualValues(t, proto.OffsetMetadataTooLarge, resp.Topics[0].Partitions[1].ErrorCode)
}

func TestSessionTimeoutsOutOfBoundsAreRefused(t *testing.T) {
	w := newWorld(t, group.Config{})
	for _, s := range []time.Duration{time.Second, time.Hour} {
		a := w.consumer("g")
		a.session = s
		r, _ := a.joined(a.join())
		require.EqualValues(t, proto.InvalidSessionTimeout, r.ErrorCode)
	}
	require.Nil(t, w.group("g"), "a refusal leaves no group behind")
}

func TestTheProtocolIsTheOneThatMostPrefer(t *testing.T) {
	w := newWorld(t, group.Config{})
	a, b, c := w.consumer("g"), w.consumer("g"), w.consumer("g")
	a.protocols = []string{"range", "sticky", "mine"}
	b.protocols = []string{"sticky", "range"}
	c.protocols = []string{"sticky", "range"}
	w.form(a, b, c)
	require.Equal(t, "sticky", w.group("g").Protocol)
	d := w.consumer("g")
	d.protocols = []string{"mine"}
	r, _ := d.joined(d.join())
	require.EqualValues(t, proto.InconsistentGroupProtocol, r.ErrorCode, "not all support it")
}

func TestGroupMaxSize(t *testing.T) {
	w := newWorld(t, group.Config{MaxSize: 1})
	a, b := w.consumer("g"), w.consumer("g")
	w.form(a)
	r, _ := b.joined(b.join())
	require.EqualValues(t, proto.GroupMaxSizeReached, r.ErrorCode)
	require.Equal(t, "Stable", w.group("g").State)
}

func TestMemoryIsLimitedAndAccountedFor(t *testing.T) {
	w := newWorld(t, group.Config{MemoryLimit: 3000})
	a := w.consumer("g")
	w.form(a)
	for i := range int32(20) {
		a.commit(i, 1)
	}
	code, _ := w.committedCode(a.commit(30, 1))
	require.Equal(t, proto.CoordinatorNotAvailable, code)
	require.LessOrEqual(t, w.view().Memory, int64(3500))
	before := w.view().Memory
	w.failover()
	require.Equal(t, before, w.view().Memory, "the same state takes the same memory")
	w.resign()
	require.Zero(t, w.view().Memory)
}

func TestAStaticMemberReturnsWithoutARebalance(t *testing.T) {
	w := newWorld(t, group.Config{})
	a, b := w.static("g", "one"), w.static("g", "two")
	w.form(a, b)
	again := w.static("g", "two")
	r, ok := again.joined(again.join())
	require.True(t, ok)
	require.EqualValues(t, 0, r.ErrorCode)
	require.EqualValues(t, 1, r.Generation)
	got, _, _ := again.synced(again.sync(nil))
	require.Equal(t, "p1", got, "it has what its predecessor had")
	require.Equal(t, proto.FencedInstanceID, b.heartbeat())
	code, _ := w.committedCode(b.commit(0, 1))
	require.Equal(t, proto.FencedInstanceID, code)
	w.failover()
	require.Equal(t, proto.None, again.heartbeat(), "its new id is in the log")
}

func TestAStaticLeaderThatReturnsDoesNotAssign(t *testing.T) {
	w := newWorld(t, group.Config{})
	a, b := w.static("g", "one"), w.static("g", "two")
	w.form(a, b)
	again := w.static("g", "one")
	r, _ := again.joined(again.join())
	require.NotEqual(t, again.id, r.LeaderID)
	require.Empty(t, r.Members)
	require.Equal(t, again.id, w.group("g").Leader, "it leads the next generation")
}

func TestAStaticMemberThatCannotBeStoredIsNotIn(t *testing.T) {
	w := newWorld(t, group.Config{})
	a := w.static("g", "one")
	w.form(a)
	again := w.static("g", "one")
	w.refusal = proto.NotEnoughReplicas
	r, _ := again.joined(again.join())
	w.refusal = proto.None
	require.EqualValues(t, proto.CoordinatorNotAvailable, r.ErrorCode)
	require.Equal(t, proto.None, a.heartbeat(), "the one before is not fenced")
}

func TestLeaveGroupNamesManyMembers(t *testing.T) {
	w := newWorld(t, group.Config{})
	a, b := w.static("g", "one"), w.consumer("g")
	w.form(a, b)
	r := kmsg.NewPtrLeaveGroupRequest()
	r.Version, r.Group = 3, "g"
	for _, x := range []struct {
		id       string
		instance *string
	}{{"", a.instance}, {b.id, nil}, {"nobody", nil}, {"stale", a.instance}} {
		m := kmsg.NewLeaveGroupRequestMember()
		m.MemberID, m.InstanceID = x.id, x.instance
		r.Members = append(r.Members, m)
	}
	resp := w.answers[w.ask(r)].(*kmsg.LeaveGroupResponse)
	var codes []proto.Code
	for _, m := range resp.Members {
		codes = append(codes, proto.Code(m.ErrorCode))
	}
	require.Equal(t, []proto.Code{proto.None, proto.None, proto.UnknownMemberID, proto.UnknownMemberID}, codes)
	require.Equal(t, "Empty", w.group("g").State)
}

func TestAnIDThatNobodyJoinsWithIsForgotten(t *testing.T) {
	w := newWorld(t, group.Config{})
	a := w.consumer("g")
	call := w.ask(a.joinRequest())
	r := w.answers[call].(*kmsg.JoinGroupResponse)
	require.EqualValues(t, proto.MemberIDRequired, r.ErrorCode)
	require.Len(t, w.group("g").Pending, 1)
	w.pass(11 * time.Second)
	require.Empty(t, w.group("g").Pending)
	a.id = r.MemberID
	got, _ := a.joined(w.ask(a.joinRequest()))
	require.EqualValues(t, proto.UnknownMemberID, got.ErrorCode)
}

func TestTheFirstRebalanceWaitsWhileMembersCome(t *testing.T) {
	w := newWorld(t, group.Config{})
	a, b := w.consumer("g"), w.consumer("g")
	first := a.join()
	w.pass(2 * time.Second)
	b.join()
	w.pass(2 * time.Second)
	_, ok := a.joined(first)
	require.False(t, ok)
	w.pass(2 * time.Second)
	_, ok = a.joined(first)
	require.True(t, ok)
}

func TestAMemberThatNeverSyncsIsRemoved(t *testing.T) {
	w := newWorld(t, group.Config{})
	a, b := w.consumer("g"), w.consumer("g")
	a.rebalance, b.rebalance = 20*time.Second, 20*time.Second
	ca, cb := a.join(), b.join()
	w.pass(c3s)
	a.joined(ca)
	b.joined(cb)
	call := b.sync(nil)
	for range 5 {
		w.pass(4 * time.Second)
		require.NotEqual(t, proto.IllegalGeneration, a.heartbeat())
	}
	_, code, _ := b.synced(call)
	require.Equal(t, proto.RebalanceInProgress, code)
	require.Equal(t, proto.UnknownMemberID, a.heartbeat())
}

func TestWhoWaitsIsToldWhenLeadershipIsLost(t *testing.T) {
	w := newWorld(t, group.Config{})
	a, b := w.consumer("g"), w.consumer("g")
	w.form(a)
	joining := b.join()
	w.held = true
	committing := a.commit(0, 1)
	w.resign()
	r, _ := b.joined(joining)
	require.EqualValues(t, proto.NotCoordinator, r.ErrorCode)
	code, _ := w.committedCode(committing)
	require.Equal(t, proto.NotCoordinator, code)
	require.Equal(t, proto.NotCoordinator, a.heartbeat())
}

func TestALoadWaitsForWhatWasAcknowledgedBefore(t *testing.T) {
	w := newWorld(t, group.Config{})
	a := w.consumer("g")
	w.form(a)
	a.commit(0, 7)
	p := w.parts[0]
	end := p.hw
	p.hw = 0 // the new leader has not heard yet how far its followers are
	w.c.Resigned(w.machine, 0, 1)
	w.start()
	w.pass(time.Second)
	_, code := w.fetch("g", 0, false)
	require.Equal(t, proto.CoordinatorLoadInProgress, code)
	require.Equal(t, proto.None, a.heartbeat(), "its session has not begun")
	_, code, _ = a.synced(a.sync(nil))
	require.Equal(t, proto.RebalanceInProgress, code)
	p.hw = end
	w.pass(time.Second)
	at, code := w.fetch("g", 0, false)
	require.Equal(t, proto.None, code)
	require.EqualValues(t, 7, at)
}

// Tombstones whose time has passed are gone, and what came behind them may have been lost: the log ends where no record leads (KAFKA-9065).
func TestALoadEndsWhereCompactionHasLeftNothingUpToTheEnd(t *testing.T) {
	w := newWorld(t, group.Config{})
	a := w.consumer("g")
	w.form(a)
	a.commit(0, 7)
	w.resign()
	p := w.parts[0]
	p.end += 2
	w.start()
	w.pass(time.Second)
	_, code := w.fetch("g", 0, false)
	require.Equal(t, proto.CoordinatorLoadInProgress, code, "there may be something that is not committed yet")
	p.hw = p.end
	w.pass(time.Second)
	at, code := w.fetch("g", 0, false)
	require.Equal(t, proto.None, code)
	require.EqualValues(t, 7, at)
}

func TestALateResignationIsIgnored(t *testing.T) {
	w := newWorld(t, group.Config{})
	a := w.consumer("g")
	w.form(a)
	w.failover()
	w.c.Resigned(w.machine, 0, 1)
	require.Equal(t, proto.None, a.heartbeat())
}

func TestEveryRequestOfAStrangerGroupIsRefused(t *testing.T) {
	w := newWorld(t, group.Config{})
	w.resign()
	for _, key := range []int16{8, 9, 11, 12, 13, 14, 15, 28, 42, 47} {
		r := kmsg.RequestForKey(key)
		for v := range proto.Max(key, true) + 1 {
			r.SetVersion(v)
			call := w.ask(r)
			require.NotNil(t, w.answers[call], kmsg.NameForKey(key))
			require.Equal(t, v, w.answers[call].GetVersion())
			_ = w.answers[call].AppendTo(nil)
		}
	}
	require.False(t, w.c.Handle(w.machine, 1, group.Peer{}, kmsg.NewPtrMetadataRequest()))
}
