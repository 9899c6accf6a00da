package election

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orrery/nodes/zab/config"
)

// The bytes are those that Apache ZooKeeper's FastLeaderElection.buildMsg makes of the same values.
func TestTheBytesAreApaches(t *testing.T) {
	n := notification{state: Leading, vote: Vote{Leader: 3, Zxid: 0x200000005, Round: 7, Epoch: 2}, config: "version=9"}
	want := strings.ReplaceAll("00000002 0000000000000003 0000000200000005 0000000000000007 0000000000000002 00000002 00000009 ", " ", "") +
		hex.EncodeToString([]byte("version=9"))
	require.Equal(t, want, hex.EncodeToString(n.append(nil)))
	again, err := parseNotification(5, n.append(nil))
	require.NoError(t, err)
	n.sid, n.version = 5, 2
	require.Equal(t, n, again)
}

func TestOlderFormats(t *testing.T) {
	full := (&notification{state: Following, vote: Vote{Leader: 3, Zxid: 0x200000005, Round: 7, Epoch: 9}}).append(nil)
	for _, c := range []struct {
		length  int
		epoch   int64
		version int32
		bad     bool
	}{
		{length: 27, bad: true}, {length: 28, epoch: 2}, {length: 29, bad: true}, {length: 39, bad: true},
		{length: 40, epoch: 9}, {length: 43, bad: true}, {length: 44, epoch: 9, version: 2},
	} {
		n, err := parseNotification(0, full[:c.length])
		require.Equal(t, c.bad, err != nil, c.length)
		if !c.bad {
			require.Equal(t, notification{state: Following, vote: Vote{3, 0x200000005, 7, c.epoch}, version: c.version}, n)
		}
	}
	n, err := parseNotification(0, append(full[:40:40], "no configuration"...))
	require.Error(t, err, n)
}

func TestAHelloIsReadWhenItIsWhole(t *testing.T) {
	addrs := []config.Address{{Host: "n1", Port: 3888}, {Host: "::1", Port: 3889}, {Host: config.AnyHost, Port: 1}}
	for _, several := range []bool{false, true} {
		p := appendHello(nil, 5, addrs, several)
		for cut := range p {
			_, _, n, err := parseHello(p[:cut])
			require.NoError(t, err)
			require.Zero(t, n)
		}
		sid, got, n, err := parseHello(append(p, "more"...))
		require.NoError(t, err)
		require.Equal(t, int64(5), sid)
		require.Equal(t, len(p), n)
		want := addrs[:1]
		if several {
			want = addrs[:2] // nobody dials the address that stands for all
		}
		require.Equal(t, want, got)
	}
	sid, _, n, err := parseHello([]byte{0, 0, 0, 0, 0, 0, 0, 9, 1})
	require.NoError(t, err)
	require.Equal(t, []int64{9, 8}, []int64{sid, int64(n)}, "before 3.5.0 the number came alone")
}

func FuzzParseNotification(f *testing.F) {
	f.Add((&notification{}).append(nil))
	f.Add(make([]byte, 40))
	f.Fuzz(func(t *testing.T, p []byte) {
		n, err := parseNotification(0, p)
		if err == nil && n.version == formatVersion {
			again, err := parseNotification(0, n.append(nil))
			require.NoError(t, err)
			require.Equal(t, n, again)
		}
		sid, addrs, size, err := parseHello(p)
		if err == nil && len(addrs) > 0 {
			require.LessOrEqual(t, size, len(p))
			again, got, _, err := parseHello(appendHello(nil, sid, addrs, true))
			if err == nil { // else it is longer, now that it is written out
				require.Equal(t, sid, again)
				require.Equal(t, addrs, got)
			}
		}
	})
}

func TestVotesAreInOneOrder(t *testing.T) {
	draw := rapid.Custom(func(t *rapid.T) Vote {
		small := rapid.Int64Range(-1, 2)
		return Vote{Leader: small.Draw(t, "leader"), Zxid: small.Draw(t, "zxid"), Epoch: small.Draw(t, "epoch"), Round: small.Draw(t, "round")}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := draw.Draw(t, "a"), draw.Draw(t, "b"), draw.Draw(t, "c")
		require.False(t, a.After(b) && b.After(a))
		require.False(t, a.After(b) && b.After(c) && !a.After(c))
		a.Round, b.Round = 0, 0
		require.Equal(t, a != b, a.After(b) || b.After(a))
	})
	young, old := Vote{Leader: 3, Epoch: 1}, Vote{Leader: 1, Epoch: 2}
	require.True(t, young.after1419(old) && old.after1419(young), "ZOOKEEPER-1419: both are better")
}
