package proto

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/zab/jute"
)

func TestAMultiIsOfWritesOrOfReads(t *testing.T) {
	b := (&MultiRequest{[]MultiOp{{OpGetData, &GetDataRequest{"/a", false}}, {OpDelete, &DeleteRequest{"/a", -1}}}}).Append(nil)
	require.ErrorIs(t, (&MultiRequest{}).Decode(jute.NewDecoder(b)), ErrMultiMixed)

	b = (&MultiHeader{Type: OpSync}).Append(nil)
	err := (&MultiRequest{}).Decode(jute.NewDecoder(b))
	require.ErrorIs(t, err, ErrMultiType)
	require.EqualError(t, err, "proto: not an operation of a multi: sync")
	require.ErrorIs(t, (&MultiResponse{}).Decode(jute.NewDecoder(b)), ErrMultiType)
}

func TestAMultiWithoutItsEndIsShort(t *testing.T) {
	b := (&MultiRequest{[]MultiOp{{OpDelete, &DeleteRequest{"/a", -1}}}}).Append(nil)
	for n := range b {
		require.ErrorIs(t, (&MultiRequest{}).Decode(jute.NewDecoder(b[:n])), jute.ErrShort)
	}
	b = (&MultiResponse{[]MultiResult{{OpSetData, CodeOK, &SetDataResponse{}}, {OpError, CodeNoNode, nil}}}).Append(nil)
	for n := range b {
		require.ErrorIs(t, (&MultiResponse{}).Decode(jute.NewDecoder(b[:n])), jute.ErrShort)
	}
}

func TestACreateOfAnOldServerLeavesTheParentsVersionOpen(t *testing.T) {
	old := &CreateTxnV0{"/a", []byte("x"), []ACL{{PermAll, ID{"world", "anyone"}}}, true}
	body, err := DecodeTxn(OpCreate, old.Append(nil))
	require.NoError(t, err)
	require.Equal(t, &CreateTxn{old.Path, old.Data, old.ACL, true, -1}, body)
}

func TestACloseSessionNeedNotListItsNodes(t *testing.T) {
	h := TxnHeader{ClientID: 7, Zxid: 9, Type: OpCloseSession}
	for _, want := range []Transaction{
		{Header: h},
		{Header: h, Digest: &TxnDigest{2, 0x0102030405060708}},
		{Header: h, Body: &CloseSessionTxn{}},
		{Header: h, Body: &CloseSessionTxn{[]string{"/a", "/b"}}, Digest: &TxnDigest{2, -1}},
	} {
		var got Transaction
		require.NoError(t, got.Decode(jute.NewDecoder(want.Append(nil))))
		require.Equal(t, want, got)
	}
}

func TestATransactionOfNoTypeIsNamed(t *testing.T) {
	b := (&Transaction{Header: TxnHeader{Type: OpExists}}).Append(nil)
	var got Transaction
	require.EqualError(t, got.Decode(jute.NewDecoder(b)), "proto: not a type of transaction: exists")
	_, err := DecodeTxn(OpCode(99), nil)
	require.EqualError(t, err, "proto: not a type of transaction: OpCode(99)")
}

func TestWhatANewerServerAddsToATransactionIsIgnored(t *testing.T) {
	want := Transaction{TxnHeader{Type: OpDelete}, &DeleteTxn{"/a"}, &TxnDigest{2, 3}}
	var got Transaction
	require.NoError(t, got.Decode(jute.NewDecoder(append(want.Append(nil), 1, 2, 3))))
	require.Equal(t, want, got)
}

func TestQuorumPacketsAreFoundInAStream(t *testing.T) {
	packets := []*QuorumPacket{
		{PacketProposal, 0x100000001, []byte("txn"), nil},
		{PacketPing, -1, nil, []ID{}},
		{PacketRequest, -1, []byte{}, []ID{{"ip", "::1"}, {"digest", "u:p"}}},
	}
	for _, p := range packets {
		b := p.Append(nil)
		for n := range b {
			size, err := QuorumPacketSize(b[:n], 6)
			require.NoError(t, err)
			require.Zero(t, size, "%d of %d bytes are no packet", n, len(b))
		}
		size, err := QuorumPacketSize(append(b, "the next"...), 6)
		require.NoError(t, err)
		require.Equal(t, len(b), size)
	}
	_, err := QuorumPacketSize(packets[0].Append(nil), 2)
	require.ErrorIs(t, err, jute.ErrLength)
}

func TestNotificationsOfOldServersAreRead(t *testing.T) {
	b := (&Notification{StateLooking, 3, 0x500000002, 4, 9, 1, nil}).Append(nil)
	require.Len(t, b, 40)
	var n Notification
	require.NoError(t, n.Decode(jute.NewDecoder(b)))
	require.Equal(t, Notification{StateLooking, 3, 0x500000002, 4, 9, 0, nil}, n)
	require.NoError(t, n.Decode(jute.NewDecoder(b[:28])))
	require.Equal(t, Notification{StateLooking, 3, 0x500000002, 4, 5, 0, nil}, n, "the epoch is that of the zxid")
	require.ErrorIs(t, n.Decode(jute.NewDecoder(b[:27])), jute.ErrShort)
	require.ErrorIs(t, n.Decode(jute.NewDecoder(b[:39])), jute.ErrShort)
}

func TestAHelloIsOneOfThreeForms(t *testing.T) {
	var h Hello
	require.NoError(t, h.Decode(jute.NewDecoder(jute.AppendLong(nil, 2))))
	require.Equal(t, Hello{SID: 2}, h)
	require.ErrorIs(t, h.Decode(jute.NewDecoder(jute.AppendLong(nil, -65537))), ErrHello)
	for _, size := range []int32{0, -1, MaxHelloAddr + 1} {
		b := jute.AppendInt(jute.AppendLong(jute.AppendLong(nil, HelloV1), 2), size)
		require.ErrorIs(t, h.Decode(jute.NewDecoder(b)), ErrHello)
	}
	require.ErrorIs(t, h.Decode(jute.NewDecoder((&Hello{HelloV2, 1, "h:1|h:2"}).Append(nil)[:25])), jute.ErrShort)
}

func TestNumbersHaveTheOriginalsNames(t *testing.T) {
	require.Equal(t, "closeSession", OpCloseSession.String())
	require.Equal(t, "NODEEXISTS", CodeNodeExists.String())
	require.Equal(t, "ErrCode(-99)", ErrCode(-99).String())
	require.Equal(t, "UPTODATE", PacketUpToDate.String())
	require.Equal(t, "cdrwa", PermString(PermAll))
	require.Equal(t, "r", PermString(PermRead))
	require.Equal(t, "0x200000001", ZxidString(MakeZxid(2, 1)))
	require.Equal(t, int64(2), Epoch(MakeZxid(2, 1<<32-1)))
	require.Equal(t, uint32(1<<32-1), Counter(MakeZxid(2, 1<<32-1)))
	require.True(t, ModeEphemeralSequential.IsEphemeral() && ModeEphemeralSequential.IsSequential())
	require.True(t, ModePersistentSequentialWithTTL.IsTTL() && ModePersistentSequentialWithTTL.IsSequential())
	require.False(t, CreateMode(7).Valid() || CreateMode(-1).Valid())
}
