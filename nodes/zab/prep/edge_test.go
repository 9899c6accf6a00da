package prep_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes/zab/prep"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/tree"
)

func sequential(id int64) *prep.Request {
	return &prep.Request{Session: id, Owner: 1, Type: proto.OpCreate,
		Body: &proto.CreateRequest{Path: "/q/n", ACL: acls[0], Flags: proto.ModePersistentSequential}}
}

func TestSequenceNumbersTurnNegativeAndGoOn(t *testing.T) {
	w := newWorld(tree.Config{}, prep.Config{})
	id := w.open()
	w.do(&prep.Request{Session: id, Owner: 1, Type: proto.OpCreate, Body: &proto.CreateRequest{Path: "/q", ACL: acls[0]}})
	w.zxid++
	w.tree.Apply(&proto.TxnHeader{Zxid: w.zxid, Type: proto.OpCreate}, &proto.CreateTxn{Path: "/q/x", ACL: acls[0], ParentCVersion: math.MaxInt32})
	for _, want := range []string{"/q/n2147483647", "/q/n-2147483648", "/q/n-2147483647"} {
		o := w.do(sequential(id))
		require.Equal(t, []any{proto.CodeOK, want}, []any{o.res.Err, o.res.Path})
		require.Equal(t, o.Txn.Digest.TreeDigest, w.tree.Digest())
	}
}

// ZOOKEEPER-4743: the version -1 means any, and is left out.
func TestVersionsLeaveOutMinusOne(t *testing.T) {
	w := newWorld(tree.Config{}, prep.Config{})
	id := w.open()
	w.do(&prep.Request{Session: id, Owner: 1, Type: proto.OpCreate, Body: &proto.CreateRequest{Path: "/a", ACL: acls[0]}})
	w.zxid++
	w.tree.Apply(&proto.TxnHeader{Zxid: w.zxid, Type: proto.OpSetData}, &proto.SetDataTxn{Path: "/a", Version: -2})
	o := w.do(&prep.Request{Session: id, Owner: 1, Type: proto.OpSetData, Body: &proto.SetDataRequest{Path: "/a", Version: -2}})
	require.Equal(t, []any{proto.CodeOK, int32(0)}, []any{o.res.Err, o.res.Stat.Version})
}

func TestEveryRequestThatIsJudgedTakesAZxid(t *testing.T) {
	w := newWorld(tree.Config{}, prep.Config{})
	id := w.open()
	at := prep.Moment{Wall: 5}
	for _, req := range []*prep.Request{
		{Type: proto.OpDelete, Body: &proto.DeleteRequest{Path: "/nothing"}},
		{Type: proto.OpReconfig, Body: &proto.ReconfigRequest{}},
		{Type: proto.OpSetData, Body: &proto.DeleteContainerRequest{Path: "a"}},
		{Type: proto.OpMulti, Body: &proto.DeleteRequest{}},
		{Type: proto.OpMulti, Body: &proto.MultiRequest{}},
		{Type: proto.OpCreate},
		{Type: proto.OpCloseSession},
	} {
		req.Session, req.Owner, req.Xid = id, 1, 77
		got := w.prep.Prepare(req, w.zxid+9, at)
		require.NotNil(t, got.Txn, req.Type)
		want := proto.TxnHeader{ClientID: id, Cxid: 77, Zxid: w.zxid + 9, Time: 5, Type: req.Type}
		if got.Code != proto.CodeOK {
			want.Type = proto.OpError
			require.Equal(t, &proto.ErrorTxn{Err: got.Code}, got.Txn.Body)
			require.Nil(t, got.Txn.Digest)
		}
		require.Equal(t, want, got.Txn.Header)
	}
	require.Equal(t, proto.CodeMarshallingError, w.prep.Malformed(&prep.Request{Session: id}, 9, at).Code)
}

