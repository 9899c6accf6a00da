package proto_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/proto"
)

// golden is a frame in hexadecimal, with blanks where a reader wants them.
func golden(t *testing.T, s string) []byte {
	t.Helper()
	p, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	require.NoError(t, err)
	return p
}

func TestHeadersAreThoseOfTheProtocol(t *testing.T) {
	heartbeat := func(v int16) *kmsg.HeartbeatRequest {
		r := kmsg.NewPtrHeartbeatRequest()
		r.Version, r.Group, r.Generation, r.MemberID = v, "g", 5, "m"
		return r
	}
	shutdown := kmsg.NewPtrControlledShutdownRequest()
	shutdown.BrokerID = 7
	versions := kmsg.NewPtrApiVersionsRequest()
	versions.Version, versions.ClientSoftwareName, versions.ClientSoftwareVersion = 3, "x", "1"
	for _, c := range []struct {
		name string
		h    proto.Header
		r    kmsg.Request
		hex  string
	}{
		{"v1: key, version, correlation, client", proto.Header{Correlation: 9, ClientID: "me"}, heartbeat(0),
			"000c 0000 00000009 0002 6d65  0001 67 00000005 0001 6d"},
		{"v2: and tags; the client is not compact", proto.Header{Correlation: 9, ClientID: "me"}, heartbeat(4),
			"000c 0004 00000009 0002 6d65 00  02 67 00000005 02 6d 00 00"},
		{"v0: ControlledShutdown v0 has no client", proto.Header{Correlation: 9}, shutdown,
			"0007 0000 00000009  00000007"},
		{"v2: ApiVersions", proto.Header{Correlation: 1, ClientID: ""}, versions,
			"0012 0003 00000001 0000 00  02 78 02 31 00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			frame := golden(t, c.hex)
			require.Equal(t, frame, proto.AppendRequest(nil, c.h, c.r))
			h, r, err := proto.ReadRequest(frame)
			require.NoError(t, err)
			c.h.Key, c.h.Version = c.r.Key(), c.r.GetVersion()
			require.Equal(t, c.h, h)
			require.Equal(t, c.r, r)
		})
	}
}

func TestResponseHeadersAreThoseOfTheProtocol(t *testing.T) {
	for _, c := range []struct {
		name string
		r    kmsg.Request
		v    int16
		hex  string
	}{
		{"v0", kmsg.NewPtrHeartbeatRequest(), 1, "00000009  00000000 001b"},
		{"v1: tags", kmsg.NewPtrHeartbeatRequest(), 4, "00000009 00  00000000 001b 00"},
		{"ApiVersions has none in any version", kmsg.NewPtrApiVersionsRequest(), 3, "00000009  001b 01 00000000 00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.r.SetVersion(c.v)
			resp := proto.Refusal(c.r, proto.RebalanceInProgress)
			frame := proto.AppendResponse(nil, 9, resp)
			require.Equal(t, golden(t, c.hex), frame)
			id, got, err := proto.ReadResponse(frame, c.r)
			require.NoError(t, err)
			require.EqualValues(t, 9, id)
			require.Equal(t, frame, proto.AppendResponse(nil, id, got))
		})
	}
}

func TestApiVersionsOfTheFutureIsAnsweredInVersionZero(t *testing.T) {
	r := kmsg.NewPtrApiVersionsRequest()
	r.Version = 4
	var unsupported *proto.UnsupportedError
	h, _, err := proto.ReadRequest(proto.AppendRequest(nil, proto.Header{Correlation: 3, ClientID: "c"}, r))
	require.ErrorAs(t, err, &unsupported)
	require.Equal(t, proto.Header{Key: 18, Version: 4, Correlation: 3}, h)

	resp := kmsg.NewPtrApiVersionsResponse() // version 0
	resp.ErrorCode = int16(proto.UnsupportedVersion)
	resp.ApiKeys = proto.ApiVersions()
	_, got, err := proto.ReadResponse(proto.AppendResponse(nil, 3, resp), r)
	require.NoError(t, err)
	require.Equal(t, resp.ApiKeys, got.(*kmsg.ApiVersionsResponse).ApiKeys)
}

