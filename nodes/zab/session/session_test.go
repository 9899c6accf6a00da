package session

import (
	"encoding/hex"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes/zab/proto"
)

const tick = 2 * time.Second

// The expected values were printed by java.util.Random.
func TestPasswordsAreThoseOfTheOriginal(t *testing.T) {
	for id, want := range map[int64]string{
		0x100000000000000:  "f22acd4a97e69d6d20a49bb638eadb38",
		0x1234567890abcdef: "f7721b383fd583ba74d220ede39f7b43",
		-5:                 "d47144b5e45e45c49c3b7fdcd66257ba",
	} {
		p := Password(id)
		require.Equal(t, want, hex.EncodeToString(p[:]))
		require.True(t, PasswordFits(id, p[:]))
		require.False(t, PasswordFits(id+1, p[:]))
		require.False(t, PasswordFits(id, p[:15]))
	}
	zero := Password(0)
	require.False(t, PasswordFits(0, zero[:]), "session 0 is a request for a new one")
}

func TestIdentifiersBeginWithTheServer(t *testing.T) {
	const millis = 0x123456789ab // its highest bits do not fit
	id := FirstID(3, millis)
	require.Equal(t, int64(0x0323456789ab0000), id)
	require.Equal(t, int64(3), ServerOf(id))
	require.Equal(t, int64(-2), ServerOf(FirstID(254, millis)), "sign-extended, as there")
	require.Equal(t, int64(math.MinInt64+1), FirstID(128, 0), "the owner of containers is no session")
}

func TestTimeoutsStayWithinTheirBounds(t *testing.T) {
	require.Equal(t, 4*time.Second, Negotiate(time.Second, 4*time.Second, 40*time.Second))
	require.Equal(t, 40*time.Second, Negotiate(time.Hour, 4*time.Second, 40*time.Second))
	require.Equal(t, 10*time.Second, Negotiate(10*time.Second, 4*time.Second, 40*time.Second))
}

// A session lives its timeout, and at most one tick longer, whenever it was touched.
func TestSessionsExpireAtTheEndOfTheirTick(t *testing.T) {
	for now := time.Duration(0); now < 3*tick; now += 137 * time.Millisecond {
		tr := NewTracker(Config{Tick: tick, NextID: 1}, now)
		id := tr.Create(5*time.Second, now)
		touched := now + 700*time.Millisecond
		require.True(t, tr.Touch(id, 5*time.Second, touched))
		expires := ((touched+5*time.Second).Milliseconds()/tick.Milliseconds() + 1) * tick.Milliseconds()
		at := time.Duration(expires) * time.Millisecond
		require.Empty(t, tr.Expire(at-1))
		require.GreaterOrEqual(t, at, touched+5*time.Second)
		require.LessOrEqual(t, at, touched+5*time.Second+tick)
		require.Equal(t, []int64{id}, tr.Expire(at))
		require.Empty(t, tr.Expire(at+time.Hour), "once")
		require.Equal(t, proto.CodeSessionExpired, tr.Check(id, 1), "its closeSession is under way")
		require.False(t, tr.Touch(id, time.Second, at))
		tr.Remove(id)
		require.Equal(t, proto.CodeUnknownSession, tr.Check(id, 1))
	}
}

// A machine that stood still for long finds all that is over, in order.
func TestExpireCatchesUp(t *testing.T) {
	tr := NewTracker(Config{Tick: tick, NextID: 10}, 0)
	late, early, same := tr.Create(9*time.Second, 0), tr.Create(3*time.Second, 0), tr.Create(3*time.Second, 0)
	require.Equal(t, []int64{late, early, same}, tr.Sessions())
	require.Equal(t, tick, tr.NextExpiry())
	require.Equal(t, []int64{early, same, late}, tr.Expire(time.Minute))
	require.Equal(t, time.Minute+tick, tr.NextExpiry())
}

func TestMovedSessionsAreRefusedOnTheOldWay(t *testing.T) {
	tr := NewTracker(Config{Tick: tick, NextID: 1}, 0)
	id := tr.Create(time.Second, 0)
	require.Equal(t, proto.CodeOK, tr.Check(id, 7), "the first who asks owns it")
	require.Equal(t, proto.CodeOK, tr.Check(id, 7))
	require.Equal(t, proto.CodeSessionMoved, tr.Check(id, 8))
	require.Equal(t, proto.CodeOK, tr.SetOwner(id, 8))
	require.Equal(t, proto.CodeSessionMoved, tr.CheckGlobal(id, 7))
	require.Equal(t, proto.CodeOK, tr.CheckGlobal(id, 8))
	tr.SetClosing(id)
	require.Equal(t, proto.CodeSessionExpired, tr.SetOwner(id, 7))
	require.Equal(t, proto.CodeSessionExpired, tr.CheckGlobal(99, 7))
}