func TestReadsAndLocalSessionsTakeNone(t *testing.T) {
	w := newWorld(tree.Config{}, prep.Config{})
	id := w.open()
	for _, req := range []*prep.Request{
		{Session: id, Owner: 1, Type: proto.OpGetData}, {Session: id, Owner: 1, Type: proto.OpSync},
		{Session: id, Owner: 1, Local: true, Type: proto.OpCreateSession}, {Session: id, Local: true, Type: proto.OpCloseSession},
	} {
		require.Equal(t, prep.Prepared{}, w.prep.Prepare(req, 99, prep.Moment{}))
	}
	require.Equal(t, prep.Prepared{Code: proto.CodeSessionMoved}, w.prep.Prepare(&prep.Request{Session: id, Owner: 2, Type: proto.OpGetData}, 99, prep.Moment{}))
	require.Equal(t, prep.Prepared{Code: proto.CodeUnimplemented}, w.prep.Prepare(&prep.Request{Session: id, Type: 77}, 99, prep.Moment{}))
}

// The learner that the session came to has said that it cannot be made global.
func TestEphemeralsOfLocalSessionsAreRefused(t *testing.T) {
	w := newWorld(tree.Config{}, prep.Config{})
	id := w.open()
	req := &prep.Request{Session: id, Owner: 1, Type: proto.OpCreate, Refused: proto.CodeEphemeralOnLocalSession,
		Body: &proto.CreateRequest{Path: "/e", ACL: acls[0], Flags: proto.ModeEphemeral}}
	require.Equal(t, proto.CodeEphemeralOnLocalSession, w.do(req).code)
	req.Body = &proto.CreateRequest{Path: "/p", ACL: acls[0]}
	require.Equal(t, proto.CodeOK, w.do(req).code, "others it may make")
}

// A createSession that comes behind the closeSession of the same session is one of a client that gave up.
func TestAClosingSessionIsNotCreatedAgain(t *testing.T) {
	w := newWorld(tree.Config{}, prep.Config{})
	id := w.open()
	w.sessions.SetClosing(id)
	o := w.do(&prep.Request{Session: id, Owner: 1, Type: proto.OpCreateSession, Body: &proto.CreateSessionTxn{TimeOut: 1000}})
	require.Equal(t, proto.CodeSessionExpired, o.code)
}

// What is under way is forgotten when it is applied, and not before.
func TestNothingIsOutstandingOnceItIsApplied(t *testing.T) {
	w := newWorld(tree.Config{}, prep.Config{NoDigest: true})
	id := w.open()
	require.Zero(t, w.prep.Outstanding())
	for range 3 {
		j := w.judge(&prep.Request{Session: id, Owner: 1, Type: proto.OpCreate, Body: &proto.CreateRequest{Path: "/a", ACL: acls[0], Flags: proto.ModePersistentSequential}})
		require.Nil(t, j.Txn.Digest)
	}
	require.Equal(t, 6, w.prep.Outstanding(), "a parent and a child each")
	for n := 4; n >= 0; n -= 2 {
		w.apply(func() {})
		require.Equal(t, n, w.prep.Outstanding())
	}
}

// The session of an expired client is closed with all that it left under way.
func TestExpiryEndsASessionWithWhatIsUnderWay(t *testing.T) {
	w := newWorld(tree.Config{}, prep.Config{})
	id, other := w.open(), w.open()
	w.judge(&prep.Request{Session: id, Owner: 1, Type: proto.OpCreate, Body: &proto.CreateRequest{Path: "/e", ACL: acls[0], Flags: proto.ModeEphemeral}})
	w.sessions.Touch(other, time.Hour, time.Minute)
	require.Equal(t, []int64{id}, w.sessions.Expire(time.Minute))
	w.judge(&prep.Request{Session: id, Type: proto.OpCloseSession})
	late := w.judge(&prep.Request{Session: id, Owner: 1, Type: proto.OpCreate, Body: &proto.CreateRequest{Path: "/late", ACL: acls[0], Flags: proto.ModeEphemeral}})
	require.Equal(t, proto.CodeSessionExpired, late.Code)
	for len(w.pending) > 0 {
		w.apply(func() {})
	}
	require.Empty(t, w.tree.EphemeralOwners())
	require.Equal(t, []int64{other}, w.sessions.Sessions())
}
