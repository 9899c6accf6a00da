package zab

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
	"orrery/sim"
)

// A server that finds no leader serves reads to those who will do with it, refuses writes, and cuts all off once there is a
// leader.
func TestAServerWithoutALeaderServesReadsIfItIsToldTo(t *testing.T) {
	u := sim.New(sim.Config{Seed: 1, Net: sim.NetConfig{Delay: sim.Dist{Min: time.Millisecond, Mean: time.Millisecond}},
		Disk: sim.DiskConfig{Sync: sim.Dist{Min: time.Millisecond, Mean: time.Millisecond}}})
	for i, id := range []nodes.ID{"z1", "z2"} {
		u.Add(id, func() nodes.Node {
			zoo := zooFor(t, i+1, 3, 0)
			zoo.ReadOnlyMode = true
			return New(Config{Zoo: zoo, ID: int64(i + 1)})
		})
	}
	server := func() *Server { s, _ := u.Machine("z1").Node().(*Server); return s }
	u.Machine("z1").Start(0)
	u.Run(1900 * time.Millisecond)
	require.Nil(t, server().pipe, "it looks for a leader first")
	u.Run(2500 * time.Millisecond)
	require.NotNil(t, server().pipe)
	require.Equal(t, "read-only", server().mode())

	opening := func(readOnly bool) func() []byte {
		return func() []byte {
			r := proto.ConnectRequest{TimeOut: 4000, Passwd: make([]byte, 16), ReadOnly: readOnly, HasReadOnly: true}
			return r.Append(nil)
		}
	}
	to := nodes.Addr{ID: "z1", Port: 2181}
	strict := &raw{to: to, say: []func() []byte{opening(false)}}
	content := &raw{to: to, say: []func() []byte{opening(true),
		ask(1, proto.OpExists, &proto.ExistsRequest{Path: "/zookeeper"}),
		ask(2, proto.OpCreate, &proto.CreateRequest{Path: "/a", ACL: open}),
		ask(3, proto.OpSync, &proto.SyncRequest{Path: "/"}),
		ask(4, proto.OpGetChildren, &proto.GetChildrenRequest{Path: "/"}),
	}}
	u.Add("strict", func() nodes.Node { return strict }).Start(0)
	u.Add("content", func() nodes.Node { return content }).Start(0)
	u.Run(2600 * time.Millisecond)
	require.True(t, strict.gone, "who wants to write must go elsewhere")
	require.Empty(t, strict.replies)
	require.Len(t, content.replies, 5)
	var r proto.ConnectResponse
	require.NoError(t, r.Decode(jute.NewDecoder(content.replies[0])))
	require.True(t, r.ReadOnly)
	var codes []proto.ErrCode
	for _, b := range content.replies[1:] {
		var h proto.ReplyHeader
		require.NoError(t, h.Decode(jute.NewDecoder(b)))
		codes = append(codes, h.Err)
	}
	require.Equal(t, []proto.ErrCode{proto.CodeOK, proto.CodeNotReadOnly, proto.CodeNotReadOnly, proto.CodeOK}, codes)
	require.False(t, content.gone)

	u.Machine("z2").Start(0) // and so there is a quorum
	require.True(t, u.RunUntil(func() bool { return server().pipe != nil && !server().readOnly }, 30*time.Second))
	u.Run(u.Now() + 100*time.Millisecond)
	require.True(t, content.gone, "a session that was made without a leader ends with that")
}