func TestWhatIsNotServedIsToldFromWhatIsMalformed(t *testing.T) {
	var unsupported *proto.UnsupportedError
	for _, frame := range []string{"0000 0009 00000001 ffff", "0000 ffff 00000001 ffff", "03e7 0000 00000001 ffff", "ffff 0000 00000001 ffff"} {
		_, _, err := proto.ReadRequest(golden(t, frame))
		require.ErrorAs(t, err, &unsupported, frame)
	}
	for _, frame := range []string{"", "0000 0000 000000", "0000 0000 00000001", "0000 0000 00000001 0005 61", "000c 0004 00000009 0002 6d65 ffffffff0f"} {
		_, _, err := proto.ReadRequest(golden(t, frame))
		require.ErrorIs(t, err, proto.ErrMalformed, frame)
	}
}

func TestClientsAreToldKafka24(t *testing.T) {
	told := map[string]int16{}
	for _, k := range proto.ApiVersions() {
		require.Zero(t, k.MinVersion)
		require.Equal(t, k.MaxVersion, proto.Max(k.ApiKey, false))
		require.LessOrEqual(t, k.MaxVersion, proto.Max(k.ApiKey, true))
		require.LessOrEqual(t, proto.Max(k.ApiKey, true), kmsg.RequestForKey(k.ApiKey).MaxVersion())
		told[kmsg.NameForKey(k.ApiKey)] = k.MaxVersion
	}
	for name, v := range map[string]int16{"Produce": 8, "Fetch": 11, "ListOffsets": 5, "Metadata": 9, "OffsetCommit": 8,
		"OffsetFetch": 6, "FindCoordinator": 3, "JoinGroup": 6, "ApiVersions": 3, "CreateTopics": 5, "InitProducerID": 2,
		"OffsetForLeaderEpoch": 3, "EndTxn": 1, "TxnOffsetCommit": 2, "DeleteGroups": 2, "DescribeConfigs": 2} {
		require.Equal(t, v, told[name], name)
	}
	require.EqualValues(t, 12, proto.Max(1, true))
	require.EqualValues(t, -1, proto.Max(29, true), "nobody may ask for access lists")
	for _, k := range proto.LaterApiVersions() {
		require.EqualValues(t, -1, proto.Max(k.ApiKey, false))
		require.Equal(t, k.MaxVersion, proto.Max(k.ApiKey, true))
		require.NotContains(t, told, kmsg.NameForKey(k.ApiKey))
		told[kmsg.NameForKey(k.ApiKey)] = k.MaxVersion
	}
	require.Contains(t, told, "DescribeTransactions")
	require.EqualValues(t, 2, told["ListTransactions"])
	require.EqualValues(t, -1, proto.Max(1000, true))
}

func TestMurmur2IsKafkas(t *testing.T) { // the vectors of Kafka's UtilsTest
	for key, want := range map[string]int32{"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536,
		"a-little-bit-longer-string": -1486304829, "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971, "abc": 479470107} {
		require.Equal(t, want, proto.Murmur2([]byte(key)), key)
	}
	require.EqualValues(t, 479470107%7, proto.Partition([]byte("abc"), 7))
	require.EqualValues(t, (uint32(0xffffffff-973932308+1)&0x7fffffff)%7, proto.Partition([]byte("21"), 7))
}

func TestHashOfIsThatOfAJavaString(t *testing.T) {
	const all = 1<<31 - 1
	require.EqualValues(t, 96354, proto.HashOf("abc", all))
	require.EqualValues(t, 0, proto.HashOf("", 50))
	require.EqualValues(t, 0, proto.HashOf("polygenelubricants", 50), "its hash is the smallest int, and has no absolute value")
	require.EqualValues(t, 1772899, proto.HashOf("\U0001F600", all), "two units of UTF-16: 31·0xD83D + 0xDE00")
}

func TestCodesHaveTheProtocolsNames(t *testing.T) {
	require.Equal(t, "NOT_LEADER_FOR_PARTITION", proto.NotLeaderForPartition.String())
	require.True(t, proto.NotLeaderForPartition.Retriable())
	require.False(t, proto.ProducerFenced.Retriable())
	require.Equal(t, "error 999", proto.Code(999).String())
}