func TestNewLeaderGivesEverybodyAFullTimeout(t *testing.T) {
	now := time.Hour
	l := NewLeader(Config{Tick: tick}, 1, false, []Global{{1, 4 * time.Second}, {2, 8 * time.Second}}, now)
	require.Empty(t, l.Expire(now+4*time.Second))
	require.True(t, l.Revalidate(2, 8*time.Second, 5, now))
	require.Equal(t, proto.CodeOK, l.Check(2, 5))
	require.Equal(t, proto.CodeSessionMoved, l.Check(2, 6))
	require.Equal(t, []int64{1}, l.Expire(now+4*time.Second+tick))
	require.False(t, l.Revalidate(1, 4*time.Second, 5, now), "it is closing")
	require.Equal(t, proto.CodeSessionExpired, l.Check(3, 5), "unknown")
	require.False(t, l.Revalidate(3, time.Second, 5, now))
}

func TestLocalSessionsBecomeGlobalWhenTheyMust(t *testing.T) {
	l := NewLeader(Config{Tick: tick, NextID: FirstID(1, 1)}, 1, true, nil, 0)
	id, isLocal := l.Create(4*time.Second, 0)
	require.True(t, isLocal)
	require.True(t, l.IsLocal(id))
	require.Equal(t, proto.CodeOK, l.Check(id, 3))
	require.Equal(t, proto.CodeSessionExpired, l.CheckGlobal(id, 3), "a local session owns nothing")
	require.Equal(t, proto.CodeOK, l.Check(FirstID(2, 1), 3), "perhaps a local session of a learner")
	require.Equal(t, proto.CodeSessionExpired, l.Check(FirstID(1, 99), 3), "no: it would be ours")

	timeout, ok := l.Upgrade(id, time.Second)
	require.True(t, ok)
	require.Equal(t, 4*time.Second, timeout)
	require.False(t, l.IsLocal(id))
	require.Equal(t, proto.CodeOK, l.CheckGlobal(id, 3))
	l.Committed(id)
	require.Equal(t, []int64{id}, l.Sessions())
	_, ok = l.Upgrade(id, time.Second)
	require.False(t, ok)
}

// table is a replicated table of sessions.
type table map[int64]time.Duration

func (t table) SessionTimeout(id int64) (time.Duration, bool) {
	d, ok := t[id]
	return d, ok
}

func TestLearnerTellsTheLeaderWhoWasHeardOf(t *testing.T) {
	global := table{1: 4 * time.Second, 2: 4 * time.Second}
	l := NewLearner(Config{Tick: tick, NextID: 9}, false, global, 0)
	id, isLocal := l.Create(time.Second, 0)
	require.Equal(t, int64(9), id)
	require.False(t, isLocal)
	l.Touch(2, 4*time.Second, 0)
	l.Touch(1, 4*time.Second, 0)
	l.Touch(2, 5*time.Second, 0)
	l.Committed(3, time.Second)
	l.Remove(1)
	require.Equal(t, []Global{{2, 5 * time.Second}, {3, time.Second}}, l.Touched())
	require.Empty(t, l.Touched())
	require.Equal(t, proto.CodeOK, l.Check(77, 1), "the leader will know")
	_, ok := l.NextExpiry()
	require.False(t, ok)
}

func TestLearnerJudgesItsLocalSessions(t *testing.T) {
	global := table{1: 4 * time.Second}
	l := NewLearner(Config{Tick: tick, NextID: 9}, true, global, 0)
	id, isLocal := l.Create(time.Second, 0)
	require.True(t, isLocal)
	require.Equal(t, proto.CodeOK, l.Check(id, 1))
	require.Equal(t, proto.CodeSessionMoved, l.Check(id, 2))
	require.Equal(t, proto.CodeOK, l.Check(1, 2))
	require.Equal(t, proto.CodeSessionExpired, l.Check(77, 1))
	require.False(t, l.Touch(77, time.Second, 0))
	require.True(t, l.Touch(id, time.Second, 0))
	require.Empty(t, l.Touched(), "of local sessions the leader hears nothing")

	_, ok := l.Upgrade(id)
	require.True(t, ok)
	require.True(t, l.Touch(id, time.Second, 0), "it is on its way")
	global[id] = time.Second
	l.Committed(id, time.Second)
	require.Equal(t, proto.CodeOK, l.SetOwner(id, 5))
	require.Equal(t, proto.CodeSessionExpired, l.SetOwner(77, 5))

	short, _ := l.Create(time.Second, 0)
	require.Equal(t, []int64{short}, l.LocalSessions())
	require.Equal(t, []int64{short}, l.Expire(time.Minute))
}

// ZOOKEEPER-1208, as it was.
func TestQuirkNoClosingFlagBites(t *testing.T) {
	tr := NewTracker(Config{Tick: tick, NextID: 1, NoClosingFlag: true}, 0)
	id := tr.Create(time.Second, 0)
	require.Equal(t, []int64{id}, tr.Expire(time.Minute))
	require.Equal(t, proto.CodeOK, tr.CheckGlobal(id, 1))
}
